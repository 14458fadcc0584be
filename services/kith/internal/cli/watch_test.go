package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// watches sees an act make a sponsor, while it happens, and ends when it is asked to.
func watches(t *testing.T, server string) {
	w := watcher{t: t, env: Env{Stdin: strings.NewReader(""), Stderr: io.Discard, Now: time.Now, Zone: time.UTC,
		Getenv: func(name string) string { return map[string]string{"KITH_SERVER": server}[name] }}}
	seen := w.watch([]string{"watch", "Kenji Tanaka"}, "+ sponsor: Ingrid Lindqvist (active)",
		"SponsorEndorsed --field forum=calibration --field stake=reputation --field awareness=aware", "IntroductionMade --field theirLevel=7")
	if !strings.Contains(seen, "\n+ ") && !strings.HasPrefix(seen, "  + ") {
		t.Errorf("it does not begin with what there is:\n%s", seen)
	}
	w.watch([]string{"watch", "Kenji Tanaka", "--changes", "1", "-o", "json"}, "", "AdviceGiven")
}

// watcher runs the command line beside itself.
type watcher struct {
	t   *testing.T
	env Env
}

// watch runs a command, records acts once it shows something, and ends it once it shows what is wanted;
// without that it is to end by itself.
func (w *watcher) watch(command []string, wanted string, acts ...string) (seen string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	said, out := io.Pipe()
	env, code := w.env, make(chan int, 1)
	env.Stdout = out
	go func() {
		defer out.Close()
		code <- Run(ctx, env, command)
	}()
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if seen == "" {
			w.record(acts)
		}
		if seen += lines.Text() + "\n"; wanted != "" && strings.Contains(lines.Text(), wanted) {
			cancel()
		}
	}
	if c := <-code; c != exitOK || !strings.Contains(seen, wanted) || wanted == "" && ctx.Err() != nil {
		w.t.Errorf("%v ended with %d and showed:\n%s", command, c, seen)
	}
	return seen
}

func (w *watcher) record(acts []string) {
	w.t.Helper()
	env := w.env
	env.Stdout = io.Discard
	for _, act := range acts {
		args := append([]string{"record", "--recipient", "Kenji Tanaka", "--supporter", "Ingrid Lindqvist", "--recorded-by", "system"}, strings.Fields(act)...)
		if code := Run(w.t.Context(), env, args); code != exitOK {
			w.t.Errorf("recording ended with %d", code)
		}
	}
}
