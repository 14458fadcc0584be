package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/services/audit"
)

// fromEnv is a size of a test: small by default, larger where somebody asks for it.
func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestKillsDuringAnImport kills the whole process at random moments while acts stream in. Every
// line that was acknowledged is in the log; once all is sent again, each line is there exactly
// once; derived facts equal those of a pure replay; and networks equal those of a run that
// nobody disturbed. KITH_KILLS and KITH_KILL_ACTS make it as long as you like.
func TestKillsDuringAnImport(t *testing.T) {
	kills, acts := fromEnv(t, "KITH_KILLS", 3), fromEnv(t, "KITH_KILL_ACTS", 6000)
	lines := organization(60, acts)
	dir, other := t.TempDir(), t.TempDir()
	keyFiles(t, dir)
	keyFiles(t, other) // the same keys, so the same ids
	acked := map[int]verdict{}
	for round := range kills {
		u := together(t, dir)
		// Killed a moment after some new lines were acknowledged, on average a part of the import that
		// leaves something to do for the last round.
		after, moment := rand.IntN(2*len(lines)/(kills+1)), time.Duration(rand.IntN(100))*time.Millisecond
		var once sync.Once
		stopped := make(chan struct{})
		n := u.stream(t, lines, acked, func(created int) {
			if created >= after {
				once.Do(func() { time.AfterFunc(moment, func() { u.all.kill(); close(stopped) }) })
			}
		})
		once.Do(func() { u.all.kill(); close(stopped) }) // it ended before
		<-stopped
		t.Logf("round %d: killed %v after %d new lines; %d lines answered, %d known to be stored", round, moment, after, n, len(acked))
	}
	u := together(t, dir)
	u.checkAcked(t, acked)
	if n := u.stream(t, lines, acked, nil); n != len(lines) {
		t.Fatalf("%d of %d lines answered", n, len(lines))
	}
	u.checkAcked(t, acked)
	if len(acked) != len(lines) {
		t.Errorf("%d of %d lines are stored", len(acked), len(lines))
	}
	u.quiet(t)
	u.checkReplay(t)
	u.verify(t, audit.Clean)
	undisturbed := together(t, other)
	if n := undisturbed.stream(t, lines, map[int]verdict{}, nil); n != len(lines) {
		t.Fatalf("undisturbed: %d of %d lines answered", n, len(lines))
	}
	undisturbed.settled(t)
	compareNetworks(t, u, undisturbed)
}

// organization is people of several levels and acts among them, with fixed times.
func organization(people, acts int) []string {
	dice := rand.New(rand.NewPCG(1, 2))
	began := time.Now().UTC().Truncate(24*time.Hour).AddDate(-1, 0, 0)
	var lines []string
	for i := range people {
		lines = append(lines, joined(strconv.Itoa(i), 1+i%8, nil))
	}
	for i := range acts {
		r := dice.IntN(people)
		s := (r + 1 + dice.IntN(people-1)) % people
		when := began.Add(time.Duration(i) * 364 * 24 * time.Hour / time.Duration(acts))
		lines = append(lines, anAct(dice, fmt.Sprint("act-", i), strconv.Itoa(r), strconv.Itoa(s), when))
	}
	return lines
}

func anAct(dice *rand.Rand, id, recipient, supporter string, when time.Time) string {
	switch dice.IntN(5) {
	case 0:
		return act(id, "FeedbackGiven", recipient, supporter, when, map[string]any{"valence": "constructive", "voluntary": true, "sharing": "named"})
	case 1:
		return act(id, "EndorsementGiven", recipient, supporter, when, map[string]any{"audience": "public"})
	case 2:
		return act(id, "SponsorEndorsed", recipient, supporter, when, map[string]any{"forum": "staffing", "stake": "reputation", "awareness": "aware"})
	case 3:
		return act(id, "AdviceGiven", recipient, supporter, when, nil)
	}
	return act(id, "MentoringSessionHeld", recipient, supporter, when, map[string]any{"topics": []string{"skills"}})
}

// stream posts lines and notes what is acknowledged, until it ends or the connection does. It
// tells progress how many lines are new.
func (u *product) stream(t *testing.T, lines []string, acked map[int]verdict, progress func(created int)) (answered int) {
	t.Helper()
	created := 0
	body, writer := io.Pipe()
	go func() {
		_, err := io.WriteString(writer, strings.Join(lines, "\n")+"\n")
		writer.CloseWithError(err)
	}()
	defer body.Close()
	resp, err := http.Post(u.url+"/intake/v1/events", "application/x-ndjson", body)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	for s := bufio.NewScanner(resp.Body); s.Scan(); answered++ {
		var v verdict
		if json.Unmarshal(s.Bytes(), &v) != nil {
			return answered // cut off in the middle of a line
		}
		if v.Status != http.StatusCreated && v.Status != http.StatusOK {
			if v.Status < http.StatusInternalServerError {
				t.Fatalf("line %d was refused: %s", v.Line, s.Text())
			}
			return answered
		}
		if before, ok := acked[v.Line]; ok && (before.ID != v.ID || before.Sequence != v.Sequence) {
			t.Errorf("line %d was acknowledged at %d, and now at %d", v.Line, before.Sequence, v.Sequence)
		}
		acked[v.Line] = v
		if v.Status == http.StatusCreated {
			created++
		}
		if progress != nil {
			progress(created)
		}
	}
	return answered
}

// checkAcked reads the log: every acknowledged line stands where it was said to, once.
func (u *product) checkAcked(t *testing.T, acked map[int]verdict) {
	t.Helper()
	stored := map[events.FactID][]uint64{}
	for _, e := range u.facts(t, 1, "kith.people.>", "kith.support.>", "kith.personal.>", "kith.sealed.>") {
		stored[e.ID] = append(stored[e.ID], e.Seq)
	}
	for line, v := range acked {
		if at := stored[events.FactID(v.ID)]; len(at) != 1 || at[0] != v.Sequence {
			t.Errorf("line %d was acknowledged at %d, and stands at %v", line, v.Sequence, at)
		}
	}
}
