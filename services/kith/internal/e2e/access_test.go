package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"kith.internal/events"
)

// whoMay is who else may use a route about a person than that person, and what for.
type whoMay map[string]events.AccessPurpose

var (
	nobodyElse  = whoMay{}
	auditors    = whoMay{"auditor": "audit"}
	bothOfTwo   = whoMay{"auditor": "audit", "supporter": "support-given"}
	whomTheyAsk = whoMay{"auditor": "access-request"}
)

// personal is every route about a person, with who may use it. Those of the directory go by other rules: everybody
// looks people up, and an erasure is a fact that somebody says.
var personal = map[string]whoMay{
	"GET /gap-projection/v1/people/{person}/network":          nobodyElse,
	"GET /gap-projection/v1/people/{person}/gaps":             nobodyElse,
	"GET /gap-projection/v1/people/{person}/suggestions":      nobodyElse,
	"GET /gap-projection/v1/people/{person}/events":           nobodyElse,
	"GET /gap-projection/v1/people/{person}/ties/{supporter}": bothOfTwo,
	"GET /notification/v1/people/{person}/inbox":              nobodyElse,
	"GET /notification/v1/people/{person}/inbox/events":       nobodyElse,
	"GET /audit/v1/people/{person}/viewers":                   nobodyElse,
	"GET /audit/v1/people/{person}/record":                    whomTheyAsk,
	"GET /audit/v1/people/{person}/as-of":                     auditors,
	"POST /audit/v1/people/{person}/erasure-proof":            auditors,
	"GET /intake/v1/people/{person}":                          nil,
	"GET /intake/v1/people/{person}/erasure":                  nil,
	"POST /intake/v1/people/{person}/erasure":                 nil,
}

// TestAccess walks every route about a person that any service describes, as every kind of viewer and for every
// purpose: whoever is not that person is let in for the one purpose that opens it, and recorded; else refused.
func TestAccess(t *testing.T) {
	u := together(t, t.TempDir())
	now := time.Now().UTC()
	u.accepted(t, joined("1", 3, nil), joined("2", 5, nil), joined("3", 5, nil))
	seq := u.accepted(t, act("a", "AdviceGiven", "1", "2", now.AddDate(0, 0, -3), nil))
	ann, ben, cyd := u.person(t, "1"), u.person(t, "2"), u.person(t, "3")
	u.get(t, "person:"+string(ann), fmt.Sprintf("/gap-projection/v1/people/%s/network?after=%d", ann, seq), nil)
	viewers := map[string]string{"self": "person:" + string(ann), "supporter": "person:" + string(ben), "other": "person:" + string(cyd),
		"integration": "integration:hr", "service": "service:portal", "auditor": "auditor:council", "nobody": ""}
	routes := described(t)
	for route := range personal {
		if !slices.Contains(routes, route) {
			t.Errorf("no service describes %s", route)
		}
	}
	var looks []string
	for _, route := range routes {
		may, known := personal[route]
		switch {
		case !known:
			t.Errorf("who may use %s? Say so here", route)
		case may == nil:
			continue
		}
		at := strings.NewReplacer("{person}", string(ann), "{supporter}", string(ben)).Replace(route)
		if strings.HasSuffix(at, "/as-of") {
			at += "?at=" + now.Format(time.RFC3339)
		}
		for _, who := range slices.Sorted(maps.Keys(viewers)) {
			for _, purpose := range append([]string{""}, events.AccessPurpose("").Codes()...) {
				want := who == "self" || purpose != "" && string(may[who]) == purpose
				if code := u.status(t, at, viewers[who], purpose); (code != http.StatusForbidden && code != http.StatusBadRequest) != want {
					t.Errorf("%s by %s for %q: %d", route, who, purpose, code)
				}
				if want && who != "self" {
					looks = append(looks, strings.TrimPrefix(viewers[who], "person:")+" "+purpose)
				}
			}
		}
	}
	var recorded []string
	for _, e := range u.facts(t, 1, events.FilterPerson(events.Access, ann)) {
		if f, ok := e.Fact.(*events.NetworkViewed); ok {
			recorded = append(recorded, f.Viewer+" "+string(f.Purpose))
		}
	}
	if !slices.Equal(recorded, looks) || len(looks) == 0 {
		t.Errorf("recorded are %q, of %q", recorded, looks)
	}
}

// described are the routes about a person in the services' openapi.yaml, with their methods.
func described(t *testing.T) (routes []string) {
	t.Helper()
	files, err := filepath.Glob("../../../*/openapi.yaml")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Servers []struct{ URL string }
			Paths   map[string]map[string]any
		}
		if err := yaml.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		for path, methods := range d.Paths {
			for method := range methods {
				if strings.Contains(path, "{person}") && method != "parameters" {
					routes = append(routes, strings.ToUpper(method)+" "+d.Servers[0].URL+path)
				}
			}
		}
	}
	slices.Sort(routes)
	return routes
}

// status is how a route answers. Of a stream nothing is read but that.
func (u *product) status(t *testing.T, route, viewer, purpose string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	method, path, _ := strings.Cut(route, " ")
	req, err := http.NewRequestWithContext(ctx, method, u.url+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Kith-Viewer", viewer)
	req.Header.Set("Kith-Purpose", purpose)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
