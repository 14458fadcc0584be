package intake

import (
	"encoding/json"

	"golang.org/x/sync/errgroup"

	"kith.internal/events"
)

// warm looks people up side by side, and makes the pseudonyms of those who join, before the facts
// are taken one after the other: each lookup that is made is a write to disk. What fails here
// fails again there, and is reported there.
func (a *admission) warm() {
	var g errgroup.Group
	g.SetLimit(2 * readers)
	asked := map[string]bool{}
	for i := range a.items {
		it := &a.items[i]
		if !it.open() {
			continue
		}
		_, name, _ := it.in.named()
		it.in.say()
		for _, id := range it.in.mentioned() {
			external, ok := normal(id)
			if !ok || asked[external] || a.s.ids.cached(external) != "" {
				continue
			}
			asked[external] = true
			joins := name == "PersonJoined" && id == it.in.Subject
			g.Go(func() error {
				found, err := a.s.ids.find(a.ctx, external)
				if err == nil && found == "" && joins && it.in.simple() {
					_, err = a.s.ids.reserve(a.ctx, external, string(events.NewPersonID()))
				}
				return err
			})
		}
	}
	g.Wait() //nolint:errcheck // see above
}

// mentioned are the ids that the fact names people by.
func (in *Incoming) mentioned() []string {
	ids := []string{in.Subject}
	for _, id := range events.PeopleOf(in.fact) {
		ids = append(ids, string(*id))
	}
	return ids
}

// simple reports whether a newcomer has no other ids, one of which may be known already.
func (in *Incoming) simple() bool {
	var details events.PersonDetails
	if in.faulty != nil || in.fact == nil || in.clear["sealed"] != nil && json.Unmarshal(in.clear["sealed"], &details) != nil {
		return false
	}
	for _, id := range details.ExternalIDs {
		if one, ok := normal(id); !ok || one != in.Subject {
			return false
		}
	}
	return details.Email == ""
}
