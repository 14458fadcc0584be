package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// roleOf is the role and the supporter that a role fact is about.
func roleOf(f events.Fact) (events.RoleName, events.PersonID) {
	switch f := f.(type) {
	case *events.RoleRecognized:
		return f.Role, f.Supporter
	case *events.RoleAtRisk:
		return f.Role, f.Supporter
	case *events.RoleLapsed:
		return f.Role, f.Supporter
	}
	return "", ""
}

// foldRole enters how a role stands: what the last fact about it says holds.
func foldRole(n *readmodel.Network, in events.Event) bool {
	role, supporter := roleOf(in.Fact)
	if role == "" {
		return false
	}
	tie := n.Tie(supporter)
	if tie.Roles == nil {
		tie.Roles = map[events.RoleName]*readmodel.NetworkRole{}
	}
	tie.Roles[role] = turn(tie.Roles[role], in)
	return true
}

func turn(was *readmodel.NetworkRole, in events.Event) *readmodel.NetworkRole {
	if was == nil {
		was = &readmodel.NetworkRole{}
	}
	r := &readmodel.NetworkRole{Stated: in.Time, Fact: in.ID, Since: was.Since, Enter: was.Enter, Rung: was.Rung}
	switch f := in.Fact.(type) {
	case *events.RoleRecognized:
		r.Status, r.Subtype, r.Score, r.NextChangeAt = readmodel.RoleActive, f.Subtype, f.Score, f.NextChangeAt
		r.Since, r.Turned, r.Enter, r.Rung = f.Since, f.Since, f.Enter, f.Rung
	case *events.RoleAtRisk:
		r.Status, r.Subtype, r.Score, r.NextChangeAt = readmodel.RoleAtRisk, f.Subtype, f.Score, f.NextChangeAt
		r.Turned = faded(was, r.Status, in, f.SilentSince)
	case *events.RoleLapsed:
		r.Status, r.Subtype, r.Score, r.NextChangeAt = readmodel.RoleLapsed, f.Subtype, f.Score, f.NextChangeAt
		r.Turned = faded(was, r.Status, in, f.SilentSince)
	}
	return r
}

// faded is since when a role is no longer what it was. Of one that is first heard of as fading,
// all that is known is since when it has been silent.
func faded(was *readmodel.NetworkRole, now readmodel.RoleStatus, in events.Event, silentSince time.Time) time.Time {
	switch was.Status {
	case "":
		return silentSince
	case now:
		return was.Turned
	}
	return in.Time
}

// begun is since when a role is played, as far as is known.
func begun(r *readmodel.NetworkRole) time.Time {
	if r.Since.IsZero() {
		return r.Turned
	}
	return r.Since
}
