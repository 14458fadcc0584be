package readmodel

import "kith.internal/events"

// Weights is a number for each role, in the order of events.Roles: mentor, advocate, sponsor,
// truth-teller, ally. In millionths.
type Weights [5]int64

// RoleIndex is the place of a role in Weights, -1 where there is no such role.
func RoleIndex(role events.RoleName) int {
	for i, known := range events.Roles() {
		if known == role {
			return i
		}
	}
	return -1
}

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

// Marks is what was said about an act after it.
type Marks struct {
	ByRecipient bool          `json:"byRecipient,omitempty"` // the recipient confirmed it
	BySupporter bool          `json:"bySupporter,omitempty"` // the supporter confirmed it
	Helpful     bool          `json:"helpful,omitempty"`     // the recipient found it helpful
	Disputed    bool          `json:"disputed,omitempty"`
	Retracted   bool          `json:"retracted,omitempty"`
	CorrectedBy events.FactID `json:"correctedBy,omitempty"` // the act that stands in its place
}

// Add joins what was said at another time: whatever the order, the result is the same.
func (m Marks) Add(n Marks) Marks {
	return Marks{
		ByRecipient: m.ByRecipient || n.ByRecipient, BySupporter: m.BySupporter || n.BySupporter,
		Helpful: m.Helpful || n.Helpful, Disputed: m.Disputed || n.Disputed,
		Retracted: m.Retracted || n.Retracted, CorrectedBy: max(m.CorrectedBy, n.CorrectedBy),
	}
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

// Void reports whether the act counts nothing: disputed, taken back or replaced.
func (a *Act) Void() bool {
	return a.Confirmation == "disputed" || a.Disputed || a.Retracted || a.CorrectedBy != ""
}

// RecipientSays reports whether the recipient stands behind the act.
func (a *Act) RecipientSays() bool {
	return a.ByRecipient || a.Helpful || a.RecordedBy == "recipient" || a.Confirmation == "recipient" || a.Confirmation == "both"
}

// SupporterSays reports whether the supporter stands behind the act.
func (a *Act) SupporterSays() bool {
	return a.BySupporter || a.RecordedBy == "supporter" || a.Confirmation == "supporter" || a.Confirmation == "both"
}

// Counts is what the act adds to the role at index i of Weights: weight times quality, rounded
// half up to a whole millionth.
func (a *Act) Counts(i int) int64 {
	if a.Crowded {
		return 0
	}
	return (a.Weights[i]*a.Quality + 500_000) / 1_000_000
}
