package demo

import (
	"fmt"
	"time"

	"kith.internal/events"
)

// window is how far back the demo goes, in days.
const window = 730

// story collects the events of the organization while it is made up. Times are days before now,
// "ago", until they become times: what is made up never depends on the day.
type story struct {
	*dice
	now      time.Time
	zones    map[string]*time.Location
	people   []*person
	used     map[string]int // how often an id was given
	busy     map[busyKey]int
	tied     map[tie]bool
	enrolled map[enrollment]bool
	joined   []event
	later    []event
	order    int
	program  map[string]string // the external id of a program by its kind
}

// busyKey counts for how many people somebody plays a role, so that the load is spread.
type busyKey struct {
	who  *person
	role events.RoleName
}

// tie is two people: nobody is chosen twice for the same person.
type tie struct{ to, by *person }

// enrollment is somebody's place in a program.
type enrollment struct {
	who     *person
	program events.ProgramID
}

func newStory(cfg Config) *story {
	return &story{
		dice: newDice(cfg.Seed), now: cfg.Now.UTC(), zones: map[string]*time.Location{},
		used: map[string]int{}, busy: map[busyKey]int{}, tied: map[tie]bool{}, enrolled: map[enrollment]bool{}, program: map[string]string{},
	}
}

// id is an id that the sender gives: the same at every run, because it is made of what happened.
func (s *story) id(parts ...any) string {
	id := fmt.Sprint(parts[0])
	for _, p := range parts[1:] {
		id += "/" + fmt.Sprint(p)
	}
	s.used[id]++
	return fmt.Sprintf("%s/%d", id, s.used[id])
}

// at is a working hour in p's time zone, ago days before now; never on a weekend.
func (s *story) at(p *person, ago int) time.Time {
	minutes := 9*60 + s.n(8*60)
	today := s.now.In(s.zone(p.site.zone))
	day := time.Date(today.Year(), today.Month(), today.Day()-max(ago, 1), 0, minutes, 0, 0, today.Location())
	switch day.Weekday() {
	case time.Saturday:
		day = day.AddDate(0, 0, -1)
	case time.Sunday:
		day = day.AddDate(0, 0, -2)
	}
	return day.UTC()
}

// morning is the begin of a day, for what holds from a day on.
func (s *story) morning(ago int) time.Time {
	n := s.now
	return time.Date(n.Year(), n.Month(), n.Day()-ago, 0, 0, 0, 0, time.UTC)
}

// zone falls back on UTC on a machine without time zones.
func (s *story) zone(name string) *time.Location {
	if z, ok := s.zones[name]; ok {
		return z
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		z = time.UTC
	}
	s.zones[name] = z
	return z
}

// tell adds an event that is not about the directory's beginning, and returns it.
func (s *story) tell(e event) event {
	s.order++
	e.order = s.order
	s.later = append(s.later, e)
	return e
}

// fact is an event about p.
func (s *story) fact(c events.Context, p *person, at time.Time, f events.Fact) event {
	return s.tell(event{ID: s.id(p.n, f.FactName()), Type: events.TypeOf(c, f), Subject: p.id, Time: at, Data: f})
}

// soon is a moment after e, ago days before now if that is later.
func (s *story) soon(e event, p *person, ago int) time.Time {
	at := s.at(p, ago)
	if earliest := e.Time.Add(time.Duration(5+s.n(40)) * time.Minute); at.Before(earliest) {
		return earliest
	}
	return at
}
