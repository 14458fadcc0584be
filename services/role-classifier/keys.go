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

// givenKey is where it stands whom somebody supports, so that the supporter's ties can be found. Those of
// whom only sealed acts show it stand elsewhere, for those who may know.
func givenKey(sealed bool, supporter events.PersonID) string {
	if sealed {
		return "given-sealed." + string(supporter)
	}
	return readmodel.RecipientsKey(supporter)
}

// givenLimit is how many are named in one document.
const givenLimit = 256

// give notes whom somebody supports.
func (s *step) give(sealed bool, p pair) error {
	key := givenKey(sealed, p.supporter)
	g, err := givenAt(s.d, key)
	if err != nil {
		return err
	}
	i, known := slices.BinarySearch(g.Recipients, p.recipient)
	switch {
	case known:
		return nil
	case len(g.Recipients) < givenLimit:
		g.Recipients = slices.Insert(g.Recipients, i, p.recipient)
	default:
		g.More = true
		s.d.Put(key+"."+string(p.recipient), &marker{})
	}
	s.d.Put(key, g)
	return nil
}

// takeBack notes that somebody supports somebody no longer.
func (s *step) takeBack(sealed bool, p pair) error {
	key := givenKey(sealed, p.supporter)
	g, err := givenAt(s.d, key)
	if err != nil {
		return err
	}
	if i, known := slices.BinarySearch(g.Recipients, p.recipient); known {
		g.Recipients = slices.Delete(g.Recipients, i, i+1)
		s.d.Put(key, g)
		if len(g.Recipients) == 0 && !g.More {
			s.d.Delete(key)
		}
		return nil
	}
	s.d.Delete(key + "." + string(p.recipient))
	return nil
}

func givenAt(d *projection.Docs, key string) (*readmodel.Recipients, error) {
	g, err := projection.Get[readmodel.Recipients](d, key)
	if g == nil {
		g = &readmodel.Recipients{}
	}
	return g, err
}

// givenBy is whom somebody supports.
func givenBy(d *projection.Docs, sealed bool, supporter events.PersonID) ([]events.PersonID, error) {
	key := givenKey(sealed, supporter)
	g, err := givenAt(d, key)
	if err != nil || !g.More {
		return g.Recipients, err
	}
	behind, err := d.Keys(key + ".")
	return g.With(behind), err
}

// keysOf are patterns of the keys of all that is kept of the support that a person received, but for what
// stands with those who gave it.
func keysOf(person events.PersonID) []string {
	p := string(person)
	return []string{"open." + p + ".*", "all." + p + ".*", "older.*." + p + ".*.*"}
}

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
			pairs = append(pairs, pair{events.PersonID(part[1]), events.PersonID(part[2])})
		}
	}
	return inOrder(pairs), nil
}

func inOrder(pairs []pair) []pair {
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.recipient, b.recipient), cmp.Compare(a.supporter, b.supporter))
	})
	return slices.Compact(pairs)
}

// pairsAround is every tie of a person, received and given.
func pairsAround(d *projection.Docs, who events.PersonID) ([]pair, error) {
	w := string(who) + "."
	pairs, err := pairsOf(d, "open."+w, "all."+w)
	for _, sealed := range []bool{false, true} {
		recipients, err := givenBy(d, sealed, who)
		if err != nil {
			return nil, err
		}
		for _, r := range recipients {
			pairs = append(pairs, pair{r, who})
		}
	}
	return inOrder(pairs), err
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
			if err := s.takeBack(sealed, p); err != nil {
				return err
			}
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
