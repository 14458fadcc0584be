package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/batch"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natsembed"
)

// engine is a NATS server as Kith embeds it, with an empty log.
type engine struct {
	nc  *nats.Conn
	js  jetstream.JetStream
	log *eventlog.Log
	n   int // messages made so far
}

// engine calls f with one that nothing else uses.
func (r *run) engine(ctx context.Context, name string, f func(*engine) error) (err error) {
	server, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(r.dir, name)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	nc, err := server.Connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(1000))
	if err != nil {
		return err
	}
	log, err := eventlog.Open(ctx, nc, eventlog.Config{Service: "bench"})
	if err != nil {
		return err
	}
	defer log.Close()
	return f(&engine{nc: nc, js: js, log: log})
}

// messages are ready-made facts as the log holds them, each of its own.
func (e *engine) messages(n int) []*nats.Msg {
	msgs := make([]*nats.Msg, n)
	for i := range msgs {
		m, err := events.Encode(advice(e.n))
		if err != nil {
			panic(err) // a bug in this package
		}
		msgs[i] = &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Body}
		e.n++
	}
	return msgs
}

// advice is the n-th of many acts, on ten thousand subjects.
func advice(n int) events.Event {
	person := func(n int) events.PersonID { return events.PersonID("p" + letters(n%10_000)) }
	return events.Event{
		ID: events.IncomingID([]byte("bench"), source, fmt.Sprint(n)), Source: source, Context: events.Support, Subject: string(person(n)),
		Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Actor: "integration:bench",
		Fact: &events.AdviceGiven{Act: events.Act{Recipient: person(n), Supporter: person(n + 1), RecordedBy: "system", Topics: []events.Topic{"skills"}}},
	}
}

// letters spells n as pseudonyms are spelled.
func letters(n int) string {
	text := []byte("aaaaaaaaaaaaaaaa")
	for i := len(text) - 1; n > 0; i-- {
		text[i] += byte(n % 26)
		n /= 26
	}
	return string(text)
}

// raw measures JetStream by itself, on the log's own stream.
func raw(ctx context.Context, r *run) error {
	for round := range r.amounts.rounds {
		r.say("raw JetStream, round %d", round+1)
		if err := r.engine(ctx, fmt.Sprint("raw-", round), func(e *engine) error { return r.rawRound(ctx, e) }); err != nil {
			return err
		}
	}
	return nil
}

// rawNow measures one thing by itself.
func (r *run) rawNow(ctx context.Context, name string, measure func(context.Context, *engine) (float64, error)) (rate float64, err error) {
	err = r.engine(ctx, name, func(e *engine) error {
		rate, err = measure(ctx, e)
		return err
	})
	return rate, errors.Join(err, os.RemoveAll(filepath.Join(r.dir, name)))
}

func (r *run) rawRound(ctx context.Context, e *engine) error {
	for _, measure := range []func(context.Context, *engine) (float64, error){r.rawOneByOne, r.rawAsync, r.rawBatches, r.rawConsume} {
		if _, err := measure(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) rawOneByOne(ctx context.Context, e *engine) (rate float64, err error) {
	ready, n, started := e.messages(batch.Limit), 0, time.Now()
	for ; time.Since(started) < r.amounts.spell; n++ {
		if len(ready) == 0 {
			ready = e.messages(batch.Limit)
		}
		if _, err := batch.Publish(ctx, e.nc, ready[:1]); err != nil {
			return 0, err
		}
		ready = ready[1:]
	}
	return r.rate("raw/one-by-one", n, time.Since(started)), nil
}

func (r *run) rawBatches(ctx context.Context, e *engine) (rate float64, err error) {
	ready := e.messages(max(r.amounts.acts/batch.Limit, 1) * batch.Limit)
	started := time.Now()
	for some := ready; len(some) > 0; some = some[batch.Limit:] {
		if _, err := batch.Publish(ctx, e.nc, some[:batch.Limit]); err != nil {
			return 0, err
		}
	}
	return r.rate("raw/batches", len(ready), time.Since(started)), nil
}

func (r *run) rawAsync(ctx context.Context, e *engine) (rate float64, err error) {
	ready := e.messages(r.amounts.acts)
	started := time.Now()
	for _, m := range ready {
		if _, err := e.js.PublishMsgAsync(m, jetstream.WithStallWait(time.Minute)); err != nil {
			return 0, err
		}
	}
	select {
	case <-e.js.PublishAsyncComplete():
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return r.rate("raw/async", len(ready), time.Since(started)), nil
}

func (r *run) rawConsume(ctx context.Context, e *engine) (rate float64, err error) {
	last, err := e.log.Last(ctx)
	if err != nil {
		return 0, err
	}
	started := time.Now()
	c, err := e.js.OrderedConsumer(ctx, eventlog.StreamName, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return 0, err
	}
	msgs, err := c.Messages()
	if err != nil {
		return 0, err
	}
	defer msgs.Stop()
	for range last {
		if _, err := msgs.Next(jetstream.NextContext(ctx)); err != nil {
			return 0, err
		}
	}
	return r.rate("raw/consume", int(last), time.Since(started)), nil
}

// appends measures what many callers get of the log, each of whom waits for one yes after the other.
func appends(ctx context.Context, r *run) error {
	for round := range r.amounts.rounds {
		for _, callers := range []int{1, 16, 64, 256, 1024} {
			r.say("append, %d callers, round %d", callers, round+1)
			err := r.engine(ctx, fmt.Sprintf("append-%d-%d", round, callers), func(e *engine) error {
				base, err := r.rawOneByOne(ctx, e)
				if err != nil {
					return err
				}
				return r.append(ctx, e, callers, base)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) append(ctx context.Context, e *engine, callers int, base float64) error {
	var next, done atomic.Int64
	var failed atomic.Value
	var all sync.WaitGroup
	facts := make([]events.Event, int(100*r.amounts.spell.Milliseconds())) // more than any log takes in that time
	for i := range facts {
		facts[i] = advice(e.n + i)
	}
	started := time.Now()
	for range callers {
		all.Go(func() {
			for time.Since(started) < r.amounts.spell && failed.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(facts) {
					return
				}
				if _, err := e.log.Append(ctx, facts[i]); err != nil {
					failed.Store(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	r.beside(base, fmt.Sprintf("append/%d", callers), float64(done.Load())/time.Since(started).Seconds())
	err, _ := failed.Load().(error)
	return err
}
