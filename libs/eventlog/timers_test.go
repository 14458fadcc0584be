package eventlog_test

import (
	"context"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
)

func timerAt(at time.Time) eventlog.Timer {
	return eventlog.Timer{Service: "role-classifier", About: "open.a.b", Person: "paaaaaaaaaaaaaaaa", At: at}
}

// watch appends what is due until the test ends; a watch that fails is begun again, as the engine does.
func watch(t *testing.T, l *eventlog.Log) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = l.WatchTimers(ctx, "role-classifier")
			time.Sleep(250 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// due waits for the first fact in the log.
func due(t *testing.T, l *eventlog.Log) events.Event {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if e, err := l.Get(t.Context(), 1); err == nil {
			return e
		}
	}
	t.Fatal("nothing is due")
	return events.Event{}
}

// A timer that the server has not got must not pass for set.
func TestATimerThatIsNotSetIsAnError(t *testing.T) {
	t.Run("no stream", func(t *testing.T) {
		t.Parallel()
		l := open(t, natstest.Connect(t), 1)
		if err := l.JetStream().DeleteStream(t.Context(), eventlog.TimersName); err != nil {
			t.Fatal(err)
		}
		if err := l.SetTimers(t.Context(), []eventlog.Timer{timerAt(time.Now())}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("set without a stream: %v", err)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		nc, muffle := natstest.Muffled(t)
		l := open(t, nc, 1)
		muffle.On()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := l.SetTimers(ctx, []eventlog.Timer{timerAt(time.Now())}); fault.KindOf(err) != fault.Unavailable || ctx.Err() != nil {
			t.Errorf("set without an answer: %v", err)
		}
	})
}

// A timer never fires before its time, also within a second.
func neverEarly(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	at := time.Now().Truncate(time.Second).Add(2*time.Second - time.Millisecond).UTC()
	if err := l.SetTimers(t.Context(), []eventlog.Timer{timerAt(at)}); err != nil {
		t.Fatal(err)
	}
	watch(t, l)
	if e := due(t, l); e.Recorded.Before(at) {
		t.Errorf("it was to fire at %v, and did at %v", at, e.Recorded)
	}
}

// The consumer of timers may be deleted by an operator, or by a server that lost it.
func goesOnWithoutItsConsumer(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	watch(t, l)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		made, err := l.JetStream().Consumer(t.Context(), eventlog.TimersName, "timers-role-classifier")
		if err == nil && made.CachedInfo().NumWaiting > 0 {
			break // only now: of several servers, none answers about one that is just being made
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if err := l.JetStream().DeleteConsumer(t.Context(), eventlog.TimersName, "timers-role-classifier"); err != nil {
		t.Fatal(err)
	}
	if err := l.SetTimers(t.Context(), []eventlog.Timer{timerAt(time.Now())}); err != nil {
		t.Fatal(err)
	}
	due(t, l)
}

// A timer that no Due can be made of is dropped: the others must not wait for it for good.
func dropsAFaultyTimer(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	faulty := timerAt(time.Now())
	faulty.About, faulty.Person = "first", "nobody we know"
	if err := l.SetTimers(t.Context(), []eventlog.Timer{faulty, timerAt(time.Now())}); err != nil {
		t.Fatal(err)
	}
	watch(t, l)
	if f, ok := due(t, l).Fact.(*events.Due); !ok || f.About != "open.a.b" {
		t.Errorf("%+v", f)
	}
}
