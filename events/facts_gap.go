package events

import "time"

// The facts of this file are what is missing in a person's network. Owner: gap-projection.

// GapOpened says that something is missing in the network of its subject.
type GapOpened struct {
	Gap      GapKind   `json:"gap"`
	Role     RoleName  `json:"role,omitempty"`     // the role that is missing or thin, where the gap is about one
	Severity int       `json:"severity" max:"100"` // 0 to 100; higher is told first
	Reason   GapReason `json:"reason"`
	Since    time.Time `json:"since"`           // since when the condition holds
	Ruleset  string    `json:"ruleset"`         // version of the ruleset
	Rules    string    `json:"rules,omitempty"` // version of the rules' code
}

// FactName is the wire name.
func (GapOpened) FactName() string { return "GapOpened" }

// GapClosed says that nothing is missing there any more.
type GapClosed struct {
	Gap      GapKind  `json:"gap"`
	Role     RoleName `json:"role,omitempty"`
	ClosedBy FactID   `json:"closedBy,omitempty"` // the role fact that closed it
	OpenFor  int64    `json:"openFor"`            // in seconds
	Rules    string   `json:"rules,omitempty"`    // version of the rules' code
}

// FactName is the wire name.
func (GapClosed) FactName() string { return "GapClosed" }

// CoverageMeasured is one cell of the weekly cube of aggregates.
type CoverageMeasured struct {
	Week       Code   `json:"week"`                 // ISO, such as 2026-w12
	By         Code   `json:"by,omitempty"`         // what cells are told apart by: department, level, tenure, group; left out for everybody
	Cell       Code   `json:"cell"`                 // which people: a value of By
	Metric     Code   `json:"metric"`               // what was measured
	Value      int    `json:"value,omitempty"`      // percent of the people, to the nearest five; left out where suppressed
	Margin     int    `json:"margin,omitempty"`     // by how many points the value may be off
	People     int    `json:"people,omitempty"`     // of how many it speaks
	Suppressed bool   `json:"suppressed,omitempty"` // true where the cell has too few people to be told
	Policy     string `json:"policy"`               // version of the policy that set the floor
}

// FactName is the wire name.
func (CoverageMeasured) FactName() string { return "CoverageMeasured" }
