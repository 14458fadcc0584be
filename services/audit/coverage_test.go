package audit_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/services/audit/audited"
	gaps "kith.internal/services/gap-projection"
)

// told is what is told of a time, by what was known at another, and the text of it.
func (p *place) told(at time.Time, knownAt string) (gaps.CoverageAnswer, string) {
	p.t.Helper()
	code, body := p.get("coverage?at="+url.QueryEscape(at.Format(time.RFC3339))+"&by=department&known-at="+knownAt, operator, "OrganizationAsOf")
	var a struct {
		Coverage json.RawMessage
	}
	var c gaps.CoverageAnswer
	if err := json.Unmarshal([]byte(body), &a); err != nil || code != 200 {
		p.t.Fatalf("%d %s, %v", code, body, err)
	}
	if err := json.Unmarshal(a.Coverage, &c); err != nil {
		p.t.Fatal(err)
	}
	return c, string(a.Coverage)
}

// mentored is the cell of everybody who has a mentor.
func (p *place) mentored(a gaps.CoverageAnswer) gaps.CellView {
	p.t.Helper()
	for _, c := range a.Weeks[0].Cells {
		if c.By == "" && c.Metric == "mentor" {
			return c
		}
	}
	p.t.Fatalf("no mentors in %+v", a)
	return gaps.CellView{}
}

// live has the services say what follows from the log, and then, as on a Monday, measure the week that has ended.
func (p *place) live() (last uint64) {
	p.t.Helper()
	all, err := audited.Derivations(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	follow := func(d derive.Derivation) {
		end, err := p.log.Last(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		s, err := derive.NewShadow(p.t.Context(), p.log, d, end, func(uint64) error { return nil })
		if err != nil {
			p.t.Fatal(err)
		}
		for some := range slices.Chunk(s.Pending, 100) {
			acks, err := p.log.Append(p.t.Context(), some...)
			if err != nil {
				p.t.Fatal(err)
			}
			last = acks[len(acks)-1].Seq
		}
	}
	follow(all[0])
	due := eventlog.DueFact(eventlog.Timer{Service: gaps.Name, About: "coverage", At: time.Now().UTC()})
	if _, err := p.log.Append(p.t.Context(), due); err != nil {
		p.t.Fatal(err)
	}
	follow(all[1])
	return last
}

func (p *place) mentor(n, daysAgo int) {
	for day := range 3 {
		act := events.Act{Recipient: member(n), Supporter: member(30 + n%10), RecordedBy: "system", Confirmation: "both"}
		p.say(daysAgo-day, events.Support, member(n), &events.MentoringSessionHeld{Act: act})
	}
}

// Once a week was published, that is what is told of its time and of later ones. Before, the same people are told of,
// by what was known when it was: nothing that was recorded since changes a word of it.
func TestHowTheOrganizationWasCovered(t *testing.T) {
	p := start(t)
	p.run()
	ask := func(days int) string { return "coverage?at=" + url.QueryEscape(ago(days).Format(time.RFC3339)) }
	for n := range 40 {
		since := 900
		if n >= 38 {
			since = 45 // two have come since
		}
		p.say(0, events.People, member(n), &events.PersonJoined{Level: 3 + 2*(n/30), LevelScale: "l", Department: "law", EffectiveAt: ago(since)})
	}
	for n := range 30 {
		p.mentor(n, 40)
	}
	if code, body := p.get(ask(30), operator, "OrganizationAsOf"); code != 404 {
		t.Errorf("before anything was published: %d %s", code, body)
	}
	first := p.live()
	now, published := p.told(time.Now(), "")
	then, recently := p.told(ago(30), "")
	before, long := p.told(ago(60), "")
	if m := p.mentored(now); m.Value < 60 || m.Value > 90 {
		t.Errorf("published is %+v", m)
	}
	if m, was := p.mentored(now), p.mentored(then); m != was {
		t.Errorf("after it happened %+v, published is %+v", was, m)
	}
	if m, was := p.mentored(now), p.mentored(before); was.Value > 15 || was.People != m.People || was.Margin <= m.Margin {
		t.Errorf("before it happened %+v, published is %+v: not the same people, or two more had come by then", was, m)
	}
	for n := range 10 {
		p.mentor(n, 100) // which was not known
	}
	p.say(0, events.People, member(40), &events.PersonJoined{Level: 3, LevelScale: "l", Department: "law", EffectiveAt: ago(900)})
	p.live() // the week has been measured
	for name, c := range map[string]struct {
		at      time.Time
		knownAt string
		want    string
	}{
		"published":                {time.Now(), "", published},
		"published, as known then": {time.Now(), fmt.Sprint(first), published},
		"recently":                 {ago(30), "", recently},
		"recently, as known then":  {ago(30), fmt.Sprint(first), recently},
		"long ago":                 {ago(60), "", long},
		"on the same Monday":       {ago(60).UTC().Truncate(time.Hour), "", long},
	} {
		if _, got := p.told(c.at, c.knownAt); got != c.want {
			t.Errorf("%s: other than it was:\n%s\n%s", name, got, c.want)
		}
	}
	p.say(0, events.Personal, member(3), &events.ParticipationChanged{Purpose: "org-aggregate", Participation: "out"})
	if a, body := p.told(ago(60), ""); p.mentored(a).People >= p.mentored(before).People {
		t.Errorf("of a crowd somebody takes no part any more: %s", body)
	}
	if _, got := p.told(time.Now(), ""); got != published {
		t.Errorf("what was published stays: %s", got)
	}
	for viewer, code := range map[string]int{"": 403, ann: 403, "integration:hr": 403, "auditor:dana": 200} {
		if got, body := p.get(ask(30), viewer, "OrganizationAsOf"); got != code {
			t.Errorf("%q: %d %s", viewer, got, body)
		}
	}
	e, err := p.log.LastOf(t.Context(), events.Access)
	if err != nil || e.Actor != "auditor:dana" || e.Fact.(*events.AggregateQueried).Filters[0] != "as-of" {
		t.Errorf("%+v, %v", e, err)
	}
}
