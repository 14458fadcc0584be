package events

import "time"

// The facts of this file are which roles evidence shows. Owner: role-classifier.

// RoleRecognized says that by the evidence somebody plays a role for the subject of the fact.
type RoleRecognized struct {
	Supporter     PersonID   `json:"supporter"`
	Role          RoleName   `json:"role"`
	Subtype       Subtype    `json:"subtype"`
	Score         int64      `json:"score"`                 // millionths
	Enter         int64      `json:"enter"`                 // millionths; from this score on the role is active
	Exit          int64      `json:"exit"`                  // millionths; below this score the role lapses
	Since         time.Time  `json:"since"`                 // since when; may lie in the past
	NextChangeAt  time.Time  `json:"nextChangeAt,omitzero"` // when silence alone will change it
	Rung          int        `json:"rung" max:"5"`          // the highest rung of Ibarra's ladder among the evidence; 0 none
	Ruleset       string     `json:"ruleset"`               // version of the ruleset
	Rules         string     `json:"rules"`                 // version of the rules' code
	Evidence      []Evidence `json:"evidence"`              // the 20 heaviest acts
	EvidenceCount int        `json:"evidenceCount"`         // how many acts there are in all
}

// FactName is the wire name.
func (RoleRecognized) FactName() string { return "RoleRecognized" }

// RoleAtRisk says that a role fades for want of acts.
type RoleAtRisk struct {
	Supporter    PersonID  `json:"supporter"`
	Role         RoleName  `json:"role"`
	Subtype      Subtype   `json:"subtype"`
	Score        int64     `json:"score"`                 // millionths
	SilentSince  time.Time `json:"silentSince"`           // when the last act that counts took place
	NextChangeAt time.Time `json:"nextChangeAt,omitzero"` // when silence alone will end it
	Ruleset      string    `json:"ruleset"`
	Rules        string    `json:"rules,omitempty"` // version of the rules' code
}

// FactName is the wire name.
func (RoleAtRisk) FactName() string { return "RoleAtRisk" }

// RoleLapsed says that a role is over for want of acts.
type RoleLapsed struct {
	Supporter    PersonID  `json:"supporter"`
	Role         RoleName  `json:"role"`
	Subtype      Subtype   `json:"subtype"`
	Score        int64     `json:"score"`                 // millionths
	SilentSince  time.Time `json:"silentSince"`           // when the last act that counts took place
	NextChangeAt time.Time `json:"nextChangeAt,omitzero"` // when silence alone will change it again
	Ruleset      string    `json:"ruleset"`
	Rules        string    `json:"rules,omitempty"` // version of the rules' code
}

// FactName is the wire name.
func (RoleLapsed) FactName() string { return "RoleLapsed" }

// ImportRecognized says that every role that a file import shows has been stated: it follows from the import's end,
// behind all that followed from its facts.
type ImportRecognized struct {
	Source Code `json:"source"` // the name of the mapping
}

// FactName is the wire name.
func (ImportRecognized) FactName() string { return "ImportRecognized" }
