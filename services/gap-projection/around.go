package gaps

import (
	"maps"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// A fact about one person concerns the networks of others: who leaves, leaves gaps with all whom
// they support; who becomes somebody's mentor has one more to look after. Each network therefore
// holds what it needs of the others, and the fact that changes that reaches it in the same step:
// a supporter's place stands in each tie with them, and whom a person supports stands in their own
// network. Each document is asked by itself whether it includes the fact already.

// network is the network of somebody as a document, a new one where there is none.
func (s *step) network(person events.PersonID) (*readmodel.Network, error) {
	n, err := projection.Get[readmodel.Network](s.d, readmodel.NetworkKey(person))
	if n == nil && err == nil {
		n = &readmodel.Network{Person: person}
	}
	return n, err
}

// includes reports whether a network included the input before this step.
func (s *step) includes(person events.PersonID) bool {
	return s.d.Seq(readmodel.NetworkKey(person)) >= s.in.Seq && !s.changed[person]
}

func (s *step) put(n *readmodel.Network) {
	if s.changed == nil {
		s.changed = map[events.PersonID]bool{}
	}
	s.changed[n.Person] = true
	s.d.Put(readmodel.NetworkKey(n.Person), n)
}

// meet takes down where a supporter stands, before it is decided what follows for the person.
func (s *step) meet(n *readmodel.Network, supporter events.PersonID) error {
	tie := n.Ties[supporter]
	if tie == nil || supporter.External() || !matters(tie) {
		return nil
	}
	of, err := s.network(supporter)
	if err != nil {
		return err
	}
	place(tie, of.Place)
	return nil
}

// give takes down with the supporter what they are to the person now.
func (s *step) give(n *readmodel.Network, supporter events.PersonID) error {
	if supporter == "" || supporter.External() || supporter == n.Person || s.includes(supporter) {
		return nil
	}
	of, err := s.network(supporter)
	if err != nil {
		return err
	}
	was, known := of.Given[n.Person]
	is, holds := givenBy(n, supporter)
	if known == holds && was == is {
		return nil
	}
	if of.Given == nil {
		of.Given = map[events.PersonID]readmodel.Given{}
	}
	if of.Given[n.Person] = is; !holds {
		delete(of.Given, n.Person)
	}
	s.put(of)
	if was == is {
		return nil
	}
	return s.decide(of)
}

// matters reports whether a tie is such that its supporter's whereabouts matter to the person.
func matters(tie *readmodel.NetworkTie) bool {
	return supports(tie) || tie.Pair.Runs() || len(tie.Declared) > 0
}

// givenBy is what a supporter is to the person; false where they are nothing that matters to either.
func givenBy(n *readmodel.Network, supporter events.PersonID) (readmodel.Given, bool) {
	tie := n.Ties[supporter]
	if tie == nil || !matters(tie) {
		return readmodel.Given{}, false
	}
	return readmodel.Given{Mentor: heldSince(tie, events.Mentor), Sponsor: heldSince(tie, events.Sponsor), Leaves: n.Place.Leaves.UTC()}, true
}

// heldSince is since when a supporter holds a role; 0 where they do not.
func heldSince(tie *readmodel.NetworkTie, role events.RoleName) readmodel.Unix {
	if r := tie.Roles[role]; held(r) {
		return max(1, readmodel.UnixOf(begun(r)))
	}
	return 0
}

// turn decides about somebody of whom the directory has said something, or of whom it may have come
// true, and tells everybody around them where they stand now, if that has changed.
func (s *step) turn(n *readmodel.Network) error {
	now := n.PlaceAt(s.now)
	moved := !n.Erased && !now.Equal(n.Place)
	if moved {
		n.Place = now
		s.put(n)
	}
	if err := s.decide(n); err != nil || !moved {
		return err
	}
	return s.tell(n)
}

// tell says to everybody around somebody where they stand, as far as they have not been told.
func (s *step) tell(n *readmodel.Network) error {
	for _, recipient := range slices.Sorted(maps.Keys(n.Given)) {
		if err := s.tellRecipient(n, recipient); err != nil {
			return err
		}
	}
	for _, supporter := range slices.Sorted(maps.Keys(n.Ties)) {
		if err := s.give(n, supporter); err != nil {
			return err
		}
	}
	return nil
}

// erased takes an erased person out of the networks of those who supported them, and tells those whom
// they supported that they are gone.
func (s *step) erased(n *readmodel.Network, before map[events.PersonID]*readmodel.NetworkTie) error {
	for _, supporter := range slices.Sorted(maps.Keys(before)) {
		if err := s.give(n, supporter); err != nil {
			return err
		}
	}
	if err := s.decide(n); err != nil {
		return err
	}
	return s.tell(n)
}

func (s *step) tellRecipient(n *readmodel.Network, recipient events.PersonID) error {
	if s.includes(recipient) {
		return nil
	}
	of, err := s.network(recipient)
	if err != nil {
		return err
	}
	tie := of.Ties[n.Person]
	if tie == nil || !place(tie, n.Place) {
		return nil
	}
	s.put(of)
	return s.decide(of)
}

// place takes down where the supporter of a tie stands; false where that is known already.
func place(tie *readmodel.NetworkTie, p readmodel.Place) bool {
	var known readmodel.Place
	if tie.Place != nil {
		known = *tie.Place
	}
	if p.Equal(known) {
		return false
	}
	tie.Place = &p
	return true
}

// supporterIn is whose tie to the person a fact may make or end, as far as others must know of it; ""
// for all facts besides.
func supporterIn(f events.Fact) events.PersonID {
	switch f := f.(type) {
	case *events.RoleDeclared:
		return f.Supporter
	case *events.RoleDeclarationWithdrawn:
		return f.Supporter
	case *events.PairMatched:
		return f.Supporter
	case *events.PairEnded:
		return f.Supporter
	case *events.MentorshipStarted:
		return f.Supporter
	case *events.MentorshipEnded:
		return f.Supporter
	}
	_, supporter := roleOf(f)
	return supporter
}
