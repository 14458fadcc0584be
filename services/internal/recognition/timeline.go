package recognition

import (
	"slices"
	"strconv"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// Timeline is the document person.<id>: what the directory says of somebody, and from when.
type Timeline struct {
	Tied    bool    `json:"tied,omitempty"`    // there are ties to evaluate again
	Entries []Entry `json:"entries,omitempty"` // by From, then in log order
}

// Entry is what one fact of the directory says, as far as rules read it.
type Entry struct {
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

// PersonKey is where the timeline of a person stands, in the bucket of ties.
func PersonKey(p events.PersonID) string { return "person." + string(p) }

// EntryOf is what a fact of the directory says; false where rules read nothing of it.
func EntryOf(in events.Event) (Entry, bool) {
	switch f := in.Fact.(type) {
	case *events.PersonJoined:
		return Entry{From: readmodel.UnixOf(f.EffectiveAt), Level: f.Level, Department: f.Department, Manager: f.Manager,
			Months: months(f.StartMonth), Presence: here}, true
	case *events.PersonChanged:
		e := Entry{From: readmodel.UnixOf(f.EffectiveAt), Department: f.Department, Manager: f.Manager}
		if f.Level != nil {
			e.Level = *f.Level
		}
		return e, e.Level != 0 || e.Department != "" || e.Manager != ""
	case *events.PersonWentOnLeave:
		return Entry{From: readmodel.UnixOf(f.EffectiveAt), Presence: onLeave}, true
	case *events.PersonReturned:
		return Entry{From: readmodel.UnixOf(f.EffectiveAt), Presence: here}, true
	case *events.PersonLeft:
		return Entry{From: readmodel.UnixOf(f.EffectiveAt), Presence: left}, true
	case *events.PromotionOccurred:
		return Entry{From: readmodel.UnixOf(f.EffectiveAt), Level: f.ToLevel, Before: f.FromLevel}, true
	case *events.AssignmentStarted:
		return Entry{From: readmodel.UnixOf(f.EffectiveAt), Level: f.ToLevel, Before: f.FromLevel}, f.ToLevel != 0
	}
	return Entry{}, false
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

// Add files what a fact says, after what held from the same time on.
func (t *Timeline) Add(e Entry) {
	i := len(t.Entries)
	for i > 0 && t.Entries[i-1].From > e.From {
		i--
	}
	t.Entries = slices.Insert(t.Entries, i, e)
}

// At is how the person stands at a time. What nothing says yet at that time is what the first
// entry that speaks of it says.
func (t *Timeline) At(at readmodel.Unix) ruleset.Standing {
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
func (e *Entry) over(s *ruleset.Standing) {
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
func (e *Entry) under(s *ruleset.Standing) {
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

// absences are the times of leave. Who leaves for good is on leave no longer: from then on, what
// they did fades as it does in any silence.
func (t *Timeline) absences() (all readmodel.Absences) {
	away := false
	for i := range t.Entries {
		e := &t.Entries[i]
		switch {
		case e.Presence == onLeave && !away:
			all, away = append(all, readmodel.Absence{From: e.From}), true
		case e.Presence != "" && e.Presence != onLeave && away:
			away = false
			if all[len(all)-1].To = e.From; all[len(all)-1].From == e.From {
				all = all[:len(all)-1]
			}
		}
	}
	return all
}
