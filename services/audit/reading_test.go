package audit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

var (
	someone   = []events.PersonID{"paaaaaaaaaaaaaaaa", "pbbbbbbbbbbbbbbbb", "pcccccccccccccccc", "pdddddddddddddddd"}
	ann, ben  = someone[0], someone[1]
	cyd, dora = someone[2], someone[3]
	day       = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// said makes the events of a log, with ids of their own.
func said(facts ...events.Event) []events.Event {
	for i := range facts {
		e := &facts[i]
		e.Seq = uint64(i + 1)
		e.ID = events.DerivedID("test", events.FactID(fmt.Sprint(i)), e.Context, 0)
		e.Source, e.Time = "/test", time.Unix(int64(i), 0).UTC()
	}
	return facts
}

func about(who events.PersonID, c events.Context, f events.Fact) events.Event {
	return events.Event{Context: c, Subject: string(who), Fact: f}
}

func advice(c events.Context, recipient, supporter events.PersonID) events.Event {
	return about(recipient, c, &events.AdviceGiven{Act: events.Act{Recipient: recipient, Supporter: supporter, RecordedBy: "system"}})
}

func history() []events.Event {
	return said(
		about(ann, events.People, &events.PersonJoined{Level: 3, Department: "sales", EffectiveAt: day}),
		about(ben, events.People, &events.PersonJoined{Level: 5, Department: "sales", EffectiveAt: day}),
		about(cyd, events.People, &events.PersonJoined{Level: 5, Department: "sales", EffectiveAt: day}),
		about("", events.Policy, &events.PolicyChanged{Floor: 5, LegalMode: "full"}),
		advice(events.Support, ann, ben),
		advice(events.Support, cyd, ben),
		about(ann, events.Sealed, &events.SponsorEndorsed{Act: events.Act{Recipient: ann, Supporter: cyd, RecordedBy: "system"}, Forum: "calibration", Stake: "none", Awareness: "unaware"}),
		about(ben, events.People, &events.PersonChanged{Level: new(6), EffectiveAt: day}),
		about(ben, events.Personal, &events.GoalSet{Goal: "up", Kind: "advance"}),
		advice(events.Support, ben, ann),
		about(cyd, events.People, &events.PersonChanged{Manager: dora, EffectiveAt: day}),
		about(ben, events.People, &events.PersonLeft{EffectiveAt: day}),
	)
}

// What a person's network rests on is what names them, where those stand whom this names, and what is about
// everybody: no goal of somebody else's, no tie between others, and nothing that is sealed.
func TestWhatANetworkRestsOn(t *testing.T) {
	s, _ := started(t, natstest.Fast(t))
	for i, e := range history() {
		if e.Subject == "" {
			e.Subject = events.Nobody
		}
		if acks, err := s.log.Append(t.Context(), e); err != nil || acks[0].Seq != uint64(i+1) {
			t.Fatal(acks, err)
		}
	}
	for _, c := range []struct {
		who   events.PersonID
		known uint64
		want  []uint64
	}{
		{ann, 12, []uint64{1, 2, 4, 5, 8, 10, 12}},
		{ann, 7, []uint64{1, 2, 4, 5}},
		{dora, 12, []uint64{3, 4, 11}},
		{"peeeeeeeeeeeeeeee", 12, []uint64{4}},
	} {
		got, err := s.restsOn(t.Context(), c.who, c.known)
		if err != nil {
			t.Fatal(err)
		}
		var seqs []uint64
		for _, e := range got {
			seqs = append(seqs, e.Seq)
		}
		if !slices.Equal(seqs, c.want) {
			t.Errorf("%s up to %d: %v, want %v", c.who, c.known, seqs, c.want)
		}
	}
	if got := s.postings.Everything(cyd); !slices.Equal(got, []uint64{3, 6, 11, 7}) {
		t.Errorf("cyd is named at %v", got)
	}
	if got := s.postings.Of(history()[6].ID); !slices.Equal(got, []uint64{7}) {
		t.Errorf("the seventh fact stands at %v", got)
	}
	if got := s.postings.Of("zzzzzzzzzzzzzzzzzzzzzzzzzz"); got != nil {
		t.Errorf("no fact stands at %v", got)
	}
}

// opened is a service that does not run.
func opened(t *testing.T, nc *nats.Conn, all ...derive.Derivation) *Service {
	t.Helper()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	env := &app.Env{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), NATS: nc, EventLog: l, Replicas: 1, MasterKey: bytes.Repeat([]byte{7}, 32)}
	s, err := New(t.Context(), env, all, View{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// started is one that runs until it is stopped.
func started(t *testing.T, nc *nats.Conn, all ...derive.Derivation) (*Service, func()) {
	t.Helper()
	s := opened(t, nc, all...)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop := func() { cancel(); <-ended }
	t.Cleanup(stop)
	return s, stop
}
