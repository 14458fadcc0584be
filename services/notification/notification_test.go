package notification

import (
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

const days = 24 * time.Hour

// S1.01 S1.12 A gap is spoken of once, and with one thing to do.
func TestAGapIsSpokenOfOnceAndWithOneAction(t *testing.T) {
	for name, c := range map[string]struct {
		kind events.GapKind
		role events.RoleName
		want events.NudgeAction
	}{
		"mentor missing":                         {events.MissingRole, events.Mentor, "ask"},
		"truth-teller missing":                   {events.MissingRole, events.TruthTeller, "ask"},
		"sponsor missing, and a mentor is there": {events.MissingRole, events.Sponsor, "promote-mentor"},
		"too few advocates":                      {events.ThinRole, events.Advocate, "introduce"},
		"a role fades":                           {events.AtRisk, events.Sponsor, "rekindle"},
		"named, not lived":                       {events.DeclaredNotEnacted, events.Mentor, "review"},
		"silence":                                {events.Isolation, "", "ask"},
		"who is there leaves":                    {events.SupporterLeaving, events.Mentor, "hand-over"},
		"no sponsor inside":                      {events.NoInternalSponsor, events.Sponsor, "promote-mentor"},
		"advised, and nobody speaks up":          {events.OverMentored, events.Sponsor, "promote-mentor"},
		"most help from outside":                 {events.MostlyExternal, "", "introduce"},
		"much on one":                            {events.SinglePoint, "", "introduce"},
		"few":                                    {events.SmallNetwork, "", "introduce"},
		"all in one place":                       {events.NarrowNetwork, "", "introduce"},
		"the manager alone":                      {events.OnlyLineManager, "", "introduce"},
		"a pair waits":                           {events.StalledPair, "", "rekindle"},
		"one side speaks":                        {events.OneSided, events.Mentor, "review"},
		"too many":                               {events.Overloaded, events.Mentor, "make-room"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			gap := w.open(c.kind, c.role, 50)
			w.want("planned " + about(c.kind, c.role) + " " + string(c.want))
			n := w.newest()
			if n.GapFact != gap || n.Reason != "none-active" || n.State != readmodel.NudgeOpen || !n.Planned.Equal(begin.Add(together)) {
				t.Errorf("the inbox holds %+v", n)
			}
			if planned := w.lastOut[0]; planned.ID != n.ID {
				t.Errorf("the nudge is called %s and its fact %s", n.ID, planned.ID)
			}
		})
	}
}

func TestSponsorIsAskedForWhereNoMentorIsThere(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.missing(events.Sponsor, 90)
	w.want("suppressed sponsor weekly-cap")
	w.pass(7 * days)
	w.want("planned sponsor ask")
}

func TestOneAWeekTheMostSevereFirst(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.want("planned mentor ask")
	w.missing(events.Advocate, 30)
	w.want("suppressed advocate weekly-cap")
	w.missing(events.TruthTeller, 80)
	w.want("suppressed truth-teller weekly-cap")
	w.pass(7*days - 2*together - time.Second)
	if len(w.stated) != 3 {
		t.Fatalf("something was planned before the week was over: %d facts", len(w.stated))
	}
	w.pass(time.Second)
	w.want("planned truth-teller ask")
	w.pass(7 * days)
	w.want("planned advocate ask")
	w.pass(7 * days)
	if len(w.box().Nudges) != 3 {
		t.Errorf("%d nudges about three gaps", len(w.box().Nudges))
	}
}

func TestGapsThatOpenTogetherAreWeighedTogether(t *testing.T) {
	w := newWorld(t)
	w.opening(events.ThinRole, events.Mentor, 40)
	w.want()
	w.opening(events.MissingRole, events.Sponsor, 90)
	w.opening(events.Isolation, "", 70)
	w.pass(time.Second)
	w.opening(events.MissingRole, events.Advocate, 60)
	w.close(events.MissingRole, events.Advocate) // so soon that nothing is said of it
	w.want()
	w.pass(time.Second)
	w.want("planned sponsor promote-mentor", "suppressed mentor weekly-cap", "suppressed isolation weekly-cap")
}

func TestAGapThatClosesWhileWaitingIsNotSpokenOf(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.missing(events.Sponsor, 90)
	w.pass(days)
	w.close(events.MissingRole, events.Sponsor)
	w.want()
	w.pass(30 * days)
	if n := len(w.box().Nudges); n != 1 {
		t.Errorf("%d nudges, want the one about the mentor", n)
	}
}

func TestActedOn(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	nudge := w.newest().ID
	w.pass(20 * days)
	role := factID(900)
	w.add(events.Gap, &events.GapClosed{Gap: events.MissingRole, Role: events.Mentor, ClosedBy: role, OpenFor: 60})
	f, ok := w.lastOut[0].Fact.(*events.NudgeActedOn)
	if !ok || f.Nudge != nudge || f.By != role {
		t.Fatalf("got %+v", w.lastOut[0].Fact)
	}
	if n := w.newest(); n.State != readmodel.NudgeActedOn || n.Free {
		t.Errorf("the inbox holds %+v", n)
	}
	w.pass(days)
	w.missing(events.Mentor, 60)
	w.want("suppressed mentor repeated")
	w.pass(39*days - together - time.Second)
	if n := len(w.box().Nudges); n != 1 {
		t.Fatalf("%d nudges within 60 days", n)
	}
	w.pass(time.Second)
	w.want("planned mentor ask")
}

func TestWhatNobodySawFreesTheWeek(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.missing(events.Advocate, 30)
	w.pass(5 * time.Minute)
	w.close(events.MissingRole, events.Mentor)
	w.want("NudgeActedOn", "planned advocate ask")
	w.missing(events.Mentor, 60)
	w.want("suppressed mentor weekly-cap")
	w.pass(7 * days)
	w.want("planned mentor ask")
}

func TestWhatWasAnsweredCountsHoweverSoonItsGapCloses(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.add(events.Reply, &events.NudgeSnoozed{Nudge: w.newest().ID, Until: begin.Add(days)})
	w.missing(events.Advocate, 30)
	w.pass(time.Minute)
	w.close(events.MissingRole, events.Mentor)
	w.want("NudgeActedOn")
}

func TestSnoozed(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	until := begin.Add(3 * days)
	w.add(events.Reply, &events.NudgeSnoozed{Nudge: w.newest().ID, Until: until})
	if n := w.newest(); n.State != readmodel.NudgeSnoozed || !n.Until.Equal(until) {
		t.Fatalf("the inbox holds %+v", n)
	}
	w.missing(events.Mentor, 70)
	w.want("suppressed mentor snoozed")
	w.pass(3 * days)
	if n := w.newest(); n.State != readmodel.NudgeOpen || !n.Shown.Equal(until) || len(w.box().Nudges) != 1 {
		t.Errorf("the inbox holds %+v", n)
	}
}

func TestAKindStopsAfterThreeIgnoredInARow(t *testing.T) {
	w := newWorld(t)
	for _, role := range []events.RoleName{events.Mentor, events.Advocate} {
		w.missing(role, 60)
		w.dismiss()
		w.pass(8 * days)
	}
	w.missing(events.TruthTeller, 60)
	w.pass(60 * days) // nobody answers: that is the third
	if n := w.box().Nudges[0]; n.State != readmodel.NudgeIgnored && w.box().Ignored[events.MissingRole] != 3 {
		t.Fatalf("ignored %d, %+v", w.box().Ignored[events.MissingRole], n)
	}
	w.pass(60 * days)
	w.missing(events.Sponsor, 90)
	w.want("suppressed sponsor ignored-thrice")
	w.open(events.AtRisk, events.Advocate, 40)
	w.want("planned advocate rekindle")
	w.pass(8 * days)
	w.add(events.Personal, &events.ParticipationChanged{Purpose: "own-network", Participation: "in"})
	w.want("planned sponsor ask")
}

func TestDoneEndsTheRow(t *testing.T) {
	w := newWorld(t)
	for _, role := range []events.RoleName{events.Mentor, events.Advocate} {
		w.missing(role, 60)
		w.dismiss()
		w.pass(8 * days)
	}
	w.missing(events.TruthTeller, 60)
	w.add(events.Reply, &events.NudgeDone{Nudge: w.newest().ID})
	if n := w.newest(); n.State != readmodel.NudgeDone || w.box().Ignored[events.MissingRole] != 0 {
		t.Errorf("ignored %d, %+v", w.box().Ignored[events.MissingRole], n)
	}
}

func TestARepeatedAnswerChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	nudge := w.newest().ID
	w.add(events.Reply, &events.NudgeDone{Nudge: nudge})
	before := asJSON(t, w.box())
	w.add(events.Reply, &events.NudgeDismissed{Nudge: nudge})
	w.add(events.Reply, &events.NudgeSnoozed{Nudge: nudge, Until: begin.Add(days)})
	w.add(events.Reply, &events.NudgeDone{Nudge: factID(77)})
	if after := asJSON(t, w.box()); after != before {
		t.Errorf("was %s, is %s", before, after)
	}
}

func TestNobodyIsToldWhoTakesNoPart(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.add(events.Personal, &events.ParticipationChanged{Purpose: "integration", Participation: "out"})
	if n := w.newest(); n.State != readmodel.NudgeOpen {
		t.Fatalf("another purpose withdrew a nudge: %+v", n)
	}
	w.add(events.Personal, &events.ParticipationChanged{Purpose: "own-network", Participation: "out"})
	if n := w.newest(); n.State != readmodel.NudgeWithdrawn {
		t.Fatalf("the inbox holds %+v", n)
	}
	w.missing(events.Sponsor, 90)
	w.want("suppressed sponsor opted-out")
	w.pass(30 * days)
	if len(w.box().Nudges) != 1 {
		t.Error("a nudge was planned for somebody who takes no part")
	}
}

func TestWhoLeftIsToldNothing(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.add(events.People, &events.PersonLeft{EffectiveAt: begin.Add(3 * days)})
	if n := w.newest(); n.State != readmodel.NudgeOpen {
		t.Fatalf("withdrawn before the last day: %+v", n)
	}
	w.pass(3 * days)
	if n := w.newest(); n.State != readmodel.NudgeWithdrawn {
		t.Fatalf("the inbox holds %+v", n)
	}
	w.missing(events.Sponsor, 90)
	w.want("suppressed sponsor left")
	w.pass(30 * days)
	w.add(events.People, &events.PersonJoined{Level: 3, EffectiveAt: w.now})
	w.want("planned sponsor ask")
}

func TestErasedLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.missing(events.Mentor, 60)
	w.add(events.People, &events.PersonErased{DestroyedAt: w.now, FinalAt: w.now.Add(30 * days)})
	w.close(events.MissingRole, events.Mentor)
	if b := w.box(); b != nil {
		t.Errorf("an erased person has an inbox: %+v", b)
	}
}
