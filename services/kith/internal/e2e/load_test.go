package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// load sends acts among some people, a few at a time and each until it is acknowledged, as an
// integration would that must lose nothing.
type load struct {
	t      *testing.T
	url    string
	people int
	dice   *rand.Rand
	began  time.Time
	stop   chan struct{}
	ended  sync.WaitGroup

	mu    sync.Mutex
	sent  int             // acts so far
	acked map[int]verdict // by the number of the line
	last  time.Time       // when something was acknowledged last
	gap   time.Duration   // the longest time since the last reset in which nothing was
}

// inOneGo is how many acts are sent together.
const inOneGo = 10

func startLoad(t *testing.T, u *product, people int) *load {
	t.Helper()
	l := &load{t: t, url: u.url, people: people, dice: rand.New(rand.NewPCG(1, 2)), acked: map[int]verdict{}, stop: make(chan struct{}),
		began: time.Now().UTC().Truncate(24*time.Hour).AddDate(-1, 0, 0), last: time.Now()}
	var lines []string
	for i := range people {
		lines = append(lines, joined(strconv.Itoa(i), 1+i%8, nil))
	}
	l.deliver(0, lines)
	l.ended.Go(l.run)
	t.Cleanup(l.end)
	return l
}

func (l *load) run() {
	for n := l.people; ; n += inOneGo {
		select {
		case <-l.stop:
			return
		case <-time.After(30 * time.Millisecond):
		}
		var lines []string
		for i := range inOneGo {
			r := l.dice.IntN(l.people)
			s := (r + 1 + l.dice.IntN(l.people-1)) % l.people
			lines = append(lines, anAct(l.dice, fmt.Sprint("act-", n+i), strconv.Itoa(r), strconv.Itoa(s), l.began.Add(time.Duration(n)*time.Minute)))
		}
		l.deliver(n, lines)
	}
}

// end stops the load once everything that was sent is acknowledged.
func (l *load) end() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.ended.Wait()
}

// deliver sends lines until each is acknowledged; first is the number of the first.
func (l *load) deliver(first int, lines []string) {
	for deadline := time.Now().Add(2 * time.Minute); !l.try(first, lines); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Errorf("lines %d to %d are not taken", first, first+len(lines)-1)
			return
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = first + len(lines)
}

func (l *load) try(first int, lines []string) (all bool) {
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Post(l.url+"/intake/v1/events", "application/x-ndjson", strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	taken := 0
	for d := json.NewDecoder(resp.Body); ; {
		var v verdict
		if d.Decode(&v) != nil {
			return taken == len(lines)
		}
		switch {
		case v.Status == http.StatusCreated || v.Status == http.StatusOK:
			l.acknowledged(first+v.Line-1, v)
			taken++
		case v.Line > 0 && v.Status < http.StatusInternalServerError:
			l.t.Errorf("line %d was refused: %+v", first+v.Line-1, v)
			return true
		default:
			return false
		}
	}
}

// acknowledged notes where a line stands. What was said once holds for ever.
func (l *load) acknowledged(line int, v verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, ok := l.acked[line]; ok && (before.ID != v.ID || before.Sequence != v.Sequence) {
		l.t.Errorf("line %d was acknowledged at %d, and now at %d", line, before.Sequence, v.Sequence)
	}
	l.acked[line] = v
	now := time.Now()
	l.gap = max(l.gap, now.Sub(l.last))
	l.last = now
}

// count is how many lines are acknowledged.
func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// pause is the longest time in which nothing was acknowledged since it was asked for last.
func (l *load) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	gap := l.gap
	l.gap = 0
	return gap
}
