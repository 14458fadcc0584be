package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/audit/postings"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/replay"
	"kith.internal/services/internal/ruleset"
	classifier "kith.internal/services/role-classifier"
)

// chainOf is the chain of the product; the product itself is put together elsewhere.
func chainOf(t *testing.T) replay.Chain {
	t.Helper()
	ties, err := classifier.Derivation()
	if err != nil {
		t.Fatal(err)
	}
	networks, err := gaps.Derivation(nil)
	if err != nil {
		t.Fatal(err)
	}
	return replay.Chain{Ties: ties, Networks: networks, Hold: gaps.Hold, Release: gaps.Release, Leave: gaps.Weekly}
}

// What a person sees rests on the facts that name them, and on where those stand whom these name: a fold of
// these shows what a fold of everything does, whatever happened to whom.
func TestAFoldOfWhatSomebodysNetworkRestsOnShowsAllOfIt(t *testing.T) {
	chain := chainOf(t)
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrganization(t)
		cut := replay.Cut{At: day.AddDate(0, 0, rapid.IntRange(0, 500).Draw(t, "at")), Known: uint64(rapid.IntRange(1, len(o.log)).Draw(t, "known"))}
		whole := fold(t, chain, cut, o.log)
		for _, p := range o.people {
			of := fold(t, chain, cut, o.restsOn(p))
			if diff := cmp.Diff(seen(t, whole, p, cut.At), seen(t, of, p, cut.At)); diff != "" {
				for _, e := range o.log {
					t.Log(e.Seq, e.Recorded.Sub(day).Hours()/24, e.Subject, e.Fact.FactName(), fmt.Sprintf("%+v", e.Fact))
				}
				t.Fatalf("%s as of %v, %d (-whole +closure):\n%s", p, cut.At.Sub(day), cut.Known, diff)
			}
		}
	})
}

func fold(t *rapid.T, chain replay.Chain, cut replay.Cut, facts []events.Event) *replay.State {
	s, err := chain.Fold(context.Background(), cut, each(facts))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seen is what somebody sees, without what only numbers facts: ids of derived ones, and when a gap was stated.
func seen(t *rapid.T, s *replay.State, p events.PersonID, at time.Time) any {
	a, err := gaps.Seen(s.Ties, s.Networks, p, at)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	strip(v)
	return v
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "fact")
		delete(v, "opened")
		for _, part := range v {
			strip(part)
		}
	case []any:
		for _, part := range v {
			strip(part)
		}
	}
}

// organization is some people, and what the log says of them.
type organization struct {
	people []events.PersonID
	log    []events.Event
	clock  time.Time
}

func (o *organization) restsOn(p events.PersonID) []events.Event {
	index := postings.New()
	for _, e := range o.log {
		index.Fold(e)
	}
	at := func(seqs []uint64) (facts []events.Event) {
		for _, seq := range seqs {
			facts = append(facts, o.log[seq-1])
		}
		return facts
	}
	known := index.Named(p, uint64(len(o.log)))
	about := at(known)
	s := &Service{postings: &postings.Index{Postings: index}}
	all := append(about, at(s.standingOf(about, known, uint64(len(o.log))))...)
	slices.SortFunc(all, func(a, b events.Event) int { return int(a.Seq) - int(b.Seq) })
	return slices.CompactFunc(all, func(a, b events.Event) bool { return a.Seq == b.Seq })
}

const program = "gaaaaaaaaaaaaaaaa"

func drawOrganization(t *rapid.T) *organization {
	o := &organization{clock: day}
	for i := range 7 {
		o.people = append(o.people, events.PersonID("p"+string(slices.Repeat([]byte{byte('a' + i)}, 16))))
	}
	o.say(t, events.Policy, events.Nobody, &events.RulesetActivated{Version: "1", Text: ruleset.DefaultText(), Hash: ruleset.HashOf(ruleset.DefaultText())})
	for i, p := range o.people {
		if rapid.IntRange(0, 5).Draw(t, "joins") > 0 {
			o.say(t, events.People, string(p), &events.PersonJoined{Level: 1 + i, Department: "law", Manager: o.people[(i+1)%7], EffectiveAt: day.AddDate(-1, 0, 0)})
		}
	}
	for range rapid.IntRange(5, 60).Draw(t, "facts") {
		o.clock = o.clock.Add(time.Duration(rapid.IntRange(0, 15*24).Draw(t, "later")) * time.Hour)
		o.happen(t)
	}
	return o
}

// say appends a fact: recorded now, and true now or before.
func (o *organization) say(t *rapid.T, c events.Context, subject string, f events.Fact) {
	seq := len(o.log) + 1
	o.log = append(o.log, events.Event{Seq: uint64(seq), ID: events.IncomingID(nil, "/test", fmt.Sprint(seq)), Source: "/test", Context: c, Subject: subject,
		Time: o.clock.AddDate(0, 0, -rapid.SampledFrom([]int{0, 0, 0, 1, 40, 200}).Draw(t, "ago")), Recorded: o.clock, Fact: f})
}

func (o *organization) happen(t *rapid.T) {
	i := rapid.IntRange(0, 6).Draw(t, "recipient")
	j := (i + rapid.IntRange(1, 6).Draw(t, "supporter")) % 7
	k := (j + rapid.IntRange(1, 6).Draw(t, "third")) % 7
	p, q, r := o.people[i], o.people[j], o.people[k]
	a := events.Act{Recipient: p, Supporter: q, RecordedBy: "system"}
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		o.directory(t, p, q)
	case 1:
		o.personal(t, p, q)
	case 2:
		o.common(t)
	default:
		f := rapid.SampledFrom([]events.Fact{
			&events.AdviceGiven{Act: a}, &events.MentoringSessionHeld{Act: a}, &events.PromotionAdvocated{Act: a, Stake: "reputation", Awareness: "aware"},
			&events.SponsorEndorsed{Act: a, Stake: "reputation", Awareness: "aware"}, &events.FeedbackGiven{Act: a, Valence: "mixed", Sharing: "named"},
			&events.IntroductionMade{Act: a, IntroducedTo: r}, &events.MentorshipStarted{Act: a, Kind: "standard", Cadence: "monthly"},
			&events.ActDisputed{Act: o.any(t), Supporter: q}, &events.ActRetracted{Act: o.any(t), Supporter: q},
		}).Draw(t, "act")
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			o.say(t, events.Support, string(p), f)
		}
	}
}

func (o *organization) any(t *rapid.T) events.FactID {
	return o.log[rapid.IntRange(0, len(o.log)-1).Draw(t, "fact")].ID
}

func (o *organization) directory(t *rapid.T, p, q events.PersonID) {
	level, at := rapid.IntRange(1, 9).Draw(t, "level"), o.clock.AddDate(0, 0, rapid.IntRange(-40, 40).Draw(t, "from"))
	o.say(t, events.People, string(p), rapid.SampledFrom([]events.Fact{
		&events.PersonChanged{Level: &level, EffectiveAt: at}, &events.PersonChanged{Manager: q, Department: "ops", EffectiveAt: at},
		&events.PersonWentOnLeave{EffectiveAt: at}, &events.PersonReturned{EffectiveAt: at}, &events.PersonLeft{EffectiveAt: at},
		&events.PersonMerged{Into: q}, &events.PersonErased{DestroyedAt: o.clock, FinalAt: o.clock.AddDate(0, 0, 30)},
		&events.PromotionOccurred{Kind: "vertical", FromLevel: 1, ToLevel: level, EffectiveAt: at},
	}).Draw(t, "moves"))
}

func (o *organization) personal(t *rapid.T, p, q events.PersonID) {
	o.say(t, events.Personal, string(p), rapid.SampledFrom([]events.Fact{
		&events.RoleDeclared{Supporter: q, Role: events.Mentor, DeclaredBy: "recipient"}, &events.RoleDeclared{Supporter: q, Role: events.Sponsor, DeclaredBy: "supporter"},
		&events.RoleDeclarationWithdrawn{Supporter: q, Role: events.Mentor, DeclaredBy: "recipient"}, &events.GoalSet{Goal: "up", Kind: "advance"},
		&events.CapacitySet{Role: events.Mentor, People: 1}, &events.ParticipationChanged{Purpose: "own-network", Participation: "out"},
		&events.ProgramJoined{Program: program}, &events.ProgramLeft{Program: program}, &events.PairMatched{Program: program, Supporter: q},
		&events.PairEnded{Program: program, Supporter: q}, &events.SessionRated{Supporter: q, Act: o.any(t), By: "recipient", Rating: 4},
		&events.TrustConfirmed{Supporter: q},
	}).Draw(t, "says"))
}

func (o *organization) common(t *rapid.T) {
	switch rapid.IntRange(0, 4).Draw(t, "common") {
	case 0:
		o.say(t, events.People, program, &events.ProgramOpened{Kind: "mentoring"})
	case 1:
		o.say(t, events.People, program, &events.ProgramClosed{Kind: "mentoring"})
	case 2:
		o.say(t, events.People, events.Nobody, &events.ImportStarted{Source: "hr"})
	case 3:
		o.say(t, events.People, events.Nobody, &events.ImportFinished{Source: "hr"})
	default:
		text := ruleset.DefaultText() + "\n# another\n"
		o.say(t, events.Policy, events.Nobody, &events.RulesetActivated{Version: "2", Text: text, Hash: ruleset.HashOf(text)})
	}
}

// A fold ends with whoever asked for it, however much there is to fold.
func TestAFoldEndsWithItsRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	endless := func(yield func(events.Event, error) bool) {
		for seq := uint64(1); ; seq++ {
			if seq == 1000 {
				cancel()
			}
			e := events.Event{Seq: seq, ID: events.IncomingID(nil, "/test", fmt.Sprint(seq)), Context: events.Support, Subject: string(ann), Time: day, Recorded: day,
				Fact: &events.AdviceGiven{Act: events.Act{Recipient: ann, Supporter: ben, RecordedBy: "system"}}}
			if !yield(e, nil) {
				return
			}
		}
	}
	if _, err := chainOf(t).Fold(ctx, replay.Cut{At: day, Known: 1 << 60}, endless); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
}
