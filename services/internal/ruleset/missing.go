package ruleset

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// Missing is what a tie lacks at a time for a role to begin: sentences for people, nothing where
// the role is played. Of a tie with very many acts it knows the latest.
func (rs *Ruleset) Missing(t *readmodel.Tie, name events.RoleName, at time.Time) ([]string, error) {
	i := readmodel.RoleIndex(name)
	role, state := &rs.roles[i], t.Role(name)
	if state != nil && state.StatusAt(at).Played() {
		return nil, nil
	}
	var missing []string
	if state != nil && state.Withheld {
		missing = append(missing, role.Standing.Needs)
	}
	if state == nil || state.ScoreAt(at, t.Away) < role.Enter {
		missing = append(missing, "more, or more recent, acts")
	}
	gates, err := rs.Closed(i, t.Acts, state != nil && state.Declared != nil, readmodel.UnixOf(at), t.Away)
	return append(missing, gates...), err
}

// Closed is what the gates of a role need that do not hold at a time, by the latest acts: a
// sentence for each.
func (rs *Ruleset) Closed(role int, acts []readmodel.Act, declared bool, at readmodel.Unix, away readmodel.Absences) ([]string, error) {
	var e Evidence
	for k := len(acts) - 1; k >= 0; k-- {
		if !e.Add(rs, role, &acts[k], away.Between(acts[k].At, at)) {
			break
		}
	}
	var needs []string
	for i := range rs.roles[role].Gates {
		g := &rs.roles[role].Gates[i]
		ok, err := g.when.holds(&gateView{&e, declared})
		if err != nil {
			return nil, err
		}
		if !ok {
			needs = append(needs, g.Needs)
		}
	}
	return needs, nil
}
