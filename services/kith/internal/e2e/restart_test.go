package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith.internal/events"
)

// TestTheDemoIsStillThereAfterARestart starts the demo on an empty directory, stops it, and starts
// it again: everything is there, and the log has not been told anything twice.
func TestTheDemoIsStillThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	u := together(t, dir, "--demo")
	t.Logf("ready after %v, on an empty directory", time.Since(began).Round(time.Millisecond))
	u.quiet(t)
	t.Run("nobody else runs on its directory", func(t *testing.T) { refusesASecond(t, dir) })
	t.Run("nobody is found out in what is published of it", func(t *testing.T) { u.attackCoverage(t, 150) }) // others are counted by group
	before, last := u.whole(t), u.last(t)
	if len(before.networks) < 250 || len(before.gaps) != len(before.networks) {
		t.Fatalf("%d networks and %d lists of gaps", len(before.networks), len(before.gaps))
	}
	endsInTime(t, u.all)

	began = time.Now()
	u = together(t, dir, "--demo")
	t.Logf("ready after %v, again", time.Since(began).Round(time.Millisecond))
	u.quiet(t)
	after := u.whole(t)
	but := u.broughtAboutByTime(t, last)
	before.same(t, after, but)
	endsInTime(t, u.all)
}

// endsInTime: a SIGTERM ends it. What does not stop within 5 s makes the exit code another one;
// the limit here leaves a busy machine time to notice.
func endsInTime(t *testing.T, p *process) {
	t.Helper()
	code, took := p.stop(t)
	t.Logf("SIGTERM ended it after %v", took.Round(time.Millisecond))
	if code != 0 || took > 10*time.Second {
		t.Errorf("SIGTERM ended it with %d after %v", code, took)
	}
}

// refusesASecond: another process on the same directory says who has it.
func refusesASecond(t *testing.T, dir string) {
	second := start(t, "kith", "up", "--data-dir", dir, "--http-addr", "127.0.0.1:0")
	select {
	case <-second.ended:
	case <-time.After(30 * time.Second):
		t.Fatal("a second one runs on the same directory")
	}
	if code := second.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("it ended with %d", code)
	}
	for _, want := range []string{"the data directory is in use", dir, "stop it first"} {
		if !strings.Contains(second.said(), want) {
			t.Errorf("it does not say %q: %s", want, second.said())
		}
	}
}

// whole is all that a product knows: the directory as it is read, everybody's network and gaps,
// and every document behind them.
type whole struct {
	names          map[events.PersonID]string
	directory      string
	networks, gaps map[string][]string // by name
	documents      map[string]string
}

func (u *product) whole(t *testing.T) whole {
	t.Helper()
	w := whole{names: u.directory(t), networks: u.networks(t), gaps: map[string][]string{}, documents: u.derivedDocuments(t)}
	w.directory = u.get(t, "integration:test", "/intake/v1/people?limit=1000", nil)
	for id, name := range w.names {
		w.gaps[name] = u.openGaps(t, id)
	}
	return w
}

// openGaps are somebody's open gaps, as they are told.
func (u *product) openGaps(t *testing.T, person events.PersonID) (open []string) {
	t.Helper()
	var body struct {
		Gaps []struct{ Gap, Role, Since, Fact string }
	}
	u.get(t, "person:"+string(person), "/gap-projection/v1/people/"+string(person)+"/gaps", &body)
	for _, g := range body.Gaps {
		open = append(open, strings.Join([]string{g.Gap, g.Role, g.Since, g.Fact}, " "))
	}
	slices.Sort(open)
	return open
}

// same compares, leaving out people for whom time has brought something about.
func (w whole) same(t *testing.T, other whole, but map[events.PersonID]bool) {
	t.Helper()
	if diff := cmp.Diff(w.directory, other.directory); diff != "" {
		t.Errorf("the directory (-before +after):\n%s", diff)
	}
	left := map[string]bool{}
	for id := range but {
		left[w.names[id]] = true
	}
	changed := func(name string, _ []string) bool { return left[name] }
	for what, maps2 := range map[string][2]map[string][]string{"network": {w.networks, other.networks}, "gaps": {w.gaps, other.gaps}} {
		for _, m := range maps2 {
			maps.DeleteFunc(m, changed)
		}
		if diff := cmp.Diff(maps2[0], maps2[1]); diff != "" {
			t.Errorf("%s (-before +after):\n%s", what, diff)
		}
	}
	sameDocuments(t, w.documents, other.documents, but)
}
