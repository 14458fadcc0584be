package classifier

import (
	"encoding/json"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// statements compares an evaluation with what its readers believe, and states the difference.
type statements struct {
	s    *step
	h    *history
	said [5]belief      // what was stated last, by role
	last readmodel.Unix // the last turn
}

// turns states, one by one, what time alone has brought about up to now.
func (st *statements) turns(now readmodel.Unix) error {
	for next := st.h.t.NextChangeAt; next != 0 && next <= now; next = st.h.t.NextChangeAt {
		st.last = next
		if err := st.settle(next, next.Time()); err != nil {
			return err
		}
	}
	return nil
}

// present states how the tie stands now, which is never before what it has seen.
func (st *statements) present(now readmodel.Unix, at time.Time) error {
	t := st.h.t
	now = max(now, t.AsOf)
	if n := len(t.Acts); n > 0 {
		now = max(now, t.Acts[n-1].At)
	}
	if err := st.settle(now, at); err != nil {
		return err
	}
	st.s.d.Put(st.h.key, t)
	return nil
}

// settle evaluates every role as of a time and states what readers do not believe, as of at.
func (st *statements) settle(now readmodel.Unix, at time.Time) error {
	h, t := st.h, st.h.t
	t.AsOf, t.NextChangeAt, t.Roles = now, 0, t.Roles[:0]
	t.Away = h.away()
	t.Ruleset, t.RulesetHash, t.Rules = h.rs.Version, h.rs.Hash, RulesVersion
	for i := range h.rs.Roles() {
		r, err := t.RoleAt(h.rs, &h.people, i, t.Believed[i].Status, now)
		if err != nil {
			return err
		}
		if next := r.NextChangeAt; next != 0 && (t.NextChangeAt == 0 || next < t.NextChangeAt) {
			t.NextChangeAt = next
		}
		if r.Status != "" {
			t.Roles = append(t.Roles, r)
		}
		if err := st.state(i, r, now, at); err != nil {
			return err
		}
	}
	return nil
}

// state appends a fact where readers believe something else. Who has never heard of a role has
// nothing to hear of its end.
func (st *statements) state(i int, r readmodel.TieRole, now readmodel.Unix, at time.Time) error {
	believed := st.h.t.Believed[i]
	is := belief{r.Status, r.Subtype}
	if is.Status != readmodel.RoleActive && is.Status != readmodel.RoleAtRisk {
		is = belief{readmodel.RoleLapsed, believed.Subtype}
		if believed.Status == "" {
			return nil
		}
	}
	if is == believed {
		return nil
	}
	fact, err := st.fact(i, r, is, now)
	if err != nil {
		return err
	}
	st.h.t.believe(i, is)
	st.said[i] = is
	context := events.Role
	if st.h.sealed {
		context = events.RoleSealed
	}
	st.s.facts = append(st.s.facts, events.Event{Context: context, Subject: string(st.h.pair.recipient), Time: at, Fact: fact})
	return nil
}

func (st *statements) fact(i int, r readmodel.TieRole, is belief, now readmodel.Unix) (events.Fact, error) {
	h := st.h
	supporter, score, version := h.pair.supporter, r.ScoreAt(now.Time(), h.people.Away), h.rs.Version
	silent := r.SilentSince
	if silent == 0 {
		silent = now // every act was taken back
	}
	switch is.Status {
	case readmodel.RoleAtRisk:
		return &events.RoleAtRisk{Supporter: supporter, Role: r.Role, Subtype: is.Subtype, Score: score,
			SilentSince: silent.Time(), NextChangeAt: r.NextChangeAt.Time(), Ruleset: version}, nil
	case readmodel.RoleLapsed:
		return &events.RoleLapsed{Supporter: supporter, Role: r.Role, Subtype: is.Subtype, Score: score,
			SilentSince: silent.Time(), NextChangeAt: r.NextChangeAt.Time(), Ruleset: version}, nil
	}
	evidence, err := h.evidence(i, r.HalfLife, now)
	return &events.RoleRecognized{Supporter: supporter, Role: r.Role, Subtype: is.Subtype, Score: score, Enter: r.Enter, Exit: r.Exit,
		Since: r.Since.Time(), NextChangeAt: r.NextChangeAt.Time(), Rung: r.Rung, Ruleset: version, Rules: RulesVersion,
		Evidence: evidence, EvidenceCount: r.Acts}, err
}

// evidence is the heaviest of all acts for a role, wherever they stand.
func (h *history) evidence(i int, halfLife int64, now readmodel.Unix) ([]events.Evidence, error) {
	var all []events.Evidence
	for part := range len(h.t.Older) + 1 {
		acts, _, err := h.part(part)
		if err != nil {
			return nil, err
		}
		all = append(all, readmodel.Heaviest(*acts, i, halfLife, now, h.people.Away)...)
	}
	return readmodel.HeaviestOf(all), nil
}

// away is when the two are away, as far as those who read the document need it.
func (h *history) away() readmodel.Absences {
	if len(h.people.Away) == 0 || len(h.t.Acts) == 0 {
		return nil
	}
	first := h.t.Acts[0].At
	for i := range h.t.Fold.Roles {
		if s := &h.t.Fold.Roles[i]; s.At != 0 {
			first = min(first, s.At)
		}
	}
	return h.people.Away.Since(first)
}

// deepCopy copies a document by its stored form.
func deepCopy[T any](v *T) (*T, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	c := new(T)
	return c, json.Unmarshal(body, c)
}
