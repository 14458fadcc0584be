package events

import "time"

// The facts of this file are what belongs to one person. Owner: intake.

// ParticipationChanged says what a person's data may be used for.
type ParticipationChanged struct {
	Purpose       Purpose `json:"purpose"`
	Participation InOut   `json:"participation"`
}

// FactName is the wire name.
func (ParticipationChanged) FactName() string { return "ParticipationChanged" }

// GoalSet says that a person set themselves a career goal.
type GoalSet struct {
	Goal Code     `json:"goal"` // a key of the person's own
	Kind GoalKind `json:"kind"`
}

// FactName is the wire name.
func (GoalSet) FactName() string { return "GoalSet" }

// GoalReached says that a person reached a goal.
type GoalReached struct {
	Goal Code     `json:"goal"`
	Kind GoalKind `json:"kind"`
}

// FactName is the wire name.
func (GoalReached) FactName() string { return "GoalReached" }

// RoleDeclared says that somebody is said to play a role; it never makes a role active.
type RoleDeclared struct {
	Supporter  PersonID   `json:"supporter"`
	Role       RoleName   `json:"role"`
	DeclaredBy DeclaredBy `json:"declaredBy"`
}

// FactName is the wire name.
func (RoleDeclared) FactName() string { return "RoleDeclared" }

// RoleDeclarationWithdrawn takes a declaration back.
type RoleDeclarationWithdrawn struct {
	Supporter  PersonID   `json:"supporter"`
	Role       RoleName   `json:"role"`
	DeclaredBy DeclaredBy `json:"declaredBy"`
}

// FactName is the wire name.
func (RoleDeclarationWithdrawn) FactName() string { return "RoleDeclarationWithdrawn" }

// SponsorshipAsked says that a person asked somebody to be their sponsor.
type SponsorshipAsked struct {
	Supporter PersonID `json:"supporter"`
}

// FactName is the wire name.
func (SponsorshipAsked) FactName() string { return "SponsorshipAsked" }

// SponsorshipAccepted says that somebody agreed to be a sponsor.
type SponsorshipAccepted struct {
	Supporter PersonID `json:"supporter"`
}

// FactName is the wire name.
func (SponsorshipAccepted) FactName() string { return "SponsorshipAccepted" }

// SponsorshipDeclined says that somebody declined; only the two see it.
type SponsorshipDeclined struct {
	Supporter PersonID `json:"supporter"`
}

// FactName is the wire name.
func (SponsorshipDeclined) FactName() string { return "SponsorshipDeclined" }

// MentorPromotedToSponsor says that a mentor agreed to become a sponsor.
type MentorPromotedToSponsor struct {
	Supporter  PersonID `json:"supporter"`
	AcceptedBy PersonID `json:"acceptedBy"` // the one of the two who agreed to what the other proposed
}

// FactName is the wire name.
func (MentorPromotedToSponsor) FactName() string { return "MentorPromotedToSponsor" }

// FeedbackRequested says that a person asked somebody for feedback.
type FeedbackRequested struct {
	Supporter PersonID `json:"supporter"` // who is asked
	Topics    []Topic  `json:"topics,omitempty"`
}

// FactName is the wire name.
func (FeedbackRequested) FactName() string { return "FeedbackRequested" }

// FeedbackRatedHelpful says that feedback helped its recipient.
type FeedbackRatedHelpful struct {
	Act       FactID   `json:"act"` // the FeedbackGiven
	Supporter PersonID `json:"supporter"`
}

// FactName is the wire name.
func (FeedbackRatedHelpful) FactName() string { return "FeedbackRatedHelpful" }

// SessionRated rates a mentoring session.
type SessionRated struct {
	Act       FactID         `json:"act"` // the MentoringSessionHeld
	Supporter PersonID       `json:"supporter"`
	By        ConfirmingSide `json:"by"`
	Rating    int            `json:"rating" min:"1" max:"5"` // 1 to 5
}

// FactName is the wire name.
func (SessionRated) FactName() string { return "SessionRated" }

// TrustConfirmed says that a person trusts a supporter.
type TrustConfirmed struct {
	Supporter PersonID `json:"supporter"`
	Act       FactID   `json:"act,omitempty"` // the act that earned it, where there is one
}

// FactName is the wire name.
func (TrustConfirmed) FactName() string { return "TrustConfirmed" }

// RoleContested says that one of the two disagrees with a recognised role.
type RoleContested struct {
	Supporter   PersonID       `json:"supporter"`
	Role        RoleName       `json:"role"`
	By          ConfirmingSide `json:"by"`
	ReasonClass ReasonClass    `json:"reasonClass,omitempty"`
	Until       time.Time      `json:"until,omitzero"` // when the objection ends by itself
}

// FactName is the wire name.
func (RoleContested) FactName() string { return "RoleContested" }

// RoleOverridden sets a role aside until a time.
type RoleOverridden struct {
	Supporter   PersonID       `json:"supporter"`
	Role        RoleName       `json:"role"`
	By          ConfirmingSide `json:"by,omitempty"` // the one of the two who sets it aside; empty where somebody else does
	ReasonClass ReasonClass    `json:"reasonClass,omitempty"`
	Until       time.Time      `json:"until"` // when the evidence counts again
}

// FactName is the wire name.
func (RoleOverridden) FactName() string { return "RoleOverridden" }

// CapacitySet says for how many people somebody has room in a role.
type CapacitySet struct {
	Role   RoleName `json:"role"`
	People int      `json:"people"` // how many at once; 0 is no room
}

// FactName is the wire name.
func (CapacitySet) FactName() string { return "CapacitySet" }

// ProgramJoined says that a person takes part in a program.
type ProgramJoined struct {
	Program ProgramID `json:"program"`
}

// FactName is the wire name.
func (ProgramJoined) FactName() string { return "ProgramJoined" }

// ProgramLeft says that a person left a program.
type ProgramLeft struct {
	Program ProgramID `json:"program"`
}

// FactName is the wire name.
func (ProgramLeft) FactName() string { return "ProgramLeft" }

// PairMatched says that a program matched two people.
type PairMatched struct {
	Program   ProgramID `json:"program"`
	Supporter PersonID  `json:"supporter"` // the one who is to help the subject
}

// FactName is the wire name.
func (PairMatched) FactName() string { return "PairMatched" }

// PairEnded says that a program's pair ended.
type PairEnded struct {
	Program   ProgramID `json:"program"`
	Supporter PersonID  `json:"supporter"`
	Reason    EndReason `json:"reason,omitempty"`
}

// FactName is the wire name.
func (PairEnded) FactName() string { return "PairEnded" }

// ExternalContactAdded says that a person has a supporter outside the directory.
type ExternalContactAdded struct {
	Contact      PersonID    `json:"contact"`
	Relation     Relation    `json:"relation"` // how the contact stands to the subject
	SameIndustry bool        `json:"sameIndustry,omitempty"`
	Details      SealedBytes `json:"sealed,omitempty"` // a sealed ContactDetails
}

// FactName is the wire name.
func (ExternalContactAdded) FactName() string { return "ExternalContactAdded" }

// ExternalContactRemoved removes a supporter outside the directory.
type ExternalContactRemoved struct {
	Contact PersonID `json:"contact"`
}

// FactName is the wire name.
func (ExternalContactRemoved) FactName() string { return "ExternalContactRemoved" }

// GroupSelfIdentified says that a person identified with a group: self-declared only, never
// inferred.
type GroupSelfIdentified struct {
	How     GroupSource `json:"how"`
	Details SealedBytes `json:"sealed"` // a sealed GroupDetails
}

// FactName is the wire name.
func (GroupSelfIdentified) FactName() string { return "GroupSelfIdentified" }

// GroupSelfIdentificationWithdrawn takes a self-identification back.
type GroupSelfIdentificationWithdrawn struct {
	How GroupSource `json:"how"`
}

// FactName is the wire name.
func (GroupSelfIdentificationWithdrawn) FactName() string { return "GroupSelfIdentificationWithdrawn" }
