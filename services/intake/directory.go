package intake

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"kith.internal/events"
)

// directory is who is who, folded from the log. Names are in memory only.
type directory struct {
	mu       sync.RWMutex
	people   map[events.PersonID]*entry
	contacts map[events.PersonID]contact
	programs map[events.ProgramID]bool
	shifts   map[events.Code][]int64 // of the imports by a mapping, in order
	starts   map[uint64]bool         // the sequences of their beginnings
	began    map[events.Code]uint64  // when the last import by a mapping did: a sequence
	ended    map[events.Code]uint64
	erasures map[events.PersonID]*erasure
	same     map[events.PersonID][]events.PersonID // entries that are one person
	order    []*entry                              // by name; nil where it has to be made anew
}

// entry is what the directory has on one person.
type entry struct {
	id      events.PersonID
	details events.PersonDetails
	changes []change
	erased  bool
}

// change is a fact about where a person stands, and from when it holds.
type change struct {
	at   time.Time
	seq  uint64
	fact events.Fact
}

func newDirectory() *directory {
	return &directory{
		people: map[events.PersonID]*entry{}, contacts: map[events.PersonID]contact{},
		programs: map[events.ProgramID]bool{}, shifts: map[events.Code][]int64{}, starts: map[uint64]bool{},
		began: map[events.Code]uint64{}, ended: map[events.Code]uint64{},
		erasures: map[events.PersonID]*erasure{}, same: map[events.PersonID][]events.PersonID{},
	}
}

// forgetAll empties it.
func (d *directory) forgetAll() {
	none := newDirectory()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people, d.contacts, d.programs, d.order = none.people, none.contacts, none.programs, nil
	d.shifts, d.starts, d.began, d.ended = none.shifts, none.starts, none.began, none.ended
	d.erasures, d.same = none.erasures, none.same
}

// knows reports whether somebody is in the directory or is somebody's contact.
func (d *directory) knows(p events.PersonID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if p.External() {
		return d.contacts[p].owner != ""
	}
	e := d.people[p]
	return e != nil && len(e.changes) > 0 && !e.erased
}

// contact is somebody outside, as the one person sees them whose contact they are.
type contact struct {
	owner    events.PersonID
	relation events.Relation
	nickname string
}

func (d *directory) contact(p events.PersonID) contact {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.contacts[p]
}

func (d *directory) hasProgram(g events.ProgramID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.programs[g]
}

// imports returns how many imports by a mapping there were, and the shift of the first.
func (d *directory) imports(mapping events.Code) (runs int, shift time.Duration) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if runs = len(d.shifts[mapping]); runs > 0 {
		shift = time.Duration(d.shifts[mapping][0]) * time.Second
	}
	return runs, shift
}

// cutShort reports whether the last import by a mapping began and never ended.
func (d *directory) cutShort(mapping events.Code) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.began[mapping] > d.ended[mapping]
}

// fold takes in a fact; a second time is harmless. Details are what the fact seals, or nil.
func (d *directory) fold(e events.Event, details *events.PersonDetails) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch f := e.Fact.(type) {
	case *events.PersonJoined:
		d.change(e, f.EffectiveAt, details)
		d.mention(f.Manager)
	case *events.PersonChanged:
		d.change(e, f.EffectiveAt, details)
		d.mention(f.Manager)
	case *events.PromotionOccurred:
		d.change(e, f.EffectiveAt, nil)
	case *events.PersonWentOnLeave:
		d.change(e, f.EffectiveAt, nil)
	case *events.PersonReturned:
		d.change(e, f.EffectiveAt, nil)
	case *events.PersonLeft:
		d.change(e, f.EffectiveAt, nil)
	case *events.PersonMerged:
		d.join(e.Person(), f.Into)
	case *events.ErasureRequested:
		d.erasing(e)
	case *events.PersonErased:
		d.erased(e.Person(), f)
	case *events.ExternalContactAdded:
		d.contacts[f.Contact] = contact{e.Person(), f.Relation, nameOf(details)}
	case *events.ExternalContactRemoved:
		d.forget(f.Contact)
	case *events.ProgramOpened:
		d.programs[events.ProgramID(e.Subject)] = true
	case *events.ImportStarted:
		if e.Source == ownSource { // what a sender of lines says moves no times
			d.imported(e, f)
		}
	case *events.ImportFinished:
		if e.Source == ownSource {
			d.ended[f.Source] = max(d.ended[f.Source], e.Seq)
		}
	}
}

func nameOf(details *events.PersonDetails) string {
	if details == nil {
		return ""
	}
	return details.Name
}

// forget drops what a contact is called; acts by them may still come in late.
func (d *directory) forget(id events.PersonID) {
	c := d.contacts[id]
	c.nickname = ""
	d.contacts[id] = c
}

// mention notes that a fact names somebody as a manager, who may never join.
func (d *directory) mention(p events.PersonID) {
	if p != "" && d.people[p] == nil {
		d.people[p] = &entry{id: p}
	}
}

// names reports whether a fact names somebody who is not erased: in the directory, or as a manager.
func (d *directory) names(p events.PersonID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e := d.people[p]
	return e != nil && !e.erased
}

func (d *directory) change(e events.Event, at time.Time, details *events.PersonDetails) {
	who, ok := d.people[e.Person()]
	if !ok {
		who = &entry{id: e.Person()}
		d.people[who.id] = who
	}
	if who.erased || slices.ContainsFunc(who.changes, func(c change) bool { return c.seq == e.Seq }) {
		return
	}
	who.changes = append(who.changes, change{at, e.Seq, e.Fact})
	slices.SortFunc(who.changes, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.seq, b.seq)) })
	if details != nil {
		who.merge(*details)
	}
	d.order = nil
}

// imported remembers runs by their sequence, so that folding one again does not count it twice.
func (d *directory) imported(e events.Event, f *events.ImportStarted) {
	key := f.Source
	d.began[key] = max(d.began[key], e.Seq)
	if !d.starts[e.Seq] {
		d.starts[e.Seq] = true
		d.shifts[key] = append(d.shifts[key], f.ShiftSeconds)
	}
}

// merge overwrites what is newly said.
func (e *entry) merge(d events.PersonDetails) {
	set := func(to *string, from string) {
		if from != "" {
			*to = from
		}
	}
	set(&e.details.Name, d.Name)
	set(&e.details.Email, d.Email)
	set(&e.details.Location, d.Location)
	set(&e.details.TimeZone, d.TimeZone)
	for _, id := range d.ExternalIDs {
		if !slices.Contains(e.details.ExternalIDs, id) {
			e.details.ExternalIDs = append(e.details.ExternalIDs, id)
		}
	}
}

// sorted is everybody by name.
func (d *directory) sorted() []*entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.order != nil {
		return d.order
	}
	d.order = make([]*entry, 0, len(d.people))
	for _, e := range d.people {
		if !e.erased && len(e.changes) > 0 {
			d.order = append(d.order, e)
		}
	}
	slices.SortFunc(d.order, func(a, b *entry) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.details.Name), strings.ToLower(b.details.Name)), strings.Compare(string(a.id), string(b.id)))
	})
	return d.order
}
