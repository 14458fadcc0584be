package audit_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

// covered is the share of everybody who has a mentor, in percent; 0 is not told.
func (p *place) covered(at time.Time, knownAt string) int {
	p.t.Helper()
	code, body := p.get("coverage?at="+url.QueryEscape(at.Format(time.RFC3339))+"&known-at="+knownAt, operator, "OrganizationAsOf")
	var a struct {
		Coverage gaps.CoverageAnswer
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || code != 200 {
		p.t.Fatalf("%d %s, %v", code, body, err)
	}
	for _, c := range a.Coverage.Weeks[0].Cells {
		if c.By == "" && c.Metric == "mentor" {
			return c.Value
		}
	}
	p.t.Fatalf("no mentors in %s", body)
	return 0
}

// What was true follows from what had happened, what was known from what was published: what was recorded
// since changes neither until the next week is.
func TestHowTheOrganizationWasCovered(t *testing.T) {
	p := start(t)
	p.run()
	for n := range 40 {
		p.say(0, events.People, member(n), &events.PersonJoined{Level: 3 + 2*(n/30), LevelScale: "l", Department: "law", EffectiveAt: ago(900)})
	}
	publish := func() uint64 {
		return p.say(0, events.Coverage, events.Nobody, &events.CoverageMeasured{Week: "2026-w01", Cell: "everybody", Metric: "mentor", Suppressed: true, Policy: "default"})
	}
	if code, body := p.get("coverage?at="+url.QueryEscape(ago(30).Format(time.RFC3339)), operator, "OrganizationAsOf"); code != 404 {
		t.Errorf("before anything was published: %d %s", code, body)
	}
	first := publish()
	for n := range 30 {
		for day := range 3 {
			act := events.Act{Recipient: member(n), Supporter: member(30 + n%10), RecordedBy: "system", Confirmation: "both"}
			p.say(40-day, events.Support, member(n), &events.MentoringSessionHeld{Act: act})
		}
	}
	unpublished := p.covered(ago(30), "")
	second := publish()
	for name, c := range map[string]struct {
		days    int
		knownAt string
		least   int
		most    int
	}{
		"after it happened, by all that is known":  {30, "", 60, 95},
		"by what was published":                    {30, fmt.Sprint(second), 60, 95},
		"before it happened":                       {60, "", 5, 15},
		"by what was published before":             {30, fmt.Sprint(first), 5, 15},
		"by what was known, but not published yet": {30, fmt.Sprint(second - 1), 5, 15},
	} {
		if got := p.covered(ago(c.days), c.knownAt); got < c.least || got > c.most {
			t.Errorf("%s: %d %%", name, got)
		}
	}
	if unpublished > 15 {
		t.Errorf("before the week was published: %d %%", unpublished)
	}
	for viewer, code := range map[string]int{"": 403, ann: 403, "integration:hr": 403, "auditor:dana": 200} {
		if got, body := p.get("coverage?at="+url.QueryEscape(ago(30).Format(time.RFC3339)), viewer, "OrganizationAsOf"); got != code {
			t.Errorf("%q: %d %s", viewer, got, body)
		}
	}
	e, err := p.log.LastOf(t.Context(), events.Access)
	if err != nil || e.Actor != "auditor:dana" || e.Fact.(*events.AggregateQueried).Filters[0] != "as-of" {
		t.Errorf("%+v, %v", e, err)
	}
}
