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

func (c company) Stays(person events.PersonID, _ time.Time) bool {
	return c[person].Presence == readmodel.Present
}

func (c company) Room(person events.PersonID, _ events.RoleName, _ int, _ time.Time) bool {
	return c[person].Manager != fullHouse
}

// fullHouse marks, as their manager, who has no room.
const fullHouse events.PersonID = "pffffffffffffffff"

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
		}, senior, `ask-feedback truth-teller p=c 0 [works-with-you]
ask-feedback truth-teller p=b 0 [supports-you-already works-elsewhere]`},
		{"S1.15 for a mentor somebody above", events.MissingRole, events.Mentor, ties{
			ben: with(&readmodel.NetworkTie{}, 1, 0), xeno: plays(events.TruthTeller, readmodel.RoleActive, 0), dana: with(&readmodel.NetworkTie{}, 3, 0),
		}, company{ben: at(4, "ops"), dana: at(3, "ops")}, `ask mentor p=b 0 [works-with-you]
ask mentor p=e 0 [supports-you-already works-elsewhere]`},
		{"nobody who has left, is on leave or declined lately", events.MissingRole, events.TruthTeller, ties{
			ben: with(&readmodel.NetworkTie{Declined: declined(events.TruthTeller, -10)}, 9, 0), cleo: with(&readmodel.NetworkTie{}, 9, 0), dana: with(&readmodel.NetworkTie{Declined: declined(events.TruthTeller, -200)}, 1, 0),
		}, company{ben: at(3, "ops"), cleo: {Presence: readmodel.Away, Level: 3}, dana: at(3, "ops")}, `ask-feedback truth-teller p=d 0 [works-with-you]`},
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
		{"S1.41 who has no room is not asked, nor who declined that, and who declined something else is", events.MissingRole, events.Sponsor, ties{
			ben: plays(events.Mentor, readmodel.RoleActive, 1), cleo: refused(plays(events.Mentor, readmodel.RoleActive, 1), events.Sponsor, -179),
			dana: refused(plays(events.Mentor, readmodel.RoleActive, 2), events.Mentor, -10),
		}, company{ben: {Presence: readmodel.Present, Level: 6, Department: "ops", Manager: fullHouse}, cleo: at(6, "ops"), dana: at(6, "ops")},
			`promote-mentor sponsor p=d 56 [senior-enough shares-strategy]`},
		{"who is going to leave says whom to turn to", events.SupporterLeaving, events.Mentor, ties{
			ben: leaving(plays(events.Mentor, readmodel.RoleActive, 1)), cleo: with(&readmodel.NetworkTie{}, 2, 0),
		}, senior, `hand-over mentor p=b 0 [is-going-to-leave]
ask mentor p=c 0 [works-with-you]`},
		{"S1.40 a sponsor inside", events.NoInternalSponsor, events.Sponsor, ties{
			xeno: plays(events.Mentor, readmodel.RoleActive, 5), ben: plays(events.Advocate, readmodel.RoleActive, 0),
		}, senior, `ask sponsor p=b 0 [supports-you-already works-elsewhere]`},
		{"S1.41 over-mentored: the mentors there are", events.OverMentored, events.Sponsor, ties{
			ben: plays(events.Mentor, readmodel.RoleActive, 1), cleo: plays(events.Mentor, readmodel.RoleActive, 3),
		}, senior, `promote-mentor sponsor p=c 64 [senior-enough opens-doors]
promote-mentor sponsor p=b 48 [senior-enough]`},
		{"S1.10 mostly outside: somebody inside", events.MostlyExternal, "", ties{
			xeno: with(&readmodel.NetworkTie{}, 9, 0), cleo: with(&readmodel.NetworkTie{}, 2, 0),
		}, senior, `ask advocate p=c 0 [works-with-you]`},
		{"all in one place: somebody elsewhere", events.NarrowNetwork, "", ties{
			cleo: with(&readmodel.NetworkTie{}, 9, 0), ben: with(&readmodel.NetworkTie{}, 2, 0),
		}, senior, `ask advocate p=b 0 [works-with-you works-elsewhere]`},
		{"few: who is no supporter yet", events.SmallNetwork, "", ties{
			cleo: plays(events.Mentor, readmodel.RoleActive, 1), ben: with(&readmodel.NetworkTie{}, 2, 0),
		}, senior, `ask advocate p=b 0 [works-with-you works-elsewhere]`},
		{"much on one: somebody else for one of the roles", events.SinglePoint, "", ties{
			cleo: also(plays(events.Mentor, readmodel.RoleActive, 1), events.Advocate, events.TruthTeller), ben: with(&readmodel.NetworkTie{}, 2, 0),
		}, senior, `ask mentor p=b 0 [works-with-you works-elsewhere]`},
		{"sponsors in one line: somebody of another", events.SinglePoint, events.Sponsor, ties{
			dana: reports(plays(events.Sponsor, readmodel.RoleActive, 5), cleo), cleo: plays(events.Sponsor, readmodel.RoleActive, 5),
			ben: plays(events.Mentor, readmodel.RoleActive, 1),
		}, senior, `promote-mentor sponsor p=b 48 [senior-enough]`},
		{"a pair that waits", events.StalledPair, "", ties{
			ben: {Pair: &readmodel.Pair{Started: day(-20)}}, cleo: {Pair: &readmodel.Pair{Started: day(-20), Ended: day(-1)}}, dana: {Pair: &readmodel.Pair{Started: day(-3)}},
		}, senior, `rekindle  p=b 0 [your-pair-waits]`},
		{"S2.05 a pair of which one is silent", events.OneSided, events.Mentor, ties{
			ben: silent(plays(events.Mentor, readmodel.RoleActive, 1)), cleo: plays(events.Mentor, readmodel.RoleActive, 1),
		}, senior, `review mentor p=b 0 [one-of-you-is-silent]`},
		{"S1.46 too many to look after", events.Overloaded, events.Mentor, nil, senior, `make-room mentor p= 0 [more-people-than-room]`},
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
		n := lacking(events.GapKind(rapid.SampledFrom(events.GapKind("").Codes()).Draw(t, "gap")),
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
			if strings.HasPrefix(string(s.Action), "ask") && !ties[s.Supporter].Declined[s.Role].IsZero() {
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

func refused(tie *readmodel.NetworkTie, role events.RoleName, on int) *readmodel.NetworkTie {
	tie.Declined = declined(role, on)
	return tie
}

func leaving(tie *readmodel.NetworkTie) *readmodel.NetworkTie {
	tie.Place = &readmodel.Place{Leaves: day(30)}
	return tie
}

func reports(tie *readmodel.NetworkTie, manager events.PersonID) *readmodel.NetworkTie {
	tie.Place = &readmodel.Place{Manager: manager}
	return tie
}

func also(tie *readmodel.NetworkTie, roles ...events.RoleName) *readmodel.NetworkTie {
	for _, role := range roles {
		tie.Roles[role] = plays(role, readmodel.RoleActive, 0).Roles[role]
	}
	return tie
}

func silent(tie *readmodel.NetworkTie) *readmodel.NetworkTie {
	tie.Rated = &readmodel.Rated{Recipient: []events.FactID{factID(1), factID(2), factID(3)}}
	return tie
}

func declined(role events.RoleName, on int) map[events.RoleName]time.Time {
	return map[events.RoleName]time.Time{role: day(on)}
}

// A decline is between the two: what anybody else has and is shown is the same with it and without.
func TestADeclineShowsNobodyElse(t *testing.T) {
	tell := func(answers ...events.Fact) *history {
		h := newHistory(t)
		for _, p := range []events.PersonID{ego, ben, cleo} {
			h.on(0, events.People, p, joined(3, -400))
		}
		h.on(0, events.People, dana, joined(7, -400))
		for _, p := range []events.PersonID{ego, ben} {
			h.on(1, events.Role, p, recognized(events.Mentor, dana, 1))
		}
		return h.on(10, events.Personal, ego, answers...).until(day(30))
	}
	yes, no := tell(&events.SponsorshipAsked{Supporter: dana}), tell(&events.SponsorshipDeclined{Supporter: dana})
	for _, p := range []events.PersonID{ben, cleo, dana} {
		if diff := cmp.Diff(yes.network(p), no.network(p)); diff != "" {
			t.Errorf("%s (-asked +declined):\n%s", p, diff)
		}
	}
	if diff := cmp.Diff(yes.said(ego), no.said(ego)); diff != "" {
		t.Errorf("what is missing (-asked +declined):\n%s", diff)
	}
	people := company{dana: at(7, "ops"), ben: at(3, "ops")}
	if got := no.rules.Suggest(no.network(ego), people, day(31)); slices.ContainsFunc(got, func(s gaps.Suggestion) bool { return s.Role == events.Sponsor && s.Supporter == dana }) {
		t.Error("who declined is suggested again")
	}
	for name, h := range map[string]*history{"asked": yes, "declined": no} {
		for _, who := range []events.PersonID{ego, ben} {
			if who == ego && name == "declined" {
				continue
			}
			got := h.rules.Suggest(h.network(who), people, day(31))
			if !slices.ContainsFunc(got, func(s gaps.Suggestion) bool { return s.Role == events.Sponsor && s.Supporter == dana }) {
				t.Errorf("%s: %s is suggested %+v", name, who, got)
			}
		}
	}
}

// Who is told of as having room: as the week began, as they say themselves or as the rules have it.
func TestRoom(t *testing.T) {
	monday := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	n := &readmodel.Network{Person: ben, Given: map[events.PersonID]readmodel.Given{
		ego:  {Mentor: readmodel.UnixOf(monday.AddDate(0, 0, -30)), Sponsor: 1},
		cleo: {Mentor: readmodel.UnixOf(monday.AddDate(0, 0, 1))},
		dana: {Mentor: 1, Leaves: monday.AddDate(0, 0, 20)},
	}}
	sunday, next := monday.AddDate(0, 0, 6), monday.AddDate(0, 0, 7)
	for _, c := range []struct {
		name     string
		at       time.Time
		usual    int
		capacity map[events.RoleName]int
		want     bool
	}{
		{"one, and another since Tuesday", sunday, 2, nil, true},
		{"who counts from the next week on", next, 2, nil, false},
		{"while one may have three", next, 3, nil, true},
		{"S1.46 whatever is usual, it is as they say", sunday, 9, map[events.RoleName]int{events.Mentor: 1}, false},
		{"also if they say that they have more", next, 0, map[events.RoleName]int{events.Mentor: 3}, true},
		{"but not for another role", sunday, 2, map[events.RoleName]int{events.Sponsor: 0}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n.Capacity = c.capacity
			if got := gaps.RoomOf(n, events.Mentor, c.usual, c.at); got != c.want {
				t.Error(got)
			}
		})
	}
}

// Good news is for who has taken stock: somebody plays a role whom they have not named.
func TestNews(t *testing.T) {
	n := lacking(events.Isolation, "", map[events.PersonID]*readmodel.NetworkTie{
		ben: plays(events.Advocate, readmodel.RoleActive, 5), cleo: plays(events.Mentor, readmodel.RoleAtRisk, 1),
	})
	people := company{ben: at(6, "ops"), cleo: at(6, "ops")}
	if got := newRules(t).News(n, people, day(0)); len(got) != 0 {
		t.Errorf("nobody was named, and %+v is news", got)
	}
	n.Ties[cleo].Declared = map[events.RoleName]readmodel.Declaration{events.Mentor: {By: "recipient", At: day(-9)}}
	want := []gaps.News{{News: gaps.EnactedNotDeclared, Role: events.Advocate, Supporter: ben, Since: day(-100), Action: "thank"}}
	if diff := cmp.Diff(want, newRules(t).News(n, people, day(0))); diff != "" {
		t.Error(diff)
	}
}
