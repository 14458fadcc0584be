package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/readmodel"
	classifier "kith.internal/services/role-classifier"
)

// S1.06 What the default ruleset makes of the demo: every role in every state, every gap, and of each
// persona what it is said to show.
func TestShowsEverything(t *testing.T) {
	d := New(Config{Now: someDay})
	ties, networks := deduce(t, d, someDay)
	seen := map[string]int{}
	for _, tie := range ties {
		for _, r := range tie.Roles {
			seen[fmt.Sprintf("%s %s", r.Role, r.StatusAt(someDay))]++
			if r.StatusAt(someDay) == readmodel.RoleActive {
				seen["subtype "+string(r.Subtype)]++
			}
		}
	}
	for _, n := range networks {
		for _, g := range n.Gaps {
			seen[fmt.Sprintf("gap %s %s", g.Kind, g.Role)]++
			seen[fmt.Sprintf("gap %s", g.Kind)]++
		}
		if len(n.Gaps) == 0 {
			seen["no gap"]++
		}
	}
	for _, want := range shown() {
		if seen[want] == 0 {
			t.Errorf("nothing shows %q", want)
		}
	}
}

// What the personas are said to show does not depend on the day on which the demo is loaded.
func TestPersonasShowWhatTheyPromise(t *testing.T) {
	for _, days := range []int{0, 3, 5} { // a Wednesday, a Saturday, a Monday
		now := someDay.AddDate(0, 0, days)
		d := New(Config{Now: now})
		_, networks := deduce(t, d, now)
		for _, p := range d.Personas() {
			keeps(t, p.Name, sketch(networks[pseudonym(p.ID)]))
		}
	}
}

func keeps(t *testing.T, persona string, shows []string) {
	t.Helper()
	want, ok := promised[persona]
	if !ok {
		t.Errorf("nothing is promised of %s", persona)
	}
	for _, one := range want {
		if !slices.Contains(shows, one) {
			t.Errorf("%s shows %v, and not %q", persona, shows, one)
		}
	}
	if want == nil && slices.ContainsFunc(shows, func(s string) bool { return strings.HasPrefix(s, "gap ") }) {
		t.Errorf("%s shows %v, and no gap was promised", persona, shows)
	}
}

// promised is what the personas show; nil: no gap.
var promised = map[string][]string{
	"Amara Okafor":     {"mentor active standard", "gap missing-role sponsor"},
	"Mei Chen":         nil,
	"Tomás Rivera":     {"gap isolation ", "gap missing-role mentor"},
	"Farah Haddad":     {"gap declared-not-enacted mentor", "truth-teller active external"},
	"Kenji Tanaka":     {"gap at-risk mentor", "gap at-risk advocate", "gap at-risk sponsor", "gap at-risk truth-teller"},
	"Ingrid Lindqvist": {"mentor active reverse-mentor"},
	"Jonas Weber":      nil,
	"Elena Petrova":    {"gap supporter-leaving mentor"},
	"Samir Khalil":     {"gap only-line-manager "},
	"Yuki Sato":        {"gap over-mentored-under-sponsored sponsor"},
	"Rohan Mehta":      {"gap single-point-of-failure "},
	"Hanna Virtanen":   {"gap single-point-of-failure sponsor"},
	"Lucía Romero":     {"gap no-internal-sponsor sponsor", "gap mostly-external "},
}

func shown() (want []string) {
	for _, role := range events.Roles() {
		for _, status := range []readmodel.RoleStatus{readmodel.RoleActive, readmodel.RoleAtRisk, readmodel.RoleLapsed} {
			want = append(want, fmt.Sprintf("%s %s", role, status))
		}
	}
	for _, role := range []events.RoleName{events.Mentor, events.Advocate, events.Sponsor, events.TruthTeller} {
		for _, kind := range []events.GapKind{events.MissingRole, events.ThinRole, events.AtRisk} {
			want = append(want, fmt.Sprintf("gap %s %s", kind, role))
		}
	}
	for _, subtype := range []string{"standard", "reverse-mentor", "peer-mentor", "internal", "external"} {
		want = append(want, "subtype "+subtype)
	}
	for _, kind := range events.GapKind("").Codes() { // every kind at least once
		want = append(want, "gap "+kind)
	}
	return append(want, "mentor unproven", "sponsor unproven", "gap declared-not-enacted mentor", "gap single-point-of-failure sponsor", "no gap")
}

// deduce folds the demo by the rules of the services, as if it had been loaded in a moment.
func deduce(t *testing.T, d *Demo, now time.Time) (map[string]*readmodel.Tie, map[events.PersonID]*readmodel.Network) {
	t.Helper()
	roleRules, err := classifier.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	gapRules, err := gaps.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	in := facts(t, d, now)
	tieStore, roles := replay(t, roleRules, classifier.Name, in)
	for i := range roles {
		roles[i].Seq, roles[i].Recorded = uint64(len(in)+i+1), now
	}
	open := func(e events.Event) bool { return e.Context == events.Sealed || e.Context == events.RoleSealed }
	settled := events.Event{ID: events.IncomingID(nil, Source, "due"), Context: events.Clock, Subject: events.Nobody, Seq: uint64(len(in) + len(roles) + 1),
		Fact: &events.Due{For: gaps.Name, About: "imports", At: now.Add(time.Minute)}}
	networkStore, _ := replay(t, gapRules, gaps.Name, slices.DeleteFunc(slices.Concat(in, roles, []events.Event{settled}), open))
	ties := all[readmodel.Tie](t, tieStore, "open.")
	networks := map[events.PersonID]*readmodel.Network{}
	for key, n := range all[readmodel.Network](t, networkStore, readmodel.NetworkKey("")) {
		networks[events.PersonID(strings.TrimPrefix(key, readmodel.NetworkKey("")))] = n
	}
	return ties, networks
}

func facts(t *testing.T, d *Demo, now time.Time) (in []events.Event) {
	t.Helper()
	for _, e := range decodeAll(t, d) {
		context, name := splitType(e.Type)
		f, err := events.DecodeFact(name, asIntake(t, e.Data))
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, events.Event{
			ID: events.IncomingID(nil, Source, e.ID), Source: Source, Context: context, Subject: cmp.Or(resolve("subject", e.Subject), events.Nobody),
			Time: parse(t, e.Time), Fact: f, Seq: uint64(len(in) + 1), Recorded: now,
		})
	}
	return in
}

func replay(t *testing.T, rules derive.Rules, service string, in []events.Event) (*projection.Memory, []events.Event) {
	t.Helper()
	store := projection.NewMemory()
	docs := projection.NewDocs(t.Context(), store)
	out, err := derive.Replay(docs, rules, service, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := docs.Commit(projection.Progress{}); err != nil {
		t.Fatal(err)
	}
	return store, out
}

func all[T any](t *testing.T, store *projection.Memory, prefix string) map[string]*T {
	t.Helper()
	docs := map[string]*T{}
	for key, r := range store.Records() {
		if !strings.HasPrefix(key, prefix) || r.Body == nil {
			continue
		}
		docs[key] = new(T)
		if err := json.Unmarshal(r.Body, docs[key]); err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

func sketch(n *readmodel.Network) (parts []string) {
	for _, tie := range n.Ties {
		for role, r := range tie.Roles {
			parts = append(parts, fmt.Sprintf("%s %s %s", role, r.Status, r.Subtype))
		}
	}
	for _, g := range n.Gaps {
		parts = append(parts, fmt.Sprintf("gap %s %s", g.Kind, g.Role))
	}
	return parts
}
