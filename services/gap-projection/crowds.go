package gaps

import (
	"cmp"
	"slices"
	"strconv"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
)

// roster is all crowds there are, from their documents.
func (s *step) roster(last int) (*coverage.Roster, error) {
	keys, err := s.d.Keys(crowdPrefix)
	if err != nil {
		return nil, err
	}
	r := &coverage.Roster{Last: last}
	for _, key := range keys {
		c, err := projection.Get[coverage.Crowd](s.d, key)
		if err != nil {
			return nil, err
		}
		if c != nil {
			r.Crowds = append(r.Crowds, c)
		}
	}
	slices.SortFunc(r.Crowds, func(a, b *coverage.Crowd) int { return cmp.Compare(a.ID, b.ID) })
	return r, nil
}

func (s *step) keepCrowds(before, now []*coverage.Crowd) {
	for _, c := range now {
		s.d.Put(crowdKey(c), c)
	}
	for _, c := range before {
		if !slices.Contains(now, c) {
			s.d.Delete(crowdKey(c))
		}
	}
}

func crowdKey(c *coverage.Crowd) string { return crowdPrefix + strconv.Itoa(c.ID) }

// object takes who is not to be counted any more out of their crowd: whoever comes back is counted again.
func (s *step) object(f *events.ParticipationChanged) error {
	if f.Purpose != "org-aggregate" || f.Participation != "out" {
		return nil
	}
	return s.forget(s.in.Person())
}

// forget takes somebody out of their crowd at once, as who is erased or objects: it repeats what it last told from then on.
func (s *step) forget(person events.PersonID) error {
	roster, err := s.roster(0)
	if err != nil {
		return err
	}
	for _, c := range roster.Crowds {
		if c.Forget(person) {
			s.d.Put(crowdKey(c), c)
		}
	}
	return nil
}
