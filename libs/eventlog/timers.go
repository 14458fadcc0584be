package eventlog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
)

// Timers are scheduled messages, one subject a document: setting one again replaces it. They are
// no truth: a rebuild ignores them and whoever starts to work sets them anew from its documents.
const (
	timerSet = "kith-timers.at."
	timerDue = "kith-timers.due."
)

// timersConfig: on one replica a timer need not be on disk before the next is set, so the server
// may write them in its own time.
func timersConfig(replicas int) jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name: TimersName, Description: "One scheduled message for each document that time alone will change.",
		Subjects: []string{timerSet + ">", timerDue + ">"}, Storage: jetstream.FileStorage, Replicas: replicas,
		MaxMsgsPerSubject: 1, AllowMsgSchedules: true, AllowRollup: true, AllowDirect: true,
	}
	if replicas == 1 {
		cfg.PersistMode = jetstream.AsyncPersistMode
	}
	return cfg
}

// Timer is a point in time that matters to a document of a service.
type Timer struct {
	Service string          `json:"for"`
	About   string          `json:"about"` // the document's key
	Person  events.PersonID `json:"person"`
	At      time.Time       `json:"at"`
}

// SetTimers replaces the timers of documents. It returns once the server has them all.
func (l *Log) SetTimers(ctx context.Context, timers []Timer) error {
	for _, t := range timers {
		body, err := json.Marshal(t)
		if err != nil {
			return err
		}
		m := nats.NewMsg(timerSet + t.Service + "." + t.About)
		m.Data = body
		if _, err := l.js.PublishMsgAsync(m, jetstream.WithScheduleAt(t.At.UTC()), jetstream.WithScheduleTarget(timerDue+t.Service+"."+t.About)); err != nil {
			return unavailable("set a timer", err)
		}
	}
	select {
	case <-l.js.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return unavailable("set timers", ctx.Err())
	}
}

// WatchTimers appends a Due fact for each of a service's timers whose time has come, until ctx is
// done. Several replicas may watch: a second Due of the same timer is a duplicate.
func (l *Log) WatchTimers(ctx context.Context, service string) error {
	c, err := l.timers.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "timers-" + service, FilterSubject: timerDue + service + ".>", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 5000})
	if err != nil {
		return unavailable("watch timers", err)
	}
	for ctx.Err() == nil {
		fetched, err := c.Fetch(500, jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return unavailable("watch timers", err)
		}
		if err := l.appendDue(ctx, fetched); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

func (l *Log) appendDue(ctx context.Context, fetched jetstream.MessageBatch) error {
	var due []events.Event
	var msgs []jetstream.Msg
	for m := range fetched.Messages() {
		var t Timer
		if json.Unmarshal(m.Data(), &t) == nil {
			due = append(due, dueFact(t))
		}
		msgs = append(msgs, m)
	}
	if len(due) > 0 {
		if _, err := l.Append(ctx, due...); err != nil {
			return err
		}
	}
	for _, m := range msgs {
		if err := m.Ack(); err != nil {
			return unavailable("watch timers", err)
		}
	}
	return nil
}

func dueFact(t Timer) events.Event {
	return events.Event{
		ID: events.DueID(t.Service, t.About, t.At), Source: "/services/" + t.Service, Context: events.Clock,
		Subject: subjectOf(t.Person), Time: t.At, Actor: "service:" + t.Service,
		Fact: &events.Due{For: events.DueFor(t.Service), About: t.About, At: t.At},
	}
}

func subjectOf(p events.PersonID) string {
	if p == "" {
		return events.Nobody
	}
	return string(p)
}
