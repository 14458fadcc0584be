package e2e

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/natstest"
	"kith.internal/services/audit"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/isoweek"
)

// garden is an organization of which half identifies with either of two groups, as people say through intake, and every
// other person has a mentor.
func garden(people int) (lines []string) {
	at := time.Now().UTC().Add(-time.Hour)
	for n := range people {
		id := fmt.Sprint(n)
		lines = append(lines, joined(id, 3+n%2*2, nil))
	}
	for n := range people {
		id, group := fmt.Sprint(n), []string{"tulips", "daisies"}[n/2%2]
		lines = append(lines, cloudEvent("group-"+id, "kith.personal.GroupSelfIdentified", "hr:"+id, at, map[string]any{"how": "survey", "sealed": map[string]any{"group": group}}))
		for session := range 3 * (1 - n%2) {
			lines = append(lines, act(fmt.Sprintf("session-%d-%d", n, session), "MentoringSessionHeld", id, fmt.Sprint((n+1)%people),
				at.AddDate(0, 0, -7*session), map[string]any{"topics": []string{"skills"}}))
		}
	}
	return lines
}

// TestGroups: people say which group they identify with, and it is told how groups are covered, and nothing else.
func TestGroups(t *testing.T) {
	u := together(t, t.TempDir())
	monday := isoweek.Next(time.Now())
	u.accepted(t, garden(240)...)
	u.settled(t)
	first := u.byGroup(t, monday)
	for _, metric := range []events.Code{"mentor", "sponsor"} {
		for _, group := range []string{"tulips", "daisies"} {
			if first[group+" "+string(metric)].People < 23 {
				t.Errorf("S2.03 of the %s with a %s is told %+v", group, metric, first[group+" "+string(metric)])
			}
		}
	}
	if c := first["everybody mentor-same-group"]; c.Value < 25 || c.Value+c.Margin < 40 {
		t.Errorf("half have a mentor, all of their own group; told is %+v", c)
	}
	t.Run("S1.24 S2.16 ties across groups are told of everybody alone", func(t *testing.T) {
		if out, code := u.kith(t, "coverage", "--by", "group"); code != 0 || !strings.Contains(out, "Tulips") || !strings.Contains(out, "have a mentor who identifies with the same") {
			t.Errorf("exit code %d: %s", code, out)
		}
		if c := first["everybody mentor-other-group"]; c.Value != 5 && c.Value > c.Margin {
			t.Errorf("nobody has a mentor of the other group; told is %+v", c)
		}
		for cell := range first {
			if strings.HasSuffix(cell, "-group") && !strings.HasPrefix(cell, "everybody ") {
				t.Errorf("told is also %s", cell)
			}
		}
	})
	t.Run("S2.03 who withdraws is not counted in the next picture", func(t *testing.T) {
		for n := range 60 {
			if n/2%2 == 0 {
				u.accepted(t, cloudEvent(fmt.Sprint("withdrawn-", n), "kith.personal.GroupSelfIdentificationWithdrawn", fmt.Sprint("hr:", n), time.Now(), map[string]any{"how": "survey"}))
			}
		}
		second := u.byGroup(t, monday.AddDate(0, 0, 7))
		was, is := first["tulips mentor"].People, second["tulips mentor"].People
		if is >= was || (was-is)%12 != 0 || second["daisies mentor"].People != first["daisies mentor"].People {
			t.Errorf("%d tulips were counted, then %d, and %+v of the others", was, is, second["daisies mentor"])
		}
	})
	t.Run("S2.21 nothing names the group of a person", u.namesNoGroup)
	t.Run("a figure that was counted with somebody erased since is no divergence, a forged one is", func(t *testing.T) {
		u.verifiesFigures(t, monday.AddDate(0, 0, 14))
	})
}

// verifiesFigures erases somebody who is counted by group, after two weeks that were told, and forges what is told.
func (u *product) verifiesFigures(t *testing.T, third time.Time) {
	if v := u.verify(t, audit.Clean); v.Services[1].Erased != 0 {
		t.Errorf("nobody was erased: %+v", v.Services[1])
	}
	if out, code := u.kith(t, "erase", "hr:100", "--yes"); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	anew := u.verify(t, audit.Clean).Services[1]
	if len(anew.Gone) == 0 || anew.Gone[0].Fact != "CoverageMeasured" || anew.Gone[0].What != derive.Erased {
		t.Errorf("what cannot be counted again is not named: %+v", anew)
	}
	u.byGroup(t, third)
	later := u.verifyBy(t, audit.Clean).Services[1]
	if told := len(u.facts(t, 1, events.FilterContext(events.Coverage))); later.Erased != anew.Erased || later.Facts < anew.Facts+told/4 {
		t.Errorf("the week after is not held against what is counted: of %d figures %+v, then %+v", told, anew, later)
	}
	figures := u.facts(t, 1, events.FilterContext(events.Coverage))
	forge := func(after events.Event, flags ...string) {
		t.Helper()
		f := *after.Fact.(*events.CoverageMeasured)
		f.Value, f.Margin, f.People, f.Suppressed = 77, 5, 24, false
		after.CausationIndex++
		after.ID, after.Fact = events.DerivedID(gaps.Name, after.CausationID, events.Coverage, after.CausationIndex), &f
		acks, err := u.log(t).Append(t.Context(), after)
		if err != nil {
			t.Fatal(err)
		}
		named := u.verifyBy(t, audit.Divergent, flags...).Services[1].First
		if !slices.ContainsFunc(named, func(d derive.Divergence) bool {
			return d.What == derive.Unexpected && d.Seq == acks[0].Seq || d.What == derive.OddDocument && d.Key == gaps.WeekKey(f.Week)
		}) {
			t.Errorf("forged at %d: named is %+v", acks[0].Seq, named)
		}
	}
	last := figures[len(figures)-1]
	forge(last, "--all") // of the last week that cannot be counted again
	forge(figures[slices.IndexFunc(figures, func(e events.Event) bool { return e.CausationSeq != figures[0].CausationSeq })-1], "--all")
}

// byGroup lets a Monday come, and returns what is told by group of the week that ends with it.
func (u *product) byGroup(t *testing.T, monday time.Time) map[string]gaps.CellView {
	t.Helper()
	l := u.log(t)
	natstest.Again(t, func() error {
		_, err := l.Append(t.Context(), events.Event{ID: events.IncomingID(nil, "/test", monday.String()), Source: "/test", Context: events.Clock, Subject: events.Nobody,
			Time: time.Now(), Fact: &events.Due{For: gaps.Name, About: "coverage", At: monday}})
		return err
	})
	week := isoweek.Of(monday.AddDate(0, 0, -1))
	var a gaps.CoverageAnswer
	eventually(t, 60*time.Second, "the week is measured", func() bool {
		u.get(t, "integration:hr", "/gap-projection/v1/program/coverage?by=group&from="+string(week), &a)
		return len(a.Weeks) > 0
	})
	if a.Weeks[0].Groups != "told" {
		t.Fatalf("groups are %s", a.Weeks[0].Groups)
	}
	cells := map[string]gaps.CellView{}
	for _, c := range a.Weeks[0].Cells {
		if c.By == coverage.Group {
			cells[string(c.Cell+" "+c.Metric)] = c
		}
	}
	return cells
}

// people are pseudonyms, wherever they stand.
var people = regexp.MustCompile(`\b[px][a-z2-7]{16}\b`)

// namesNoGroup looks at every byte of the log, of all documents, of what is logged and of metrics.
func (u *product) namesNoGroup(t *testing.T) {
	told := 0
	check := func(where, text string, aggregate bool) {
		if !strings.Contains(text, "tulips") && !strings.Contains(text, "daisies") {
			return
		}
		if told++; !aggregate || people.MatchString(text) {
			t.Errorf("%s names a group: %.300s", where, text)
		}
	}
	for _, m := range u.raw(t, 1) {
		check(m.Subject, fmt.Sprint(m.Header)+string(m.Data), strings.HasPrefix(m.Subject, "kith.coverage."))
	}
	for _, bucket := range []string{"kith_networks", "kith_ties", "kith_inbox"} {
		for key, r := range u.documents(t, bucket) {
			check(key, key+string(r.Body), key == "groups" || strings.HasPrefix(key, "week."))
		}
	}
	check("the output", u.all.said(), false)
	resp, err := http.Get(u.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		check("a metric", line, strings.HasPrefix(line, "kith_coverage_percent{"))
	}
	if told < 20 {
		t.Errorf("groups are told in %d places only", told)
	}
}
