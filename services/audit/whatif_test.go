package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	"kith.internal/services/audit"
	"kith.internal/services/audit/audited"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/apitest"
	"kith.internal/services/internal/preview"
	"kith.internal/services/internal/ruleset"
)

// firm is an organization with the services that derive, at work.
type firm struct {
	*place
	ties     *projection.Reader
	networks *projection.Reader
	said     int
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	nc := natstest.Fast(t)
	f := &firm{place: startOn(t, nc)}
	all, err := audited.Derivations(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all[:2] {
		work(t, f.log, d)
	}
	f.ties, f.networks = reader(t, f.log, all[0].Bucket), reader(t, f.log, all[1].Bucket)
	return f
}

func work(t *testing.T, l *eventlog.Log, d derive.Derivation) {
	t.Helper()
	e := derive.New(l, d.Rules(), d.Config())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

func reader(t *testing.T, l *eventlog.Log, bucket string) *projection.Reader {
	t.Helper()
	var r *projection.Reader
	natstest.Again(t, func() (err error) {
		r, err = projection.OpenReader(t.Context(), l.JetStream(), bucket, 1)
		return err
	})
	r.Of(l.Identity)
	return r
}

func member(n int) events.PersonID {
	return events.PersonID(fmt.Sprintf("p%015s%s", strings.Repeat("a", 14)+string(rune('a'+n/26)), string(rune('a'+n%26))))
}

// fact is one that is as old as days.
func (f *firm) fact(days int, subject string, c events.Context, fact events.Fact) events.Event {
	f.said++
	return events.Event{ID: events.IncomingID(tenantKey, "/test", fmt.Sprint(f.said)), Source: "/test", Context: c, Subject: subject, Time: ago(days), Fact: fact}
}

// say appends facts, and returns where the last one stands.
func (f *firm) say(facts ...events.Event) uint64 {
	f.t.Helper()
	acks, err := f.log.Append(f.t.Context(), facts...)
	if err != nil {
		f.t.Fatal(err)
	}
	return acks[len(acks)-1].Seq
}

func ago(days int) time.Time { return time.Now().UTC().Truncate(time.Second).AddDate(0, 0, -days) }

// settle waits until all has followed from the fact at a sequence, which both services read.
func (f *firm) settle(seq uint64) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 60*time.Second)
	defer cancel()
	if _, err := f.ties.Wait(ctx, seq); err != nil {
		f.t.Fatal(err)
	}
	role, err := f.log.LastOf(ctx, events.Role)
	if err != nil {
		f.t.Fatal(err)
	}
	if role != nil {
		seq = max(seq, role.Seq)
	}
	if _, err := f.networks.Wait(ctx, seq); err != nil {
		f.t.Fatal(err)
	}
}

// seen is what people have been told up to now: which gaps are open, and who plays which role.
func (f *firm) seen() map[string]string {
	f.t.Helper()
	now := map[string]string{}
	err := f.log.Read(f.t.Context(), 1, []string{"kith.role.>", "kith.gap.>"}, func(e events.Event, err error) error {
		switch fact := e.Fact.(type) {
		case *events.GapOpened:
			now[gapName(e.Person(), fact.Gap, fact.Role)] = "open"
		case *events.GapClosed:
			delete(now, gapName(e.Person(), fact.Gap, fact.Role))
		case *events.RoleRecognized:
			now[roleName(e.Person(), fact.Supporter, fact.Role)] = "active"
		case *events.RoleAtRisk:
			now[roleName(e.Person(), fact.Supporter, fact.Role)] = "at-risk"
		case *events.RoleLapsed:
			delete(now, roleName(e.Person(), fact.Supporter, fact.Role))
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return now
}

func gapName(p events.PersonID, gap events.GapKind, role events.RoleName) string {
	return fmt.Sprint("gap ", p, " ", gap, " ", role)
}
func roleName(p, supporter events.PersonID, role events.RoleName) string {
	return fmt.Sprint("role ", p, " ", supporter, " ", role)
}

// changes are what differs between two times.
func changes(before, after map[string]string) map[string]string {
	all := map[string]string{}
	for what, is := range after {
		if before[what] != is {
			all[what] = before[what] + ">" + is
		}
	}
	for what, was := range before {
		if after[what] == "" {
			all[what] = was + ">"
		}
	}
	return all
}

// foretold is a diff in the same form.
func foretold(d *audit.Diff) map[string]string {
	all := map[string]string{}
	for _, g := range d.Gaps {
		all[gapName(g.Person, g.Gap, g.Role)] = map[bool]string{true: ">open", false: "open>"}[g.Opens]
	}
	for _, r := range d.Roles {
		all[roleName(r.Person, r.Supporter, r.Role)] = string(r.Before) + ">" + string(r.After)
	}
	return all
}

// populate brings forty people: the first ten have three advocates, the next ten two, the next ten one, and
// the last ten some advice by one of the first. They join when all of that has followed: so no gap has closed yet.
func (f *firm) populate() {
	f.t.Helper()
	var acts, people []events.Event
	for n := range 30 {
		for other := range 3 - n/10 {
			act := events.Act{Recipient: member(n), Supporter: member((n + 1 + other) % 40), RecordedBy: "system", Confirmation: "both"}
			acts = append(acts, f.fact(12, string(act.Recipient), events.Support, &events.ReferralMade{Act: act, Kind: "job"}))
		}
	}
	for n := 30; n < 40; n++ {
		act := events.Act{Recipient: member(n), Supporter: member(n - 30), RecordedBy: "system", Confirmation: "both"}
		acts = append(acts, f.fact(12, string(act.Recipient), events.Support, &events.AdviceGiven{Act: act}))
	}
	for n := range 40 {
		level, department := 3, events.Code("law")
		if n < 10 {
			level = 5
		}
		if n%2 == 0 {
			department = "sales"
		}
		people = append(people, f.fact(0, string(member(n)), events.People,
			&events.PersonJoined{Level: level, LevelScale: "l", Department: department, EffectiveAt: ago(900)}))
	}
	f.settle(f.say(acts...))
	f.settle(f.say(people...))
}

// What-if names exactly what an activation brings about: of gaps, of roles, and of what follows from one for
// the other; and the rules that do it. Nothing is appended by asking.
func TestWhatIf(t *testing.T) {
	f := newFirm(t)
	f.populate()
	text := ruleset.DefaultText()
	for _, c := range []struct {
		name, old, new string
		path           string // of the rule that does it
		roles, gaps    int    // that change
	}{
		{"advocates' target is two", "advocate: {minimum: 1, target: 3", "advocate: {minimum: 1, target: 2", "gaps.roles.advocate.target", 0, 10},
		{"advice is worth much", "weights: {mentor: 0.7}", "weights: {mentor: 3.0}", "acts.AdviceGiven[1].weights.mentor", 10, 10},
		{"a referral is worth little", "weights: {advocate: 1.5, sponsor: 1.0}", "weights: {advocate: 0.1, sponsor: 1.0}", "acts.ReferralMade[0].weights.advocate", 60, 0},
		{"and much again", "weights: {advocate: 0.1, sponsor: 1.0}", "weights: {advocate: 1.5, sponsor: 1.0}", "acts.ReferralMade[0].weights.advocate", 60, 0},
		{"nothing but its name", `version: "2026-1"`, `version: "2026-2"`, "", 0, 0},
	} {
		next := strings.Replace(text, c.old, c.new, 1)
		if next == text {
			t.Fatalf("%s: no %q", c.name, c.old)
		}
		before, end := f.seen(), f.last()
		d, err := f.s.WhatIf(t.Context(), next, audit.Base{End: f.last(), At: time.Now()}, func(uint64, uint64) error { return nil })
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if f.last() != end {
			t.Errorf("%s: something was appended", c.name)
		}
		f.settle(f.say(f.fact(0, events.Nobody, events.Policy, &events.RulesetActivated{Version: d.Version, Hash: ruleset.HashOf(next), Text: next})))
		happened := changes(before, f.seen())
		if told := foretold(d); !maps.Equal(told, happened) {
			t.Errorf("%s: foretold\n%v\nhappened\n%v", c.name, told, happened)
		}
		if len(d.Roles) != c.roles || len(d.Gaps) != c.gaps {
			t.Errorf("%s: %d roles and %d gaps, not %d and %d", c.name, len(d.Roles), len(d.Gaps), c.roles, c.gaps)
		}
		for _, g := range d.Gaps {
			if !slices.Equal(g.Rules, []string{c.path}) {
				t.Errorf("%s: %+v", c.name, g)
			}
		}
		text = next
	}
}

// advocates is the default ruleset with another target for advocates.
func advocates(target int) string {
	return strings.Replace(ruleset.DefaultText(), "advocate: {minimum: 1, target: 3", fmt.Sprint("advocate: {minimum: 1, target: ", target), 1)
}

// publish has a week measured.
func (f *firm) publish() {
	f.t.Helper()
	f.settle(f.say(eventlog.DueFact(eventlog.Timer{Service: gaps.Name, About: "coverage", At: time.Now()})))
	if last, err := f.log.LastOf(f.t.Context(), events.Coverage); err != nil || last == nil {
		f.t.Fatalf("no week is published: %v", err)
	}
}

// What is told of it is about nobody, and only to operators and auditors; that they asked is recorded.
func TestWhatIfIsToldAboutNobody(t *testing.T) {
	f := newFirm(t)
	f.populate()
	if a := f.answer(operator, advocates(2)); len(a.Changes) > 0 {
		t.Errorf("before anybody was counted: %+v", a)
	}
	f.publish()
	for viewer, code := range map[string]int{"": 403, ann: 403, "integration:hr": 403, operator: 200, "auditor:dana": 200} {
		if got, said := f.ask(viewer, advocates(2)); got != code {
			t.Errorf("%q: %d %s", viewer, got, said)
		}
	}
	if code, text := f.ask(operator, "roles: 1"); code != http.StatusUnprocessableEntity {
		t.Errorf("no ruleset: %d %s", code, text)
	}
	a := f.answer(operator, advocates(2))
	if _, err := preview.Of(tenantKey, ruleset.HashOf(advocates(2)), a.Hash); err != nil {
		t.Errorf("%s: %v", a.Hash, err)
	}
	want := []audit.Change{{Gap: events.ThinRole, Role: events.Advocate, Turn: audit.Closes, Rules: []string{"gaps.roles.advocate.target"}, Cells: []audit.ChangeCell{
		{AtLeast: 6, AtMost: 11, People: 35}, {Department: "law", Suppressed: true}, {Department: "sales", Suppressed: true}}}}
	if got, _ := json.Marshal(a.Changes); string(got) != string(must(json.Marshal(want))) {
		t.Errorf("%s", got)
	}
	e, err := f.log.LastOf(t.Context(), events.Access)
	if err != nil || e.Actor != operator || e.Fact.(*events.AggregateQueried).Filters[0] != "what-if" {
		t.Errorf("%+v, %v", e, err)
	}
}

// Whoever asks again learns nothing of what happened meanwhile: not until the next week is published. Only who objects is
// counted no more, at once, and then nothing is told of their crowd.
func TestWhatIfStandsStill(t *testing.T) {
	f := newFirm(t)
	f.populate()
	f.publish()
	before := f.answer(operator, advocates(2))
	for n := range 10 {
		act := events.Act{Recipient: member(10 + n), Supporter: member(30), RecordedBy: "system", Confirmation: "both"}
		f.settle(f.say(f.fact(0, string(act.Recipient), events.Support, &events.ReferralMade{Act: act, Kind: "job"})))
	}
	after := f.answer(operator, advocates(2))
	if before.Hash, after.Hash = "", ""; !reflect.DeepEqual(before, after) || len(before.Changes) == 0 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	f.settle(f.say(f.fact(0, string(member(3)), events.Personal, &events.ParticipationChanged{Purpose: "org-aggregate", Participation: "out"})))
	if a := f.answer(operator, advocates(2)); len(a.Changes) > 0 {
		t.Errorf("with somebody who is not to be counted: %+v", a)
	}
}

// Operators change amounts. What can be made to fit one person is for auditors, and so is what turns something off.
func TestWhatIfIsNoOracle(t *testing.T) {
	f := newFirm(t)
	f.populate()
	f.publish()
	for _, c := range []struct {
		name, old, new string
		operators      int
	}{
		{"a half-life", "halfLife: 60d", "halfLife: 90d", 200},
		{"a weight", "weights: {mentor: 0.7}", "weights: {mentor: 0.9}", 200},
		{"a severity", "mostly-external: 30", "mostly-external: 60", 200},
		{"a condition", "act.audience == \"public\" &&", "recipient.level == 5 &&", 403},
		{"one that fails for somebody", "evidence.enacted >= 1", "10 / (evidence.enacted - 1) > 1", 403},
		{"who stands in a role", "seniorFrom: 7", "seniorFrom: 6", 403},
		{"a stage", "fromLevel: 3", "fromLevel: 2", 403},
		{"how long somebody is new", "grace: 45d", "grace: 46d", 403},
		{"no weight", "weights: {mentor: 0.7}", "weights: {mentor: 0}", 403},
		{"no severity at one stage", "entry: 80, mid: 70", "entry: 80, mid: 0", 403},
		{"a kind of gap less", "    one-sided: 20\n", "", 403},
	} {
		text := strings.Replace(ruleset.DefaultText(), c.old, c.new, 1)
		if text == ruleset.DefaultText() {
			t.Fatalf("%s: no %q", c.name, c.old)
		}
		if code, said := f.ask(operator, text); code != c.operators {
			t.Errorf("%s: operators get %d %s", c.name, code, said)
		}
	}
	if a := f.answer("auditor:dana", strings.Replace(ruleset.DefaultText(), "evidence.enacted >= 1", "evidence.enacted >= 2", 1)); a.Hash == "" {
		t.Errorf("auditors get %+v", a)
	}
}

// answer is what follows from a ruleset; each line is as openapi.yaml describes it.
func (f *firm) answer(viewer, text string) audit.WhatIfAnswer {
	f.t.Helper()
	_, said := f.ask(viewer, text)
	lines := strings.Split(strings.TrimSpace(said), "\n")
	apitest.Read(f.t).Check(f.t, "WhatIfLine", said)
	var last struct{ Done audit.WhatIfAnswer }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		f.t.Fatal(err)
	}
	return last.Done
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func (f *firm) ask(viewer, text string) (int, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), "POST", f.url+"what-if", bytes.NewReader(must(json.Marshal(map[string]string{"text": text}))))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set(access.Header, viewer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		f.t.Fatal(err)
	}
	return resp.StatusCode, body.String()
}

func (f *firm) last() uint64 {
	f.t.Helper()
	last, err := f.log.Last(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return last
}
