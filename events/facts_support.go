package events

import "time"

// The facts of this file are acts: what one person did for another. Owner: intake.

// MentorshipRequested says that somebody asked for mentoring.
type MentorshipRequested struct {
	Act
	Kind    MentorshipKind `json:"kind,omitempty"`
	Cadence Cadence        `json:"cadence,omitempty"` // how often they mean to meet
}

// FactName is the wire name.
func (MentorshipRequested) FactName() string { return "MentorshipRequested" }

// MentorshipDeclined says that a request for mentoring was declined; only the two see it.
type MentorshipDeclined struct {
	Act
	Kind   MentorshipKind `json:"kind,omitempty"`
	Reason EndReason      `json:"reason,omitempty"`
}

// FactName is the wire name.
func (MentorshipDeclined) FactName() string { return "MentorshipDeclined" }

// MentorshipStarted says that a mentorship was agreed.
type MentorshipStarted struct {
	Act
	Kind    MentorshipKind `json:"kind"`
	Cadence Cadence        `json:"cadence,omitempty"` // how often they mean to meet
}

// FactName is the wire name.
func (MentorshipStarted) FactName() string { return "MentorshipStarted" }

// MentorshipEnded says that a mentorship is over.
type MentorshipEnded struct {
	Act
	Kind   MentorshipKind `json:"kind"`
	Reason EndReason      `json:"reason,omitempty"`
}

// FactName is the wire name.
func (MentorshipEnded) FactName() string { return "MentorshipEnded" }

// MentoringSessionHeld says that two people met for mentoring. Rung 1.
type MentoringSessionHeld struct {
	Act
	Minutes int    `json:"minutes,omitempty"` // how long it took; 0 is unknown
	Format  Format `json:"format,omitempty"`
}

// FactName is the wire name.
func (MentoringSessionHeld) FactName() string { return "MentoringSessionHeld" }

// AdviceGiven says that somebody gave advice. Rung 1.
type AdviceGiven struct {
	Act
}

// FactName is the wire name.
func (AdviceGiven) FactName() string { return "AdviceGiven" }

// StrategyShared says that somebody shared insider advice on how to advance. Rung 2.
type StrategyShared struct {
	Act
}

// FactName is the wire name.
func (StrategyShared) FactName() string { return "StrategyShared" }

// IntroductionMade says that somebody introduced the recipient to a third person. Rung 3.
type IntroductionMade struct {
	Act
	IntroducedTo PersonID `json:"introducedTo,omitempty"`                 // the third person; empty where Kith does not know them
	TheirLevel   int      `json:"theirLevel,omitempty" min:"1" max:"100"` // the level of the third person
}

// FactName is the wire name.
func (IntroductionMade) FactName() string { return "IntroductionMade" }

// ReferralMade says that somebody referred the recipient for an opportunity. Rung 4.
type ReferralMade struct {
	Act
	Kind       OpportunityKind `json:"kind"`
	Visibility Visibility      `json:"visibility,omitempty"`
}

// FactName is the wire name.
func (ReferralMade) FactName() string { return "ReferralMade" }

// OpportunityGiven says that somebody gave the recipient an opportunity. Rung 4.
type OpportunityGiven struct {
	Act
	Kind       OpportunityKind `json:"kind"`
	Visibility Visibility      `json:"visibility,omitempty"`
}

// FactName is the wire name.
func (OpportunityGiven) FactName() string { return "OpportunityGiven" }

// EndorsementGiven says that somebody praised the recipient's skills to others. Rung 5.
type EndorsementGiven struct {
	Act
	Skills   []Code   `json:"skills,omitempty"` // what was praised
	Audience Audience `json:"audience"`         // who heard it
	Forum    Forum    `json:"forum,omitempty"`  // where, if a decision was made there
}

// FactName is the wire name.
func (EndorsementGiven) FactName() string { return "EndorsementGiven" }

// SponsorEndorsed says that somebody spoke for the recipient where a decision is made. Rung 5.
// Sealed where the recipient is unaware.
type SponsorEndorsed struct {
	Act
	Forum     Forum     `json:"forum"`
	Stake     Stake     `json:"stake"`
	Awareness Awareness `json:"awareness"`
}

// FactName is the wire name.
func (SponsorEndorsed) FactName() string { return "SponsorEndorsed" }

// PromotionAdvocated says that somebody advocated the recipient's promotion; no outcome, no
// rating. Rung 5. Sealed where the recipient is unaware.
type PromotionAdvocated struct {
	Act
	Round     Code      `json:"round,omitempty"` // the promotion round, such as 2026-spring
	Stake     Stake     `json:"stake"`
	Awareness Awareness `json:"awareness"`
}

// FactName is the wire name.
func (PromotionAdvocated) FactName() string { return "PromotionAdvocated" }

// AirCoverProvided says that somebody protected the recipient. Rung 5. Sealed where the recipient
// is unaware.
type AirCoverProvided struct {
	Act
	Kind      CoverKind `json:"kind"`
	Stake     Stake     `json:"stake"`
	Awareness Awareness `json:"awareness"`
}

// FactName is the wire name.
func (AirCoverProvided) FactName() string { return "AirCoverProvided" }

// KudosGiven says that somebody thanked the recipient before others.
type KudosGiven struct {
	Act
	Audience Audience `json:"audience"` // who heard it
	Skills   []Code   `json:"skills,omitempty"`
}

// FactName is the wire name.
func (KudosGiven) FactName() string { return "KudosGiven" }

// CreditGiven says that somebody gave the recipient credit for their work.
type CreditGiven struct {
	Act
	Audience Audience `json:"audience"` // who heard it
	Skills   []Code   `json:"skills,omitempty"`
}

// FactName is the wire name.
func (CreditGiven) FactName() string { return "CreditGiven" }

// FeedbackGiven says that somebody gave feedback; never what it said. Sealed where it is passed on
// without a name.
type FeedbackGiven struct {
	Act
	Valence   Valence `json:"valence"`
	Solicited bool    `json:"solicited,omitempty"` // whether the recipient had asked for it
	Voluntary bool    `json:"voluntary,omitempty"` // false for a mandatory appraisal
	Sharing   Sharing `json:"sharing"`             // whether it was passed on with a name
}

// FactName is the wire name.
func (FeedbackGiven) FactName() string { return "FeedbackGiven" }

// AllyActionTaken says that somebody used their position for the recipient.
type AllyActionTaken struct {
	Act
	Kind        AllyKind    `json:"kind"`
	ConfirmedBy ConfirmedBy `json:"confirmedBy,omitempty"` // a self-claim without it makes no role
}

// FactName is the wire name.
func (AllyActionTaken) FactName() string { return "AllyActionTaken" }

// ReverseLearningGained says that the supporter learned from the recipient.
type ReverseLearningGained struct {
	Act
}

// FactName is the wire name.
func (ReverseLearningGained) FactName() string { return "ReverseLearningGained" }

// CollaborationShared says that two people worked together: supporting evidence only.
type CollaborationShared struct {
	Act
	Project Code `json:"project,omitempty"` // a reference, never a name
	Weeks   int  `json:"weeks,omitempty"`   // for how long; 0 is unknown
}

// FactName is the wire name.
func (CollaborationShared) FactName() string { return "CollaborationShared" }

// SupportReported is one answer of a survey or a stock-take, never multiplied into invented acts.
type SupportReported struct {
	Act
	Kind       SupportKind     `json:"kind"`
	Cadence    ReportedCadence `json:"cadence"`    // how often, by that answer
	ReportedBy DeclaredBy      `json:"reportedBy"` // who answered
	AsOf       time.Time       `json:"asOf"`       // when the answer was true
}

// FactName is the wire name.
func (SupportReported) FactName() string { return "SupportReported" }

// ThanksGiven says that the recipient thanked the supporter.
type ThanksGiven struct {
	Act
	For        FactID     `json:"act,omitempty"` // the act it is for
	Visibility Visibility `json:"visibility,omitempty"`
}

// FactName is the wire name.
func (ThanksGiven) FactName() string { return "ThanksGiven" }

// SponsorshipDisclosed makes sealed acts known to the recipient: each is appended under support as
// a new fact.
type SponsorshipDisclosed struct {
	Acts []FactID `json:"acts"` // the ids of the sealed acts
}

// FactName is the wire name.
func (SponsorshipDisclosed) FactName() string { return "SponsorshipDisclosed" }

// StakeResolved says what came of a stake.
type StakeResolved struct {
	Act       FactID       `json:"act"`
	Supporter PersonID     `json:"supporter"`
	Outcome   StakeOutcome `json:"outcome"`
}

// FactName is the wire name.
func (StakeResolved) FactName() string { return "StakeResolved" }

// ActConfirmed says that the other side confirms an act.
type ActConfirmed struct {
	Act       FactID         `json:"act"`
	Supporter PersonID       `json:"supporter"`
	By        ConfirmingSide `json:"by"`
}

// FactName is the wire name.
func (ActConfirmed) FactName() string { return "ActConfirmed" }

// ActDisputed says that one side disputes an act: it then counts nothing.
type ActDisputed struct {
	Act         FactID      `json:"act"`
	Supporter   PersonID    `json:"supporter"`
	ReasonClass ReasonClass `json:"reasonClass,omitempty"`
}

// FactName is the wire name.
func (ActDisputed) FactName() string { return "ActDisputed" }

// ActCorrected replaces an act by another one.
type ActCorrected struct {
	Act         FactID      `json:"act"`
	Supporter   PersonID    `json:"supporter"`
	By          FactID      `json:"by"` // the act that stands in its place
	ReasonClass ReasonClass `json:"reasonClass,omitempty"`
}

// FactName is the wire name.
func (ActCorrected) FactName() string { return "ActCorrected" }

// ActRetracted takes an act back.
type ActRetracted struct {
	Act         FactID      `json:"act"`
	Supporter   PersonID    `json:"supporter"`
	ReasonClass ReasonClass `json:"reasonClass,omitempty"`
}

// FactName is the wire name.
func (ActRetracted) FactName() string { return "ActRetracted" }
