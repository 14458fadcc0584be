package intake

import (
	"context"
	"fmt"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/services/intake/mapping"
	"kith.internal/services/internal/access"
)

// Report is told how an import goes, as it goes.
type Report struct {
	Progress func(Progress) // every so often
	Problem  func(mapping.Problem)
}

// Progress is how far an import is; counts are of all files so far.
type Progress struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Accepted  int    `json:"accepted"`
	Duplicate int    `json:"duplicate"`
	Refused   int    `json:"refused"`
}

// Done is what an import ended with.
type Done struct {
	Mapping      events.Code `json:"mapping"`
	Accepted     int         `json:"accepted"`  // stored for the first time
	Duplicate    int         `json:"duplicate"` // stored by an earlier run
	Refused      int         `json:"refused"`   // rows and facts that are not stored
	Derived      int         `json:"derived,omitempty"`
	ShiftSeconds int64       `json:"shiftSeconds,omitempty"`
	Sequence     uint64      `json:"sequence,omitempty"` // of the last fact of the import
	About        string      `json:"about,omitempty"`
}

// importing is one import on its way.
type importing struct {
	s      *Service
	ctx    context.Context
	viewer access.Viewer
	m      *mapping.Mapping
	report Report
	run    mapping.Run
	runs   int // imports by this mapping before
	begun  bool
	raced  bool
	done   Done
	at     Progress
	told   time.Time
}

// newImport refuses a second import by the same mapping at the same time: both would fix a shift.
func (s *Service) newImport(ctx context.Context, viewer access.Viewer, m *mapping.Mapping, report Report) (*importing, error) {
	if _, running := s.importing.LoadOrStore(m.Name, true); running {
		return nil, fault.New(fault.Conflict, "import-running", "an import by this mapping is running: wait for its end")
	}
	i := &importing{s: s, ctx: ctx, viewer: viewer, m: m, report: report, done: Done{Mapping: m.Name, About: m.About}, told: s.now()}
	i.runs, i.run.Shift = s.directory.imports(m.Name)
	i.run.Now = s.now().UTC().Truncate(time.Second)
	return i, nil
}

func (i *importing) close() { i.s.importing.Delete(i.m.Name) }

// ahead reports whether files must be there in whole before the first fact is made.
func (i *importing) ahead() bool {
	for _, f := range i.m.Files {
		if f.Derive != nil {
			return true
		}
	}
	return i.m.Rebased() && i.runs == 0
}

// files imports whole files, people first.
func (i *importing) files(inputs []mapping.Input) error {
	i.m.Arrange(inputs)
	var survey *mapping.Survey
	if i.ahead() {
		var err error
		if survey, err = i.m.Survey(i.ctx, inputs...); err != nil {
			return unreadableFile(err)
		}
	}
	if i.m.Rebased() && i.runs == 0 {
		if survey.Last.IsZero() {
			return fault.New(fault.Invalid, "no-acts", "the first import by a mapping that moves times needs its files of acts: they say how far")
		}
		i.run.Shift = i.m.Shift(survey.Last, i.run.Now)
	}
	for _, in := range inputs {
		if survey != nil {
			if err := i.derived(in, survey); err != nil {
				return err
			}
		}
	}
	for _, in := range inputs {
		if err := i.file(in); err != nil {
			return err
		}
	}
	return nil
}

// derived imports the people that follow from an act file.
func (i *importing) derived(in mapping.Input, survey *mapping.Survey) error {
	i.at.File, i.at.Line = in.Name, 0
	b := batch{i: i}
	for _, row := range i.m.Derived(in, survey, i.run) {
		i.done.Derived += len(row.Requests)
		if err := b.add(row); err != nil {
			return err
		}
	}
	return b.flush()
}

// file imports one file as it is read.
func (i *importing) file(in mapping.Input) error {
	i.at.File = in.Name
	b := batch{i: i}
	for row, err := range i.m.Rows(i.ctx, in, i.run) {
		if err != nil {
			return unreadableFile(err)
		}
		if err := b.add(row); err != nil {
			return err
		}
	}
	return b.flush()
}

func unreadableFile(err error) error {
	return fault.Wrap(fault.Invalid, "file", fmt.Sprintf("a file cannot be read: %v", err), err)
}

// first is the ImportStarted of this run, once: an import with nothing new leaves no trace.
func (i *importing) first() *events.Event {
	if i.begun {
		return nil
	}
	i.begun = true
	return i.note(fmt.Sprintf("started/%d", i.runs), &events.ImportStarted{
		Source: i.m.Name, MappingHash: i.m.Hash(), ShiftSeconds: int64(i.run.Shift / time.Second),
	})
}

// stored: a duplicate means that another replica began the same run, maybe with another shift.
func (i *importing) stored(ack eventlog.Ack) { i.raced = ack.Duplicate }

func (i *importing) note(id string, f events.Fact) *events.Event {
	return &events.Event{
		ID: events.IncomingID(i.s.tenantKey, i.m.Source(), id), Source: ownSource, Context: events.People, Subject: events.Nobody,
		Time: i.s.now().UTC(), Actor: "service:" + Name, Fact: f,
	}
}

// finish closes an import that has stored anything, or else the one before, where it was cut short
// after its last row: until it ends, nobody is told what is missing.
func (i *importing) finish() (Done, error) {
	i.done.Accepted, i.done.Duplicate, i.done.Refused = i.at.Accepted, i.at.Duplicate, i.at.Refused
	i.done.ShiftSeconds = int64(i.run.Shift / time.Second)
	run := i.runs
	if !i.begun {
		if !i.s.directory.cutShort(i.m.Name) {
			return i.done, nil
		}
		run--
	}
	end := i.note(fmt.Sprintf("finished/%d", run), &events.ImportFinished{
		Source: i.m.Name, MappingHash: i.m.Hash(), Accepted: i.done.Accepted, Duplicate: i.done.Duplicate, Refused: i.done.Refused,
	})
	acks, err := i.s.log.Append(i.ctx, *end)
	if err == nil {
		end.Seq, i.done.Sequence = acks[0].Seq, acks[0].Seq
		i.s.directory.fold(*end, nil) // the next import knows at once that this one has ended
	}
	return i.done, err
}
