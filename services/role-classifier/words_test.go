package classifier

import (
	"testing"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// TestDeclared: what people say of a role makes it no more than unproven.
func TestDeclared(t *testing.T) {
	declare := func(by events.DeclaredBy) events.Event {
		return personal(&events.RoleDeclared{Supporter: boss, Role: "sponsor", DeclaredBy: by})
	}
	withdraw := func(by events.DeclaredBy) events.Event {
		return personal(&events.RoleDeclarationWithdrawn{Supporter: boss, Role: "sponsor", DeclaredBy: by})
	}
	ask := personal(&events.SponsorshipAsked{Supporter: boss})
	accept := personal(&events.SponsorshipAccepted{Supporter: boss})
	decline := personal(&events.SponsorshipDeclined{Supporter: boss})
	promote := personal(&events.MentorPromotedToSponsor{Supporter: boss, AcceptedBy: boss})
	for _, tc := range []struct {
		name    string
		given   []happening
		status  readmodel.RoleStatus
		by      events.DeclaredBy // "": not declared
		how     string
		request string
	}{
		{"S1.11 the recipient takes stock", []happening{{1, declare("recipient")}}, "unproven", "recipient", "", ""},
		{"S1.11 both say so", []happening{{1, declare("recipient")}, {2, declare("supporter")}}, "unproven", "both", "", ""},
		{"S1.11 one side takes back what both said", []happening{{1, declare("both")}, {2, withdraw("recipient")}}, "unproven", "supporter", "", ""},
		{"S1.11 nobody can take back what the other said", []happening{{1, declare("supporter")}, {2, withdraw("recipient")}}, "unproven", "supporter", "", ""},
		{"S1.11 a declaration is withdrawn", []happening{{1, declare("recipient")}, {2, withdraw("recipient")}}, "", "", "", ""},
		{"S2.19 SponsorshipAsked says nothing of a role", []happening{{1, ask}}, "none", "", "", "asked"},
		{"S2.19 SponsorshipAccepted is the supporter's word, which acts have to show", []happening{{1, ask}, {2, accept}}, "unproven", "supporter", "accepted", "accepted"},
		{"S2.19 whom the recipient named accepts: both say so", []happening{{0.5, declare("recipient")}, {1, ask}, {2, accept}}, "unproven", "both", "accepted", "accepted"},
		{"S2.19 SponsorshipDeclined changes no role", []happening{{1, ask}, {2, decline}}, "none", "", "", "declined"},
		{"S2.19 a decline leaves what the recipient says", []happening{{0.5, declare("recipient")}, {1, ask}, {2, decline}}, "unproven", "recipient", "", "declined"},
		{"S2.19 who accepted withdraws", []happening{{1, ask}, {2, accept}, {3, withdraw("supporter")}}, "none", "", "", "accepted"},
		{"S2.19 asked again after a decline", []happening{{1, ask}, {2, decline}, {3, ask}}, "none", "", "", "asked"},
		{"S2.19 a later answer counts, in whatever order they come", []happening{{1, ask}, {3, accept}, {2, late(4, decline)}}, "unproven", "supporter", "accepted", "accepted"},
		{"S1.41 a mentor who agrees to become a sponsor is declared by both", []happening{{1, promote}}, "unproven", "both", "promoted", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.give(days(0), act(boss, session()))
			w.happens(tc.given)
			w.expect()
			r := w.role(boss, "sponsor")
			if r.Status != tc.status {
				t.Errorf("%q, want %q", r.Status, tc.status)
			}
			if d := r.Declared; d == nil && tc.by != "" || d != nil && (d.By != tc.by || d.How != tc.how) {
				t.Errorf("declared %+v, want by %q, %q", d, tc.by, tc.how)
			}
			if q := r.Request; q == nil && tc.request != "" || q != nil && q.State != tc.request {
				t.Errorf("request %+v, want %q", q, tc.request)
			}
		})
	}
	t.Run("S2.19 an answer to a request alone makes no tie", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), ask)
		w.give(days(1), decline)
		if len(w.documents("open.")) > 0 || len(w.documents("given.")) > 0 {
			t.Error("somebody who was asked and declined supports")
		}
	})
}

// TestAMentorBecomesASponsor: nothing of the mentor is deleted.
func TestAMentorBecomesASponsor(t *testing.T) {
	t.Run("S1.41 S2.11 the mentor role goes on, and acts make the sponsor", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(boss, session()))
		w.give(days(1), act(boss, session()))
		w.give(days(2), personal(&events.MentorPromotedToSponsor{Supporter: boss, AcceptedBy: boss}))
		if m, s := w.role(boss, "mentor"), w.role(boss, "sponsor"); m.Status != "active" || s.Status != "unproven" {
			t.Errorf("mentor %s and sponsor %s, want active and unproven", m.Status, s.Status)
		}
		w.give(days(3), act(boss, advocated()))
		w.expect("1 mentor active standard", "3 advocate active standard", "3 sponsor active internal")
		if m, s := w.role(boss, "mentor"), w.role(boss, "sponsor"); m.Since != readmodel.UnixOf(days(1)) || s.Declared.How != readmodel.DeclaredPromoted {
			t.Errorf("mentor since %v, sponsor %+v", m.Since.Time(), s.Declared)
		}
	})
}

func TestContests(t *testing.T) {
	for _, tc := range []struct {
		name  string
		until float64
		on    map[float64]bool // contested on a day
	}{
		{"S1.07 a contest without an end stands", 0, map[float64]bool{3: true, 900: true}},
		{"S1.07 a contest ends on its day", 30, map[float64]bool{3: true, 29: true, 30: false}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.give(days(0), act(boss, session()))
			w.give(days(1), act(boss, session()))
			f := &events.RoleContested{Supporter: boss, Role: "mentor", By: "supporter"}
			if tc.until != 0 {
				f.Until = days(tc.until)
			}
			w.give(days(2), personal(f))
			w.expect("1 mentor active standard")
			r := w.role(boss, "mentor")
			for day, want := range tc.on {
				if got := r.Contested.Holds(days(day)); got != want {
					t.Errorf("day %v: contested is %v", day, got)
				}
			}
		})
	}
}

// TestOverrides: a role that one of the two sets aside is none until the day they name.
func TestOverrides(t *testing.T) {
	aside := func(until float64) events.Event {
		return personal(&events.RoleOverridden{Supporter: boss, Role: "mentor", By: "recipient", Until: days(until)})
	}
	for _, tc := range []struct {
		name  string
		given []happening
		until float64
		then  []string
	}{
		{"S1.07 until its day, which time brings", []happening{{5, aside(20)}}, 30, []string{"5 mentor lapsed standard", "20 mentor active standard"}},
		{"S1.07 a role that fades meanwhile comes back as it is then", []happening{{5, aside(80)}}, 90, []string{"5 mentor lapsed standard", "80 mentor at-risk standard"}},
		{"S1.07 a role that is over by then does not come back", []happening{{5, aside(200)}}, 300, []string{"5 mentor lapsed standard"}},
		{"S1.07 a later word names another day", []happening{{5, aside(80)}, {6, aside(20)}}, 30, []string{"5 mentor lapsed standard", "20 mentor active standard"}},
		{"S1.07 it is taken back by naming today", []happening{{5, aside(80)}, {6, aside(6)}}, 7, []string{"5 mentor lapsed standard", "6 mentor active standard"}},
		{"S1.07 a day that has passed sets nothing aside", []happening{{5, aside(4)}}, 7, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			for range 4 {
				w.give(days(0), act(boss, session()))
			}
			w.expect("0 mentor active standard")
			w.happens(tc.given)
			w.until(days(tc.until))
			w.expect(tc.then...)
			again := newWorld(t)
			if out := again.replay(w.log...); len(out) != len(w.facts) {
				t.Errorf("replayed, %d facts follow, not %d", len(out), len(w.facts))
			}
		})
	}
}

func TestPrograms(t *testing.T) {
	program := func(kind events.ProgramKind) events.Event {
		return events.Event{Context: events.People, Subject: "gaaaaaaaaaaaaaaaa", Fact: &events.ProgramOpened{Kind: kind}}
	}
	matched := personal(&events.PairMatched{Program: "gaaaaaaaaaaaaaaaa", Supporter: boss})
	ended := personal(&events.PairEnded{Program: "gaaaaaaaaaaaaaaaa", Supporter: boss})
	joined := personal(&events.ProgramJoined{Program: "gaaaaaaaaaaaaaaaa"})
	quit := personal(&events.ProgramLeft{Program: "gaaaaaaaaaaaaaaaa"})
	agreed := act(boss, &events.MentorshipStarted{Kind: "standard", Act: events.Act{Formality: "gaaaaaaaaaaaaaaaa"}})
	for _, tc := range []struct {
		name  string
		given []happening
		role  events.RoleName
		want  readmodel.RoleStatus
		then  []string
	}{
		{"S2.18 PairMatched by a mentoring program that both joined (ProgramJoined) is unproven", []happening{{0, program("mentoring")}, {0, joined}, {1, matched}}, "mentor", "unproven", nil},
		{"S2.18 a session proves it", []happening{{0, program("mentoring")}, {1, matched}, {5, act(boss, session())}}, "mentor", "active",
			[]string{"5 mentor active standard"}},
		{"S2.18 the program's word and the pair's own are one agreement", []happening{{0, program("mentoring")}, {1, matched}, {2, agreed}}, "mentor", "unproven", nil},
		{"S2.18 PairEnded before anything happened leaves nothing", []happening{{0, program("mentoring")}, {1, matched}, {9, ended}}, "mentor", "none", nil},
		{"S2.18 ProgramLeft ends the pair", []happening{{0, program("mentoring")}, {1, matched}, {9, quit}}, "mentor", "none", nil},
		{"S2.18 ProgramClosed ends its pairs", []happening{{0, program("mentoring")}, {1, matched},
			{9, events.Event{Context: events.People, Subject: "gaaaaaaaaaaaaaaaa", Fact: &events.ProgramClosed{Kind: "mentoring"}}}}, "mentor", "none", nil},
		{"S2.18 what a pair has shown outlives the program", []happening{{0, program("mentoring")}, {1, matched}, {5, act(boss, session())}, {6, ended}}, "mentor", "active",
			[]string{"5 mentor active standard"}},
		{"S2.06 what is informal asks for no program", []happening{{0, quit}, {1, act(boss, session())}, {2, act(boss, session())}}, "mentor", "active",
			[]string{"2 mentor active standard"}},
		{"S2.18 leaving another program ends nothing", []happening{{0, program("mentoring")}, {1, matched},
			{2, personal(&events.ProgramLeft{Program: "gbbbbbbbbbbbbbbbb"})}}, "mentor", "unproven", nil},
		{"S2.19 a sponsorship program's pair is an unproven sponsor", []happening{{0, program("sponsorship")}, {1, matched}}, "sponsor", "unproven", nil},
		{"S2.19 acts prove it", []happening{{0, program("sponsorship")}, {1, matched}, {5, act(boss, advocated())}}, "sponsor", "active",
			[]string{"5 advocate active standard", "5 sponsor active internal", "5 advocate at-risk standard"}},
		{"S2.19 the end of a sponsorship program's pair", []happening{{0, program("sponsorship")}, {1, matched}, {9, ended}}, "sponsor", "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.happens(tc.given)
			w.until(days(10))
			w.expect(tc.then...)
			if got := w.role(boss, tc.role).Status; got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
