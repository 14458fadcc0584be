package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/services/audit"
	"kith.internal/services/internal/ruleset"
	"kith.internal/services/kith/internal/client"
)

// TestRebuildWhileActsArrive makes every service's documents anew, over and over, while acts arrive and
// networks are read: no reading fails, and none goes back; at the end everything is as a replay has it, and
// as where nobody ever rebuilt.
func TestRebuildWhileActsArrive(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	keyFiles(t, dir)
	keyFiles(t, other) // the same keys, so the same ids
	u := together(t, dir)
	lines, acked := organization(40, 4000), map[int]verdict{}
	half := len(lines) / 2
	u.stream(t, lines[:half], acked, nil)
	u.settled(t)
	stopReading := u.reading(t)
	rebuilding, rebuilt := make(chan struct{}), make(chan []client.Rebuild)
	go func() { rebuilt <- u.rebuildUntil(t, rebuilding) }()
	for some := range slices.Chunk(lines[half:], 50) {
		u.send(t, some...)
	}
	close(rebuilding)
	all := <-rebuilt
	u.quiet(t)
	stopReading()
	for _, r := range all {
		if !r.Switched || r.Restated || !r.Report.Clean() || r.Report.Same == 0 {
			t.Errorf("%+v %+v", r, r.Report)
		}
	}
	t.Logf("%d rebuilds while acts arrived", len(all))
	u.checkReplay(t)
	t.Run("one person", u.rebuildsOnePerson)
	u.verify(t, audit.Clean)

	undisturbed := together(t, other)
	undisturbed.stream(t, lines, map[int]verdict{}, nil)
	undisturbed.quiet(t)
	compareNetworks(t, u, undisturbed)
}

// rebuildUntil rebuilds everything, at least once, until stop is closed.
func (u *product) rebuildUntil(t *testing.T, stop <-chan struct{}) (all []client.Rebuild) {
	for {
		cmd := exec.Command(filepath.Join(bin, "kith"), "rebuild", "-o", "json")
		cmd.Env = append(os.Environ(), "KITH_SERVER="+u.url)
		var found struct{ Rebuilds []client.Rebuild }
		out, err := cmd.Output()
		if err == nil {
			err = json.Unmarshal(out, &found)
		}
		if err != nil || len(found.Rebuilds) != 3 {
			t.Errorf("kith rebuild: %v %s", err, out)
			return all
		}
		all = append(all, found.Rebuilds...)
		select {
		case <-stop:
			return all
		default:
		}
	}
}

// reading reads networks over and over, as their people do, until it is stopped.
func (u *product) reading(t *testing.T) (stop func()) {
	t.Helper()
	people := slices.Collect(func(yield func(events.PersonID) bool) {
		for id := range u.directory(t) {
			if !yield(id) {
				return
			}
		}
	})
	ended, done := make(chan struct{}), sync.WaitGroup{}
	for reader := range 2 {
		done.Go(func() {
			at, n := uint64(0), 0
			for ; ; n++ {
				select {
				case <-ended:
					t.Logf("read %d networks", n)
					return
				default:
				}
				asOf, err := u.asOf(people[(n+reader)%len(people)])
				if err != nil || asOf < at {
					t.Errorf("after %d: a network of %d, %v", at, asOf, err)
					return
				}
				at = asOf
			}
		})
	}
	return func() {
		close(ended)
		done.Wait()
	}
}

// asOf reads a network and returns how far the log is that it includes.
func (u *product) asOf(person events.PersonID) (uint64, error) {
	req, err := http.NewRequest(http.MethodGet, u.url+"/gap-projection/v1/people/"+string(person)+"/network", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Kith-Viewer", "person:"+string(person))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		AsOf   uint64
		Person events.PersonID
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK || answer.Person != person {
		return 0, fmt.Errorf("answered %s: %v", resp.Status, err) //nolint:errorlint // only to be shown
	}
	return answer.AsOf, nil
}

// rebuildsOnePerson: one person's documents are the same when they are made anew, in every service.
func (u *product) rebuildsOnePerson(t *testing.T) {
	for _, person := range []string{"hr:1", "hr:2"} {
		out, code := u.kith(t, "rebuild", "--person", person, "-o", "json")
		var found struct{ Rebuilds []client.Rebuild }
		if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || len(found.Rebuilds) != 3 {
			t.Fatalf("%d, %v", code, err)
		}
		for _, r := range found.Rebuilds {
			if !r.Switched || !r.Report.Clean() || r.Report.Same == 0 || r.Service == "gap-projection" && r.Report.Same != 1 {
				t.Errorf("%+v %+v", r, r.Report)
			}
		}
	}
	u.checkReplay(t)
}

// TestEvolution: what a later version finds in the log of an earlier one, and a ruleset that is changed
// while the product runs, are walked by every service; a replay and a rebuild agree.
func TestEvolution(t *testing.T) {
	u := together(t, t.TempDir())
	u.stream(t, organization(30, 800), map[int]verdict{}, nil)
	u.quiet(t)
	t.Run("a fact of an older version", u.readsAnOlderFact)
	t.Run("another ruleset", u.takesAnotherRuleset)
	u.quiet(t)
	u.checkReplay(t)
	out, code := u.kith(t, "rebuild", "-o", "json")
	var found struct{ Rebuilds []client.Rebuild }
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 {
		t.Fatalf("%d, %v", code, err)
	}
	for _, r := range found.Rebuilds {
		if !r.Switched || r.Restated || !r.Report.Clean() {
			t.Errorf("%+v %+v", r, r.Report)
		}
	}
}

// readsAnOlderFact: a MentorshipAccepted, as it was written before it was called MentorshipStarted, means to
// every service what the same fact of today means.
func (u *product) readsAnOlderFact(t *testing.T) {
	before := u.documents(t, "kith_ties")
	people := u.byExternalID(t)
	l := u.log(t)
	started := func(id string, supporter events.PersonID) *nats.Msg {
		at := time.Now().UTC()
		e := events.Event{ID: events.IncomingID([]byte("k"), "test", id), Source: "/integrations/test", Context: events.Support, Subject: string(people["hr:1"]), Time: at,
			Fact: &events.MentorshipStarted{Act: events.Act{Recipient: people["hr:1"], Supporter: supporter, RecordedBy: "system"}, Kind: "standard"}}
		m, err := events.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		return &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Body}
	}
	var supporters []events.PersonID // who have no tie to hr:1 in which anything else is said
	for _, id := range []string{"hr:8", "hr:16"} {
		supporters = append(supporters, people[id])
	}
	today, older := started("today", supporters[0]), started("older", supporters[1])
	older.Subject = strings.Replace(older.Subject, "MentorshipStarted", "MentorshipAccepted", 1)
	older.Header["ce-type"] = []string{"kith.support.MentorshipAccepted"}
	older.Data = []byte(strings.Replace(string(older.Data), `"kind":"standard",`, "", 1))
	older.Data = []byte(strings.Replace(string(older.Data), `,"kind":"standard"`, "", 1))
	if strings.Contains(string(older.Data), "kind") || !strings.Contains(older.Subject, "Accepted") {
		t.Fatalf("it is no older fact: %s %s", older.Subject, older.Data)
	}
	for _, m := range []*nats.Msg{today, older} {
		if _, err := l.JetStream().PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	u.settled(t)
	after := u.documents(t, "kith_ties")
	for _, s := range supporters {
		key := "open." + string(people["hr:1"]) + "." + string(s)
		if was, is := string(before[key].Body), string(after[key].Body); strings.Contains(was, `"formal":true`) || !strings.Contains(is, `"formal":true`) {
			t.Errorf("%s was %s and is %s", key, was, is)
		}
	}
	if n := u.parked(t); n != 0 {
		t.Errorf("%d services have parked facts", n)
	}
}

// byExternalID is everybody's pseudonym.
func (u *product) byExternalID(t *testing.T) map[string]events.PersonID {
	t.Helper()
	found := map[string]events.PersonID{}
	for id, name := range u.directory(t) {
		found["hr:"+strings.TrimPrefix(name, "Person ")] = id
	}
	return found
}

// takesAnotherRuleset: a ruleset by which a role takes much more, and people at the beginning need a
// sponsor too, ends roles and opens gaps; it is itself a fact.
func (u *product) takesAnotherRuleset(t *testing.T) {
	text := regexp.MustCompile(`(?m)^    enter: .*$`).ReplaceAllString(ruleset.DefaultText(), "    enter: 9")
	text = strings.Replace(text, "fromStage: mid", "fromStage: entry", 1)
	if _, err := ruleset.Parse(text); err != nil {
		t.Fatal(err)
	}
	lapsed, opened := len(u.facts(t, 1, "kith.role.*.RoleLapsed")), u.withoutSponsor(t)
	_, err := u.log(t).Append(t.Context(), events.Event{ID: events.IncomingID([]byte("k"), "test", "ruleset"), Source: "/integrations/test", Context: events.Policy,
		Subject: events.Nobody, Time: time.Now().UTC(), Fact: &events.RulesetActivated{Version: "strict", Hash: ruleset.HashOf(text), Text: text}})
	if err != nil {
		t.Fatal(err)
	}
	u.settled(t)
	if now := len(u.facts(t, 1, "kith.role.*.RoleLapsed")); now <= lapsed {
		t.Errorf("%d roles had lapsed, and by the other ruleset %d", lapsed, now)
	}
	if now := u.withoutSponsor(t); now <= opened {
		t.Errorf("%d people had no sponsor, and by the other ruleset %d", opened, now)
	}
}

// withoutSponsor is how often a sponsor was missing.
func (u *product) withoutSponsor(t *testing.T) (n int) {
	t.Helper()
	for _, e := range u.facts(t, 1, "kith.gap.*.GapOpened") {
		if f := e.Fact.(*events.GapOpened); f.Gap == events.MissingRole && f.Role == events.Sponsor {
			n++
		}
	}
	return n
}

// parked is how many services have parked facts.
func (u *product) parked(t *testing.T) (n int) {
	t.Helper()
	for _, line := range strings.Split(u.get(t, "", "/metrics", nil), "\n") {
		if name, value, _ := strings.Cut(line, " "); strings.HasPrefix(name, "kith_parked_facts") && value != "0" {
			n++
		}
	}
	return n
}
