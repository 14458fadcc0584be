package demo

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"kith.internal/events"
)

// Source is the source of every event of the demo.
const Source = "/integrations/demo"

// Config says what to make up.
type Config struct {
	Seed uint64    // the same seed gives the same organization; 0 is the one the personas belong to
	Now  time.Time // the last act is shortly before it
}

// Demo is an organization and its two years.
type Demo struct {
	people []*person
	joined []event // the directory, which goes first
	later  []event // everything else, in the order of time
}

// New makes up the organization. It is a pure function of cfg.
func New(cfg Config) *Demo {
	s := newStory(cfg)
	begin, end := s.frame(cfg.Seed)
	s.hire()
	s.paint()
	s.directory()
	s.live()
	afterWhatTheyName(s.later)
	slices.SortStableFunc(s.later, func(a, b event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.order, b.order))
	})
	end.Data.(*events.ImportFinished).Accepted = len(s.joined) + len(s.later)
	return &Demo{people: s.people, joined: append([]event{begin}, s.joined...), later: append(s.later, end)}
}

// frame is the import that the demo is: until it has ended no gap opens, because what half an
// organization does not show is not missing.
func (s *story) frame(seed uint64) (begin, end event) {
	sum := sha256.Sum256(fmt.Appendf(nil, "demo %d", seed))
	hash := hex.EncodeToString(sum[:])
	one := func(f events.Fact) event {
		return event{ID: s.id("demo", f.FactName()), Type: events.TypeOf(events.People, f), Time: s.now, Data: f}
	}
	return one(&events.ImportStarted{Source: "demo", MappingHash: hash}), one(&events.ImportFinished{Source: "demo", MappingHash: hash})
}

// People is the number of people in the directory, those who left included.
func (d *Demo) People() int { return len(d.people) }

// Events is the number of events.
func (d *Demo) Events() int { return len(d.joined) + len(d.later) }

// Lines yields every event as a CloudEvents JSON object, one a line with its newline, people
// first: the body of a POST /intake/v1/events as application/x-ndjson.
func (d *Demo) Lines() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, list := range [][]event{d.joined, d.later} {
			for _, e := range list {
				if !yield(e.line()) {
					return
				}
			}
		}
	}
}

// WriteTo writes Lines to w. It fails as w does.
func (d *Demo) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for line := range d.Lines() {
		n, err := w.Write(line)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

var _ io.WriterTo = (*Demo)(nil)

// afterWhatTheyName moves events behind the acts they name: weekends and time zones may have put
// them before, and intake takes only what it can look up.
func afterWhatTheyName(later []event) {
	happened := map[string]time.Time{}
	for _, e := range later {
		happened[e.ID] = e.Time
	}
	for i := range later {
		f, ok := later[i].Data.(events.Fact)
		if !ok {
			continue
		}
		acts, _ := events.References(f)
		for _, act := range acts {
			if earliest := happened[string(*act)].Add(time.Minute); later[i].Time.Before(earliest) {
				later[i].Time = earliest
			}
		}
	}
}
