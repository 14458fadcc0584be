package evaluation

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/ruleset"
	classifier "kith.internal/services/role-classifier"
)

// near is how far from a hidden act a mentor role counts as found.
const near = 180 * 24 * time.Hour

// tie is two people of the git project.
type tie struct{ recipient, supporter events.PersonID }

// span is how long a role was held, from its recognition until it lapsed; an act is a moment.
type span struct{ from, to time.Time }

func (s span) near(at time.Time) bool {
	return !at.Before(s.from.Add(-near)) && !at.After(s.to.Add(near))
}

// spans are those of each tie.
type spans map[tie][]span

// TestHiddenMentors hides every act that names a mentor, and looks whether the other acts show a
// mentor role on any day within 180 days of it.
func TestHiddenMentors(t *testing.T) {
	file := read(t, "gitproject/acts.csv.gz")
	hidden, shown := file.split(func(row []string) bool { return file.cell(row, "act") == "mentored-by" })
	s := &search{hidden: happened(t, hidden), shown: happened(t, shown)}
	s.ofMentees = s.candidates(func(h, c tie) bool { return h.recipient == c.recipient })
	s.ofAll = s.candidates(func(tie, tie) bool { return true })
	log := facts(t, "gitproject", map[string]table{"acts.csv": shown})
	byDefault := mentors(t, log, activated(t, 0, 0))
	same(t, "hidden-mentors", s.counts(len(hidden.rows))+"\n"+s.table(t, log, byDefault)+"\n"+s.kinds(t, shown, byDefault))
}

// happened is when acts happened.
func happened(t *testing.T, acts table) spans {
	t.Helper()
	all := spans{}
	for _, row := range acts.rows {
		c, at := who(acts, row), parse(t, acts.cell(row, "committed_at"))
		all[c] = append(all[c], span{at, at})
	}
	return all
}

func who(acts table, row []string) tie {
	return tie{pseudonym("git:" + acts.cell(row, "author")), pseudonym("git:" + acts.cell(row, "by"))}
}

// search looks for hidden mentors in what is shown.
type search struct {
	hidden, shown    spans
	ofMentees, ofAll []tie // with an act near a hidden act of the same recipient, and of anybody
}

// candidates are the ties with an act near a hidden act of one that is alike.
func (s *search) candidates(alike func(hidden, c tie) bool) (found []tie) {
	for c := range s.shown {
		if s.near(c, s.shown, alike) {
			found = append(found, c)
		}
	}
	return found
}

// near reports whether something of a tie is within 180 days of a hidden act of one that is alike.
func (s *search) near(c tie, something spans, alike func(hidden, c tie) bool) bool {
	for h, acts := range s.hidden {
		if !alike(h, c) {
			continue
		}
		for _, act := range acts {
			if slices.ContainsFunc(something[c], func(sp span) bool { return sp.near(act.from) }) {
				return true
			}
		}
	}
	return false
}

func itself(hidden, c tie) bool { return hidden == c }

// found counts the hidden ties near whose acts something is.
func (s *search) found(something spans) (n int) {
	for h := range s.hidden {
		if s.near(h, something, itself) {
			n++
		}
	}
	return n
}

// said counts the candidates that have been called mentors near a hidden act.
func (s *search) said(candidates []tie, held spans, alike func(hidden, c tie) bool) (n int) {
	for _, c := range candidates {
		if s.near(c, held, alike) {
			n++
		}
	}
	return n
}

func (s *search) counts(acts int) string {
	mentees := map[events.PersonID]bool{}
	for h := range s.hidden {
		mentees[h.recipient] = true
	}
	around, anybody := s.mentorsAmong(s.ofMentees), s.mentorsAmong(s.ofAll)
	return fmt.Sprintf(`- hidden: %d acts, of %d pairs with %d mentees; %d of these pairs have another act within 180 days
- candidates around these mentees: %d pairs, %d of them hidden ones (base rate %s)
- candidates anywhere in the project: %d pairs, %d of them hidden ones (base rate %s)
`, acts, len(s.hidden), len(mentees), s.found(s.shown), len(s.ofMentees), around, share(around, len(s.ofMentees)),
		len(s.ofAll), anybody, share(anybody, len(s.ofAll)))
}

func (s *search) mentorsAmong(candidates []tie) (n int) {
	for _, c := range candidates {
		if s.hidden[c] != nil {
			n++
		}
	}
	return n
}

// table shows what thresholds do, the default ones first.
func (s *search) table(t *testing.T, log []events.Event, byDefault spans) string {
	var b strings.Builder
	b.WriteString("| enter | half-life | found (recall) | called mentors around the mentees (precision) | anywhere (precision) |\n|---|---|---|---|---|\n")
	line := func(enter, halfLife string, held spans) {
		found := s.found(held)
		around := s.said(s.ofMentees, held, func(h, c tie) bool { return h.recipient == c.recipient })
		anybody := s.said(s.ofAll, held, func(tie, tie) bool { return true })
		fmt.Fprintf(&b, "| %s | %s | %d (%s) | %d (%s) | %d (%s) |\n", enter, halfLife, found, share(found, len(s.hidden)),
			around, share(found, around), anybody, share(found, anybody))
	}
	line("1.7, the default", "60 days", byDefault)
	// Endorsements, nine of ten acts, make nobody a mentor, so the variants go without them.
	log = slices.DeleteFunc(log, func(e events.Event) bool { _, yes := e.Fact.(*events.EndorsementGiven); return yes })
	if got := s.found(mentors(t, log, activated(t, 0, 0))); got != s.found(byDefault) {
		t.Errorf("without endorsements %d are found", got)
	}
	for _, enter := range []float64{0.7, 1.0, 2.5, 3.4} {
		line(fmt.Sprint(enter), "60 days", mentors(t, log, activated(t, enter, 0)))
	}
	for _, halfLife := range []int{30, 120, 240} {
		line("1.7", fmt.Sprint(halfLife, " days"), mentors(t, log, activated(t, 0, halfLife)))
	}
	return b.String()
}

// kinds shows which acts the candidates around the mentees have, mentors and others.
func (s *search) kinds(t *testing.T, acts table, held spans) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| act | hidden pairs that have it | of these found | other pairs that have it | of these called mentors |\n|---|---|---|---|---|\n")
	for _, kind := range []string{"helped-by", "suggested-by", "reviewed-by", "reported-by", "tested-by", "acked-by", "committed"} {
		of, _ := acts.split(func(row []string) bool { return acts.cell(row, "act") == kind })
		with := happened(t, of)
		var n [4]int
		for _, c := range s.ofMentees {
			if !s.near(c, with, func(h, c tie) bool { return h.recipient == c.recipient }) {
				continue
			}
			column := 2
			if s.hidden[c] != nil {
				column = 0
			}
			n[column]++
			if s.near(c, held, func(h, c tie) bool { return h.recipient == c.recipient }) {
				n[column+1]++
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", kind, n[0], n[1], n[2], n[3])
	}
	return b.String()
}

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3g %%", 100*float64(part)/float64(whole))
}

// mentors is when a mentor role was held, by a replay of a log under a ruleset.
func mentors(t *testing.T, log []events.Event, under events.Event) spans {
	t.Helper()
	rules, err := classifier.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	docs := projection.NewDocs(t.Context(), projection.NewMemory())
	log = inOrder(append([]events.Event{under}, log...))
	said := replay(t, docs, rules, classifier.Name, log)
	timers, err := docs.Commit(projection.Progress{})
	if err != nil {
		t.Fatal(err)
	}
	return held(append(said, replay(t, docs, rules, classifier.Name, silence(timers, log))...))
}

// activated is the default ruleset, with another threshold and half-life for mentors where one is
// given.
func activated(t *testing.T, enter float64, halfLife int) events.Event {
	t.Helper()
	rs, err := ruleset.Default()
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := yaml.Unmarshal([]byte(rs.Text), &all); err != nil {
		t.Fatal(err)
	}
	mentor := all["roles"].(map[string]any)["mentor"].(map[string]any)
	if enter != 0 {
		mentor["enter"] = enter
	}
	if halfLife != 0 {
		mentor["halfLife"] = fmt.Sprint(halfLife, "d")
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return events.Event{ID: events.IncomingID(nil, "/evaluation", string(text)), Context: events.Policy, Subject: events.Nobody,
		Fact: &events.RulesetActivated{Version: "evaluation", Hash: ruleset.HashOf(string(text)), Text: string(text)}}
}

// silence lets time pass after a log until no tie changes any more.
func silence(timers []projection.Timer, log []events.Event) (dues []events.Event) {
	slices.SortFunc(timers, func(a, b projection.Timer) int { return cmp.Compare(a.Key, b.Key) })
	at := log[len(log)-1].Time.AddDate(20, 0, 0)
	for _, timer := range timers {
		dues = append(dues, events.Event{ID: events.IncomingID(nil, "/evaluation", timer.Key), Context: events.Clock, Subject: string(timer.Person),
			Time: at, Recorded: at, Seq: uint64(len(log) + len(dues) + 1), Fact: &events.Due{For: classifier.Name, About: timer.Key, At: at}})
	}
	return dues
}

// held reads role facts as spans.
func held(said []events.Event) spans {
	all := spans{}
	for _, e := range said {
		switch f := e.Fact.(type) {
		case *events.RoleRecognized:
			c := tie{e.Person(), f.Supporter}
			if n := len(all[c]); f.Role == events.Mentor && (n == 0 || !all[c][n-1].to.IsZero()) {
				all[c] = append(all[c], span{from: e.Time})
			}
		case *events.RoleLapsed:
			if c := (tie{e.Person(), f.Supporter}); f.Role == events.Mentor {
				all[c][len(all[c])-1].to = e.Time
			}
		}
	}
	return all
}
