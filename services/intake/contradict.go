package intake

import "kith.internal/events"

// contradictions refuses what cannot be so, though each field of it can.
func (a *admission) contradictions(it *item) error {
	switch f := it.fact.(type) {
	case *events.SponsorEndorsed:
		it.unaware(f.RecordedBy, f.Awareness)
	case *events.PromotionAdvocated:
		it.unaware(f.RecordedBy, f.Awareness)
	case *events.AirCoverProvided:
		it.unaware(f.RecordedBy, f.Awareness)
	case *events.MentorPromotedToSponsor:
		if f.AcceptedBy != "" && f.AcceptedBy != f.Supporter && string(f.AcceptedBy) != it.subject {
			it.say("acceptedBy", "is neither of the two")
		}
	case *events.ActCorrected:
		return a.replacement(it, f)
	case *events.ErasureRequested:
		return a.erasable(it)
	case *events.StakeResolved:
		if it.of != nil && !staked(it.of) {
			it.say("act", "has no stake: nothing could come of it")
		}
	case *events.FeedbackRatedHelpful:
		if _, ok := it.of.(*events.FeedbackGiven); it.of != nil && !ok {
			it.say("act", "is no feedback")
		}
	case *events.SessionRated:
		if _, ok := it.of.(*events.MentoringSessionHeld); it.of != nil && !ok {
			it.say("act", "is no mentoring session")
		}
	}
	return nil
}

// unaware: an act that its recipient records is one that they know of.
func (it *item) unaware(by events.RecordedBy, awareness events.Awareness) {
	if by == "recipient" && awareness == "unaware" {
		it.say("awareness", "contradicts recordedBy: whoever records an act knows of it")
	}
}

// replacement: what stands in an act's place is an act, and no more closed than what names it. It
// may be between other people: that may be what was wrong.
func (a *admission) replacement(it *item, f *events.ActCorrected) error {
	if f.By == "" || f.By == f.Act || len(it.wrong) > 0 {
		return nil // Validate says so, or it has been said
	}
	e, err := a.act(f.By)
	if err != nil {
		return err
	}
	if e == nil || events.ActOf(e.Fact) == nil || a.hides(e) || e.Context == events.Sealed && it.context != events.Sealed {
		it.say("by", noAct)
	}
	return nil
}

// staked reports whether something was put at stake with an act: only then something comes of it.
func staked(f events.Fact) bool {
	switch f := f.(type) {
	case *events.SponsorEndorsed:
		return f.Stake != "none"
	case *events.PromotionAdvocated:
		return f.Stake != "none"
	case *events.AirCoverProvided:
		return f.Stake != "none"
	}
	return false
}
