package audit

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"kith.internal/libs/natstest"
)

// A day after the last verification it is time for another one, however often the service was started meanwhile.
func TestWhenAVerificationIsDue(t *testing.T) {
	now := day.AddDate(0, 1, 0)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, row := range map[string]struct {
		job     Verification
		started time.Time
		want    bool
	}{
		"none yet, just started":             {Verification{}, ago(time.Minute), false},
		"none yet for a day":                 {Verification{}, ago(25 * time.Hour), true},
		"a day ago, but just started":        {Verification{ID: "a", State: Clean, Ended: ago(25 * time.Hour)}, ago(time.Minute), true},
		"an hour ago":                        {Verification{ID: "a", State: Clean, Ended: ago(time.Hour)}, ago(48 * time.Hour), false},
		"ordered":                            {Verification{ID: "a", State: Verifying}, ago(time.Minute), true},
		"carried out by another replica":     {Verification{ID: "a", State: Verifying, Beat: ago(time.Second)}, ago(time.Minute), false},
		"begun by a replica that is no more": {Verification{ID: "a", State: Verifying, Beat: ago(time.Minute)}, ago(time.Minute), true},
	} {
		v := &verifier{s: &Service{now: func() time.Time { return now }}, started: row.started}
		if got := v.isDue(row.job); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
		if err := v.take(&row.job); (err == nil) != row.want || row.want && (row.job.State != Verifying || !row.job.Beat.Equal(now)) {
			t.Errorf("%s: taken as %+v, %v", name, row.job, err)
		}
	}
}

// counter counts what is logged.
type counter struct {
	slog.Handler
	n atomic.Int64
}

func (c *counter) Enabled(context.Context, slog.Level) bool { return true }

func (c *counter) Handle(context.Context, slog.Record) error {
	c.n.Add(1)
	return nil
}

// Where nobody can say what is to be verified, it is asked once a second, and not as fast as can be.
func TestAVerifierWithoutItsSheet(t *testing.T) {
	s := opened(t, natstest.Fast(t))
	told := &counter{Handler: slog.DiscardHandler}
	s.logger = slog.New(told)
	s.log.Conn().Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := s.verifier.keepVerifying(ctx); err != nil {
		t.Fatal(err)
	}
	if n := told.n.Load(); n > 3 {
		t.Errorf("it is told %d times", n)
	}
}
