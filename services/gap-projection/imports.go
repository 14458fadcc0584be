package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
)

const (
	importsKey = "imports"
	patience   = time.Hour        // an import that has not ended by then holds nothing back
	longest    = 10 * time.Minute // after its end, an import has settled in any case
)

// Imports is the document of the file imports that hold gaps back.
type Imports struct {
	Running  map[events.Code]time.Time `json:"running,omitempty"`  // by source: when it began
	Finished uint64                    `json:"finished,omitempty"` // the sequence of the last ImportFinished
	Settles  time.Time                 `json:"settles,omitzero"`   // by when its roles have followed in any case; zero once they have
}

// Holding reports whether gaps are held back.
func (i *Imports) Holding() bool { return i != nil && (len(i.Running) > 0 || !i.Settles.IsZero()) }

func (s *step) importing() (bool, error) {
	i, err := projection.Get[Imports](s.d, importsKey)
	return i.Holding(), err
}

// imports returns the document to change, nil where it includes the input already.
func (s *step) imports() (*Imports, error) {
	if s.d.Seq(importsKey) >= s.in.Seq {
		return nil, nil
	}
	i, err := projection.Get[Imports](s.d, importsKey)
	if i == nil && err == nil {
		i = &Imports{Running: map[events.Code]time.Time{}}
	}
	return i, err
}

func (s *step) importStarted(f *events.ImportStarted) error {
	i, err := s.imports()
	if i == nil || err != nil {
		return err
	}
	if i.Running == nil {
		i.Running = map[events.Code]time.Time{}
	}
	i.Running[f.Source] = s.now
	s.keep(i)
	return nil
}

func (s *step) importFinished(f *events.ImportFinished) error {
	i, err := s.imports()
	if i == nil || err != nil {
		return err
	}
	delete(i.Running, f.Source)
	i.Finished, i.Settles = s.in.Seq, s.now.Add(longest)
	s.keep(i)
	return nil
}

// importRecognized ends an import for good: every role that it shows is known.
func (s *step) importRecognized() error {
	return s.settle(func(i *Imports) {
		if s.in.CausationSeq >= i.Finished {
			i.Settles = time.Time{}
		}
	})
}

// importsDue ends what has gone on for too long.
func (s *step) importsDue() error {
	return s.settle(func(i *Imports) { i.end(s.now) })
}

// settle ends what holds gaps back and, when nothing does any more, decides about everybody: again where a crash
// came between this document and the networks.
func (s *step) settle(end func(*Imports)) error {
	i, err := projection.Get[Imports](s.d, importsKey)
	if i == nil || err != nil {
		return err
	}
	if s.d.Seq(importsKey) < s.in.Seq {
		if !i.Holding() {
			return nil
		}
		end(i)
		s.keep(i)
	}
	if i.Holding() {
		return nil
	}
	if err := s.everybody(); err != nil {
		return err
	}
	return s.measureDue()
}

// end takes out what holds gaps back no longer.
func (i *Imports) end(now time.Time) {
	for source, began := range i.Running {
		if !began.Add(patience).After(now) {
			delete(i.Running, source)
		}
	}
	if !i.Settles.After(now) {
		i.Settles = time.Time{}
	}
}

func (s *step) keep(i *Imports) {
	s.d.Put(importsKey, i)
	s.d.Wake(importsKey, "", i.next())
}

// next is when to look again.
func (i *Imports) next() time.Time {
	next := i.Settles
	for _, began := range i.Running {
		if end := began.Add(patience); next.IsZero() || end.Before(next) {
			next = end
		}
	}
	return next
}
