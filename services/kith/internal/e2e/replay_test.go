package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/notification"
	classifier "kith.internal/services/role-classifier"
)

// deriving is a deriving service as its replay needs it.
type deriving struct {
	name, bucket string
	rules        derive.Rules
	inputs       []string
	owns         []events.Context
}

func derivingServices(t *testing.T) []deriving {
	t.Helper()
	recognition, err := classifier.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	gapRules, err := gaps.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	return []deriving{
		{"role-classifier", "kith_ties", recognition, classifier.Inputs(), []events.Context{events.Role, events.RoleSealed}},
		{"gap-projection", "kith_networks", gapRules, gaps.Inputs(), []events.Context{events.Gap}},
		{"notification", "kith_inbox", notification.Rules{}, notification.Inputs(), []events.Context{events.Nudge}},
	}
}

// checkReplay folds the whole log from its start by the pure rules: what was derived live, and
// every document, must be the same.
func (u *product) checkReplay(t *testing.T) {
	t.Helper()
	u.checkReplayOf(t, derivingServices(t))
}

// checkReplayOf compares again where time has brought something about while it did.
func (u *product) checkReplayOf(t *testing.T, services []deriving) {
	t.Helper()
	l := u.log(t)
	for _, s := range services {
		differs := ""
		eventually(t, 5*time.Minute, s.name+" is compared while nothing happens", func() bool {
			before := lastOf(t, l, s.inputs)
			u.settledBy(t, l, []deriving{s})
			differs = u.differsFromReplay(t, s)
			return differs == "" || lastOf(t, l, s.inputs) == before
		})
		if differs != "" {
			t.Fatal(differs)
		}
	}
}

func (u *product) differsFromReplay(t *testing.T, s deriving) string {
	t.Helper()
	memory := projection.NewMemory()
	d := projection.NewDocs(t.Context(), memory)
	want, err := derive.Replay(d, s.rules, s.name, u.facts(t, 1, s.inputs...))
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	if _, err := d.Commit(projection.Progress{}); err != nil {
		t.Fatal(err)
	}
	if differs := u.differsInFacts(t, s, want); differs != "" {
		return differs
	}
	return u.differsInDocuments(t, s, memory.Records())
}

func (u *product) differsInFacts(t *testing.T, s deriving, want []events.Event) string {
	t.Helper()
	var filters []string
	for _, c := range s.owns {
		filters = append(filters, events.FilterContext(c))
	}
	got := u.facts(t, 1, filters...)
	for i := range min(len(got), len(want)) {
		g := got[i]
		g.Seq, g.Recorded = 0, time.Time{}
		if diff := cmp.Diff(want[i], g); diff != "" {
			return fmt.Sprintf("%s, derived fact %d (-replay +live):\n%s", s.name, i, diff)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%s derived %d facts, a replay %d", s.name, len(got), len(want))
	}
	t.Logf("%s: %d derived facts are those of a replay", s.name, len(got))
	return ""
}

func (u *product) differsInDocuments(t *testing.T, s deriving, want map[string]projection.Record) string {
	t.Helper()
	live := u.documents(t, s.bucket)
	for key, w := range want {
		if diff := cmp.Diff(asText(w), asText(live[key])); diff != "" {
			return fmt.Sprintf("%s, document %s (-replay +live):\n%s", s.name, key, diff)
		}
	}
	if len(live) != len(want) {
		return fmt.Sprintf("%s has %d documents, a replay %d", s.name, len(live), len(want))
	}
	return ""
}

func asText(r projection.Record) string {
	return fmt.Sprintf("%d %s %s %s", r.Seq, r.Wake.UTC(), r.Person, r.Body)
}

func (u *product) documents(t *testing.T, bucket string) map[string]projection.Record {
	t.Helper()
	nc, err := nats.Connect(u.nats)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	kv, err := projection.OpenKV(t.Context(), nc, bucket, max(u.replicas, 1))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]projection.Record{}
	natstest.Again(t, func() error {
		clear(found)
		return kv.Each(t.Context(), func(r projection.Record) error { found[r.Key] = r; return nil })
	})
	return found
}

// settled waits until every service has handled what stands in the log.
func (u *product) settled(t *testing.T) {
	t.Helper()
	u.settledBy(t, u.log(t), derivingServices(t))
}

func (u *product) settledBy(t *testing.T, l *eventlog.Log, services []deriving) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, s := range services {
		var last uint64
		natstest.Again(t, func() error {
			return l.Read(ctx, 1, s.inputs, func(e events.Event, _ error) error { last = e.Seq; return nil })
		})
		r, err := projection.OpenReader(ctx, l.JetStream(), s.bucket, max(u.replicas, 1))
		if err != nil {
			t.Fatal(err)
		}
		natstest.Again(t, func() error { _, err := r.Wait(ctx, last); return err })
	}
}

// compareNetworks compares what two products show each person, people matched by their external
// ids, leaving out what differs between any two runs: sequences, ids and recorded times.
func compareNetworks(t *testing.T, a, b *product) {
	t.Helper()
	one, two := a.networks(t), b.networks(t)
	if len(one) == 0 || len(one) != len(two) {
		t.Fatalf("%d and %d networks", len(one), len(two))
	}
	for person, network := range one {
		if diff := cmp.Diff(network, two[person]); diff != "" {
			t.Errorf("the network of %s (-one +other):\n%s", person, diff)
		}
	}
}

// networks are the roles each person's network shows, by external ids.
func (u *product) networks(t *testing.T) map[string][]string {
	t.Helper()
	names := u.directory(t)
	networks := map[string][]string{}
	for id, name := range names {
		var body struct {
			Roles []struct {
				Role       string
				Supporters []map[string]any
			}
		}
		u.get(t, "person:"+string(id), "/gap-projection/v1/people/"+string(id)+"/network", &body)
		var lines []string
		for _, role := range body.Roles {
			for _, s := range role.Supporters {
				who := names[events.PersonID(fmt.Sprint(s["supporter"]))]
				lines = append(lines, fmt.Sprintf("%s %s %v %v %v", role.Role, who, s["status"], s["subtype"], s["since"]))
			}
		}
		slices.Sort(lines)
		networks[name] = lines
	}
	return networks
}

// directory is everybody's name by pseudonym; the tests' people have names made of their ids.
func (u *product) directory(t *testing.T) map[events.PersonID]string {
	t.Helper()
	names := map[events.PersonID]string{}
	for cursor := ""; ; {
		var page struct {
			People []struct {
				Person events.PersonID
				Name   string
			}
			Next string
		}
		body := u.get(t, "integration:test", "/intake/v1/people?limit=100&cursor="+cursor, nil)
		if err := json.NewDecoder(strings.NewReader(body)).Decode(&page); err != nil {
			t.Fatal(err)
		}
		for _, p := range page.People {
			names[p.Person] = p.Name
		}
		if cursor = page.Next; cursor == "" {
			return names
		}
	}
}
