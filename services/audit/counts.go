package audit

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/preview"
	"kith.internal/services/internal/readmodel"
)

// WhatIfAnswer is what would follow from a ruleset, about nobody.
type WhatIfAnswer struct {
	Hash       string       `json:"hash"` // to activate it with
	End        uint64       `json:"end"`  // the last sequence of the log that it was tried on
	At         time.Time    `json:"at"`   // when that was
	Version    string       `json:"version"`
	Floor      int          `json:"floor"`
	Rules      []RuleChange `json:"rules"`
	Changes    []Change     `json:"changes"`
	Suppressed int          `json:"suppressedCells"`
}

// Turn is which way something changes.
type Turn string

// The turns.
const (
	Opens  Turn = "opens"  // a gap
	Closes Turn = "closes" // a gap
	Begins Turn = "begins" // a role that was not played
	Ends   Turn = "ends"   // a role that was played
	Shifts Turn = "shifts" // a role between active and at risk
)

// Change is one kind of change, and for how many people: of a gap, who has it; of a role, for whom it is played.
type Change struct {
	Gap   events.GapKind  `json:"gap,omitempty"` // empty of a role
	Role  events.RoleName `json:"role,omitempty"`
	Turn  Turn            `json:"turn"`
	Rules []string        `json:"rules"` // the paths that do such things; for whom which one did is not told
	Cells []ChangeCell    `json:"cells"` // everybody first, then by department
}

// ChangeCell tells between which two numbers the count lies of those for whom something changes.
type ChangeCell struct {
	Department events.Code `json:"department,omitempty"` // empty: everybody
	AtLeast    int         `json:"atLeast,omitempty"`
	AtMost     int         `json:"atMost,omitempty"`
	People     int         `json:"people,omitempty"` // among how many
	Suppressed bool        `json:"suppressed,omitempty"`
}

// kind is what one Change is about.
type kind struct {
	gap  events.GapKind
	role events.RoleName
	turn Turn
}

// tell counts a diff. A kind of change of which it cannot be told that it concerns anybody is left out, as if
// there were none.
func (d *Diff) tell(count Counter) []Change {
	changes, all := []Change{}, d.kinds()
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.gap, b.gap), cmp.Compare(a.role, b.role), cmp.Compare(a.turn, b.turn))
	}) {
		if cells := count(all[k]); cells[0].AtLeast > 0 {
			changes = append(changes, Change{Gap: k.gap, Role: k.role, Turn: k.turn, Rules: d.rulesOf(k), Cells: cells})
		}
	}
	return changes
}

// kinds are all kinds of changes, and whom each concerns.
func (d *Diff) kinds() map[kind]map[events.PersonID]bool {
	all := map[kind]map[events.PersonID]bool{}
	add := func(k kind, who events.PersonID) {
		if all[k] == nil {
			all[k] = map[events.PersonID]bool{}
		}
		all[k][who] = true
	}
	for _, t := range d.Gaps {
		turn := Closes
		if t.Opens {
			turn = Opens
		}
		add(kind{t.Gap, t.Role, turn}, t.Person)
	}
	for _, t := range d.Roles {
		add(kind{"", t.Role, turnOf(t.Before, t.After)}, t.Person)
	}
	return all
}

func turnOf(before, after readmodel.RoleStatus) Turn {
	switch {
	case before == "":
		return Begins
	case after == "":
		return Ends
	}
	return Shifts
}

// sign gives an answer its hash: that of what it tells, for a hash of more would tell that to whoever guesses it.
func (a *WhatIfAnswer) sign(key []byte, ruleset string, asked time.Time) error {
	told, err := json.Marshal(a)
	a.Hash = preview.Preview{End: a.End, At: asked, Digest: preview.Digest(told)}.Hash(key, ruleset)
	return err
}
