package classifier

import (
	"cmp"
	"slices"
	"strings"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

// pair is the two people of a tie.
type pair struct{ recipient, supporter events.PersonID }

// allKey is where the full evaluation of a tie stands, if it has one.
func allKey(recipient, supporter events.PersonID) string {
	return "all." + string(recipient) + "." + string(supporter)
}

// givenKey marks that somebody supports somebody, so that the supporter's ties can be found. The
// marker of a tie that only sealed acts show is another one, for those who may know.
func givenKey(sealed bool, p pair) string {
	prefix := "given."
	if sealed {
		prefix = "given-sealed."
	}
	return prefix + string(p.supporter) + "." + string(p.recipient)
}

// keysOf are patterns of the keys of all that is kept of the support that a person received.
func keysOf(person events.PersonID) []string {
	p := string(person)
	return []string{"open." + p + ".*", "all." + p + ".*", "older.*." + p + ".*.*", "given.*." + p, "given-sealed.*." + p}
}

// given is the document at a givenKey: its key says everything.
type given struct{}

// pairOf reads the key of a tie.
func pairOf(key string) (p pair, sealed, ok bool) {
	part := strings.Split(key, ".")
	if len(part) != 3 || part[0] != "open" && part[0] != "all" {
		return pair{}, false, false
	}
	return pair{events.PersonID(part[1]), events.PersonID(part[2])}, part[0] == "all", true
}

// pairsOf is every tie whose key begins with one of prefixes, each once, in a fixed order.
func pairsOf(d *projection.Docs, prefixes ...string) ([]pair, error) {
	var pairs []pair
	for _, prefix := range prefixes {
		keys, err := d.Keys(prefix)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			part := strings.Split(key, ".")
			p := pair{events.PersonID(part[1]), events.PersonID(part[2])}
			if strings.HasPrefix(prefix, "given") {
				p.recipient, p.supporter = p.supporter, p.recipient
			}
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.recipient, b.recipient), cmp.Compare(a.supporter, b.supporter))
	})
	return slices.Compact(pairs), nil
}

// pairsAround is every tie of a person, received and given.
func pairsAround(d *projection.Docs, who events.PersonID) ([]pair, error) {
	w := string(who) + "."
	return pairsOf(d, "open."+w, "all."+w, "given."+w, "given-sealed."+w)
}

// erase removes what is kept of an erased person: the support they received, and where they
// stand. The support they gave belongs to those who received it, under the pseudonym that is all
// that is left of them.
func (s *step) erase() error {
	who := s.in.Person()
	w := string(who) + "."
	pairs, err := pairsOf(s.d, "open."+w, "all."+w)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		for _, sealed := range []bool{false, true} {
			h, err := load(s, p, sealed)
			if err != nil {
				return err
			}
			if h == nil {
				continue
			}
			for _, o := range h.t.Older {
				s.d.Delete(h.olderKey(o.ID))
			}
			s.d.Delete(h.key)
			s.d.Delete(givenKey(sealed, p))
		}
	}
	paired, err := s.d.Keys("paired.")
	if err != nil {
		return err
	}
	for _, key := range paired {
		if strings.Contains(key, "."+w) {
			s.d.Delete(key)
		}
	}
	if t, err := projection.Get[recognition.Timeline](s.d, recognition.PersonKey(who)); err != nil || t == nil {
		return err
	}
	s.d.Put(recognition.PersonKey(who), &recognition.Timeline{Tied: true})
	return nil
}

// tieKey is where one of the two evaluations of a tie stands.
func tieKey(p pair, sealed bool) string {
	if sealed {
		return allKey(p.recipient, p.supporter)
	}
	return readmodel.TieKey(p.recipient, p.supporter)
}
