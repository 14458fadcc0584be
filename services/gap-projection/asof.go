package gaps

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
	"kith.internal/services/internal/ruleset"
)

// What follows is for who folds part of the log anew, to show what a person would have been shown.

// SeenAnswer is what a person sees of all that is kept of them: their network, what is missing in it, and why.
type SeenAnswer struct {
	Network NetworkAnswer `json:"network"`
	Gaps    ListAnswer    `json:"gaps"`
	Ties    []TieAnswer   `json:"ties"` // behind the network, by supporter; what goes the other way is the supporter's
}

// asOf is the name under which gaps are held back, as by an import: no source of one has it.
const asOf events.Code = "as-of"

// Hold holds gaps back from a time on, until Release: what is folded meanwhile became known all at once.
func Hold(networks *projection.Docs, at time.Time) error {
	return changeImports(networks, func(i *Imports) { i.Running[asOf] = at })
}

// Release ends what Hold began. It decides about nobody.
func Release(networks *projection.Docs) error {
	return changeImports(networks, func(i *Imports) { delete(i.Running, asOf) })
}

func changeImports(networks *projection.Docs, change func(*Imports)) error {
	known, err := projection.Get[Imports](networks, importsKey)
	if err != nil {
		return err
	}
	i := *cmp.Or(known, &Imports{})
	if i.Running = maps.Clone(i.Running); i.Running == nil {
		i.Running = map[events.Code]time.Time{}
	}
	change(&i)
	networks.Put(importsKey, &i)
	return nil
}

// Weekly reports whether a timer does nothing but measure everybody, once a week.
func Weekly(key string) bool { return key == coverageKey }

// Seen is what a person sees at a time by these documents, of role-classifier and of this service. It
// fails with fault.NotFound where nothing is known of them.
func Seen(ties, networks *projection.Docs, p events.PersonID, at time.Time) (SeenAnswer, error) {
	s, err := newSight(ties, networks, p, at)
	if err != nil {
		return SeenAnswer{}, err
	}
	a := SeenAnswer{Network: answerNetwork(s.view), Ties: []TieAnswer{}}
	for _, supporter := range slices.Sorted(maps.Keys(s.n.Ties)) {
		tie, err := projection.Shown[recognition.Tie](ties, readmodel.TieKey(p, supporter))
		if err != nil {
			return a, err
		}
		if tie == nil {
			continue
		}
		if err := s.explain(&a, tie); err != nil {
			return a, err
		}
	}
	if a.Network.Given, err = s.given(); err != nil {
		return a, err
	}
	a.Gaps, err = answerGaps(s.view, s.rs)
	a.Network.Importing, a.Gaps.Importing = s.importing, s.importing
	return a, err
}

// sight is one person's network in documents at a time.
type sight struct {
	view
	ties      *projection.Docs
	rs        *ruleset.Ruleset
	importing bool
}

func newSight(ties, networks *projection.Docs, p events.PersonID, at time.Time) (*sight, error) {
	n, err := projection.Get[readmodel.Network](networks, readmodel.NetworkKey(p))
	if err != nil {
		return nil, err
	}
	if n == nil {
		return nil, errUnknownPerson
	}
	rules, err := projection.Get[Ruleset](networks, rulesetKey)
	if err != nil {
		return nil, err
	}
	if rules == nil {
		rules = &Ruleset{Text: ruleset.DefaultText()}
	}
	rs, err := ruleset.Once(rules.Text)
	if err != nil {
		return nil, err
	}
	imports, err := projection.Get[Imports](networks, importsKey)
	return &sight{newView(n, ofGaps(rs), at), ties, rs, imports.Holding()}, err
}

// explain adds a tie to an answer, and the strength that it has at the time to the roles it shows.
func (s *sight) explain(a *SeenAnswer, tie *recognition.Tie) error {
	for i := range a.Network.Roles {
		for j := range a.Network.Roles[i].Supporters {
			v := &a.Network.Roles[i].Supporters[j]
			if v.Supporter == tie.Supporter && v.Status != readmodel.RoleLapsed {
				v.refresh(tie.Role(a.Network.Roles[i].Role), s.now, tie.Away)
			}
		}
	}
	e := &explanation{t: tie, rs: s.rs, now: s.now, people: &recognition.People{RecipientID: tie.Recipient, SupporterID: tie.Supporter}}
	var err error
	for who, timeline := range map[events.PersonID]**recognition.Timeline{tie.Recipient: &e.people.Recipient, tie.Supporter: &e.people.Supporter} {
		if *timeline, err = projection.Get[recognition.Timeline](s.ties, recognition.PersonKey(who)); err != nil {
			return err
		}
		*timeline = cmp.Or(*timeline, &recognition.Timeline{})
	}
	e.people.Meet()
	answer, err := e.answer()
	a.Ties = append(a.Ties, answer)
	return err
}

// given is whom the person supports.
func (s *sight) given() ([]events.PersonID, error) {
	key := readmodel.RecipientsKey(s.n.Person)
	g, err := projection.Get[readmodel.Recipients](s.ties, key)
	if g == nil || err != nil {
		return []events.PersonID{}, err
	}
	behind, err := s.ties.Keys(key + ".")
	return g.With(behind), err
}
