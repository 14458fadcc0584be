package replay

import (
	"time"

	"kith.internal/events"
)

// Effective is from when a fact is true: when it held, or when it was announced, whichever came first. A
// file of today says since when somebody has been there, and one of yesterday who will leave.
func Effective(e events.Event) time.Time {
	at := e.Time
	if since, ok := holdsFrom(e.Fact); ok && !since.IsZero() && since.Before(at) {
		at = since
	}
	return at.UTC()
}

// holdsFrom is what a fact says itself of when it holds.
func holdsFrom(f events.Fact) (time.Time, bool) {
	switch f := f.(type) {
	case *events.PersonJoined:
		return f.EffectiveAt, true
	case *events.PersonChanged:
		return f.EffectiveAt, true
	case *events.PersonWentOnLeave:
		return f.EffectiveAt, true
	case *events.PersonReturned:
		return f.EffectiveAt, true
	case *events.PersonLeft:
		return f.EffectiveAt, true
	case *events.PromotionOccurred:
		return f.EffectiveAt, true
	case *events.AssignmentStarted:
		return f.EffectiveAt, true
	}
	return time.Time{}, false
}
