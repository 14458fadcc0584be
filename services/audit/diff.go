package audit

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// Diff is all that would change if a ruleset were activated: person by person, so it stays here. What is told
// of it is counted and suppressed like all that is about many.
type Diff struct {
	End     uint64       `json:"end"` // the last sequence of the log that it was tried on
	At      time.Time    `json:"at"`
	Ruleset string       `json:"ruleset"` // the hash of its text
	Version string       `json:"version"`
	Rules   []RuleChange `json:"rules"` // what it says otherwise than the one in force
	Roles   []RoleTurn   `json:"roles"` // that people see in their networks
	Gaps    []GapTurn    `json:"gaps"`

	networks *projection.Docs // as they would be
}

// RoleTurn is a role that somebody plays for a person, and would no longer, or otherwise.
type RoleTurn struct {
	Person    events.PersonID      `json:"person"`
	Supporter events.PersonID      `json:"supporter"`
	Role      events.RoleName      `json:"role"`
	Before    readmodel.RoleStatus `json:"before,omitempty"` // empty: not played
	After     readmodel.RoleStatus `json:"after,omitempty"`
	Rules     []string             `json:"rules"` // paths of the rules that did it
}

// GapTurn is a gap that would open or close.
type GapTurn struct {
	Person events.PersonID `json:"person"`
	Gap    events.GapKind  `json:"gap"`
	Role   events.RoleName `json:"role,omitempty"`
	Opens  bool            `json:"opens"` // else it closes
	Rules  []string        `json:"rules"`
}

// seenRole is whose role it is, and seenGap whose gap.
type (
	seenRole struct {
		person, supporter events.PersonID
		role              events.RoleName
	}
	seenGap struct {
		person events.PersonID
		gap    events.GapKind
		role   events.RoleName
	}
)

// picture is all roles that are played, as people see them, and all gaps that are open.
type picture struct {
	roles map[seenRole]readmodel.RoleStatus
	gaps  map[seenGap]bool
}

// pictureOf looks at every network.
func pictureOf(networks *projection.Docs) (picture, error) {
	p := picture{map[seenRole]readmodel.RoleStatus{}, map[seenGap]bool{}}
	err := eachNetwork(networks, func(n *readmodel.Network) {
		for supporter, tie := range n.Ties {
			for role, r := range tie.Roles {
				if r.Status.Played() {
					p.roles[seenRole{n.Person, supporter, role}] = r.Status
				}
			}
		}
		for _, g := range n.Gaps {
			p.gaps[seenGap{n.Person, g.Kind, g.Role}] = true
		}
	})
	return p, err
}

func eachNetwork(networks *projection.Docs, do func(*readmodel.Network)) error {
	keys, err := networks.Keys(readmodel.NetworkKey(""))
	if err != nil {
		return err
	}
	for _, key := range keys {
		n, err := projection.Get[readmodel.Network](networks, key)
		if err != nil {
			return err
		}
		if n != nil && !n.Erased {
			do(n)
		}
	}
	return nil
}

// turns notes how two pictures differ, in an order that is always the same.
func (d *Diff) turns(before, after picture) {
	for k := range union(before.roles, after.roles) {
		if was, is := before.roles[k], after.roles[k]; was != is {
			d.Roles = append(d.Roles, RoleTurn{Person: k.person, Supporter: k.supporter, Role: k.role, Before: was, After: is})
		}
	}
	for k := range union(before.gaps, after.gaps) {
		if before.gaps[k] != after.gaps[k] {
			d.Gaps = append(d.Gaps, GapTurn{Person: k.person, Gap: k.gap, Role: k.role, Opens: after.gaps[k]})
		}
	}
	slices.SortFunc(d.Roles, func(a, b RoleTurn) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Supporter, b.Supporter), cmp.Compare(a.Role, b.Role))
	})
	slices.SortFunc(d.Gaps, func(a, b GapTurn) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Gap, b.Gap), cmp.Compare(a.Role, b.Role))
	})
}

func union[K comparable, V any](a, b map[K]V) map[K]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
