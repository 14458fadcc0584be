package classifier

import (
	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
	"kith.internal/services/internal/ruleset"
)

// change is what an input does to one tie.
type change struct {
	pair   pair
	sealed bool                 // only the full evaluation sees it
	makes  bool                 // the tie begins with it where there is none
	under  *ruleset.Ruleset     // the ruleset from now on; nil: as before
	apply  func(*history) error // on each evaluation that sees it
}

// changeOf is what a fact about support does; false where the rules read nothing of it.
func (s *step) changeOf() (change, bool) {
	c := change{sealed: s.in.Context == events.Sealed, makes: true}
	switch s.in.Context {
	case events.Support, events.Personal, events.Sealed:
	default:
		return c, false
	}
	if common := events.ActOf(s.in.Fact); common != nil {
		return s.actChange(c, common)
	}
	supporter, apply := s.words()
	if apply == nil {
		supporter, apply = s.marks()
	}
	if trust, ok := s.in.Fact.(*events.TrustConfirmed); ok && trust.Act == "" {
		act := s.newAct(&events.Act{RecordedBy: "recipient"})
		supporter, apply = trust.Supporter, func(h *history) error { return h.insert(act) }
	}
	c.pair, c.apply, c.makes = pair{s.in.Person(), supporter}, apply, !request(s.in.Fact)
	return c, apply != nil && c.pair.recipient != "" && c.pair.recipient != supporter
}

func (s *step) actChange(c change, common *events.Act) (change, bool) {
	if _, feedback := s.in.Fact.(*events.FeedbackGiven); feedback && c.sealed {
		return c, false // passed on without a name: it never makes a role
	}
	c.pair = pair{common.Recipient, common.Supporter}
	act := s.newAct(common)
	thanked, _ := s.in.Fact.(*events.ThanksGiven)
	c.apply = func(h *history) error {
		if thanked != nil && thanked.For != "" {
			if err := h.mark(thanked.For, readmodel.Marks{ByRecipient: act.At}); err != nil {
				return err
			}
		}
		return h.insert(act)
	}
	return c, c.pair.recipient != c.pair.supporter
}

// marks is what a fact says about an act that is there already.
func (s *step) marks() (events.PersonID, func(*history) error) {
	at := readmodel.UnixOf(s.in.Time)
	mark := func(act events.FactID, m readmodel.Marks) func(*history) error {
		return func(h *history) error { return h.mark(act, m) }
	}
	switch f := s.in.Fact.(type) {
	case *events.ActConfirmed:
		return f.Supporter, mark(f.Act, confirmed(f.By, at))
	case *events.SessionRated:
		return f.Supporter, mark(f.Act, confirmed(f.By, at))
	case *events.ActDisputed:
		return f.Supporter, mark(f.Act, readmodel.Marks{Disputed: s.disputed(f, at)})
	case *events.ActRetracted:
		return f.Supporter, mark(f.Act, readmodel.Marks{Retracted: true})
	case *events.ActCorrected:
		return f.Supporter, mark(f.Act, readmodel.Marks{CorrectedBy: f.By})
	case *events.StakeResolved:
		return f.Supporter, mark(f.Act, readmodel.Marks{Resolved: readmodel.Resolved{Outcome: f.Outcome, At: at}})
	case *events.FeedbackRatedHelpful:
		return f.Supporter, mark(f.Act, readmodel.Marks{Helpful: true, ByRecipient: at})
	case *events.TrustConfirmed:
		if f.Act != "" {
			return f.Supporter, mark(f.Act, readmodel.Marks{ByRecipient: at})
		}
	}
	return "", nil
}

func confirmed(side events.ConfirmingSide, at readmodel.Unix) readmodel.Marks {
	if side == "recipient" {
		return readmodel.Marks{ByRecipient: at}
	}
	return readmodel.Marks{BySupporter: at}
}

// disputed is who disputes an act: the envelope says so.
func (s *step) disputed(f *events.ActDisputed, at readmodel.Unix) readmodel.Disputed {
	switch s.in.Actor {
	case s.in.Subject:
		return readmodel.Disputed{ByRecipient: at}
	case string(f.Supporter):
		return readmodel.Disputed{BySupporter: at}
	}
	return readmodel.Disputed{ByOther: at}
}

// newAct keeps of an act what the rules read.
func (s *step) newAct(common *events.Act) readmodel.Act {
	a := readmodel.Act{
		ID: s.in.ID, Discloses: common.Discloses, Type: s.in.Fact.FactName(), At: readmodel.UnixOf(s.in.Time), Recorded: readmodel.UnixOf(s.in.Recorded),
		RecordedBy: common.RecordedBy, Channel: common.Channel, Topics: common.Topics, Relation: common.Relation,
		Formality: common.Formality, Confirmation: common.Confirmation,
	}
	switch f := s.in.Fact.(type) {
	case *events.MentorshipRequested:
		a.Kind, a.Cadence = string(f.Kind), string(f.Cadence)
	case *events.MentorshipDeclined:
		a.Kind = string(f.Kind)
	case *events.MentorshipStarted:
		a.Kind, a.Cadence = string(f.Kind), string(f.Cadence)
	case *events.MentorshipEnded:
		a.Kind = string(f.Kind)
	case *events.MentoringSessionHeld:
		a.Minutes = f.Minutes
	case *events.IntroductionMade:
		a.TheirLevel = s.theirLevel(f)
	case *events.ReferralMade:
		a.Kind, a.Visibility = string(f.Kind), f.Visibility
	case *events.OpportunityGiven:
		a.Kind, a.Visibility = string(f.Kind), f.Visibility
	case *events.EndorsementGiven:
		a.Audience, a.Forum = f.Audience, f.Forum
	case *events.SponsorEndorsed:
		a.Forum, a.Stake, a.Awareness = f.Forum, f.Stake, f.Awareness
	case *events.PromotionAdvocated:
		a.Stake, a.Awareness = f.Stake, f.Awareness
	case *events.AirCoverProvided:
		a.Kind, a.Stake, a.Awareness = string(f.Kind), f.Stake, f.Awareness
	default:
		moreOf(&a, s.in.Fact)
	}
	return a
}

func moreOf(a *readmodel.Act, f events.Fact) {
	switch f := f.(type) {
	case *events.KudosGiven:
		a.Audience = f.Audience
	case *events.CreditGiven:
		a.Audience = f.Audience
	case *events.FeedbackGiven:
		a.Valence, a.Sharing, a.Solicited, a.Voluntary = f.Valence, f.Sharing, f.Solicited, f.Voluntary
	case *events.AllyActionTaken:
		a.Kind, a.Witnessed = string(f.Kind), f.ConfirmedBy == "witness"
		if f.ConfirmedBy == "recipient" {
			a.ByRecipient = a.At
		}
	case *events.CollaborationShared:
		a.Weeks = f.Weeks
	case *events.SupportReported:
		a.Kind, a.Cadence, a.ReportedBy = string(f.Kind), string(f.Cadence), f.ReportedBy
	case *events.ThanksGiven:
		a.Visibility = f.Visibility
	}
}

// theirLevel is the level of whom an introduction was to: as the act says or else, if they are in
// the directory by now, as they stood then.
func (s *step) theirLevel(f *events.IntroductionMade) int {
	if f.TheirLevel != 0 || f.IntroducedTo == "" {
		return f.TheirLevel
	}
	t, err := projection.Get[recognition.Timeline](s.d, recognition.PersonKey(f.IntroducedTo))
	if err != nil || t == nil {
		return 0
	}
	return t.At(readmodel.UnixOf(s.in.Time)).Level
}
