package evaluation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/isoweek"
	classifier "kith.internal/services/role-classifier"
)

// firm is the law firm by its files alone: who is who, and who goes to somebody for advice.
type firm struct {
	lawyers          table
	advised, partner map[events.PersonID]bool // by anybody, by a partner
}

func readFirm(t *testing.T) (f firm, log []events.Event) {
	t.Helper()
	lawyers, ties := read(t, "lawfirm/lawyers.csv"), read(t, "lawfirm/ties.csv")
	f = firm{lawyers: lawyers, advised: map[events.PersonID]bool{}, partner: map[events.PersonID]bool{}}
	status := map[string]string{}
	for _, row := range lawyers.rows {
		status[lawyers.cell(row, "id")] = lawyers.cell(row, "status")
	}
	for _, row := range ties.rows {
		if ties.cell(row, "relation") == "advice" {
			from := lawyer(ties.cell(row, "from"))
			f.advised[from] = true
			f.partner[from] = f.partner[from] || status[ties.cell(row, "to")] == "partner"
		}
	}
	return f, facts(t, "lawfirm", map[string]table{"lawyers.csv": lawyers, "ties.csv": ties})
}

func lawyer(id string) events.PersonID { return pseudonym("lawfirm:" + id) }

// TestTheLawFirm measures the firm as the product does, on the Monday after the survey, and
// holds every number against a count of the file among those it speaks of.
func TestTheLawFirm(t *testing.T) {
	f, log := readFirm(t)
	cells, crowds := measured(t, log)
	var b strings.Builder
	b.WriteString("| | have a mentor | have a sponsor | counted |\n|---|---|---|---|\n")
	for _, value := range []events.Code{coverage.Everybody, "corporate", "litigation", "entry", "mid", "senior"} {
		mentor, sponsor := find(t, cells, value, "mentor"), find(t, cells, value, "sponsor")
		fmt.Fprintf(&b, "| %s | %s%s | %s%s | %s |\n", value,
			inWords(mentor), inFile(t, mentor, crowds, func(p events.PersonID) bool { return f.advised[p] }),
			inWords(sponsor), inFile(t, sponsor, crowds, func(events.PersonID) bool { return false }), // nobody was asked for one
			counted(mentor))
	}
	same(t, "law-firm", b.String())
}

// measured is what the product publishes of a log on the Monday after it, and whom it counts.
func measured(t *testing.T, log []events.Event) (cells []coverage.Cell, crowds []*coverage.Crowd) {
	t.Helper()
	recognition, err := classifier.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := gaps.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	inOrder(log)
	roles := replay(t, projection.NewDocs(t.Context(), projection.NewMemory()), recognition, classifier.Name, log)
	for i := range roles {
		roles[i].Recorded = roles[i].Time
	}
	monday := isoweek.Next(log[len(log)-1].Time)
	log = inOrder(append(slices.Concat(log, roles), events.Event{ID: events.IncomingID(nil, "/evaluation", "monday"), Context: events.Clock,
		Subject: events.Nobody, Time: monday, Recorded: monday, Fact: &events.Due{For: gaps.Name, About: "coverage", At: monday}}))
	memory := projection.NewMemory()
	docs := projection.NewDocs(t.Context(), memory)
	for _, e := range replay(t, docs, rules, gaps.Name, log) {
		if f, ok := e.Fact.(*events.CoverageMeasured); ok {
			cells = append(cells, coverage.Cell{By: coverage.Dimension(f.By), Cell: f.Cell, Metric: f.Metric,
				Value: f.Value, Margin: f.Margin, People: f.People, Suppressed: f.Suppressed})
		}
	}
	if _, err := docs.Commit(projection.Progress{}); err != nil {
		t.Fatal(err)
	}
	return cells, crowdsIn(t, memory)
}

func crowdsIn(t *testing.T, memory *projection.Memory) (crowds []*coverage.Crowd) {
	t.Helper()
	for key, r := range memory.Records() {
		if !strings.HasPrefix(key, "crowd.") {
			continue
		}
		c := &coverage.Crowd{}
		if err := json.Unmarshal(r.Body, c); err != nil {
			t.Fatal(err)
		}
		crowds = append(crowds, c)
	}
	return crowds
}

// asked are the questions of the table by status and gender.
var asked = []coverage.Metric{
	{Code: "mentor", By: []coverage.Dimension{"status", coverage.Group}},
	{Code: "partner-as-mentor", By: []coverage.Dimension{"status", coverage.Group}},
}

// TestTheLawFirmByStatusAndGender counts the firm in crowds by status, with the floor of five, and by gender, as
// groups that people identify with are: with a floor of ten, and no group alone.
func TestTheLawFirmByStatusAndGender(t *testing.T) {
	f, _ := readFirm(t)
	people := func(column string, by coverage.Dimension) (people []coverage.Person) {
		for _, row := range f.lawyers.rows {
			p := coverage.Person{ID: lawyer(f.lawyers.cell(row, "id")), Place: coverage.Place{by: events.Code(f.lawyers.cell(row, column))}}
			p.Yes.Set(0, f.advised[p.ID])
			p.Yes.Set(1, f.partner[p.ID])
			people = append(people, p)
		}
		return people
	}
	var b strings.Builder
	b.WriteString("| | lawyers | have a mentor | have a partner as a mentor | counted |\n|---|---|---|---|---|\n")
	status, gender := people("status", "status"), people("gender", coverage.Group)
	r, g := &coverage.Roster{}, &coverage.Groups{}
	r.Turn(coverage.Plan{{"status"}}, status, 5, len(asked))
	g.Turn(gender, 5, len(asked), func(events.PersonID, events.Code, map[events.PersonID]events.Code) (none coverage.Answers) {
		return none
	})
	values := map[coverage.Dimension][]events.Code{"status": {"partner", "associate"}}
	rows(t, &b, status, coverage.Cells(r.Picture(5, len(asked)), asked, values), r.Crowds, "status", "partner", "associate")
	rows(t, &b, gender, coverage.GroupCells(g.Picture(5, len(asked)), asked), g.Crowds, "gender", "woman", "man")
	same(t, "law-firm-by-status-and-gender", b.String())
}

// rows are those of one dimension: all that is told is as the file says. Of eighteen women nothing may be, so of the
// men neither, nor of both.
func rows(t *testing.T, b *strings.Builder, people []coverage.Person, cells []coverage.Cell, crowds []*coverage.Crowd, by string, values ...events.Code) {
	t.Helper()
	size := map[events.Code]int{coverage.Everybody: len(people)}
	for _, p := range people {
		size[p.Place["status"]+p.Place[coverage.Group]]++
	}
	for _, value := range append([]events.Code{coverage.Everybody}, values...) {
		fmt.Fprintf(b, "| %s, by %s | %d |", value, by, size[value])
		told := coverage.Cell{Suppressed: true}
		for q, m := range asked {
			if by != "gender" {
				told = find(t, cells, value, m.Code)
			}
			if told.Suppressed != (by == "gender") {
				t.Errorf("%s of %s: hidden is %v", m.Code, value, told.Suppressed)
			}
			fmt.Fprintf(b, " %s%s |", inWords(told), inFile(t, told, crowds, func(id events.PersonID) bool {
				return people[slices.IndexFunc(people, func(p coverage.Person) bool { return p.ID == id })].Yes.Yes(q)
			}))
		}
		fmt.Fprintf(b, " %s |\n", counted(told))
	}
	if by == "gender" && len(cells) > 0 {
		t.Errorf("by gender is told %+v", cells)
	}
}

func find(t *testing.T, cells []coverage.Cell, value, metric events.Code) coverage.Cell {
	t.Helper()
	i := slices.IndexFunc(cells, func(c coverage.Cell) bool { return c.Cell == value && c.Metric == metric })
	if i < 0 {
		t.Fatalf("%s of %s was not measured", metric, value)
	}
	return cells[i]
}

// inFile counts, among those of whom a cell speaks, who says yes: the share has to be where the cell
// says. Of what is hidden it says nothing either.
func inFile(t *testing.T, c coverage.Cell, crowds []*coverage.Crowd, yes func(events.PersonID) bool) string {
	t.Helper()
	if c.Suppressed {
		return ""
	}
	people, count := 0, 0
	for _, crowd := range crowds {
		if c.By != "" && crowd.Labels[c.By] != c.Cell {
			continue
		}
		for _, m := range crowd.Members {
			people++
			if yes(m.Person) {
				count++
			}
		}
	}
	share, low, high := 100*float64(count)/float64(people), float64(c.Value-c.Margin)-2.5, float64(c.Value+c.Margin)+2.5
	if people != c.People || share < low || share > high {
		t.Errorf("%s: %d %% ±%d of %d, and the file says %d of %d", c.Cell, c.Value, c.Margin, c.People, count, people)
	}
	return fmt.Sprintf(" (%d)", count)
}

func inWords(c coverage.Cell) string {
	if c.Suppressed {
		return "hidden"
	}
	return fmt.Sprintf("%d %% ±%d", c.Value, c.Margin)
}

func counted(c coverage.Cell) string {
	if c.Suppressed {
		return "too few"
	}
	return fmt.Sprint(c.People)
}
