package classifier

import (
	"fmt"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
	"kith.internal/services/internal/ruleset"
)

// The rules, in prose. Numbers and conditions stand in the ruleset.
//
//  1. An act of support between two people has a weight for each role, by the first rule of the
//     ruleset for its type whose condition holds, and a quality, by who says that it happened.
//     Levels, managers and presence are those of the act's own time; before the first thing the
//     directory says of somebody, that first thing holds.
//  2. Per role, the acts that count for it are folded in the order of (time, id):
//     score ← min(cap, score × 2^(−Δt/half-life) + weight × quality), in whole millionths. Time in
//     which either of the two is on leave is no silence: Δt leaves it out. Nothing changes by
//     time alone while nobody knows when a leave ends. Who leaves for good is on leave no longer:
//     from then on nothing they do counts, and what they did fades.
//  3. A role begins at an act at which the score is at or above enter and the role's gates pass.
//     From then on it is active while the score is at or above enter, at risk while it is below
//     that, and over (lapsed) when it falls below exit, which time alone brings about too.
//  4. An act counts once: a disclosed act takes the place of the sealed one that it discloses.
//     What is said about an act later (confirmed, disputed, taken back, replaced, helpful, what
//     came of its stake) changes it where it stands, whichever of the two comes first. A disputed
//     act counts nothing until the side that disputed it confirms it at a later time; where a
//     system disputed it, either side may. An act that is taken back or corrected stays so: what
//     stands in its place is an act of its own. What came of a stake weighs nothing: to stake
//     something is what a sponsor does, and how others then decided is not theirs.
//  5. A declared role is no role: it is unproven until acts show it. Each side declares and
//     withdraws for itself. Who accepts to be a sponsor declares it; a decline takes that back and
//     changes no role; a mentor who agrees to become a sponsor is declared one by both, and stays
//     a mentor as far as acts show it. A pair of a program is an agreement like one of their own,
//     until it ends, one of the two leaves the program, or the program closes.
//     A role that a person sets aside is none until the time they name. Contesting one changes
//     nothing but is remembered, until the time that is named.
//  6. What is stated is how the present differs from what was last stated; now is the recorded
//     time of the input, or the time of the turn. A late act changes the present, never the past
//     facts; a role that was over before anybody stated it is never stated.
//  7. Before an input is folded, turns that time brought about up to its recorded time are
//     stated, one by one: it makes no difference when a timer fires.
//  8. A tie is evaluated twice. The open evaluation sees support and personal and states in role;
//     what is sealed never moves it. The full evaluation begins with the first sealed act of a
//     tie, sees everything, and states in role-sealed wherever its state is not what a reader of
//     both contexts believes, which is the last fact in log order; role comes first.
//  9. Feedback passed on without a name never makes a role.
// 10. A fact about a person, or another ruleset, evaluates the ties it touches again.
// 11. The end of a file import is answered, so that who waits for what follows from its facts knows that there is no more.

// RulesVersion is the version of the rules' code: each RoleRecognized names it. It changes
// whenever the same log would give other facts.
const RulesVersion = "3"

// Rules is the pure part of the service: derive.Rules on the documents of one tenant. It is for
// one goroutine, as its documents are.
type Rules struct {
	compiled map[string]*ruleset.Ruleset // by hash; "" is the default one
}

// NewRules returns the rules, with the default ruleset in force where a log has none.
func NewRules() (*Rules, error) {
	rs, err := ruleset.Default()
	if err != nil {
		return nil, err
	}
	return &Rules{compiled: map[string]*ruleset.Ruleset{"": rs, rs.Hash: rs}}, nil
}

// anew returns the same rules for another fold of the log at the same time.
func (r *Rules) anew() *Rules {
	rs := r.compiled[""]
	return &Rules{compiled: map[string]*ruleset.Ruleset{"": rs, rs.Hash: rs}}
}

// step is the folding of one input.
type step struct {
	d     *projection.Docs
	in    events.Event
	now   readmodel.Unix // of its decisions
	time  time.Time      // the same, unrounded
	rs    *ruleset.Ruleset
	facts []events.Event // what follows
}

// Step implements derive.Rules.
func (r *Rules) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	rs, err := r.inForce(d)
	if err != nil {
		return nil, err
	}
	s := &step{d: d, in: in, now: readmodel.UnixOf(d.Time()), time: d.Time(), rs: rs}
	switch f := in.Fact.(type) {
	case *events.Due:
		err = s.due(f)
	case *events.RulesetActivated:
		err = r.activate(s, f)
	case *events.ImportFinished:
		s.imported(f)
	case *events.PersonErased:
		err = s.erase()
	case *events.ProgramOpened:
		s.opened(f)
	case *events.PairMatched:
		err = s.matched(f)
	case *events.PairEnded:
		err = s.paired(f.Program, pair{in.Person(), f.Supporter})
	case *events.ProgramLeft:
		err = s.unpair(f.Program, in.Person())
	case *events.ProgramClosed:
		err = s.unpair(events.ProgramID(in.Subject), "")
	default:
		err = s.other()
	}
	if err != nil {
		return nil, fmt.Errorf("fold %s: %w", in.ID, err)
	}
	return s.facts, nil
}

func (s *step) other() error {
	if e, ok := recognition.EntryOf(s.in); ok {
		return s.person(e)
	}
	if c, ok := s.changeOf(); ok {
		return s.move(c)
	}
	return nil
}

// imported answers the end of an import: inputs are handled in order, so all that its facts show stands before this.
func (s *step) imported(f *events.ImportFinished) {
	s.facts = append(s.facts, events.Event{Context: events.Role, Subject: events.Nobody, Time: s.time, Fact: &events.ImportRecognized{Source: f.Source}})
}

// Stated implements derive.Rules: what a role fact says is what its readers believe.
func (r *Rules) Stated(d *projection.Docs, own events.Event) error {
	_, _, said := saidBy(own.Fact)
	return believed(d, own, said)
}

// Unsaid implements derive.Unsayer: of a role fact that was never appended nobody believes anything.
func (r *Rules) Unsaid(d *projection.Docs, never events.Event) error {
	return believed(d, never, belief{})
}

// believed notes what the readers of a role fact believe of its role.
func believed(d *projection.Docs, own events.Event, now belief) error {
	supporter, role, said := saidBy(own.Fact)
	recipient := own.Person()
	if said.Status == "" || recipient == "" || readmodel.RoleIndex(role) < 0 {
		return nil
	}
	keys := []string{allKey(recipient, supporter)}
	if own.Context == events.Role {
		keys = append(keys, readmodel.TieKey(recipient, supporter))
	}
	for _, key := range keys {
		t, err := projection.Get[tie](d, key)
		if err != nil {
			return err
		}
		if t != nil && t.Believed[readmodel.RoleIndex(role)] != now {
			t.believe(readmodel.RoleIndex(role), now)
			d.Put(key, t)
		}
	}
	return nil
}

func saidBy(f events.Fact) (events.PersonID, events.RoleName, belief) {
	switch f := f.(type) {
	case *events.RoleRecognized:
		return f.Supporter, f.Role, belief{readmodel.RoleActive, f.Subtype}
	case *events.RoleAtRisk:
		return f.Supporter, f.Role, belief{readmodel.RoleAtRisk, f.Subtype}
	case *events.RoleLapsed:
		return f.Supporter, f.Role, belief{readmodel.RoleLapsed, f.Subtype}
	}
	return "", "", belief{}
}
