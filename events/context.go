package events

// Context is the second part of a fact's type and the second token of its subject. It has one
// owner and one audience: NATS permits by subject, so the context decides who reads a fact.
type Context string

// The contexts, in the order in which one input's derived facts are appended: the more open
// context comes first.
const (
	People     Context = "people"      // the directory; owner intake
	Support    Context = "support"     // acts between colleagues that both know of; owner intake
	Personal   Context = "personal"    // what belongs to one person; owner intake
	Sealed     Context = "sealed"      // acts the recipient must not see yet; owner intake
	Role       Context = "role"        // what support and personal show; owner role-classifier
	RoleSealed Context = "role-sealed" // what sealed adds; owner role-classifier
	Gap        Context = "gap"         // opened, closed; owner gap-projection
	Coverage   Context = "coverage"    // suppressed cells; owner gap-projection
	Nudge      Context = "nudge"       // planned, suppressed; owner notification
	Delivery   Context = "delivery"    // sent, failed; owner notification, no fence
	Reply      Context = "reply"       // dismissed, snoozed, done; owner intake
	Policy     Context = "policy"      // rulesets, policies, subscriptions; owner intake
	Access     Context = "access"      // who looked at whose data; every service, no fence
	Audit      Context = "audit"       // checkpoints, replays; owner audit
	Clock      Context = "clock"       // Due, Parked, Retry; the deriving services
)

var contexts = [...]Context{People, Support, Personal, Sealed, Role, RoleSealed, Gap, Coverage,
	Nudge, Delivery, Reply, Policy, Access, Audit, Clock}

// Contexts returns every context, the more open first.
func Contexts() []Context { return append([]Context(nil), contexts[:]...) }

// Rank is the place of c in Contexts, or -1 where c is none of them.
func (c Context) Rank() int {
	for i, known := range contexts {
		if c == known {
			return i
		}
	}
	return -1
}

// ContextFor returns the context that a fact belongs in, where that follows from the fact alone:
// the only one of its catalogue entry or, for an act, sealed where the recipient does not know
// of it or feedback is passed on without a name, else personal where the supporter is no
// colleague, else support. It returns false for facts that follow another one into its context,
// such as ActConfirmed, and where an evaluation decides, as for RoleRecognized.
func ContextFor(f Fact) (Context, bool) {
	entry, ok := Lookup(f.FactName())
	if !ok {
		return "", false
	}
	if len(entry.Contexts) == 1 {
		return entry.Contexts[0], true
	}
	act := ActOf(f)
	switch {
	case act == nil:
		return "", false
	case act.Discloses == "" && hidden(f):
		return Sealed, true
	case act.outside():
		return Personal, true
	}
	return Support, true
}

// hidden reports whether the recipient of an act must not see it, unless it is disclosed.
func hidden(f Fact) bool {
	switch f := f.(type) {
	case *SponsorEndorsed:
		return f.Awareness == "unaware"
	case *PromotionAdvocated:
		return f.Awareness == "unaware"
	case *AirCoverProvided:
		return f.Awareness == "unaware"
	case *FeedbackGiven:
		return f.unnamed()
	}
	return false
}

// outside reports whether the supporter is no colleague.
func (a *Act) outside() bool {
	return a.Supporter.External() || a.Relation == "external" || a.Relation == "friend" || a.Relation == "family"
}
