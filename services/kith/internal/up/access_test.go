package up_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"sigs.k8s.io/yaml"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/ruleset"
	"kith.internal/services/kith/internal/up"
)

// Those who ask: ann, of whom every route about a person speaks; ben, who may support her; and others.
const (
	ann events.PersonID = "paaaaaaaaaaaaaaaa"
	ben events.PersonID = "pbbbbbbbbbbbbbbbb"
)

var askers = map[string]string{"ann": "person:" + string(ann), "ben": "person:" + string(ben), "integration": "integration:hr",
	"service": "service:portal", "auditor": "auditor:council", "nobody": ""}

// rule is who may use a route, each for the purpose that opens it to them, and which access fact that leaves before
// they see anything, but of ann herself.
type rule struct {
	may    map[string]string // "" for no purpose in particular
	leaves string
}

func may(who ...string) map[string]string {
	all := map[string]string{}
	for _, one := range who {
		who, purpose, _ := strings.Cut(one, " for ")
		all[who] = purpose
	}
	return all
}

var (
	everybody = rule{may: may("ann", "ben", "integration", "service", "auditor", "nobody")} // says who they are, or not
	known     = rule{may: may("ann", "ben", "integration", "service", "auditor")}
	own       = rule{may: may("ann")}
	operators = rule{may: may("service")}
	checkers  = rule{may: may("service", "auditor")}
	counted   = rule{may: known.may, leaves: "AggregateQueried"}
)

// rules are those of all routes; those of rebuilds are the same for three services. What facts somebody may send is decided fact by fact: TestWrite of package access.
var rules = map[string]rule{
	"POST /intake/v1/events":                                  everybody,
	"POST /intake/v1/imports":                                 everybody,
	"POST /intake/v1/rulesets":                                operators,
	"GET /intake/v1/people":                                   known,
	"GET /intake/v1/people/{person}":                          known,
	"POST /intake/v1/people/{person}/erasure":                 known, // people are refused who is not they, once they are found
	"GET /intake/v1/people/{person}/erasure":                  known,
	"GET /role-classifier/v1/ruleset":                         everybody,
	"GET /gap-projection/v1/people/{person}/network":          own,
	"GET /gap-projection/v1/people/{person}/gaps":             own,
	"GET /gap-projection/v1/people/{person}/suggestions":      own,
	"GET /gap-projection/v1/people/{person}/events":           own,
	"GET /gap-projection/v1/people/{person}/ties/{supporter}": {may("ann", "ben for support-given", "auditor for audit"), "NetworkViewed"},
	"GET /gap-projection/v1/progress":                         known,
	"GET /gap-projection/v1/program/metrics":                  known,
	"GET /gap-projection/v1/program/coverage":                 counted,
	"GET /notification/v1/people/{person}/inbox":              own,
	"GET /notification/v1/people/{person}/inbox/events":       own,
	"GET /audit/v1/coverage":                                  checkers, // leaves AggregateQueried once a week was published
	"GET /audit/v1/people/{person}/as-of":                     {may("ann", "auditor for audit"), "NetworkViewed"},
	"GET /audit/v1/people/{person}/record":                    {may("ann", "auditor for access-request"), "NetworkViewed"},
	"GET /audit/v1/people/{person}/viewers":                   own,
	"POST /audit/v1/people/{person}/erasure-proof":            {may("ann", "auditor for audit"), "NetworkViewed"},
	"GET /audit/v1/status":                                    operators,
	"POST /audit/v1/verifications":                            checkers,
	"GET /audit/v1/verifications":                             checkers,
	"DELETE /audit/v1/verifications":                          checkers,
	"POST /audit/v1/what-if":                                  {may("service", "auditor"), "AggregateQueried"},
	"GET /audit/v1/checkpoint":                                known,
	"POST /audit/v1/checkpoint":                               checkers,
	"GET /audit/v1/proofs":                                    {may("ann", "auditor for audit"), "NetworkViewed"}, // of a fact about ann
	"GET /audit/v1/log":                                       {may("auditor for audit"), "NetworkViewed"},
}

// ofRebuilds are the routes of operators that three services have.
var ofRebuilds = []string{"POST rebuilds", "GET rebuilds", "DELETE rebuilds", "POST rebuilds/pause", "POST rebuilds/resume"}

func allRules() map[string]rule {
	all := maps.Clone(rules)
	for _, service := range []string{"role-classifier", "gap-projection", "notification"} {
		for _, route := range ofRebuilds {
			method, path, _ := strings.Cut(route, " ")
			all[method+" /"+service+"/v1/"+path] = operators
		}
	}
	return all
}

// Every route that is served has a rule, and a description.
func TestEveryRouteHasARule(t *testing.T) {
	served, err := up.Routes(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	all, known := allRules(), described(t)
	for _, route := range served {
		if _, ruled := all[route]; !ruled {
			t.Errorf("who may use %s? Say so here", route)
		}
		if !slices.Contains(known, route) {
			t.Errorf("no openapi.yaml describes %s", route)
		}
	}
	for route := range all {
		if !slices.Contains(served, route) {
			t.Errorf("nothing serves %s", route)
		}
	}
}

// described are the routes in the services' openapi.yaml.
func described(t *testing.T) (routes []string) {
	t.Helper()
	files, err := filepath.Glob("../../../*/openapi.yaml")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range append(files, "../../../internal/operate/openapi.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Servers []struct {
				URL       string
				Variables struct{ Service struct{ Enum []string } }
			}
			Paths map[string]map[string]any
		}
		if err := yaml.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		for path, methods := range d.Paths {
			for method := range methods {
				route := strings.ToUpper(method) + " " + d.Servers[0].URL + path
				for _, service := range append(d.Servers[0].Variables.Service.Enum, "") {
					routes = append(routes, strings.Replace(route, "{service}", service, 1))
				}
			}
		}
	}
	return routes
}

// Every route is walked as every kind of viewer, and for every purpose: who may not is refused, and whoever may who is
// not ann has left a fact before the answer, where the rule says so; else none.
func TestWhoMayAskWhat(t *testing.T) {
	run(t, t.TempDir(), func(ctx context.Context, at up.Addresses) error {
		nc, err := nats.Connect(at.NATS)
		if err != nil {
			return err
		}
		defer nc.Close()
		log, err := eventlog.Open(ctx, nc, eventlog.Config{Service: "test"})
		if err != nil {
			return err
		}
		defer log.Close()
		acks, err := log.Append(ctx, events.Event{ID: events.IncomingID(nil, "/test", "1"), Source: "/test", Context: events.People, Subject: string(ann),
			Time: time.Now().UTC(), Fact: &events.PersonJoined{Level: 3, EffectiveAt: time.Now().UTC().AddDate(-1, 0, 0)}})
		if err != nil {
			return err
		}
		w := &walk{t, ctx, at.HTTP, log, acks[0].Seq}
		all := allRules()
		for _, route := range slices.Sorted(maps.Keys(all)) {
			for who, viewer := range askers {
				for _, purpose := range append([]string{""}, events.AccessPurpose("").Codes()...) {
					if err := w.ask(route, all[route], who, viewer, purpose); err != nil {
						return fmt.Errorf("%s by %s for %q: %w", route, who, purpose, err)
					}
				}
			}
		}
		return nil
	})
}

type walk struct {
	t   *testing.T
	ctx context.Context
	url string
	log *eventlog.Log
	seq uint64 // of a fact about ann
}

// refusals are the codes with which somebody is refused for who they are, or for what they say it is for.
var refusals = []string{"no-viewer", "not-yours", "not-yours-to-say", "no-purpose", "purpose", "not-for-this", "not-an-operator", "not-an-auditor"}

func (w *walk) ask(route string, r rule, who, viewer, purpose string) error {
	needs, may := r.may[who]
	want := may && (needs == "" || needs == purpose)
	before, err := w.last()
	if err != nil {
		return err
	}
	code, err := w.get(route, viewer, purpose)
	if err != nil {
		return err
	}
	if got := !slices.Contains(refusals, code); got != want {
		w.t.Errorf("%s by %s for %q: %s", route, who, purpose, code)
	}
	after, err := w.last()
	if err != nil {
		return err
	}
	switch leaves := want && who != "ann" && r.leaves != ""; {
	case leaves && (after.Seq == before.Seq || after.Actor != strings.TrimPrefix(viewer, "person:") || after.Fact.FactName() != r.leaves):
		w.t.Errorf("%s by %s for %q left no trace", route, who, purpose)
	case !leaves && r.leaves != "AggregateQueried" && after.Seq != before.Seq:
		w.t.Errorf("%s by %s for %q left a trace: %+v", route, who, purpose, after.Fact)
	}
	return nil
}

// last is the newest access fact; the zero event where there is none.
func (w *walk) last() (events.Event, error) {
	e, err := w.log.LastOf(w.ctx, events.Access)
	if e == nil {
		return events.Event{}, err
	}
	return *e, err
}

// get returns the code of the problem that a route answers with, or its status. Of a stream nothing is read.
func (w *walk) get(route, viewer, purpose string) (string, error) {
	method, path, _ := strings.Cut(route, " ")
	about, body := string(ann), "{}"
	if strings.HasSuffix(path, "/erasure") {
		about = "pzzzzzzzzzzzzzzzz" // nobody is to be erased
	}
	if strings.HasSuffix(path, "/rulesets") || strings.HasSuffix(path, "/what-if") {
		raw, err := json.Marshal(map[string]string{"text": ruleset.DefaultText(), "diff": "none"})
		if err != nil {
			return "", err
		}
		body = string(raw)
	}
	path = strings.NewReplacer("{person}", about, "{supporter}", string(ben)).Replace(path)
	path += map[string]string{"as-of": "?at=2026-01-01T00:00:00Z", "coverage": "?at=2026-01-01T00:00:00Z", "proofs": fmt.Sprintf("?event=%d", w.seq)}[filepath.Base(path)]
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set(access.Header, viewer)
	req.Header.Set(access.PurposeHeader, purpose)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var problem struct{ Type string }
	if resp.StatusCode >= 400 {
		if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil {
			return "", err
		}
		return strings.TrimPrefix(problem.Type, "urn:kith:problem:"), nil
	}
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	return resp.Status, err
}
