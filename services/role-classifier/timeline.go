package classifier

import (
	"slices"
	"strconv"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// timeline is the document person.<id>: what the directory says of somebody, and from when.
type timeline struct {
	Tied    bool    `json:"tied,omitempty"`    // there are ties to evaluate again
	Entries []entry `json:"entries,omitempty"` // by From, then in log order
}

// entry is what one fact of the directory says, as far as rules read it.
type entry struct {
	From       readmodel.Unix  `json:"from"`
	Level      int             `json:"level,omitempty"`
	Before     int             `json:"before,omitempty"` // the level that a promotion says held until then
	Department events.Code     `json:"department,omitempty"`
	Manager    events.PersonID `json:"manager,omitempty"`
	Months     int             `json:"months,omitempty"` // month of start, counted from year 0
	Presence   presence        `json:"presence,omitempty"`
}

type presence string

const (
	here    presence = "here"
	onLeave presence = "leave"
	left    presence = "left"
)

func personKey(p events.PersonID) string { return "person." + string(p) }

// entryOf is what a fact of the directory says; false where rules read nothing of it.
func entryOf(in events.Event) (entry, bool) {
	switch f := in.Fact.(type) {
	case *events.PersonJoined:
		return entry{From: readmodel.UnixOf(f.EffectiveAt), Level: f.Level, Department: f.Department, Manager: f.Manager,
			Months: months(f.StartMonth), Presence: here}, true
	case *events.PersonChanged:
		e := entry{From: readmodel.UnixOf(f.EffectiveAt), Department: f.Department, Manager: f.Manager}
		if f.Level != nil {
			e.Level = *f.Level
		}
		return e, e.Level != 0 || e.Department != "" || e.Manager != ""
	case *events.PersonWentOnLeave:
		return entry{From: readmodel.UnixOf(f.EffectiveAt), Presence: onLeave}, true
	case *events.PersonReturned:
		return entry{From: readmodel.UnixOf(f.EffectiveAt), Presence: here}, true
	case *events.PersonLeft:
		return entry{From: readmodel.UnixOf(f.EffectiveAt), Presence: left}, true
	case *events.PromotionOccurred:
		return entry{From: readmodel.UnixOf(f.EffectiveAt), Level: f.ToLevel, Before: f.FromLevel}, true
	case *events.AssignmentStarted:
		return entry{From: readmodel.UnixOf(f.EffectiveAt), Level: f.ToLevel, Before: f.FromLevel}, f.ToLevel != 0
	}
	return entry{}, false
}

// months counts the months of a valid "2024-03" from year 0.
func months(m events.Month) int {
	if len(m) != 7 {
		return 0
	}
	year, _ := strconv.Atoi(string(m[:4]))
	month, _ := strconv.Atoi(string(m[5:]))
	return year*12 + month
}

func (t *timeline) add(e entry) {
	i := len(t.Entries)
	for i > 0 && t.Entries[i-1].From > e.From {
		i--
	}
	t.Entries = slices.Insert(t.Entries, i, e)
}

// at is how the person stands at a time. What nothing says yet at that time is what the first
// entry that speaks of it says.
func (t *timeline) at(at readmodel.Unix) ruleset.Standing {
	var s ruleset.Standing
	for i := range t.Entries {
		if e := &t.Entries[i]; e.From <= at {
			e.over(&s)
		} else {
			e.under(&s)
		}
	}
	s.Known = s.Level != 0
	return s
}

// over says what holds from the entry on.
func (e *entry) over(s *ruleset.Standing) {
	if e.Level != 0 {
		s.Level = e.Level
	}
	if e.Department != "" {
		s.Department = e.Department
	}
	if e.Manager != "" {
		s.Manager = e.Manager
	}
	if e.Months != 0 {
		s.Months = e.Months
	}
	if e.Presence != "" {
		s.Left, s.OnLeave = e.Presence == left, e.Presence == onLeave
	}
}

// under says what an entry that does not hold yet tells of the time before it.
func (e *entry) under(s *ruleset.Standing) {
	if s.Level == 0 {
		if s.Level = e.Before; s.Level == 0 {
			s.Level = e.Level
		}
	}
	if s.Department == "" {
		s.Department = e.Department
	}
	if s.Manager == "" {
		s.Manager = e.Manager
	}
	if s.Months == 0 {
		s.Months = e.Months
	}
}

func timelineOf(d *projection.Docs, p events.PersonID) (*timeline, error) {
	t, err := projection.Get[timeline](d, personKey(p))
	if t == nil {
		t = &timeline{}
	}
	return t, err
}

// person folds a fact of the directory and evaluates the person's ties again, on both sides.
// Turns that are due before it are stated by what was known before it.
func (s *step) person(e entry) error {
	who := s.in.Person()
	if who == "" {
		return nil
	}
	known, err := timelineOf(s.d, who)
	if err != nil {
		return err
	}
	next := known
	if s.d.Seq(personKey(who)) < s.in.Seq {
		next = &timeline{Tied: known.Tied, Entries: slices.Clone(known.Entries)}
		next.add(e)
		defer s.d.Put(personKey(who), next)
	}
	if !known.Tied {
		return nil
	}
	pairs, err := pairsAround(s.d, who)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := s.move(change{pair: p, apply: func(h *history) error { return h.know(who, next) }}); err != nil {
			return err
		}
	}
	return nil
}

// know evaluates the tie by what the directory says now of one of its people.
func (h *history) know(who events.PersonID, t *timeline) error {
	if who == h.pair.recipient {
		h.recipient = t
	} else {
		h.supporter = t
	}
	return h.reweigh()
}
