package gaps

import (
	"cmp"
	"context"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
	"kith.internal/services/internal/ruleset"
)

// Network is a person's network, after the fact at a sequence where that is not 0. It fails with
// fault.NotFound where nothing is known of them and with fault.Unavailable where the sequence is
// not reached in time.
func (s *Service) Network(ctx context.Context, q Query) (NetworkAnswer, error) {
	found, err := s.find(ctx, q)
	if err != nil {
		return NetworkAnswer{}, err
	}
	a := answerNetwork(found.view)
	a.AsOf, a.Importing = found.asOf, found.importing
	if err := s.today(ctx, &a, found.now); err != nil {
		return a, err
	}
	a.Given, err = s.given(ctx, q.Person)
	return a, err
}

// Gaps is what is missing in a person's network. It fails as Network does.
func (s *Service) Gaps(ctx context.Context, q Query) (ListAnswer, error) {
	found, err := s.find(ctx, q)
	if err != nil {
		return ListAnswer{}, err
	}
	rs, err := s.rulesInForce(ctx)
	if err != nil {
		return ListAnswer{}, err
	}
	a, err := answerGaps(found.view, rs)
	a.AsOf, a.Importing = found.asOf, found.importing
	return a, err
}

// Suggestions is what a person could do about their gaps. It fails as Network does.
func (s *Service) Suggestions(ctx context.Context, q Query) (SuggestionsAnswer, error) {
	found, err := s.find(ctx, q)
	if err != nil {
		return SuggestionsAnswer{}, err
	}
	a := adviser{found.view, s.index}
	return SuggestionsAnswer{
		Person: q.Person, AsOf: found.asOf, Importing: found.importing,
		Suggestions: a.suggest(), News: a.news(),
	}, nil
}

// Tie explains one tie to one of its two people, or to an auditor. It fails with fault.NotFound where nothing lies
// between them.
func (s *Service) Tie(ctx context.Context, q Query) (TieAnswer, error) {
	if err := s.policy.Read(ctx, q.Viewer, access.Tie(q.Person, q.Supporter)); err != nil {
		return TieAnswer{}, err
	}
	if err := s.after(ctx, q.After, s.reader.tie); err != nil {
		return TieAnswer{}, err
	}
	progress, err := s.reader.ties.Progress(ctx)
	if err != nil {
		return TieAnswer{}, err
	}
	tie, _, err := projection.Read[recognition.Tie](ctx, s.reader.ties, readmodel.TieKey(q.Person, q.Supporter))
	if err != nil {
		return TieAnswer{}, err
	}
	if tie == nil {
		return TieAnswer{}, fault.New(fault.NotFound, "no-tie", "nothing is known between these two people")
	}
	e := &explanation{t: tie, now: s.now()}
	if e.rs, err = s.rulesInForce(ctx); err != nil {
		return TieAnswer{}, err
	}
	if e.people, err = s.people(ctx, q.Person, q.Supporter); err != nil {
		return TieAnswer{}, err
	}
	if e.back, err = s.back(ctx, q); err != nil {
		return TieAnswer{}, err
	}
	a, err := e.answer()
	a.AsOf = progress.Handled
	return a, err
}

// people is how the rules of recognition know the two people of a tie.
func (s *Service) people(ctx context.Context, recipient, supporter events.PersonID) (*recognition.People, error) {
	p := &recognition.People{RecipientID: recipient, SupporterID: supporter}
	for who, timeline := range map[events.PersonID]**recognition.Timeline{recipient: &p.Recipient, supporter: &p.Supporter} {
		known, _, err := projection.Read[recognition.Timeline](ctx, s.reader.ties, recognition.PersonKey(who))
		if err != nil {
			return nil, err
		}
		*timeline = cmp.Or(known, &recognition.Timeline{})
	}
	p.Meet()
	return p, nil
}

// back is the tie the other way round, nil where there is none: to look at it is to read what
// belongs to the supporter, who can see that somebody else did.
func (s *Service) back(ctx context.Context, q Query) (*readmodel.Tie, error) {
	tie, _, err := projection.Read[readmodel.Tie](ctx, s.reader.ties, readmodel.TieKey(q.Supporter, q.Person))
	if err != nil || tie == nil {
		return nil, err
	}
	viewer := q.Viewer
	if viewer.Person() == q.Person {
		viewer = viewer.For("support-given") // which they need not say of what is their own
	}
	return tie, s.policy.Read(ctx, viewer, access.Tie(q.Supporter, q.Person))
}

var errUnknownPerson = fault.New(fault.NotFound, "unknown-person", "nothing is known of this person")

// found is a network as it was read.
type found struct {
	view
	asOf      uint64
	importing bool
}

// find lets only the person in, waits, and reads. The position is read first: what is read after
// it may be newer, never older.
func (s *Service) find(ctx context.Context, q Query) (*found, error) {
	if err := s.policy.Read(ctx, q.Viewer, access.Network(q.Person)); err != nil {
		return nil, err
	}
	if err := s.after(ctx, q.After, s.reader.network); err != nil {
		return nil, err
	}
	progress, err := s.reader.networks.Progress(ctx)
	if err != nil {
		return nil, err
	}
	imports, _, err := projection.Read[Imports](ctx, s.reader.networks, importsKey)
	if err != nil {
		return nil, err
	}
	rules, err := s.gapRules(ctx)
	if err != nil {
		return nil, err
	}
	n, _, err := projection.Read[readmodel.Network](ctx, s.reader.networks, readmodel.NetworkKey(q.Person))
	if err != nil {
		return nil, err
	}
	if n == nil {
		return nil, errUnknownPerson
	}
	return &found{newView(n, rules, s.now()), progress.Handled, imports.Holding()}, nil
}

func (s *Service) after(ctx context.Context, seq uint64, wait func(context.Context, uint64) error) error {
	if seq == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	return wait(ctx, seq)
}

// ProgressAnswer is how far networks, gaps and suggestions have come.
type ProgressAnswer struct {
	AsOf uint64 `json:"asOf"` // the last fact that is included
}

// Progress waits until the fact at a sequence, and all that followed from it, is included, and
// tells about nobody. It fails with fault.Forbidden for the anonymous and with fault.Unavailable
// where the sequence is not reached in time.
func (s *Service) Progress(ctx context.Context, q Query) (ProgressAnswer, error) {
	if err := s.policy.Directory(ctx, q.Viewer); err != nil {
		return ProgressAnswer{}, err
	}
	if err := s.after(ctx, q.After, s.reader.network); err != nil {
		return ProgressAnswer{}, err
	}
	p, err := s.reader.networks.Progress(ctx)
	return ProgressAnswer{AsOf: p.Handled}, err
}

func (s *Service) gapRules(ctx context.Context) (*Ruleset, error) {
	r, _, err := projection.Read[Ruleset](ctx, s.reader.networks, rulesetKey)
	if r == nil && err == nil {
		r = s.initial
	}
	return r, err
}

// rulesInForce is the whole ruleset, compiled once for each text.
func (s *Service) rulesInForce(ctx context.Context) (*ruleset.Ruleset, error) {
	r, err := s.gapRules(ctx)
	if err != nil {
		return nil, err
	}
	if known, ok := s.parsed.Load(r.Text); ok {
		return known.(*ruleset.Ruleset), nil
	}
	parsed, err := ruleset.Parse(r.Text)
	if err == nil {
		s.parsed.Store(r.Text, parsed)
	}
	return parsed, err
}
