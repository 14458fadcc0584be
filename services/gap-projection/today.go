package gaps

import (
	"context"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// tiesRead is how many ties one answer reads at most: a hub's network shows the rest as the role
// facts state it.
const tiesRead = 200

// today puts the strength and the next change of each role that is played in the place of what
// the last role fact said: acts since then have moved them.
func (s *Service) today(ctx context.Context, a *NetworkAnswer, now time.Time) error {
	ties := map[events.PersonID]*readmodel.Tie{}
	for i := range a.Roles {
		for j := range a.Roles[i].Supporters {
			v := &a.Roles[i].Supporters[j]
			if v.Status == readmodel.RoleLapsed || ties[v.Supporter] == nil && len(ties) == tiesRead {
				continue
			}
			tie, err := s.tieOf(ctx, ties, a.Person, v.Supporter)
			if err != nil {
				return err
			}
			v.refresh(tie.Role(a.Roles[i].Role), now, tie.Away)
		}
	}
	return nil
}

func (s *Service) tieOf(ctx context.Context, read map[events.PersonID]*readmodel.Tie, person, supporter events.PersonID) (*readmodel.Tie, error) {
	if tie, ok := read[supporter]; ok {
		return tie, nil
	}
	tie, _, err := projection.Read[readmodel.Tie](ctx, s.reader.ties, readmodel.TieKey(person, supporter))
	if err != nil {
		return nil, err
	}
	if tie == nil {
		tie = &readmodel.Tie{}
	}
	read[supporter] = tie
	return tie, nil
}

func (v *SupporterView) refresh(r *readmodel.TieRole, now time.Time, away readmodel.Absences) {
	if r == nil {
		return
	}
	v.Strength = strength(r.ScoreAt(now, away), r.Enter)
	v.NextChangeAt = r.NextChangeAt.Time()
}

// given is whom a person supports.
func (s *Service) given(ctx context.Context, person events.PersonID) ([]events.PersonID, error) {
	key := readmodel.RecipientsKey(person)
	g, _, err := projection.Read[readmodel.Recipients](ctx, s.reader.ties, key)
	if g == nil || err != nil {
		return []events.PersonID{}, err
	}
	var behind []string
	if g.More {
		behind, err = s.reader.ties.Keys(ctx, key+".")
	}
	return g.With(behind), err
}
