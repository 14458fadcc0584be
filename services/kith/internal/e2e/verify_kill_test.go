package e2e

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natsembed"
	"kith.internal/libs/projection"
	"kith.internal/services/audit"
	"kith.internal/services/kith/internal/client"
)

// TestAVerificationIsKilled kills audit in the middle of a verification: whoever comes next goes on where it
// was, and finds what one finds that nobody has killed, before the kill and after it.
func TestAVerificationIsKilled(t *testing.T) {
	s, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(t.TempDir(), "nats"), Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	f, u := startFleet(t, s.URL(), 1)
	lines := organization(30, 24_000)
	half := len(lines) / 2
	u.imports(t, lines[:half])
	f.resumes(t, u, audit.Clean, 1)

	early := u.forges(t, 8)
	u.imports(t, lines[half:])
	late := u.forges(t, 9)
	v := f.resumes(t, u, audit.Divergent, early)
	found := v.Services[0]
	if found.Divergences != 2 || found.First[0].Seq != early || found.First[1].Seq != late {
		t.Errorf("forged at %d and at %d; found %+v", early, late, found)
	}
}

// imports sends lines, and waits until all that follows from them is derived.
func (u *product) imports(t *testing.T, lines []string) {
	t.Helper()
	if n := u.stream(t, lines, map[int]verdict{}, nil); n != len(lines) {
		t.Fatalf("%d of %d lines answered", n, len(lines))
	}
	u.quiet(t)
}

// forges appends what role-classifier has not derived, at an index of its own, and returns where it stands.
func (u *product) forges(t *testing.T, index int) uint64 {
	t.Helper()
	l := u.log(t)
	last, err := l.LastOf(t.Context(), events.Role)
	if err != nil || last == nil {
		t.Fatal(last, err)
	}
	forged := *last
	forged.ID, forged.CausationIndex = events.DerivedID("role-classifier", last.CausationID, events.Role, index), index
	acks, err := l.Append(t.Context(), forged)
	if err != nil {
		t.Fatal(err)
	}
	u.quiet(t)
	return acks[0].Seq
}

// resumes kills audit while it verifies and has come past a sequence, and starts it again: it comes to the end
// that is expected, without reading what was verified before.
func (f *fleet) resumes(t *testing.T, u *product, want audit.VerificationState, past uint64) client.Verification {
	t.Helper()
	api, err := client.New(u.url)
	if err != nil {
		t.Fatal(err)
	}
	api = api.As("service:test")
	kept := f.killsVerifying(t, u, api, past)
	halfAMinuteLater(t, u.log(t))
	f.start(audit.Name)
	var v client.Verification
	eventually(t, 2*time.Minute, "the verification comes to its end", func() bool {
		v, err = api.Verification(t.Context())
		return err == nil && !v.Ended.IsZero()
	})
	m := f.services[audit.Name]
	m.process.url = m.at.Load().String()
	read, err := strconv.ParseFloat(m.metric(t, "kith_audit_verified_facts_total"), 64)
	if err != nil || v.State != want || v.From != kept+1 || read > float64(v.Total-kept) {
		t.Errorf("it had come to %d of %d; then %v were read (%v): %+v", kept, v.Total, read, err, v)
	}
	t.Logf("killed at %d of %d messages; then %v were read", kept, v.Total, read)
	whole := u.verify(t, want)
	begun := cmpopts.IgnoreFields(derive.Findings{}, "Since") // the log has grown by a fact that says so
	if diff := cmp.Diff(whole.Services, v.Services, begun); diff != "" || whole.From != 1 {
		t.Errorf("begun at %d (-in one go +gone on with):\n%s", whole.From, diff)
	}
	return v
}

// killsVerifying orders a verification of everything, and kills audit once role-classifier's part of it is kept
// beyond a sequence, and it has not come to the end. It returns up to where all parts are.
func (f *fleet) killsVerifying(t *testing.T, u *product, api *client.Client, past uint64) (kept uint64) {
	t.Helper()
	l, m := u.log(t), f.services[audit.Name]
	eventually(t, 2*time.Minute, "audit is killed while it verifies", func() bool {
		_, _ = api.Verify(t.Context(), true) // again where it came to its end before it was looked at
		for {
			m.cmd.Process.Signal(syscall.SIGSTOP) // so that it does not end between the look and the kill
			v, parts := verified(t, l)
			if v.State == audit.Verifying && v.From == 1 && parts[0] > past {
				m.kill()
				kept = slices.Min(parts)
				return true
			}
			m.cmd.Process.Signal(syscall.SIGCONT)
			if v.State != audit.Verifying {
				return false
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return kept
}

const verificationKey = "verification"

// verified is the verification as it stands, and up to where each service's part of it is kept.
func verified(t *testing.T, l *eventlog.Log) (v client.Verification, parts []uint64) {
	t.Helper()
	sheet, err := l.JetStream().KeyValue(t.Context(), "kith_audit")
	if err != nil {
		t.Fatal(err)
	}
	entry, err := sheet.Get(t.Context(), verificationKey)
	if err == nil {
		err = json.Unmarshal(entry.Value(), &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range serviceNames[1:4] {
		store, err := projection.OpenKV(t.Context(), l.Conn(), "kith_verify_"+s, 1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := store.Progress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p.Handled)
	}
	return v, parts
}

// halfAMinuteLater has the one who verifies have been silent for as long as others wait.
func halfAMinuteLater(t *testing.T, l *eventlog.Log) {
	t.Helper()
	v, _ := verified(t, l)
	v.Beat = v.Beat.Add(-time.Minute)
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := l.JetStream().KeyValue(t.Context(), "kith_audit")
	if err == nil {
		_, err = sheet.Put(t.Context(), verificationKey, text)
	}
	if err != nil {
		t.Fatal(err)
	}
}
