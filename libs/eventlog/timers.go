package eventlog

import (
	"context"
	"encoding/json"
	"slices"
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

// timersInFlight is how many timers may be on their way to the server at once.
const timersInFlight = 1000

// SetTimers replaces the timers of documents. It returns once the server has them all, and fails with
// kind Unavailable where it may not have one.
func (l *Log) SetTimers(ctx context.Context, timers []Timer) error {
	for some := range slices.Chunk(timers, timersInFlight) {
		if err := l.setTimers(ctx, some); err != nil {
			return unavailable("set timers", err)
		}
	}
	return nil
}

func (l *Log) setTimers(ctx context.Context, timers []Timer) error {
	sent := make([]jetstream.PubAckFuture, 0, len(timers))
	for _, t := range timers {
		m, err := t.message()
		if err != nil {
			return err
		}
		future, err := l.js.PublishMsgAsync(m)
		if err != nil {
			return err
		}
		sent = append(sent, future)
	}
	for _, future := range sent {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// message is what the server keeps until the timer fires. Its time stands there in full: the client's
// own option drops what is below a second, and the timer would fire before its time.
func (t Timer) message() (*nats.Msg, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	m := nats.NewMsg(timerSet + t.Service + "." + t.About)
	m.Data = body
	m.Header.Set(jetstream.ScheduleHeader, "@at "+t.At.UTC().Format(time.RFC3339Nano))
	m.Header.Set(jetstream.ScheduleTargetHeader, timerDue+t.Service+"."+t.About)
	return m, nil
}

// WatchTimers appends a Due fact for each of a service's timers whose time has come, until ctx is
// done. Several replicas may watch: a second Due of the same timer is a duplicate. It fails with kind
// Unavailable.
func (l *Log) WatchTimers(ctx context.Context, service string) error {
	c, err := durable(ctx, l.timers, jetstream.ConsumerConfig{
		Durable: "timers-" + service, FilterSubject: timerDue + service + ".>",
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 5000})
	if err != nil {
		return unavailable("watch timers", err)
	}
	for ctx.Err() == nil {
		if err := l.appendDue(ctx, c); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// Due appends the Due fact of a timer at once, for what no document stands for. It fails as Append does.
func (l *Log) Due(ctx context.Context, t Timer) error {
	_, err := l.Append(ctx, DueFact(t))
	return err
}

// appendDue waits a second for timers that fire.
func (l *Log) appendDue(ctx context.Context, c jetstream.Consumer) error {
	wait, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	fetched, err := c.Fetch(500, jetstream.FetchContext(wait))
	if err != nil {
		return unavailable("watch timers", err)
	}
	var due []events.Event
	var msgs []jetstream.Msg
	for m := range fetched.Messages() {
		if e, err := dueOf(m.Data()); err == nil {
			due = append(due, e)
		} else {
			l.cfg.Log.Error("a timer is dropped: no Due can be made of it", "subject", m.Subject(), "error", err)
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
	if err := fetched.Error(); err != nil && !transient(err) {
		return unavailable("watch timers", err)
	}
	return nil
}

// dueOf is the Due fact of a timer that has fired. It fails where the log would not take it.
func dueOf(body []byte) (events.Event, error) {
	var t Timer
	if err := json.Unmarshal(body, &t); err != nil {
		return events.Event{}, err
	}
	e := DueFact(t)
	_, err := events.Encode(e)
	return e, err
}

// DueFact is the Due fact of a timer that has fired.
func DueFact(t Timer) events.Event {
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
