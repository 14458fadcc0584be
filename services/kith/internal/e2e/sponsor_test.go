package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
)

// TestASponsorClosesAGap holds for all services in one process and for each in its own.
func TestASponsorClosesAGap(t *testing.T) {
	t.Run("together", func(t *testing.T) { sponsorClosesGap(t, together(t, t.TempDir())) })
	t.Run("apart", func(t *testing.T) { sponsorClosesGap(t, apart(t)) })
}

func sponsorClosesGap(t *testing.T, u *product) {
	seq := u.accepted(t, joined("boss", 6, nil), joined("ada", 4, nil), joined("top", 8, nil))
	ada, boss := u.person(t, "ada"), u.person(t, "boss")
	gapsOf := func(after uint64) string {
		return u.get(t, "person:"+string(ada), fmt.Sprintf("/gap-projection/v1/people/%s/gaps?after=%d", ada, after), nil)
	}
	if body := gapsOf(seq); !strings.Contains(body, `"sponsor"`) {
		t.Fatalf("nobody misses a sponsor: %s", body)
	}
	live := u.live(t)
	now := time.Now().UTC().Add(-time.Minute)
	seq = u.accepted(t,
		act("e1", "SponsorEndorsed", "ada", "boss", now, map[string]any{"forum": "calibration", "stake": "reputation", "awareness": "aware"}),
		act("i1", "IntroductionMade", "ada", "boss", now.Add(time.Second), map[string]any{"introducedTo": "hr:top", "theirLevel": 8}))
	if body := gapsOf(seq); strings.Contains(body, `"sponsor"`) {
		t.Errorf("the gap is still open: %s", body)
	}
	recognized, closed := u.recognizedThenClosed(t, seq, ada, boss)
	u.causedBy(t, closed, recognized)
	u.causedBy(t, recognized, u.fact(t, recognized.CausationSeq))
	if act := u.fact(t, recognized.CausationSeq); act.Seq != seq {
		t.Errorf("the role follows from %d, not from the act at %d", act.Seq, seq)
	}
	eventually(t, 10*time.Second, "both are seen live", func() bool {
		seen := live()
		r := slices.Index(seen, "live.kith.role."+string(ada)+".RoleRecognized")
		return r >= 0 && slices.Contains(seen[r:], "live.kith.gap."+string(ada)+".GapClosed")
	})
}

// recognizedThenClosed finds the two facts behind an act, in this order.
func (u *product) recognizedThenClosed(t *testing.T, from uint64, recipient, supporter events.PersonID) (recognized, closed events.Event) {
	t.Helper()
	for _, e := range u.facts(t, from, "kith.role.>", "kith.gap.>") {
		switch f := e.Fact.(type) {
		case *events.RoleRecognized:
			if e.Person() == recipient && f.Supporter == supporter && f.Role == events.Sponsor {
				recognized = e
			}
		case *events.GapClosed:
			if e.Person() == recipient && f.Gap == events.MissingRole && f.Role == events.Sponsor && recognized.Seq > 0 {
				closed = e
			}
		}
	}
	if recognized.Seq == 0 || closed.Seq == 0 {
		t.Fatalf("recognized at %d, closed at %d", recognized.Seq, closed.Seq)
	}
	return recognized, closed
}

func (u *product) fact(t *testing.T, seq uint64) events.Event {
	t.Helper()
	e, err := u.log(t).Get(t.Context(), seq)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (u *product) causedBy(t *testing.T, e, cause events.Event) {
	t.Helper()
	if e.CausationSeq != cause.Seq || e.CausationID != cause.ID {
		t.Errorf("%s follows from %d, not from %s at %d", e.Type(), e.CausationSeq, cause.Type(), cause.Seq)
	}
}

// live collects the subjects that a plain subscriber sees.
func (u *product) live(t *testing.T) func() []string {
	t.Helper()
	nc, err := nats.Connect(u.nats)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	c := make(chan *nats.Msg, 10_000)
	if _, err := nc.ChanSubscribe("live.kith.>", c); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	return func() []string {
		for {
			select {
			case m := <-c:
				seen = append(seen, m.Subject)
			default:
				return seen
			}
		}
	}
}

// realData is the folder of the two real organizations; without it their tests are left out.
func realData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("KITH_REAL_DATA")
	if dir == "" {
		t.Skip("LEFT OUT: set KITH_REAL_DATA to the folder with lawfirm and gitproject to run this test")
	}
	return dir
}
