package events

import "time"

// The facts of this file are the directory: who is here, where they stand, and since when. Owner:
// intake.

// PersonJoined says that somebody is in the directory. In clear stands only what rules read; the
// rest is sealed with the person's own key.
type PersonJoined struct {
	Level       int         `json:"level" min:"1" max:"100"` // their ordinal level; higher is more senior
	LevelScale  Code        `json:"levelScale,omitempty"`    // the scale of Level, where an organisation has several
	Department  Code        `json:"department,omitempty"`
	Manager     PersonID    `json:"manager,omitempty"`    // may not have joined yet
	StartMonth  Month       `json:"startMonth,omitempty"` // the month of the start date, which is sealed
	EffectiveAt time.Time   `json:"effectiveAt"`          // start of employment
	Details     SealedBytes `json:"sealed,omitempty"`     // a sealed PersonDetails
}

// FactName is the wire name.
func (PersonJoined) FactName() string { return "PersonJoined" }

// PersonChanged says what changed about a person: only the fields that did.
type PersonChanged struct {
	Level       *int        `json:"level,omitempty" min:"1" max:"100"`
	LevelScale  Code        `json:"levelScale,omitempty"`
	Department  Code        `json:"department,omitempty"`
	Manager     PersonID    `json:"manager,omitempty"`
	StartMonth  Month       `json:"startMonth,omitempty"` // the month of the start date, where that was corrected
	EffectiveAt time.Time   `json:"effectiveAt"`          // from when it holds, past or future
	Details     SealedBytes `json:"sealed,omitempty"`     // a sealed PersonDetails
}

// FactName is the wire name.
func (PersonChanged) FactName() string { return "PersonChanged" }

// PersonWentOnLeave says that somebody is away for a while.
type PersonWentOnLeave struct {
	EffectiveAt time.Time `json:"effectiveAt"` // from when they are away
}

// FactName is the wire name.
func (PersonWentOnLeave) FactName() string { return "PersonWentOnLeave" }

// PersonReturned says that somebody is back from leave.
type PersonReturned struct {
	EffectiveAt time.Time `json:"effectiveAt"` // from when they are back
}

// FactName is the wire name.
func (PersonReturned) FactName() string { return "PersonReturned" }

// PersonLeft says that somebody left the organisation.
type PersonLeft struct {
	EffectiveAt time.Time   `json:"effectiveAt"` // from when they are no longer there
	ReasonClass ReasonClass `json:"reasonClass,omitempty"`
}

// FactName is the wire name.
func (PersonLeft) FactName() string { return "PersonLeft" }

// PersonMerged says that two entries are one person: a rehire, or an external contact who was
// hired.
type PersonMerged struct {
	Into PersonID `json:"into"` // who the subject is from now on
}

// FactName is the wire name.
func (PersonMerged) FactName() string { return "PersonMerged" }

// ErasureRequested starts the erasure of a person.
type ErasureRequested struct {
	RequestedBy Requester `json:"requestedBy"`
}

// FactName is the wire name.
func (ErasureRequested) FactName() string { return "ErasureRequested" }

// PersonErased says that a person's key is destroyed; it is final once no backup of the keyring
// holds it.
type PersonErased struct {
	DestroyedAt time.Time `json:"destroyedAt"` // when the person's data key was destroyed
	FinalAt     time.Time `json:"finalAt"`     // when the last backup that holds the key expires
}

// FactName is the wire name.
func (PersonErased) FactName() string { return "PersonErased" }

// PromotionOccurred says that somebody was promoted.
type PromotionOccurred struct {
	Kind         MoveKind    `json:"kind"`
	FromLevel    int         `json:"fromLevel" min:"1" max:"100"`
	ToLevel      int         `json:"toLevel" min:"1" max:"100"`
	EffectiveAt  time.Time   `json:"effectiveAt"`            // from when the new level holds
	FollowedFrom SealedBytes `json:"followedFrom,omitempty"` // a sealed JSON list of the ids of the acts it followed from
}

// FactName is the wire name.
func (PromotionOccurred) FactName() string { return "PromotionOccurred" }

// AssignmentStarted says that somebody began a new assignment.
type AssignmentStarted struct {
	Kind         MoveKind    `json:"kind"`
	FromLevel    int         `json:"fromLevel,omitempty" min:"1" max:"100"`
	ToLevel      int         `json:"toLevel,omitempty" min:"1" max:"100"`
	EffectiveAt  time.Time   `json:"effectiveAt"`
	FollowedFrom SealedBytes `json:"followedFrom,omitempty"` // a sealed JSON list of the ids of the acts it followed from
}

// FactName is the wire name.
func (AssignmentStarted) FactName() string { return "AssignmentStarted" }

// ProgramOpened says that a program began. Its subject is the program.
type ProgramOpened struct {
	Kind ProgramKind `json:"kind"`
}

// FactName is the wire name.
func (ProgramOpened) FactName() string { return "ProgramOpened" }

// ProgramClosed says that a program ended. Its subject is the program.
type ProgramClosed struct {
	Kind ProgramKind `json:"kind"`
}

// FactName is the wire name.
func (ProgramClosed) FactName() string { return "ProgramClosed" }

// ImportStarted says that a file import began. A rebased import keeps the shift of its first run
// for ever.
type ImportStarted struct {
	Source       Code   `json:"source"`                           // the name of the mapping
	MappingHash  string `json:"mappingHash" form:"sha256"`        // SHA-256 of the mapping's text, in hex
	ShiftSeconds int64  `json:"shiftSeconds,omitempty" min:"any"` // added to every time of the files
}

// FactName is the wire name.
func (ImportStarted) FactName() string { return "ImportStarted" }

// ImportFinished says that a file import ended, and with what.
type ImportFinished struct {
	Source      Code   `json:"source"`                    // the name of the mapping
	MappingHash string `json:"mappingHash" form:"sha256"` // SHA-256 of the mapping's text, in hex
	Accepted    int    `json:"accepted"`                  // stored for the first time
	Duplicate   int    `json:"duplicate"`                 // stored by an earlier run
	Refused     int    `json:"refused"`                   // faulty, and reported by line
}

// FactName is the wire name.
func (ImportFinished) FactName() string { return "ImportFinished" }
