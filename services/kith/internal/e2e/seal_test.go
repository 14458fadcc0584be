package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/translog"
	"kith.internal/services/audit"
	"kith.internal/services/audit/sealing"
)

// sealers have replicas of audit seal the log all the time, several at once.
type sealers struct {
	t      *testing.T
	f      *fleet
	sealed atomic.Int64 // how often that was answered
	stop   chan struct{}
	once   sync.Once
	ended  sync.WaitGroup
}

// seals has the fleet's audit seal from now on, and a second replica that writes the same file.
func (f *fleet) seals(t *testing.T) *sealers {
	t.Helper()
	s := &sealers{t: t, f: f, stop: make(chan struct{})}
	second := start(t, audit.Name, f.args...)
	second.url = "http://" + second.await(t, `"addr":"([^"]+)"`)
	for _, url := range []string{f.front.URL, second.url} {
		s.ended.Go(func() {
			for s.goOn() {
				s.seal(url)
			}
		})
	}
	t.Cleanup(s.end)
	return s
}

func (s *sealers) goOn() bool {
	select {
	case <-s.stop:
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}

// seal asks one to seal. That nothing can be reached is to be expected; that the log was changed is not.
func (s *sealers) seal(url string) {
	req, err := http.NewRequest(http.MethodPost, url+"/audit/v1/checkpoint", nil) //nolint:noctx // the test ends once it is answered
	if err != nil {
		s.t.Error(err)
		return
	}
	req.Header.Set("Kith-Viewer", "service:test")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
		s.sealed.Add(1)
	case resp.StatusCode < http.StatusInternalServerError:
		s.t.Errorf("sealing is answered with %s", resp.Status)
	}
}

func (s *sealers) end() {
	s.once.Do(func() { close(s.stop) })
	s.ended.Wait()
}

// goesOn waits until the log is sealed again.
func (s *sealers) goesOn() {
	s.t.Helper()
	before := s.sealed.Load()
	eventually(s.t, 2*time.Minute, "the log is sealed again", func() bool { return s.sealed.Load() > before+2 })
}

// hold has a verifier that knows nothing but the export and the public keys hold the log against every
// checkpoint of it and of the file.
func (f *fleet) hold(t *testing.T, u *product) {
	t.Helper()
	dir := t.TempDir()
	secret, err := os.ReadFile(filepath.Join(f.dir, "signing-key"))
	if err != nil {
		t.Fatal(err)
	}
	export := &bytes.Buffer{}
	lines := json.NewEncoder(export)
	if err := u.log(t).Messages(t.Context(), 1, 0, func(m eventlog.Stored) error { return lines.Encode(sealing.EntryOf(m)) }); err != nil {
		t.Fatal(err)
	}
	public, err := translog.PublicKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"keys": public, "log": export.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "kith-proof"), "--key", filepath.Join(dir, "keys"),
		"--checkpoints", filepath.Join(f.dir, "checkpoints"), "--log", filepath.Join(dir, "log")).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}
