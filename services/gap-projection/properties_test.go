package gaps_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/readmodel"
)

// everybody are the people of the stories; what happens to the first of them most.
var everybody = []events.PersonID{ego, ben, cleo, dana}

// story draws a history of some people over about two years, timers fired as they fall due.
func story(t *rapid.T, h *history) {
	now := 0
	for range rapid.IntRange(1, 60).Draw(t, "facts") {
		now += rapid.IntRange(0, 25).Draw(t, "days")
		person := rapid.SampledFrom(append([]events.PersonID{ego, ego, ego}, everybody...)).Draw(t, "person")
		c, f := fact(t, person, now)
		h.on(now, c, person, f)
	}
	h.until(day(now + 100))
}

// fact draws what happens to somebody.
func fact(t *rapid.T, person events.PersonID, now int) (events.Context, events.Fact) {
	supporter := rapid.SampledFrom(others(person)).Draw(t, "supporter")
	role := rapid.SampledFrom(events.Roles()).Draw(t, "role")
	past := now - rapid.IntRange(0, 200).Draw(t, "ago")
	a := events.Act{Recipient: person, Supporter: supporter, RecordedBy: rapid.SampledFrom([]events.RecordedBy{"system", "recipient"}).Draw(t, "by")}
	switch what := rapid.IntRange(0, 23).Draw(t, "what"); what {
	case 0, 1:
		return events.People, joined(rapid.IntRange(1, 7).Draw(t, "level"), past)
	case 2, 3, 4, 5:
		return events.People, move(t, what, supporter, now)
	case 6, 7, 8, 9, 10, 11:
		f := recognized(role, supporter, past)
		f.Subtype = rapid.SampledFrom([]events.Subtype{events.Standard, events.PeerMentor}).Draw(t, "subtype")
		return events.Role, f
	case 12:
		return events.Role, fading(role, supporter, past)
	case 13:
		return events.Role, lapsed(role, supporter, past)
	case 14:
		return events.People, &events.ImportStarted{Source: "file", MappingHash: "00"}
	case 15:
		return events.People, &events.ImportFinished{Source: "file", MappingHash: "00"}
	case 16:
		return events.Support, &events.MentorshipStarted{Act: a, Kind: "standard", Cadence: "monthly"}
	}
	return events.Personal, said(t, supporter, role, a)
}

func others(person events.PersonID) []events.PersonID {
	return slices.DeleteFunc([]events.PersonID{ego, ben, cleo, dana, xeno}, func(p events.PersonID) bool { return p == person })
}

// move draws what the directory says of somebody who is there.
func move(t *rapid.T, what int, manager events.PersonID, now int) events.Fact {
	at := day(now + rapid.IntRange(-30, 30).Draw(t, "from"))
	switch what {
	case 2:
		level := rapid.IntRange(1, 7).Draw(t, "level")
		return &events.PersonChanged{Level: &level, EffectiveAt: at}
	case 3:
		return &events.PersonChanged{Manager: manager, Department: rapid.SampledFrom([]events.Code{"ops", "sales"}).Draw(t, "to"), EffectiveAt: at}
	case 4:
		if rapid.Bool().Draw(t, "leave") {
			return &events.PersonWentOnLeave{EffectiveAt: day(now)}
		}
		return &events.PersonReturned{EffectiveAt: day(now + 10)}
	}
	return &events.PersonLeft{EffectiveAt: at}
}

// said draws what somebody says of themselves and of who supports them.
func said(t *rapid.T, supporter events.PersonID, role events.RoleName, a events.Act) events.Fact {
	return rapid.SampledFrom([]events.Fact{
		&events.RoleDeclared{Supporter: supporter, Role: role, DeclaredBy: "recipient"},
		&events.RoleDeclarationWithdrawn{Supporter: supporter, Role: role, DeclaredBy: "recipient"},
		&events.GoalSet{Goal: "up", Kind: "advance"},
		&events.CapacitySet{Role: events.Mentor, People: 1},
		&events.SessionRated{Supporter: supporter, Act: factID(7), By: "recipient", Rating: 4},
		&events.SessionRated{Supporter: supporter, Act: factID(8), By: "recipient", Rating: 4},
		&events.SessionRated{Supporter: supporter, Act: factID(9), By: "supporter", Rating: 4},
		&events.PairMatched{Program: "gaaaaaaaaaaaaaaaa", Supporter: supporter},
		&events.PairEnded{Program: "gaaaaaaaaaaaaaaaa", Supporter: supporter},
		&events.AdviceGiven{Act: a}, &events.AdviceGiven{Act: a},
	}).Draw(t, "said")
}

// documents is everything in a store, as JSON.
func documents(t require, s *projection.Memory) map[string]string {
	t.Helper()
	all := map[string]string{}
	for key, r := range s.Records() {
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		all[key] = string(body)
	}
	return all
}

// require is what testing.T and rapid.T have in common.
type require interface {
	Helper()
	Fatal(args ...any)
}

func newRules(t require) *gaps.Rules {
	t.Helper()
	rules, err := gaps.NewRules()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// tell tells a story to fresh documents and returns them with what followed.
func tell(t *rapid.T, rules *gaps.Rules, log []events.Event, after func(seq uint64, d *projection.Docs)) (map[string]string, []events.Event) {
	store := projection.NewMemory()
	docs := projection.NewDocs(t.Context(), store)
	var derived []events.Event
	for _, in := range log {
		out, err := derive.Replay(docs, rules, gaps.Name, []events.Event{in})
		if err != nil {
			t.Fatal(err)
		}
		derived = append(derived, out...)
		after(in.Seq, docs)
	}
	commit(t, docs, 0)
	return documents(t, store), derived
}

func commit(t *rapid.T, d *projection.Docs, handled uint64) {
	if _, err := d.Commit(projection.Progress{Handled: handled}); err != nil {
		t.Fatal(err)
	}
}

func same(t *rapid.T, what string, want, got any) {
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAnySplitIntoBatchesSaysTheSame(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, rules)
		docs, derived := tell(t, rules, h.log, func(uint64, *projection.Docs) {})
		split, again := tell(t, rules, h.log, func(seq uint64, d *projection.Docs) {
			if rapid.Bool().Draw(t, "commit") {
				commit(t, d, seq)
				if rapid.Bool().Draw(t, "restart") {
					d.Drop() // everything goes through JSON
				}
			}
		})
		same(t, "documents", docs, split)
		same(t, "facts", derived, again)
		same(t, "facts as they came", h.derived, derived)
	})
}

func TestFoldingAPrefixAgainChangesNothing(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, rules)
		docs, derived := tell(t, rules, h.log, func(uint64, *projection.Docs) {})
		from := rapid.IntRange(0, len(h.log)).Draw(t, "from")
		at := rapid.IntRange(from, len(h.log)).Draw(t, "at")
		twice, again := tell(t, rules, h.log, func(seq uint64, d *projection.Docs) {
			if seq != uint64(at) {
				return
			}
			if _, err := derive.Replay(d, rules, gaps.Name, notDue(h.log[from:at])); err != nil {
				t.Fatal(err)
			}
		})
		same(t, "documents", docs, twice)
		same(t, "facts", derived, again)
	})
}

// notDue leaves out what decides anew by the clock: folding that again with a later state is
// what the property after this one is about.
func notDue(log []events.Event) []events.Event {
	var rest []events.Event
	for _, e := range log {
		if _, due := e.Fact.(*events.Due); !due {
			rest = append(rest, e)
		}
	}
	return rest
}

func TestADueThatNobodyAskedForChangesNothing(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, rules)
		_, derived := tell(t, rules, h.log, func(uint64, *projection.Docs) {})
		var with []events.Event
		for i, in := range h.log {
			with = append(with, in)
			if i+1 < len(h.log) && rapid.Bool().Draw(t, "due") {
				with = append(with, spurious(t, decided(in), decided(h.log[i+1]), in.Seq))
			}
		}
		_, again := tell(t, rules, with, func(uint64, *projection.Docs) {})
		same(t, "facts", lines(derived), lines(again))
	})
}

// spurious is a Due at some time between two inputs.
func spurious(t *rapid.T, after, before time.Time, seq uint64) events.Event {
	key := rapid.SampledFrom([]string{"network." + string(ego), "network." + string(ben), "network." + string(cleo), "imports", "nothing"}).Draw(t, "about")
	at := after
	if before.Sub(after) > time.Minute {
		at = after.Add(time.Second) // before the next timer, which fires on the day
	}
	return events.Event{ID: factID(1_000_000 + seq), Context: events.Clock, Subject: events.Nobody, Time: at, Seq: seq, Recorded: at,
		Fact: &events.Due{For: gaps.Name, About: key, At: at}}
}

// decided is the time at which an input is decided on.
func decided(in events.Event) time.Time {
	if due, ok := in.Fact.(*events.Due); ok {
		return due.At
	}
	return in.Recorded
}

// lines is what was said of each person, in its order.
func lines(all []events.Event) []string {
	var lines []string
	all = slices.SortedStableFunc(slices.Values(all), func(a, b events.Event) int { return strings.Compare(a.Subject, b.Subject) })
	for _, e := range all {
		_, line := describe(e)
		lines = append(lines, e.Time.Format("0102 15:04:05 ")+e.Subject+" "+line)
	}
	return lines
}

// What a network says is open is exactly what was stated and not taken back, and whoever resumes
// from the service's own facts alone believes the same.
func TestWhatIsOpenIsWhatWasStated(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, rules)
		d := projection.NewDocs(t.Context(), projection.NewMemory())
		for _, own := range append(h.derived, h.derived...) {
			if err := rules.Stated(d, own); err != nil {
				t.Fatal(err)
			}
		}
		for _, person := range everybody {
			same(t, "open", open(t, h.docs, person), open(t, d, person))
		}
	})
}

// Gaps are told apart: at most one of missing and thin, and a role that is held is not missing.
func TestGapsAgreeWithEachOther(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, rules)
		for _, person := range everybody {
			gaps := open(t, h.docs, person)
			for _, role := range events.Roles() {
				if gaps["missing-role "+string(role)] && (gaps["thin-role "+string(role)] || gaps["at-risk "+string(role)]) {
					t.Fatalf("%s is missing and thin or at risk", role)
				}
			}
		}
	})
}

func open(t *rapid.T, d *projection.Docs, person events.PersonID) map[string]bool {
	n, err := projection.Get[readmodel.Network](d, readmodel.NetworkKey(person))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	if n == nil {
		return all
	}
	for _, g := range n.Gaps {
		all[string(g.Kind)+" "+string(g.Role)] = true
	}
	return all
}

// drawn is a history with a story.
func drawn(t *rapid.T, rules *gaps.Rules) *history {
	store := projection.NewMemory()
	h := &history{t: t, rules: rules, store: store, docs: projection.NewDocs(t.Context(), store)}
	story(t, h)
	return h
}

// A gap that closes does not come back as a lesser one in the same breath.
func TestThinRoleNeverOpensWithTheClose(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		filled := map[string]bool{}
		for _, e := range drawn(t, rules).derived {
			switch f := e.Fact.(type) {
			case *events.GapClosed:
				filled[e.Subject+string(f.Role)+string(e.CausationID)] = f.Gap == events.MissingRole
			case *events.GapOpened:
				if f.Gap == events.ThinRole && filled[e.Subject+string(f.Role)+string(e.CausationID)] {
					t.Fatalf("thin-role %s opened with the close of missing-role", f.Role)
				}
			}
		}
	})
}

// Facts that have nothing to do with each other may come in any order: what is missing in the end is
// the same, and so is what a network shows.
func TestAnyOrderOfIndependentFactsEndsTheSame(t *testing.T) {
	rules := newRules(t)
	rapid.Check(t, func(t *rapid.T) {
		var all []events.Event
		for range rapid.IntRange(1, 40).Draw(t, "facts") {
			person := rapid.SampledFrom(everybody).Draw(t, "person")
			c, f := fact(t, person, 0)
			switch f.(type) {
			case *events.ImportStarted, *events.ImportFinished, *events.PersonWentOnLeave:
				continue // these hold back what comes after them, and not what was there before
			}
			happened := day(-rapid.IntRange(0, 90).Draw(t, "happened"))
			all = append(all, events.Event{Context: c, Subject: string(person), Time: happened, Fact: f})
		}
		same(t, "networks", outcome(t, rules, all), outcome(t, rules, shuffled(t, all)))
	})
}

// outcome is what there is to see a while after everything has been recorded on one day.
func outcome(t *rapid.T, rules *gaps.Rules, all []events.Event) map[events.PersonID][]any {
	store := projection.NewMemory()
	h := &history{t: t, rules: rules, store: store, docs: projection.NewDocs(t.Context(), store)}
	for _, e := range all {
		in := h.input(day(0), e.Context, events.PersonID(e.Subject), e.Fact)
		in.Time = e.Time
		h.take(in)
	}
	h.until(day(100))
	seen := map[events.PersonID][]any{}
	for _, person := range everybody {
		n, err := projection.Get[readmodel.Network](h.docs, readmodel.NetworkKey(person))
		if err != nil || n == nil || len(n.Timeline)+len(n.Ties)+len(n.Given) == 0 {
			continue // who supported somebody for a moment
		}
		answer := rules.Answer(n, day(100))
		for i := range answer.Roles {
			for k := range answer.Roles[i].Supporters {
				answer.Roles[i].Supporters[k].Fact = "" // the order gives facts their ids here
			}
		}
		seen[person] = []any{open(t, h.docs, person), answer, maps.Collect(maps.All(n.Given))}
	}
	return seen
}

// shuffled puts facts in another order, but for those of which the last one counts.
func shuffled(t *rapid.T, all []events.Event) []events.Event {
	order := rapid.Permutation(all).Draw(t, "order")
	queues := map[string][]events.Event{}
	for _, e := range all {
		queues[subjectOf(e)] = append(queues[subjectOf(e)], e)
	}
	for i, e := range order {
		key := subjectOf(e)
		order[i], queues[key] = queues[key][0], queues[key][1:]
	}
	return order
}

// subjectOf is what a fact is about: of several about the same the last one counts.
func subjectOf(e events.Event) string {
	about := ""
	switch f := e.Fact.(type) {
	case *events.RoleRecognized:
		about = string(f.Supporter) + string(f.Role)
	case *events.RoleAtRisk:
		about = string(f.Supporter) + string(f.Role)
	case *events.RoleLapsed:
		about = string(f.Supporter) + string(f.Role)
	case *events.RoleDeclared:
		about = string(f.Supporter) + string(f.Role)
	case *events.RoleDeclarationWithdrawn:
		about = string(f.Supporter) + string(f.Role)
	}
	return string(e.Context) + e.Subject + about
}
