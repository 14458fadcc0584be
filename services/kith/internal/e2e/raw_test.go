package e2e

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// raw reads messages of the log as they are stored, from a sequence on: also those that are no
// facts, such as the claims of fences.
func (u *product) raw(t testing.TB, from uint64, filters ...string) []*jetstream.RawStreamMsg {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := u.log(t).JetStream().OrderedConsumer(ctx, eventlog.StreamName, jetstream.OrderedConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1)})
	if err != nil {
		t.Fatal(err)
	}
	pending := c.CachedInfo().NumPending
	msgs, err := c.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer msgs.Stop()
	var all []*jetstream.RawStreamMsg
	for range pending {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		meta, err := m.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &jetstream.RawStreamMsg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data(), Sequence: meta.Sequence.Stream, Time: meta.Timestamp})
	}
	return all
}

// last is the sequence of the log's last message.
func (u *product) last(t testing.TB) uint64 {
	t.Helper()
	last, err := u.log(t).Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// broughtAboutByTime checks that the log has grown by fence claims only, and by Due facts with
// what follows from them, and returns the people whom the latter are about.
func (u *product) broughtAboutByTime(t testing.TB, after uint64) map[events.PersonID]bool {
	t.Helper()
	people, ofTime := map[events.PersonID]bool{}, map[events.FactID]bool{}
	for _, m := range u.raw(t, after+1, "kith.>") {
		if strings.HasPrefix(m.Subject, "kith.fence.") || strings.HasPrefix(m.Subject, "kith.audit.") {
			continue // of the log itself
		}
		e, err := events.Decode(events.Message{Subject: m.Subject, Header: m.Header, Body: m.Data})
		if err != nil {
			t.Fatalf("%s: %v", m.Subject, err)
		}
		if _, due := e.Fact.(*events.Due); !due && !ofTime[e.CausationID] {
			t.Errorf("the log has grown by %s at %d: %s", m.Subject, m.Sequence, m.Data)
		}
		ofTime[e.ID], people[e.Person()] = true, true
	}
	return people
}

// quiet waits until every service has handled what it reads, and time will bring nothing about in
// the next moments: imports have settled, and gaps that opened together have been weighed.
func (u *product) quiet(t *testing.T) {
	t.Helper()
	l := u.log(t)
	eventually(t, 2*time.Minute, "quiet", func() bool {
		soon := time.Now().Add(3 * time.Second)
		for _, s := range derivingServices(t) {
			u.awaitHandled(t, l, s)
			for _, r := range u.documents(t, s.bucket) {
				if !r.Wake.IsZero() && r.Wake.Before(soon) {
					return false
				}
			}
		}
		return true
	})
}

func (u *product) awaitHandled(t *testing.T, l *eventlog.Log, s deriving) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r, err := projection.OpenReader(ctx, l.JetStream(), s.bucket, max(u.replicas, 1))
	if err != nil {
		t.Fatal(err)
	}
	last := lastOf(t, l, s.inputs)
	if _, err := r.Wait(ctx, last); err != nil {
		t.Fatalf("%s has not handled %d: %v", s.name, last, err)
	}
}

// lastOf is where in the log the last fact stands that matches one of the filters.
func lastOf(t *testing.T, l *eventlog.Log, filters []string) (last uint64) {
	t.Helper()
	for _, filter := range filters {
		natstest.Again(t, func() error {
			stream, err := l.JetStream().Stream(t.Context(), eventlog.StreamName)
			if err != nil {
				return fault.Wrap(fault.Unavailable, "log", "the log cannot be looked at", err)
			}
			m, err := stream.GetLastMsgForSubject(t.Context(), filter)
			if err == nil {
				last = max(last, m.Sequence)
			} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
				return fault.Wrap(fault.Unavailable, "log", "the log cannot be looked at", err)
			}
			return nil
		})
	}
	return last
}

// derivedDocuments is every document of every deriving service in its stored form, by bucket and key.
func (u *product) derivedDocuments(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, s := range derivingServices(t) {
		for key, r := range u.documents(t, s.bucket) {
			all[s.bucket+" "+key] = asText(r)
		}
	}
	return all
}

// sameDocuments compares documents, leaving out those of people for whom time has brought
// something about.
func sameDocuments(t *testing.T, before, after map[string]string, but map[events.PersonID]bool) {
	t.Helper()
	of := func(key string) bool {
		return slices.ContainsFunc(strings.FieldsFunc(key, func(r rune) bool { return r == '.' || r == ' ' }),
			func(part string) bool { return but[events.PersonID(part)] })
	}
	if len(before) == 0 || len(before) != len(after) {
		t.Errorf("%d documents, and then %d", len(before), len(after))
	}
	compared := 0
	for key, was := range before {
		if of(key) {
			continue
		}
		compared++
		if after[key] != was {
			t.Errorf("%s was\n%s\nand is\n%s", key, was, after[key])
		}
	}
	if t.Logf("%d of %d documents are compared", compared, len(before)); compared < len(before)*9/10 {
		t.Error("time has brought about too much to compare")
	}
}
