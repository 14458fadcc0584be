package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// The business rules of what is missing (domain.md section 6.4); the figures are the ruleset's:
//
//  1. A network rests on what its person may know: people, support, personal and role facts.
//     Sealed acts, and roles that only they show, change nothing here.
//  2. Only somebody who is in the directory, has not left and takes part in the purpose
//     own-network has gaps. Whoever leaves has none at once. During a leave none opens, nor in
//     the seven days after it.
//  3. A role is held while it is active or at risk and its holder has not left. A peer mentor
//     counts once the person has said themselves that this one helps them; a reverse mentor
//     counts, for the senior of the two, whose network it is in. Friends and family are no
//     mentors, advocates or sponsors.
//  4. missing-role: fewer than the minimum hold a role that is expected; by default, nobody.
//  5. thin-role: fewer than the target do, but not fewer than the minimum. It stays open until the target is
//     reached or missing-role takes its place. A line manager who sponsors is none of the target.
//  6. at-risk: nobody is active in a role, and who holds it is at risk. A new pair has a grace.
//     It stays open until somebody is active or missing-role takes its place.
//  7. isolation: no act of support of any kind for 60 days. Of somebody new it is asked on days
//     21, 45 and 90: was there any since the day before that?
//  8. declared-not-enacted: the person named somebody in a role, and for 90 days no acts of
//     theirs have shown it.
//  9. A condition opens its gap once it has held for seven days (7, 8, 14, 21, 22 and 23 contain
//     their own hold), and the gap closes at once. A gap that closed waits seven days before it
//     opens again. What somebody leaves behind who left is missing at once.
//  10. Since when a condition holds is read from the facts' own times, never from when they were
//     recorded: gaps speak right after an import.
//  11. What is expected follows from the stage of a career and from goals: in the first 45 days
//     nothing but 7, a sponsor from mid-career or with the goal to advance, an ally never.
//     Severity is the ruleset's figure for the stage and the goals, times persistence: 60 % in the
//     first 30 days of a condition, 80 % to day 90, then 100 %. A fact states it as of the opening,
//     an answer as of now.
//  12. While a file import runs, and until roles have followed from it, no gap opens: what half a
//     file does not show is not missing. An import that never ends holds gaps back for an hour.
//  13. A gap's facts hold codes, times and the id of a role fact: never a third person.
//  14. supporter-leaving: all who hold a role are known to leave. It opens when that is known, and
//     gives way to missing-role when they are gone. A transfer is no leaving: where people stand
//     is what 17 and 19 ask.
//  15. no-internal-sponsor: there are sponsors, all of them outside.
//  16. mostly-external: fewer than half of two or more supporters are in the organization.
//  17. single-point-of-failure: three roles that a network should hold are held by one supporter
//     alone; and, for sponsors, there are several and each but the first reports to another one.
//  18. small-network: fewer than three supporters.
//  19. narrow-network: three or more, all in one arena: the own department, other departments,
//     outside, friends and family.
//  20. only-line-manager: the line manager is the only supporter.
//  21. over-mentored-under-sponsored: two mentors or more and no sponsor, though one is expected,
//     for twelve months.
//  22. stalled-pair: a pair that a program or the two themselves made has not met within 14 days,
//     or not for 28 days. Any act between them is a meeting, no leave of either counts, a program's
//     pairs end with it, and after 120 days of silence there is no pair.
//  23. one-sided: of a mentor and the person only one has rated their sessions, three or more, and
//     nothing shows that the mentor learns from it.
//  24. overloaded-supporter: the person themselves is a mentor or a sponsor for more people than
//     they have room for: as they say, or else five and three. It stands in the supporter's own
//     network, and counts only roles that their recipients may know of.
//
// Two conditions of domain.md are no gaps here. That nobody outside supports a person
// (no_external_tie) cannot be told from their not having written it down, which is their own
// affair. And that somebody plays a role unnamed (enacted_not_declared) is good news: it comes
// with the suggestions and is never nudged.

// Name is the name of the service in URLs, consumers and fences.
const Name = "gap-projection"

// Rules are the rules of gaps over documents. They hold nothing but the ruleset to begin with, and what opens groups.
type Rules struct {
	initial *Ruleset
	open    Opener
}

// step is what one input does.
type step struct {
	d       *projection.Docs
	initial *Ruleset // in force until one is activated
	open    Opener   // nil: groups stay sealed
	in      events.Event
	now     time.Time
	out     []events.Event
	changed map[events.PersonID]bool // whose networks this step has changed
}

// Step folds one input into the networks it concerns and returns the gaps that open and close.
func (r *Rules) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	s := &step{d: d, initial: r.initial, open: r.open, in: in, now: nowOf(d, in)}
	err := s.take()
	return s.out, err
}

// nowOf is the time at which an input is decided on.
func nowOf(d *projection.Docs, in events.Event) time.Time {
	if due, ok := in.Fact.(*events.Due); ok {
		return due.At.UTC()
	}
	return d.Time().UTC()
}

func (s *step) take() error {
	switch f := s.in.Fact.(type) {
	case *events.RulesetActivated:
		return s.activate(f)
	case *events.PolicyChanged:
		return s.policyChanged(f)
	case *events.ImportStarted:
		return s.importStarted(f)
	case *events.ImportFinished:
		return s.importFinished(f)
	case *events.ImportRecognized:
		return s.importRecognized()
	case *events.ProgramClosed:
		return s.programClosed()
	case *events.Due:
		return s.due(f)
	case *events.GroupSelfIdentified:
		return s.identified(f)
	case *events.GroupSelfIdentificationWithdrawn:
		s.withdrawn(s.in.Person())
		return nil
	case *events.PersonJoined:
		if err := s.schedule(); err != nil {
			return err
		}
	case *events.PersonErased:
		s.withdrawn(s.in.Person())
		if err := s.forget(s.in.Person()); err != nil {
			return err
		}
	case *events.ParticipationChanged:
		if err := s.object(f); err != nil {
			return err
		}
	}
	return s.person()
}

// person folds a fact about one person into their network, and into those of others that it concerns.
func (s *step) person() error {
	person := s.in.Person()
	if person == "" || person.External() || !mayKnow(s.in.Context) {
		return nil
	}
	n, err := s.network(person)
	if err != nil {
		return err
	}
	if !s.includes(person) {
		return s.own(n)
	}
	if s.in.Context == events.People {
		return s.tell(n)
	}
	return s.give(n, supporterIn(s.in.Fact))
}

// own folds a fact into the network of its person, decides what follows there, and tells others.
func (s *step) own(n *readmodel.Network) error {
	before, said := n.Ties, s.ownWord(n)
	if !fold(n, s.in) {
		return nil
	}
	s.put(n)
	if err := s.spoke(n); err != nil {
		return err
	}
	if s.changesNothing(n, said) {
		return nil
	}
	if err := s.enroll(n, programOf(s.in.Fact)); err != nil {
		return err
	}
	if err := s.meet(n, supporterIn(s.in.Fact)); err != nil {
		return err
	}
	if n.Erased {
		return s.erased(n, before)
	}
	if s.in.Context == events.People {
		return s.turn(n)
	}
	if err := s.decide(n); err != nil {
		return err
	}
	return s.give(n, supporterIn(s.in.Fact))
}

// mayKnow: the contexts that a person's network may rest on.
func mayKnow(c events.Context) bool {
	switch c {
	case events.People, events.Support, events.Personal, events.Role:
		return true
	}
	return false
}

// due decides again about what the Due fact names.
func (s *step) due(f *events.Due) error {
	if f.For != Name {
		return nil
	}
	switch f.About {
	case importsKey:
		return s.importsDue()
	case coverageKey:
		return s.measureDue()
	case "rebuild":
		return s.everybody()
	}
	return s.again(f.About)
}

// everybody decides again about all networks.
func (s *step) everybody() error {
	keys, err := s.d.Keys(readmodel.NetworkKey(""))
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := s.again(key); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) again(key string) error {
	n, err := projection.Get[readmodel.Network](s.d, key)
	if n == nil || err != nil {
		return err
	}
	if s.includes(n.Person) {
		return s.tell(n)
	}
	return s.turn(n)
}

// Stated folds a gap fact that the service appended before: what it said is what is open.
func (*Rules) Stated(d *projection.Docs, own events.Event) error {
	if f, ok := own.Fact.(*events.CoverageMeasured); ok {
		return restated(d, own, f)
	}
	key := readmodel.NetworkKey(own.Person())
	n, err := projection.Get[readmodel.Network](d, key)
	if err != nil {
		return err
	}
	if n == nil {
		n = &readmodel.Network{Person: own.Person()}
	}
	switch f := own.Fact.(type) {
	case *events.GapOpened:
		opened(n, f, own.Time, own.ID)
	case *events.GapClosed:
		closed(n, f, own.Time)
	default:
		return nil
	}
	d.Put(key, n)
	return nil
}

// Unsaid implements derive.Unsayer: a gap that nobody was told of is not open, and one whose closing nobody
// was told of has not closed then.
func (*Rules) Unsaid(d *projection.Docs, never events.Event) error {
	if f, ok := never.Fact.(*events.CoverageMeasured); ok {
		return untold(d, f)
	}
	key := readmodel.NetworkKey(never.Person())
	n, err := projection.Get[readmodel.Network](d, key)
	if err != nil || n == nil {
		return err
	}
	switch f := never.Fact.(type) {
	case *events.GapOpened:
		n.Gaps = slices.DeleteFunc(n.Gaps, func(g readmodel.Gap) bool { return g.Fact == never.ID })
	case *events.GapClosed:
		if key := readmodel.GapKey(f.Gap, f.Role); n.Closed[key].Equal(never.Time) {
			delete(n.Closed, key)
		}
	}
	d.Put(key, n)
	return nil
}
