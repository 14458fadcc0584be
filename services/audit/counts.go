package audit

import (
	"cmp"
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
	End        uint64       `json:"end"`
	At         time.Time    `json:"at"`
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
	Rules []string        `json:"rules"` // the paths that did it
	Cells []ChangeCell    `json:"cells"` // everybody first, then by department
}

// ChangeCell tells between which two numbers the count of people lies.
type ChangeCell struct {
	Department events.Code `json:"department,omitempty"` // empty: everybody
	AtLeast    int         `json:"atLeast,omitempty"`
	AtMost     int         `json:"atMost,omitempty"`
	Suppressed bool        `json:"suppressed,omitempty"`
}

// kind is what one Change is about.
type kind struct {
	gap  events.GapKind
	role events.RoleName
	turn Turn
}

// crowd is whom a change concerns, and by which rules.
type crowd struct {
	people map[events.PersonID]bool
	rules  map[string]bool
}

// answer counts a diff. A kind of change of which not even everybody's number can be told is left out: that
// it is there would tell of one person.
func (d *Diff) answer(key []byte) (WhatIfAnswer, error) {
	digest, err := d.Digest()
	a := WhatIfAnswer{End: d.End, At: d.At, Version: d.Version, Floor: d.floor, Rules: d.Rules, Changes: []Change{}}
	a.Hash = preview.Preview{End: d.End, At: d.At, Digest: digest}.Hash(key, d.Ruleset)
	crowds := d.crowds()
	for _, k := range slices.SortedFunc(maps.Keys(crowds), func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.gap, b.gap), cmp.Compare(a.role, b.role), cmp.Compare(a.turn, b.turn))
	}) {
		c := Change{Gap: k.gap, Role: k.role, Turn: k.turn, Rules: slices.Sorted(maps.Keys(crowds[k].rules)), Cells: d.cells(crowds[k].people)}
		for _, cell := range c.Cells {
			if cell.Suppressed {
				a.Suppressed++
			}
		}
		if !c.Cells[0].Suppressed {
			a.Changes = append(a.Changes, c)
		}
	}
	return a, err
}

// crowds are those who are counted, by what changes for them.
func (d *Diff) crowds() map[kind]crowd {
	all := map[kind]crowd{}
	add := func(k kind, who events.PersonID, rules []string) {
		if _, counted := d.people[who]; !counted {
			return
		}
		if _, known := all[k]; !known {
			all[k] = crowd{map[events.PersonID]bool{}, map[string]bool{}}
		}
		all[k].people[who] = true
		for _, path := range rules {
			all[k].rules[path] = true
		}
	}
	for _, t := range d.Gaps {
		turn := Closes
		if t.Opens {
			turn = Opens
		}
		add(kind{t.Gap, t.Role, turn}, t.Person, t.Rules)
	}
	for _, t := range d.Roles {
		add(kind{"", t.Role, turnOf(t.Before, t.After)}, t.Person, t.Rules)
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

// cells counts people, all of them and by department. Where one department alone is hidden, the smallest of the
// others is too: it would be what is left of everybody.
func (d *Diff) cells(changed map[events.PersonID]bool) []ChangeCell {
	size, count := map[events.Code]int{}, map[events.Code]int{}
	for who, department := range d.people {
		size[department]++
		if changed[who] {
			count[department]++
		}
	}
	cells := []ChangeCell{d.cell("", len(changed), len(d.people))}
	hidden, smallest := 0, -1
	for _, department := range slices.Sorted(maps.Keys(size)) {
		if department == "" {
			hidden++ // whom nobody can place
			continue
		}
		c := d.cell(department, count[department], size[department])
		if cells = append(cells, c); c.Suppressed {
			hidden++
		} else if smallest < 0 || count[department] < count[cells[smallest].Department] {
			smallest = len(cells) - 1
		}
	}
	if hidden == 1 && smallest > 0 {
		cells[smallest] = ChangeCell{Department: cells[smallest].Department, Suppressed: true}
	}
	return cells
}

// cell tells a count of so many people as a span, if neither too few have changed nor too few have not.
func (d *Diff) cell(department events.Code, count, of int) ChangeCell {
	if count < d.floor || of-count < d.floor {
		return ChangeCell{Department: department, Suppressed: true}
	}
	step := stepOf(d.floor)
	low := count / step * step
	return ChangeCell{Department: department, AtLeast: max(low, d.floor), AtMost: min(low+step-1, of-d.floor)}
}

// stepOf is how many counts one span holds, under a floor: as in the program view.
func stepOf(floor int) int {
	step := leastFloor + 1
	for step < floor+1 {
		step *= 2
	}
	return step
}
