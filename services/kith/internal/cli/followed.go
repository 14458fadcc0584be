package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/client"
)

// sight is what a person sees of their network at one time: who plays which role, what is missing.
type sight struct {
	roles map[played]readmodel.RoleStatus
	gaps  map[lacking]bool
}

type played struct {
	role      events.RoleName
	supporter events.PersonID
}

type lacking struct {
	gap  events.GapKind
	role events.RoleName
}

// followed is one thing that changed: a role of a supporter, or a gap.
type followed struct {
	Role      events.RoleName      `json:"role,omitempty"`
	Supporter events.PersonID      `json:"supporter,omitempty"`
	Was       readmodel.RoleStatus `json:"was,omitempty"`
	Is        readmodel.RoleStatus `json:"is,omitempty"`
	Gap       events.GapKind       `json:"gap,omitempty"`
	Opened    bool                 `json:"opened,omitempty"`
	Closed    bool                 `json:"closed,omitempty"`
}

// seen is what a person sees once the fact at a sequence and all that followed is in it. Nothing
// is known of somebody new: they see nothing.
func (s *shell) seen(ctx context.Context, p client.Person, after uint64) (sight, error) {
	v := sight{map[played]readmodel.RoleStatus{}, map[lacking]bool{}}
	as := s.viewing(p)
	n, err := as.Network(ctx, p.ID, after)
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.NotFound {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	for _, r := range n.Roles {
		for _, one := range r.Supporters {
			v.roles[played{r.Role, one.Supporter}] = one.Status
		}
	}
	g, err := as.Gaps(ctx, p.ID, 0) // as new as the network
	for _, one := range g.Gaps {
		v.gaps[lacking{one.Gap, one.Role}] = true
	}
	return v, err
}

// changes are the differences between two sights, roles first.
func (v sight) changes(to sight) []followed {
	changes := []followed{}
	for _, k := range slices.SortedFunc(maps.Keys(joined(v.roles, to.roles)), func(a, b played) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.supporter, b.supporter))
	}) {
		if was, is := v.roles[k], to.roles[k]; was != is {
			changes = append(changes, followed{Role: k.role, Supporter: k.supporter, Was: was, Is: is})
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(joined(v.gaps, to.gaps)), func(a, b lacking) int {
		return cmp.Or(cmp.Compare(a.gap, b.gap), cmp.Compare(a.role, b.role))
	}) {
		if was, is := v.gaps[k], to.gaps[k]; was != is {
			changes = append(changes, followed{Gap: k.gap, Role: k.role, Opened: is, Closed: was})
		}
	}
	return changes
}

func joined[K comparable, V any](a, b map[K]V) map[K]V {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// say is a change in words.
func (s *shell) say(c followed) string {
	switch {
	case c.Opened:
		return "A gap opened. " + gapWords(c.Gap, c.Role) + "."
	case c.Closed:
		return "A gap closed, which was: " + gapWords(c.Gap, c.Role) + "."
	}
	said := title(c.Role) + ": " + s.names[c.Supporter] + " is " + statusWord(c.Is)
	if c.Was != "" {
		said += ", and was " + statusWord(c.Was)
	}
	return said + "."
}

func statusWord(s readmodel.RoleStatus) string {
	switch s {
	case readmodel.RoleActive:
		return "active now"
	case readmodel.RoleAtRisk:
		return "at risk"
	case readmodel.RoleLapsed:
		return "no longer seen in it"
	}
	return "not seen in it"
}
