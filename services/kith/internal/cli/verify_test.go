package cli

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kith.internal/libs/derive"
	"kith.internal/services/audit"
	"kith.internal/services/kith/internal/client"
)

func TestDivergenceWords(t *testing.T) {
	for want, d := range map[string]derive.Divergence{
		"the log has nothing at the sequences from 5 to 6":                                                                  {What: derive.HoleFound, Seq: 5, To: 6},
		"the document network.p1 of gap-projection is not what follows from the log up to 7; what differs: gaps, ties":      {What: derive.OddDocument, Service: "gap-projection", Key: "network.p1", Seq: 7, Fields: []string{"gaps", "ties"}},
		"role-classifier should have stated RoleLapsed f after the fact at 4":                                               {What: derive.Missing, Service: "role-classifier", Fact: "RoleLapsed", ID: "f", Cause: 4},
		"GapOpened f at 9, in the name of gap-projection, does not follow from the log":                                     {What: derive.Unexpected, Service: "gap-projection", Fact: "GapOpened", ID: "f", Seq: 9, Cause: 4},
		"RoleLapsed f at 9, which follows from the fact at 4, is not what role-classifier makes of it; what differs: score": {What: derive.Differing, Service: "role-classifier", Fact: "RoleLapsed", ID: "f", Seq: 9, Cause: 4, Fields: []string{"score"}},
		"the fact f at 9 cannot be read by notification (invalid-fact)":                                                     {What: derive.Unreadable, Service: "notification", ID: "f", Seq: 9, Reason: "invalid-fact"},
		"the first 9 messages of the log are not what was sealed; the first that was changed is 3":                          {What: derive.NotSealed, Seq: 3, Reason: "the first 9 messages of the log are not what was sealed; the first that was changed is 3"},
	} {
		if got := divergenceWords(d); got != want {
			t.Errorf("%+v is told as %q, want %q", d, got, want)
		}
	}
}

// The first divergence is the earliest cause, unless a message is known to have been changed; documents come last.
func TestTheFirstDivergence(t *testing.T) {
	v := client.Verification{Services: []derive.Findings{
		{First: []derive.Divergence{{What: derive.OddDocument, Seq: 1}, {What: derive.Differing, Seq: 90, Cause: 20}}},
		{First: []derive.Divergence{{What: derive.Missing, Cause: 10}, {What: derive.HoleFound, Seq: 15, To: 15}}},
	}}
	if d, ok := firstOf(v); !ok || d.Cause != 10 {
		t.Errorf("the first is %+v", d)
	}
	v.Sealed = &derive.Divergence{What: derive.NotSealed, Seq: 80}
	if d, _ := firstOf(v); d.What != derive.NotSealed {
		t.Errorf("the first is %+v", d)
	}
	if _, ok := firstOf(client.Verification{}); ok {
		t.Error("of nothing there is a first")
	}
}

func TestVerificationWords(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	v := client.Verification{Facts: 50, Total: 70, Rate: 20, Started: at, Ended: at.Add(2500 * time.Millisecond), Error: "no keys"}
	for state, want := range map[audit.VerificationState]string{
		audit.Verifying:   "verifying, 50 of 70 facts (20 a second)",
		audit.Clean:       "clean: all that was derived from 50 facts is what it should be (2.5s)",
		audit.NotCompared: "nothing is known to be wrong, but not all could be compared (2.5s)",
		audit.Divergent:   "NOT CLEAN: the log of 50 facts, or what is shown of it, is not what it should be (2.5s)",
		audit.Cancelled:   "cancelled at 50 of 70 facts",
		audit.Failed:      "failed: no keys",
	} {
		if v.State = state; verificationWords(v) != want {
			t.Errorf("%s is told as %q", state, verificationWords(v))
		}
	}
}

// Whoever waits for a verification that somebody else has ordered ends the waiting, and not that.
func TestWhoInterruptsAVerification(t *testing.T) {
	for ordered, want := range map[int]int64{http.StatusOK: 1, http.StatusConflict: 0} {
		ctx, interrupt := context.WithCancel(t.Context())
		var cancelled atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.Method {
			case http.MethodPost:
				w.WriteHeader(ordered)
			case http.MethodDelete:
				cancelled.Add(1)
			default:
				defer interrupt()
			}
			io.WriteString(w, `{"id":"a","state":"verifying","status":409}`) //nolint:errcheck // a test server
		}))
		env := Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Now: time.Now, Zone: time.UTC, Getenv: func(string) string { return "" }}
		if code := Run(ctx, env, []string{"audit", "verify", "--server", server.URL}); code != exitInterrupted || cancelled.Load() != want {
			t.Errorf("ordered with %d: it ends with %d, and has cancelled %d", ordered, code, cancelled.Load())
		}
		server.Close()
		interrupt()
	}
}
