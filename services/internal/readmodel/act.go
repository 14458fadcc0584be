package readmodel

import (
	"slices"

	"kith.internal/events"
)

// Weights is a number for each role, in the order of events.Roles: mentor, advocate, sponsor,
// truth-teller, ally. In millionths.
type Weights [5]int64

// RoleIndex is the place of a role in Weights, -1 where there is no such role.
func RoleIndex(role events.RoleName) int { return slices.Index(roles, role) }

// roles is asked for too often to be made each time.
var roles = events.Roles()

// Act is one act of support as the rules read it, what was said about it since, and what it
// weighs by the ruleset of its tie. It holds no more of the fact than the rules need.
type Act struct {
	ID        events.FactID `json:"id"`
	Discloses events.FactID `json:"discloses,omitempty"` // the sealed act that it makes known; the two count once
	Type      string        `json:"type"`                // the wire name
	At        Unix          `json:"at"`
	Recorded  Unix          `json:"recorded"`

	RecordedBy   events.RecordedBy   `json:"recordedBy,omitempty"`
	Channel      events.Code         `json:"channel,omitempty"`
	Topics       []events.Topic      `json:"topics,omitempty"`
	Relation     events.Relation     `json:"relation,omitempty"`
	Formality    string              `json:"formality,omitempty"`
	Confirmation events.Confirmation `json:"confirmation,omitempty"`
	Kind         string              `json:"kind,omitempty"`
	Cadence      string              `json:"cadence,omitempty"`
	Audience     events.Audience     `json:"audience,omitempty"`
	Visibility   events.Visibility   `json:"visibility,omitempty"`
	Forum        events.Forum        `json:"forum,omitempty"`
	Stake        events.Stake        `json:"stake,omitempty"`
	Awareness    events.Awareness    `json:"awareness,omitempty"`
	Valence      events.Valence      `json:"valence,omitempty"`
	Sharing      events.Sharing      `json:"sharing,omitempty"`
	ReportedBy   events.DeclaredBy   `json:"reportedBy,omitempty"`
	Solicited    bool                `json:"solicited,omitempty"`
	Voluntary    bool                `json:"voluntary,omitempty"`
	Witnessed    bool                `json:"witnessed,omitempty"`  // a third person confirms it
	TheirLevel   int                 `json:"theirLevel,omitempty"` // of whom an introduction was to
	Minutes      int                 `json:"minutes,omitempty"`
	Weeks        int                 `json:"weeks,omitempty"`
	Marks

	Weights Weights           `json:"weights"`            // by role, before quality
	Quality int64             `json:"quality"`            // millionths
	Rule    int               `json:"rule,omitempty"`     // which of the ruleset's rules for its type, from 1; 0 none
	Rung    int               `json:"rung,omitempty"`     // of Ibarra's ladder; 0 none
	Held    []events.RoleName `json:"withheld,omitempty"` // roles it would weigh for if its supporter had the standing
	Note    string            `json:"note,omitempty"`     // why it weighs nothing or less: a code of the ruleset
	Formal  bool              `json:"formal,omitempty"`   // agreed, not yet enacted
	Crowded bool              `json:"crowded,omitempty"`  // weighs nothing: too soon after another of its kind
}

// Marks is what was said about an act after it, and when: of each the latest, so that it makes no
// difference in which order it is read.
type Marks struct {
	ByRecipient Unix          `json:"byRecipient,omitempty"` // the recipient stands by it
	BySupporter Unix          `json:"bySupporter,omitempty"` // the supporter stands by it
	Helpful     bool          `json:"helpful,omitempty"`     // the recipient found it helpful
	Disputed    Disputed      `json:"disputed,omitzero"`
	Retracted   bool          `json:"retracted,omitempty"`
	CorrectedBy events.FactID `json:"correctedBy,omitempty"` // the act that stands in its place
	Resolved    Resolved      `json:"resolved,omitzero"`     // what came of its stake
}

// Disputed is when each side last disputed an act. A system is no side of its own: it speaks for
// either.
type Disputed struct {
	ByRecipient Unix `json:"byRecipient,omitempty"`
	BySupporter Unix `json:"bySupporter,omitempty"`
	ByOther     Unix `json:"byOther,omitempty"`
}

// Resolved is what came of a stake, by what was said last.
type Resolved struct {
	Outcome events.StakeOutcome `json:"outcome"`
	At      Unix                `json:"at"`
}

// Add joins what was said at another time: whatever the order, the result is the same.
func (m Marks) Add(n Marks) Marks {
	return Marks{
		ByRecipient: max(m.ByRecipient, n.ByRecipient), BySupporter: max(m.BySupporter, n.BySupporter),
		Helpful: m.Helpful || n.Helpful, Retracted: m.Retracted || n.Retracted, CorrectedBy: max(m.CorrectedBy, n.CorrectedBy),
		Disputed: Disputed{
			ByRecipient: max(m.Disputed.ByRecipient, n.Disputed.ByRecipient),
			BySupporter: max(m.Disputed.BySupporter, n.Disputed.BySupporter),
			ByOther:     max(m.Disputed.ByOther, n.Disputed.ByOther),
		},
		Resolved: m.Resolved.or(n.Resolved),
	}
}

func (r Resolved) or(n Resolved) Resolved {
	if n.At > r.At || n.At == r.At && n.Outcome > r.Outcome {
		return n
	}
	return r
}

// Identity is the id by which an act counts once: of the sealed act where this one discloses it.
func (a *Act) Identity() events.FactID {
	if a.Discloses != "" {
		return a.Discloses
	}
	return a.ID
}

// Before orders acts by time, then identity.
func (a *Act) Before(b *Act) bool {
	return a.At < b.At || a.At == b.At && a.Identity() < b.Identity()
}

// Void reports whether the act counts nothing: in dispute, taken back or replaced.
func (a *Act) Void() bool { return a.Retracted || a.CorrectedBy != "" || a.InDispute() }

// InDispute reports whether the act is disputed and the dispute not settled: it is once the side
// that disputed it confirms it later, or, where a system disputed it, either side.
func (a *Act) InDispute() bool {
	d := a.Disputed
	if a.Confirmation == "disputed" {
		d.ByOther = max(d.ByOther, a.At)
	}
	open := func(disputed, confirmed Unix) bool { return disputed != 0 && disputed >= confirmed }
	return d != Disputed{} &&
		(open(d.ByRecipient, a.ByRecipient) || open(d.BySupporter, a.BySupporter) || open(d.ByOther, max(a.ByRecipient, a.BySupporter)))
}

// RecipientSays reports whether the recipient stands behind the act.
func (a *Act) RecipientSays() bool {
	return a.ByRecipient != 0 || a.Helpful || a.RecordedBy == "recipient" || a.Confirmation == "recipient" || a.Confirmation == "both"
}

// SupporterSays reports whether the supporter stands behind the act.
func (a *Act) SupporterSays() bool {
	return a.BySupporter != 0 || a.RecordedBy == "supporter" || a.Confirmation == "supporter" || a.Confirmation == "both"
}

// Counts is what the act adds to the role at index i of Weights: weight times quality, rounded
// half up to a whole millionth.
func (a *Act) Counts(i int) int64 {
	if a.Crowded {
		return 0
	}
	return (a.Weights[i]*a.Quality + 500_000) / 1_000_000
}
