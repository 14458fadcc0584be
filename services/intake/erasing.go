package intake

import (
	"slices"
	"time"

	"kith.internal/events"
)

// erasure is how far the erasure of a person is.
type erasure struct {
	requested time.Time            // zero where nobody asked: a restored log lacks the request
	done      *events.PersonErased // nil until it is done
}

// erasing notes a request. Whoever is erased already stays so.
func (d *directory) erasing(e events.Event) {
	if one := d.erasureOf(e.Person()); one.requested.IsZero() {
		one.requested = e.Time
	}
}

// erased forgets all of a person but that they are erased.
func (d *directory) erased(p events.PersonID, f *events.PersonErased) {
	if one := d.erasureOf(p); one.done == nil {
		one.done = f
	}
	d.people[p] = &entry{id: p, erased: true}
	for id, c := range d.contacts {
		if c.owner == p {
			d.forget(id)
		}
	}
	d.order = nil
}

func (d *directory) erasureOf(p events.PersonID) *erasure {
	one := d.erasures[p]
	if one == nil {
		one = &erasure{}
		d.erasures[p] = one
	}
	return one
}

// erasure is how far the erasure of a person is; found is false where nobody asked for one.
func (d *directory) erasure(p events.PersonID) (is erasure, found bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if one := d.erasures[p]; one != nil {
		return *one, true
	}
	return erasure{}, false
}

// unerased are those whose erasure was asked for and is not done.
func (d *directory) unerased() []events.PersonID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var all []events.PersonID
	for p, one := range d.erasures {
		if one.done == nil {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all
}

// erasedAll are those whose erasure is done.
func (d *directory) erasedAll() []Erasure {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var all []Erasure
	for p, one := range d.erasures {
		if one.done != nil {
			all = append(all, Erasure{p, one.done.DestroyedAt})
		}
	}
	return all
}

// join notes that two entries are one person, who is erased as one.
func (d *directory) join(a, b events.PersonID) {
	if !slices.Contains(d.same[a], b) {
		d.same[a], d.same[b] = append(d.same[a], b), append(d.same[b], a)
	}
}

// entries are all that a person has in the directory, the one they are called by last.
func (d *directory) entries(p events.PersonID) []events.PersonID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := []events.PersonID{p}
	for i := 0; i < len(all); i++ {
		for _, other := range d.same[all[i]] {
			if !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	slices.Reverse(all)
	return all
}

// pseudonyms are those of a person and of whom they know outside.
func (d *directory) pseudonyms(p events.PersonID) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := []string{string(p)}
	for id, c := range d.contacts {
		if c.owner == p {
			all = append(all, string(id))
		}
	}
	return all
}
