package classifier

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
	"kith.internal/services/internal/ruleset"
)

// genAct is a random act of support to ada or peer.
func genAct(t *rapid.T, supporter events.PersonID) events.Event {
	facts := []func() events.Fact{
		func() events.Fact { return &events.MentorshipStarted{Kind: "standard"} },
		func() events.Fact { return &events.MentorshipEnded{Kind: "standard"} },
		session, endorsed, advocated,
		func() events.Fact { return &events.AdviceGiven{} },
		func() events.Fact { return &events.StrategyShared{} },
		func() events.Fact { return introduced(rapid.IntRange(0, 8).Draw(t, "level")) },
		func() events.Fact { return &events.KudosGiven{Audience: "public"} },
		func() events.Fact { return feedback("constructive") },
		func() events.Fact { return feedback("mixed") },
		func() events.Fact { return &events.CreditGiven{Audience: "public"} },
		func() events.Fact { return &events.OpportunityGiven{Kind: "stretch"} },
		func() events.Fact { return report("advice") },
	}
	e := act(supporter, rapid.SampledFrom(facts).Draw(t, "act")())
	common := events.ActOf(e.Fact)
	common.RecordedBy = rapid.SampledFrom([]events.RecordedBy{"system", "system", "recipient", "supporter"}).Draw(t, "by")
	if rapid.Bool().Draw(t, "topic") {
		common.Topics = []events.Topic{"skills"}
	}
	return e
}

// genWord is a random fact about an act that is there, or about a role.
func genWord(t *rapid.T, supporter events.PersonID, acts []events.FactID) events.Event {
	a := rapid.SampledFrom(append(slices.Clone(acts), named("never"))).Draw(t, "about")
	role := rapid.SampledFrom(events.Roles()).Draw(t, "role")
	on := func(f events.Fact) events.Event {
		return events.Event{Context: events.Support, Subject: string(ada), Fact: f}
	}
	switch rapid.IntRange(0, 14).Draw(t, "word") {
	case 0:
		return on(&events.ActConfirmed{Act: a, Supporter: supporter, By: "recipient"})
	case 1:
		e := on(&events.ActDisputed{Act: a, Supporter: supporter})
		e.Actor = string(rapid.SampledFrom([]events.PersonID{ada, supporter, ""}).Draw(t, "disputed by"))
		return e
	case 2:
		return on(&events.ActRetracted{Act: a, Supporter: supporter})
	case 3:
		return personal(&events.FeedbackRatedHelpful{Act: a, Supporter: supporter})
	case 4:
		return personal(&events.TrustConfirmed{Supporter: supporter})
	case 5:
		return personal(&events.RoleDeclared{Supporter: supporter, Role: role, DeclaredBy: "recipient"})
	case 6:
		return personal(&events.RoleOverridden{Supporter: supporter, Role: role, Until: days(float64(rapid.IntRange(0, 900).Draw(t, "until")))})
	case 7:
		return people(supporter, &events.PersonChanged{Level: new(rapid.IntRange(1, 9).Draw(t, "level")), EffectiveAt: days(float64(rapid.IntRange(-50, 900).Draw(t, "from")))})
	case 8:
		text := ruleset.DefaultText()
		if rapid.Bool().Draw(t, "lower") {
			text = strings.NewReplacer("enter: 1.7", "enter: 1.2", "halfLife: 110d", "halfLife: 80d").Replace(text)
		}
		return events.Event{Context: events.Policy, Subject: events.Nobody, Fact: &events.RulesetActivated{Version: "v", Text: text}}
	}
	return genMove(t, supporter)
}

// genMove is a random fact about what two people are to each other, or about one of them.
func genMove(t *rapid.T, supporter events.PersonID) events.Event {
	one := rapid.SampledFrom([]events.PersonID{ada, supporter}).Draw(t, "who")
	role := rapid.SampledFrom(events.Roles()).Draw(t, "role")
	day := days(float64(rapid.IntRange(-50, 900).Draw(t, "day")))
	switch rapid.IntRange(0, 10).Draw(t, "move") {
	case 0, 1, 2:
		return people(one, &events.PersonWentOnLeave{EffectiveAt: day})
	case 3, 4:
		return people(one, &events.PersonReturned{EffectiveAt: day})
	case 5:
		return personal(&events.RoleContested{Supporter: supporter, Role: role, By: "recipient", Until: day})
	case 6:
		return personal(&events.PairMatched{Supporter: supporter, Program: "gaaaaaaaaaaaaaaaa"})
	case 7:
		return personal(&events.SponsorshipAccepted{Supporter: supporter})
	case 8:
		kind := rapid.SampledFrom([]events.ProgramKind{"mentoring", "sponsorship"}).Draw(t, "program")
		return events.Event{Context: events.People, Subject: "gaaaaaaaaaaaaaaaa", Fact: &events.ProgramOpened{Kind: kind}}
	case 9:
		if rapid.Bool().Draw(t, "closed") {
			return events.Event{Context: events.People, Subject: "gaaaaaaaaaaaaaaaa", Fact: &events.ProgramClosed{Kind: "mentoring"}}
		}
		return personal(&events.ProgramLeft{Program: "gaaaaaaaaaaaaaaaa"})
	}
	return people(supporter, &events.PersonLeft{EffectiveAt: day.AddDate(1, 0, 0)})
}

// genLog is a random log over two years: acts, some recorded late, some sealed and perhaps
// disclosed later, and what is said about them; in the order in which they are recorded.
func genLog(t *rapid.T, withSealed bool) []events.Event {
	var log []events.Event
	acts := map[events.PersonID][]events.FactID{}
	var hidden []events.Event
	day := 0.0
	for i := range rapid.IntRange(1, 40).Draw(t, "length") {
		day += float64(rapid.IntRange(0, 400).Draw(t, "hours")) / 24 * float64(rapid.IntRange(0, 3).Draw(t, "pace"))
		supporter := rapid.SampledFrom([]events.PersonID{boss, peer}).Draw(t, "supporter")
		var e events.Event
		switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
		case kind == 0 && len(hidden) > 0:
			e, hidden = hidden[0], hidden[1:]
		case kind <= 2:
			e = genWord(t, supporter, acts[supporter])
			if withSealed && e.Context == events.Support && rapid.Bool().Draw(t, "sealed") {
				e = sealed(e)
			}
		default:
			e = genAct(t, supporter)
		}
		disclosed := e.Context == events.Support && !e.Time.IsZero()
		at := e.Time
		e.ID = events.DerivedID("log", events.FactID(fmt.Sprint(i)), events.Support, 0)
		e.Time, e.Recorded = days(day), days(day)
		if disclosed {
			e.Time = at
		} else if events.ActOf(e.Fact) != nil {
			e.Time = days(day - float64(rapid.SampledFrom([]int{0, 0, 0, 5, 40, 120}).Draw(t, "late")))
			acts[supporter] = append(acts[supporter], e.ID)
			if withSealed && rapid.IntRange(0, 4).Draw(t, "sealed") == 0 {
				e = sealed(e)
				hidden = append(hidden, disclosure(e))
			}
		}
		log = append(log, e)
	}
	return log
}

// disclosure is what makes a sealed act known: a new fact of the same content and time.
func disclosure(e events.Event) events.Event {
	body, _ := json.Marshal(e.Fact)
	f, err := events.DecodeFact(e.Fact.FactName(), body)
	if err != nil {
		panic(err)
	}
	events.ActOf(f).Discloses = e.ID
	return events.Event{Context: events.Support, Subject: e.Subject, Time: e.Time, Fact: f}
}

// run folds a log with a clock, and lets time pass at its end.
func run(t testing.TB, log []events.Event) *world {
	w := newWorld(t).people()
	for _, e := range log {
		w.give(e.Recorded, e)
	}
	return w
}

// lines is what facts say of each tie, without sequences, ids and causes.
func lines(facts []events.Event, context events.Context) map[string][]string {
	all := map[string][]string{}
	for _, e := range facts {
		if e.Context == context {
			supporter, _, _ := saidBy(e.Fact)
			tie := e.Subject + " " + string(supporter)
			body, _ := json.Marshal(e.Fact)
			all[tie] = append(all[tie], e.Time.String()+" "+e.Fact.FactName()+" "+string(body))
		}
	}
	return all
}

// whole is an evaluation of a tie as a value: every act wherever it stands, what they come to,
// how the roles stand.
type whole struct {
	Acts     []readmodel.Act
	Fold     recognition.Fold
	Roles    []readmodel.TieRole
	Believed [5]belief
	Words    *[5]recognition.Words
	Next     readmodel.Unix
}

func wholes(t testing.TB, d *projection.Docs) map[string]whole {
	all := map[string]whole{}
	for _, prefix := range []string{"open.", "all."} {
		keys, err := d.Keys(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			all[key] = wholeOf(t, d, key)
		}
	}
	return all
}

func wholeOf(t testing.TB, d *projection.Docs, key string) whole {
	p, sealed, _ := pairOf(key)
	h, err := load(&step{d: d}, p, sealed)
	if err != nil {
		t.Fatal(err)
	}
	v := whole{Fold: h.t.Fold, Roles: h.t.Roles, Believed: h.t.Believed, Words: h.t.Words, Next: h.t.NextChangeAt}
	for i := range len(h.t.Older) + 1 {
		acts, _, err := h.part(i)
		if err != nil {
			t.Fatal(err)
		}
		v.Acts = append(v.Acts, *acts...)
	}
	if len(v.Roles) == 0 {
		v.Roles = nil
	}
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var c whole
	if err := json.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func same[T any](t *rapid.T, what string, a, b T) {
	if diff := gocmp.Diff(a, b); diff != "" {
		t.Fatalf("%s differ:\n%s", what, diff)
	}
}

func TestFoldingAPrefixAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := run(t, genLog(rt, true))
		before := w.documents("")
		n := rapid.IntRange(0, len(w.log)).Draw(rt, "prefix")
		if out := w.replay(w.log[:n]...); len(out) > 0 {
			rt.Fatalf("folding %d inputs again states %v", n, lines(out, events.Role))
		}
		for _, e := range w.facts {
			if err := w.rules.Stated(w.docs, e); err != nil {
				rt.Fatal(err)
			}
		}
		w.commit()
		same(rt, "documents", before, w.documents(""))
	})
}

// TestAnyOrderOfActs folds acts in any order: each keeps its own recorded time in one half of the
// runs, and all have the same in the other.
func TestAnyOrderOfActs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		together := rapid.Bool().Draw(rt, "together")
		var acts []events.Event
		for i := range rapid.IntRange(2, 30).Draw(rt, "acts") {
			e := genAct(rt, rapid.SampledFrom([]events.PersonID{boss, peer}).Draw(rt, "supporter"))
			e.ID = events.DerivedID("acts", events.FactID(fmt.Sprint(i)), events.Support, 0)
			e.Time = days(float64(rapid.IntRange(0, 700).Draw(rt, "day")))
			if e.Recorded = days(701); !together {
				e.Recorded = e.Time.AddDate(0, 0, rapid.IntRange(0, 100).Draw(rt, "late"))
			}
			acts = append(acts, e)
			if rapid.IntRange(0, 3).Draw(rt, "word") == 0 {
				acts = append(acts, said(rt, e, i))
			}
		}
		leaves := genLeaves(rt)
		fold := func(order []events.Event) *world {
			w := newWorld(t).people()
			for _, e := range slices.Concat(leaves, order) {
				w.fold(e)
			}
			return w
		}
		a, b := fold(acts), fold(rapid.Permutation(acts).Draw(rt, "order"))
		x, y := wholes(t, a.docs), wholes(t, b.docs)
		forget(x)
		forget(y)
		same(rt, "ties", x, y)
	})
}

// genLeaves is what the directory says of some leaves, before anything else.
func genLeaves(t *rapid.T) (all []events.Event) {
	for range rapid.IntRange(0, 4).Draw(t, "leaves") {
		e := genMove(t, boss)
		if e.Context == events.People {
			e.Time, e.Recorded = start, start
			all = append(all, e)
		}
	}
	return all
}

// said is something about an act, which may come before it.
func said(t *rapid.T, e events.Event, i int) events.Event {
	supporter := events.ActOf(e.Fact).Supporter
	w := rapid.SampledFrom([]events.Event{
		{Context: events.Support, Fact: &events.ActConfirmed{Act: e.ID, Supporter: supporter, By: "recipient"}},
		{Context: events.Support, Fact: &events.ActRetracted{Act: e.ID, Supporter: supporter}},
		{Context: events.Support, Fact: &events.ActDisputed{Act: e.ID, Supporter: supporter}, Actor: string(ada)},
		{Context: events.Support, Fact: &events.StakeResolved{Act: e.ID, Supporter: supporter, Outcome: "paid-off"}},
		{Context: events.Personal, Fact: &events.FeedbackRatedHelpful{Act: e.ID, Supporter: supporter}},
		{Context: events.Personal, Fact: &events.TrustConfirmed{Supporter: supporter}},
		{Context: events.Personal, Fact: &events.RoleDeclared{Supporter: supporter, Role: "mentor", DeclaredBy: "recipient"}},
		{Context: events.Personal, Fact: &events.RoleDeclarationWithdrawn{Supporter: supporter, Role: "mentor", DeclaredBy: "recipient"}},
	}).Draw(t, "said")
	w.ID, w.Subject = events.DerivedID("said", events.FactID(fmt.Sprint(i)), events.Support, 0), string(ada)
	w.Time, w.Recorded = e.Time.AddDate(0, 0, rapid.IntRange(0, 2).Draw(t, "said later")), e.Recorded
	return w
}

// forget leaves out roles that came and went on the way: in one order somebody heard of them, in
// another nobody did, and both end with a role that nobody has.
func forget(all map[string]whole) {
	for key, v := range all {
		for i := range v.Believed {
			if v.Believed[i].Status == readmodel.RoleLapsed {
				v.Believed[i] = belief{}
			}
		}
		v.Roles = slices.DeleteFunc(slices.Clone(v.Roles), func(r readmodel.TieRole) bool {
			return r.Status == readmodel.RoleNone && r.Acts == 0 && !r.Withheld
		})
		for i := range v.Roles {
			if v.Roles[i].Stated == readmodel.RoleLapsed {
				v.Roles[i].Stated = ""
			}
		}
		if len(v.Roles) == 0 {
			v.Roles = nil
		}
		all[key] = v
	}
}

func TestAnySplitIntoBatches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		whole := run(t, genLog(rt, true))
		split := newWorld(t)
		for _, e := range whole.log {
			split.facts = append(split.facts, split.replay(e)...)
			if rapid.Bool().Draw(rt, "commit") {
				split.commit()
				split.reload()
			}
		}
		split.commit()
		same(rt, "facts", whole.facts, split.facts)
		same(rt, "documents", whole.documents(""), split.documents(""))
	})
}

// TestAnyInterleavingOfTimers fires timers late, early, twice and for nothing.
func TestAnyInterleavingOfTimers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		log := genLog(rt, true)
		end := log[len(log)-1].Recorded.AddDate(1, 0, 0)
		a := run(t, log)
		a.until(end)
		b := newWorld(t).people()
		b.timers = map[string]projection.Timer{}
		for _, e := range log {
			for range rapid.IntRange(0, 2).Draw(rt, "timers") {
				key := rapid.SampledFrom([]string{"open.", "all."}).Draw(rt, "key") + string(ada) + "." +
					string(rapid.SampledFrom([]events.PersonID{boss, peer}).Draw(rt, "supporter"))
				at := e.Recorded.Add(-time.Duration(rapid.IntRange(0, 100).Draw(rt, "before")) * 24 * time.Hour)
				due := dueFact(key, ada, at)
				due.Recorded = e.Recorded
				b.fold(due)
			}
			b.fold(e)
		}
		b.until(end)
		same(rt, "open role facts", lines(a.facts, events.Role), lines(b.facts, events.Role))
		same(rt, "ties", wholes(t, a.docs), wholes(t, b.docs))
	})
}

// TestFoldFromTheStart compares what acts came to one by one with a fold of all of them at once.
func TestFoldFromTheStart(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := run(t, genLog(rt, true))
		before := wholes(t, w.docs)
		rs, err := w.rules.inForce(w.docs)
		if err != nil {
			rt.Fatal(err)
		}
		for key := range before {
			p, sealed, _ := pairOf(key)
			h, err := load(&step{d: w.docs, rs: rs}, p, sealed)
			if err != nil {
				rt.Fatal(err)
			}
			h.t.Fold = recognition.Fold{}
			if err := h.reweigh(); err != nil {
				rt.Fatal(err)
			}
		}
		same(rt, "ties", before, wholes(t, w.docs))
	})
}

// TestSealedChangesNothingOpen folds a log with and without what is sealed in it: open documents
// and facts are the same, byte for byte, except for sequences.
func TestSealedChangesNothingOpen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		log := genLog(rt, true)
		open := slices.DeleteFunc(slices.Clone(log), func(e events.Event) bool { return e.Context == events.Sealed })
		with, without := run(t, log), run(t, open)
		end := log[len(log)-1].Recorded.AddDate(2, 0, 0)
		with.until(end)
		without.until(end)
		same(rt, "role facts", lines(without.facts, events.Role), lines(with.facts, events.Role))
		for _, prefix := range []string{"open.", "given.", "older.open.", "ruleset"} {
			same(rt, prefix, without.documents(prefix), with.documents(prefix))
		}
		if n := len(lines(without.facts, events.RoleSealed)); n > 0 {
			rt.Fatalf("%d sealed facts without a sealed act", n)
		}
	})
}

// TestReadersBelieveTheState reads the facts as their readers do: the last one in log order is the
// state, in each of the two evaluations.
func TestReadersBelieveTheState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := run(t, genLog(rt, true))
		openly, fully := map[string]belief{}, map[string]belief{}
		for _, e := range w.facts {
			supporter, role, said := saidBy(e.Fact)
			key := fmt.Sprint(supporter, role)
			fully[key] = said
			if e.Context == events.Role {
				openly[key] = said
			}
		}
		check := func(d string, believed map[string]belief) {
			p, _, _ := pairOf(d)
			v := wholeOf(t, w.docs, d)
			for _, r := range v.Roles {
				got := believed[fmt.Sprint(p.supporter, r.Role)]
				played := r.Status == readmodel.RoleActive || r.Status == readmodel.RoleAtRisk
				if played && (got.Status != r.Status || got.Subtype != r.Subtype) || !played && got.Status != "" && got.Status != readmodel.RoleLapsed {
					rt.Fatalf("%s %s is %s, readers believe %v", d, r.Role, r.Status, got)
				}
			}
		}
		for d := range wholes(t, w.docs) {
			if strings.HasPrefix(d, "all.") {
				check(d, fully)
			} else {
				check(d, openly)
			}
		}
	})
}

// TestADocumentTellsHowItStandsLater asks a document how each role will stand and lets the time
// come: those who read it between two turns see what will be.
func TestADocumentTellsHowItStandsLater(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := run(t, genLog(rt, false))
		before := wholes(t, w.docs)
		at := w.now.AddDate(0, 0, rapid.IntRange(0, 900).Draw(rt, "later"))
		w.until(at)
		for key, v := range wholes(t, w.docs) {
			for i, r := range v.Roles {
				then := r.StatusAt(at)
				foretold := before[key].Roles[i].StatusAt(at)
				played := then == readmodel.RoleActive || then == readmodel.RoleAtRisk
				if played && foretold != then || !played && foretold == readmodel.RoleActive {
					rt.Fatalf("%s %s: foretold %s, is %s", key, r.Role, foretold, then)
				}
			}
		}
	})
}

// TestOneTieWithVeryManyActs needs documents of older acts, and cuts them in two.
func TestOneTieWithVeryManyActs(t *testing.T) {
	const n = 800
	var log []events.Event
	for i := range n {
		var f events.Fact
		switch i % 5 {
		case 0:
			f = &events.EndorsementGiven{Audience: "public"}
		case 1:
			f = &events.KudosGiven{Audience: "public"}
		case 2:
			f = feedback("constructive")
		default:
			f = session()
		}
		e := act(boss, f)
		e.ID = events.DerivedID("many", events.FactID(fmt.Sprint(i)), events.Support, 0)
		e.Time, e.Recorded = days(float64(i)/3), days(n)
		log = append(log, e)
	}
	fold := func(order []events.Event) map[string]whole {
		w := newWorld(t).people()
		for i, e := range order {
			if w.fold(e); i%100 == 0 {
				w.reload()
			}
		}
		for key, body := range w.documents("") {
			if len(body) > 300_000 {
				t.Errorf("%s has %d bytes", key, len(body))
			}
		}
		return wholes(t, w.docs)
	}
	inOrder := fold(log)
	if got := len(inOrder[readmodel.TieKey(ada, boss)].Acts); got != n {
		t.Fatalf("%d acts, want %d", got, n)
	}
	forget(inOrder)
	backwards := slices.Clone(log)
	slices.Reverse(backwards)
	shuffled := slices.Clone(log)
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for name, order := range map[string][]events.Event{"backwards": backwards, "shuffled": shuffled} {
		got := fold(order)
		forget(got)
		if diff := gocmp.Diff(inOrder, got); diff != "" {
			t.Errorf("%s differs:\n%s", name, diff)
		}
	}
}
