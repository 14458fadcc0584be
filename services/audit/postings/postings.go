package postings

import (
	"strings"
	"sync"

	"kith.internal/events"
)

// Postings say where in the log somebody is named, and where a fact stands. They are safe for concurrent use.
type Postings struct {
	mu sync.RWMutex
	image
}

// image is what of them is saved.
type image struct {
	Last   uint64 // all of the log up to here is in them
	People map[events.PersonID]*places
	Common sequences // facts that are about everybody: policies, imports, programs, inputs left out
	Facts  map[uint64]uint64
	Twice  map[uint64][]uint64 // further sequences of a fingerprint that two facts share: as good as never
}

// places are where a person is named.
type places struct {
	Named    sequences // by a fact that networks rest on
	Standing sequences // of these, what anybody's tie with them may rest on: where they stand, their programs
	Closed   sequences // by any other fact: sealed ones, and what was derived
}

// New returns postings of nothing.
func New() *Postings { return &Postings{image: emptyImage()} }

func emptyImage() image {
	return image{People: map[events.PersonID]*places{}, Facts: map[uint64]uint64{}, Twice: map[uint64][]uint64{}}
}

// forget empties them.
func (p *Postings) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.image = emptyImage()
}

// Fold takes in the next fact, or what is known of one that cannot be read. One that is in them already is
// skipped.
func (p *Postings) Fold(e events.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Seq <= p.Last {
		return
	}
	p.Last = e.Seq
	p.note(e)
	if isCommon(e) {
		p.Common.add(e.Seq)
	}
	for _, who := range PeopleIn(e) {
		p.name(who, e)
	}
}

// note keeps where the fact stands.
func (p *Postings) note(e events.Event) {
	if e.ID == "" {
		return
	}
	print := fingerprintOf(e.ID)
	if _, known := p.Facts[print]; known {
		p.Twice[print] = append(p.Twice[print], e.Seq)
		return
	}
	p.Facts[print] = e.Seq
}

func (p *Postings) name(who events.PersonID, e events.Event) {
	at := p.People[who]
	if at == nil {
		at = &places{}
		p.People[who] = at
	}
	switch e.Context {
	case events.People, events.Support, events.Personal:
		at.Named.add(e.Seq)
	default:
		at.Closed.add(e.Seq)
	}
	if who == e.Person() && isStanding(e) {
		at.Standing.add(e.Seq)
	}
}

// PeopleIn is whom a fact names; somebody may be there twice.
func PeopleIn(e events.Event) []events.PersonID {
	var all []events.PersonID
	if who := e.Person(); who != "" {
		all = append(all, who)
	}
	if e.Fact == nil {
		return all
	}
	for _, who := range events.PeopleOf(e.Fact) {
		if *who != "" {
			all = append(all, *who)
		}
	}
	return all
}

// isStanding reports whether others' ties rest on a fact about a person.
func isStanding(e events.Event) bool {
	switch e.Fact.(type) {
	case *events.ProgramJoined, *events.ProgramLeft:
		return true
	}
	return e.Context == events.People
}

// isCommon reports whether every network may rest on a fact.
func isCommon(e events.Event) bool {
	switch e.Fact.(type) {
	case *events.Parked, *events.Retry:
		return true
	}
	return e.Context == events.Policy || e.Context == events.People && e.Person() == ""
}

// End is up to where the log is in them.
func (p *Postings) End() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.Last
}

// Named is where a person is named, up to a sequence, by what networks rest on, and where the common facts are.
func (p *Postings) Named(who events.PersonID, known uint64) []uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := p.Common.upTo(known)
	if at := p.People[who]; at != nil {
		all = append(all, at.Named.upTo(known)...)
	}
	return all
}

// Standing is where facts are, up to a sequence, that ties with a person may rest on.
func (p *Postings) Standing(who events.PersonID, known uint64) []uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if at := p.People[who]; at != nil {
		return at.Standing.upTo(known)
	}
	return nil
}

// Everything is where a person is named at all.
func (p *Postings) Everything(who events.PersonID) []uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	at := p.People[who]
	if at == nil {
		return nil
	}
	return append(at.Named.upTo(p.Last), at.Closed.upTo(p.Last)...)
}

// Of is at which sequences the fact of an id may stand: reading them settles it.
func (p *Postings) Of(id events.FactID) []uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	print := fingerprintOf(id)
	first, known := p.Facts[print]
	if !known {
		return nil
	}
	return append([]uint64{first}, p.Twice[print]...)
}

// Everybody is who is named, but for external contacts.
func (p *Postings) Everybody() []events.PersonID {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var all []events.PersonID
	for who := range p.People {
		if !who.External() {
			all = append(all, who)
		}
	}
	return all
}

const idLetters = "abcdefghijklmnopqrstuvwxyz234567"

// fingerprintOf is the first 64 bits of a fact's id, which is a hash already.
func fingerprintOf(id events.FactID) (print uint64) {
	for i := range min(len(id), 13) {
		print = print<<5 | uint64(max(strings.IndexByte(idLetters, id[i]), 0))
	}
	return print
}
