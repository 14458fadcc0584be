package gaps_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/readmodel"
)

// company is a directory: who stands where.
type company map[events.PersonID]readmodel.Standing

func (c company) Standing(person events.PersonID, _ time.Time) readmodel.Standing { return c[person] }

func (c company) Count(department events.Code, fromLevel int, _ time.Time, but ...events.PersonID) int {
	n := 0
	for person, s := range c {
		if s.Level >= fromLevel && (department == "" || s.Department == department) && !slices.Contains(but, person) {
			n++
		}
	}
	return n
}

func at(level int, department events.Code) readmodel.Standing {
	return readmodel.Standing{Presence: readmodel.Present, Level: level, Department: department}
}

// crowd adds people nobody knows.
func (c company) crowd(n, level int, department events.Code) company {
	for i := range n {
		c[events.PersonID(fmt.Sprintf("p%016s", strings.Repeat("q", i+1)))] = at(level, department)
	}
	return c
}

// lacking is a mid-career person in ops with one open gap.
func lacking(kind events.GapKind, role events.RoleName, ties map[events.PersonID]*readmodel.NetworkTie) *readmodel.Network {
	n := &readmodel.Network{Person: ego, Ties: ties, Gaps: []readmodel.Gap{{Kind: kind, Role: role, Reason: "none-active", Severity: 70}}}
	n.Add(readmodel.Change{At: day(-700), Kind: readmodel.Joined, Level: 3, Department: "ops"})
	return n
}

func plays(role events.RoleName, status readmodel.RoleStatus, rung int) *readmodel.NetworkTie {
	return &readmodel.NetworkTie{LastAct: day(-20), Roles: map[events.RoleName]*readmodel.NetworkRole{
		role: {Status: status, Subtype: events.Standard, Rung: rung, Since: day(-100)}}}
}

func TestSuggestions(t *testing.T) {
	type ties = map[events.PersonID]*readmodel.NetworkTie
	senior := company{ben: at(6, "research"), cleo: at(5, "ops"), dana: at(4, "ops")}
	for _, c := range []struct {
		name   string
		kind   events.GapKind
		role   events.RoleName
		ties   ties
		people company
		want   string
	}{
		{"S1.41 S2.11 the readiest mentor first, and none without the standing", events.MissingRole, events.Sponsor, ties{
			ben: plays(events.Mentor, readmodel.RoleActive, 1), cleo: plays(events.Mentor, readmodel.RoleActive, 4), dana: plays(events.Mentor, readmodel.RoleActive, 5),
		}, senior, `promote-mentor sponsor p=c 72 [senior-enough gives-opportunities]
promote-mentor sponsor p=b 48 [senior-enough]`},
		{"S1.42 working together counts", events.MissingRole, events.Sponsor, ties{
			ben: with(plays(events.Mentor, readmodel.RoleActive, 1), 2, 12), cleo: plays(events.Mentor, readmodel.RoleActive, 1),
		}, senior, `promote-mentor sponsor p=b 60 [senior-enough works-with-you]
promote-mentor sponsor p=c 48 [senior-enough]`},
		{"a mentor who is fading is no candidate", events.MissingRole, events.Sponsor, ties{
			ben: plays(events.Mentor, readmodel.RoleAtRisk, 5)}, senior, ``},
		{"S1.03 a tie at risk is rekindled", events.AtRisk, events.Mentor, ties{
			ben: plays(events.Mentor, readmodel.RoleAtRisk, 1), cleo: plays(events.Mentor, readmodel.RoleLapsed, 1),
		}, senior, `rekindle mentor p=b 0 [quiet-for-a-while]`},
		{"S1.27 a frequent collaborator is asked, before who supports in another way", events.MissingRole, events.TruthTeller, ties{
			ben: plays(events.Advocate, readmodel.RoleActive, 5), cleo: with(&readmodel.NetworkTie{}, 9, 0), dana: {},
		}, senior, `ask truth-teller p=c 0 [works-with-you]
ask truth-teller p=b 0 [supports-you-already]`},
		{"S1.15 for a mentor somebody above", events.MissingRole, events.Mentor, ties{
			ben: with(&readmodel.NetworkTie{}, 1, 0), xeno: plays(events.TruthTeller, readmodel.RoleActive, 0), dana: with(&readmodel.NetworkTie{}, 3, 0),
		}, company{ben: at(4, "ops"), dana: at(3, "ops")}, `ask mentor p=b 0 [works-with-you]
ask mentor p=e 0 [supports-you-already]`},
		{"nobody who has left, is on leave or declined lately", events.MissingRole, events.TruthTeller, ties{
			ben: with(&readmodel.NetworkTie{Declined: declined(events.TruthTeller, -10)}, 9, 0), cleo: with(&readmodel.NetworkTie{}, 9, 0), dana: with(&readmodel.NetworkTie{Declined: declined(events.TruthTeller, -200)}, 1, 0),
		}, company{ben: at(3, "ops"), cleo: {Presence: readmodel.Away, Level: 3}, dana: at(3, "ops")}, `ask truth-teller p=d 0 [works-with-you]`},
		{"S2.34 an introduction names a department, where enough are senior", events.MissingRole, events.Sponsor, ties{
			ben: plays(events.Advocate, readmodel.RoleActive, 0),
		}, company{ben: at(3, "research")}.crowd(5, 5, "research"), `introduce sponsor via=b to research from 5 [works-where-it-counts]`},
		{"and nobody where four stand behind it", events.MissingRole, events.Sponsor, ties{
			ben: plays(events.Advocate, readmodel.RoleActive, 0),
		}, company{ben: at(3, "research")}.crowd(4, 5, "research"), ``},
		{"S1.11 who was named is reviewed", events.DeclaredNotEnacted, events.Sponsor, ties{
			ben: {Declared: map[events.RoleName]readmodel.Declaration{events.Sponsor: {By: "recipient", At: day(-100)}}},
		}, senior, `review sponsor p=b 0 [you-named-them]`},
		{"S1.45 S2.22 whom nobody supported lately turns to who did", events.Isolation, "", ties{
			ben: {LastAct: day(-90)}, cleo: {LastAct: day(-70)},
		}, senior, `rekindle  p=c 0 [supported-you-before]
rekindle  p=b 0 [supported-you-before]`},
		{"S1.13 or says who is there", events.Isolation, "", nil, senior, `declare  p= 0 [nobody-known-yet]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lines []string
			for _, s := range newRules(t).Suggest(lacking(c.kind, c.role, c.ties), c.people, day(0)) {
				lines = append(lines, short(s))
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("suggested (-want +got):\n%s", diff)
			}
		})
	}
}

func with(tie *readmodel.NetworkTie, times, weeks int) *readmodel.NetworkTie {
	tie.Together = &readmodel.Together{Times: times, Weeks: weeks, Last: day(-5)}
	return tie
}

func short(s gaps.Suggestion) string {
	first := func(p events.PersonID) string {
		if p == "" {
			return ""
		}
		return string(p[1:2])
	}
	if s.Via != "" {
		return fmt.Sprintf("%s %s via=%s to %s from %d %s", s.Action, s.Role, first(s.Via), s.Department, s.FromLevel, s.Reasons)
	}
	return fmt.Sprintf("%s %s p=%s %d %s", s.Action, s.Role, first(s.Supporter), s.Readiness, s.Reasons)
}

// Whatever a network and a company look like, a suggestion names nobody but the person's own
// ties, never who declined lately, and points only where at least five others stand.
func TestASuggestionNamesNoThirdPerson(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		people, ties := company{}, map[events.PersonID]*readmodel.NetworkTie{}
		for i := range rapid.IntRange(0, 40).Draw(t, "people") {
			id := events.PersonID("p" + strings.Repeat(string(rune('a'+i%26)), 15) + string(rune('a'+i/26)))
			people[id] = at(rapid.IntRange(1, 8).Draw(t, "level"), rapid.SampledFrom([]events.Code{"ops", "research", "sales"}).Draw(t, "department"))
			if id != ego && rapid.Bool().Draw(t, "tie") {
				ties[id] = tieOf(t)
			}
		}
		n := lacking(rapid.SampledFrom([]events.GapKind{events.MissingRole, events.ThinRole, events.AtRisk, events.Isolation, events.DeclaredNotEnacted}).Draw(t, "gap"),
			rapid.SampledFrom(events.Roles()).Draw(t, "role"), ties)
		suggested := rules.Suggest(n, people, day(0))
		text, err := json.Marshal(suggested)
		if err != nil {
			t.Fatal(err)
		}
		for id := range people {
			if _, own := ties[id]; !own && strings.Contains(string(text), string(id)) {
				t.Fatalf("%s is no tie of the person, and named in %s", id, text)
			}
		}
		for _, s := range suggested {
			if s.Action == "introduce" && people.Count(s.Department, s.FromLevel, day(0), ego, s.Via) < 5 {
				t.Fatalf("fewer than five stand behind %+v", s)
			}
			if s.Action == "ask" && !ties[s.Supporter].Declined[s.Role].IsZero() {
				t.Fatalf("%s declined and is suggested", s.Supporter)
			}
		}
	})
}

func tieOf(t *rapid.T) *readmodel.NetworkTie {
	tie := plays(rapid.SampledFrom(events.Roles()).Draw(t, "plays"),
		rapid.SampledFrom([]readmodel.RoleStatus{readmodel.RoleActive, readmodel.RoleAtRisk, readmodel.RoleLapsed}).Draw(t, "status"),
		rapid.IntRange(0, 5).Draw(t, "rung"))
	if rapid.Bool().Draw(t, "together") {
		with(tie, rapid.IntRange(1, 9).Draw(t, "times"), 0)
	}
	if rapid.Bool().Draw(t, "declined") {
		tie.Declined = declined(rapid.SampledFrom(events.Roles()).Draw(t, "for"), -10)
	}
	return tie
}

func declined(role events.RoleName, on int) map[events.RoleName]time.Time {
	return map[events.RoleName]time.Time{role: day(on)}
}
