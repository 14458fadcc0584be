package intake

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kith.internal/events"
)

// Person is somebody in the directory, as everybody in the organization may see them, or a
// contact of the one who looks.
type Person struct {
	ID          events.PersonID `json:"person"`
	Name        string          `json:"name"`
	Email       string          `json:"email,omitempty"`
	ExternalIDs []string        `json:"externalIds,omitempty"`
	Location    string          `json:"location,omitempty"`
	TimeZone    string          `json:"timeZone,omitempty"`
	Level       int             `json:"level,omitempty"`
	LevelScale  events.Code     `json:"levelScale,omitempty"`
	Department  events.Code     `json:"department,omitempty"`
	Manager     events.PersonID `json:"manager,omitempty"`
	StartMonth  events.Month    `json:"startMonth,omitempty"`
	OnLeave     bool            `json:"onLeave,omitempty"`
	Left        bool            `json:"left,omitempty"`
	Contact     bool            `json:"contact,omitempty"` // somebody outside, known to one person only
}

// as is the person at a time: what holds by then, or else what will hold first.
func (e *entry) as(at time.Time) Person {
	d := e.details
	p := Person{ID: e.id, Name: d.Name, Email: d.Email, ExternalIDs: d.ExternalIDs, Location: d.Location, TimeZone: d.TimeZone}
	for i, c := range e.changes {
		if i == 0 || !c.at.After(at) {
			p.apply(c.fact)
		}
	}
	return p
}

func (p *Person) apply(f events.Fact) {
	switch f := f.(type) {
	case *events.PersonJoined:
		p.Level, p.LevelScale, p.Department, p.Manager, p.StartMonth = f.Level, f.LevelScale, f.Department, f.Manager, f.StartMonth
		p.OnLeave, p.Left = false, false
	case *events.PersonChanged:
		if f.Level != nil {
			p.Level = *f.Level
		}
		p.LevelScale, p.Department = cmp.Or(f.LevelScale, p.LevelScale), cmp.Or(f.Department, p.Department)
		p.Manager, p.StartMonth = cmp.Or(f.Manager, p.Manager), cmp.Or(f.StartMonth, p.StartMonth)
	case *events.PromotionOccurred:
		p.Level = f.ToLevel
	case *events.PersonWentOnLeave:
		p.OnLeave = true
	case *events.PersonReturned:
		p.OnLeave = false
	case *events.PersonLeft:
		p.Left = true
	}
}

// person is one person at a time, or a contact of the viewer's own.
func (d *directory) person(id, viewer events.PersonID, at time.Time) (Person, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if c := d.contacts[id]; c.owner != "" && c.owner == viewer {
		return Person{ID: id, Name: c.nickname, Contact: true}, true
	}
	e := d.people[id]
	if e == nil || e.erased || len(e.changes) == 0 {
		return Person{}, false
	}
	return e.as(at), true
}

// list is a page of everybody who matches, by name, after the person called after.
func (d *directory) list(query string, after events.PersonID, limit int, at time.Time) (page []Person, more bool, found bool) {
	all := d.sorted()
	from := 0
	if after != "" {
		if from = 1 + slices.IndexFunc(all, func(e *entry) bool { return e.id == after }); from == 0 {
			return nil, false, false
		}
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, e := range all[from:] {
		if !e.matches(query) {
			continue
		}
		if len(page) == limit {
			return page, true, true
		}
		page = append(page, e.as(at))
	}
	return page, false, true
}

// matches finds people by a part of their name or mail address, or by the beginning of an id.
func (e *entry) matches(query string) bool {
	if query == "" {
		return true
	}
	query = strings.ToLower(query)
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), query) }
	begins := func(s string) bool { return strings.HasPrefix(strings.ToLower(s), query) }
	if has(e.details.Name) || has(e.details.Email) || begins(string(e.id)) {
		return true
	}
	return slices.ContainsFunc(e.details.ExternalIDs, func(id string) bool {
		_, value, _ := strings.Cut(id, ":")
		return begins(id) || begins(value)
	})
}
