package audit_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/natstest"
	"kith.internal/libs/translog"
	"kith.internal/services/internal/access"
)

const auditor = "auditor:dana"

// ask asks for some purpose, and returns the code and the answer.
func (p *place) ask(method, path, viewer string) (code int, answer string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	viewer, purpose, _ := strings.Cut(viewer, " for ")
	req.Header.Set(access.Header, viewer)
	req.Header.Set(access.PurposeHeader, purpose)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// awaitSealed seals the log, once the service has begun to work.
func (p *place) awaitSealed() (keys string) {
	p.t.Helper()
	natstest.Again(p.t, func() error {
		code, answer := p.ask("POST", "checkpoint", operator)
		var c struct{ Keys string }
		if code != 200 || json.Unmarshal([]byte(answer), &c) != nil {
			return unavailable(answer)
		}
		keys = c.Keys
		return nil
	})
	return keys
}

// viewers is who has looked at somebody.
func (p *place) viewers(who events.PersonID) (all []string) {
	p.t.Helper()
	for e, err := range p.log.Person(p.t.Context(), who, events.Access) {
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, e.Fact.(*events.NetworkViewed).Viewer)
	}
	return all
}

// sealedPlace has a fact that is about nobody, at 1, one of Ann and Ben, at 2, one that Ann must not know of, at
// 3, and one of Ben; all are sealed.
func sealedPlace(t *testing.T) (p *place, keys string) {
	t.Helper()
	key, err := translog.NewKey(translog.Origin([]byte("tenant")))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "signing.key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = startWith(t, natstest.Fast(t), file)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	act := events.Act{Recipient: person, Supporter: helper, RecordedBy: "system"}
	if _, err := p.log.Append(t.Context(), fact(1, at, events.Policy, events.Nobody, &events.PolicyChanged{Floor: 5, LegalMode: "full"}),
		fact(2, at, events.Support, person, &events.AdviceGiven{Act: act}),
		fact(3, at, events.Sealed, person, &events.SponsorEndorsed{Act: act, Forum: "calibration", Stake: "none", Awareness: "unaware"}),
		fact(4, at, events.People, helper, &events.PersonJoined{Level: 3, EffectiveAt: at})); err != nil {
		t.Fatal(err)
	}
	p.run()
	return p, p.awaitSealed()
}

// A proof is for whoever may read what it proves, and what Ann must not know of looks to her like what is
// about somebody else.
func TestWhoGetsAProof(t *testing.T) {
	p, _ := sealedPlace(t)
	theirs := "person:" + string(person)
	for _, c := range []struct {
		query, viewer string
		code          int
	}{
		{"event=1", operator, 200},
		{"event=1", auditor, 200},
		{"event=1", theirs, 403},
		{"event=2", theirs, 200},
		{"event=2", "person:" + string(helper), 403},
		{"event=2", operator, 403},
		{"event=2", auditor, 400},
		{"event=2", auditor + " for audit", 200},
		{"event=2", auditor + " for program", 403},
		{"event=2", "", 403},
		{"event=3", theirs, 403},
		{"event=3", auditor + " for audit", 200},
		{"event=4", theirs, 403},
		{"event=" + string(fact(2, time.Time{}, "", "", nil).ID), theirs, 200},
		{"event=" + string(fact(9, time.Time{}, "", "", nil).ID), theirs, 404},
		{"event=999", operator, 404},
		{"event=5", operator, 409},
		{"since=4", theirs, 200},
		{"since=3", theirs, 404},
		{"since=4", "", 403},
		{"", operator, 422},
		{"since=x", operator, 422},
		{"event=x", operator, 422},
	} {
		code, answer := p.ask("GET", "proofs?"+c.query, c.viewer)
		if code != c.code {
			t.Errorf("%s as %q: %d, want %d: %s", c.query, c.viewer, code, c.code, answer)
		}
	}
	_, secret := p.ask("GET", "proofs?event=3", theirs)
	if _, others := p.ask("GET", "proofs?event=4", theirs); secret != others {
		t.Errorf("what is kept from her is refused by %s, what is not hers by %s", secret, others)
	}
	if got := p.viewers(person); !slices.Equal(got, []string{auditor, auditor}) {
		t.Errorf("she sees that %v have looked", got)
	}
}

// What is answered is proven by the public keys alone, and so is the whole log.
func TestWhatIsAnsweredIsProven(t *testing.T) {
	p, keys := sealedPlace(t)
	public, err := translog.Verifiers([]byte(keys))
	if err != nil {
		t.Fatal(err)
	}
	claims := translog.NewClaims(public)
	code, answer := p.get("proofs?event=2&since=4", "person:"+string(person), "Proof")
	b, err := translog.ParseBundle([]byte(answer))
	if code != 200 || err != nil {
		t.Fatalf("%d %s: %v", code, answer, err)
	}
	if proven, err := claims.Verify(b); err != nil || proven.Entry.Seq != 2 || proven.Since.Size != 4 {
		t.Errorf("%+v, %v", proven, err)
	}
	if code, answer := p.get("checkpoint", "person:"+string(person), "Checkpoint"); code != 200 || !strings.Contains(answer, translog.Origin([]byte("tenant"))) {
		t.Errorf("%d %s", code, answer)
	}
	code, log := p.ask("GET", "log", auditor+" for audit")
	if code != 200 {
		t.Fatalf("%d %s", code, log)
	}
	found, err := claims.VerifyLog(strings.NewReader(log))
	if err != nil || found.Sealed != 4 || found.Entries < 7 {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := claims.VerifyLog(strings.NewReader(strings.Replace(log, "AdviceGiven", "CreditGiven", 1))); err == nil {
		t.Error("another log is proven as well")
	}
}

// The log is for auditors, and everybody in it sees that they have read it.
func TestWhoGetsTheLog(t *testing.T) {
	p, _ := sealedPlace(t)
	for viewer, want := range map[string]int{"": 403, operator: 403, "person:" + string(person): 403, auditor: 400, auditor + " for program": 400} {
		if code, answer := p.ask("GET", "log", viewer); code != want {
			t.Errorf("%q: %d, want %d: %s", viewer, code, want, answer)
		}
	}
	if got := append(p.viewers(person), p.viewers(helper)...); got != nil {
		t.Errorf("nobody was allowed, and %v have looked", got)
	}
	if code, answer := p.ask("GET", "log", auditor+" for audit"); code != 200 || strings.Count(answer, "\n") < 6 {
		t.Errorf("%d %s", code, answer)
	}
	for _, who := range []events.PersonID{person, helper} {
		if got := p.viewers(who); !slices.Equal(got, []string{auditor}) {
			t.Errorf("%s sees that %v have looked", who, got)
		}
	}
}

func TestSealing(t *testing.T) {
	p, _ := sealedPlace(t)
	for viewer, want := range map[string]int{"": 403, operator: 200, "person:" + string(person): 403, auditor: 200} {
		if code, answer := p.ask("POST", "checkpoint", viewer); code != want || code == 200 && !strings.Contains(answer, `"size":`+strconv.Itoa(4)) {
			t.Errorf("%q: %d, want %d: %s", viewer, code, want, answer)
		}
	}
	unsealed := start(t)
	if code, answer := unsealed.get("checkpoint", operator, "Checkpoint"); code != 404 {
		t.Errorf("%d %s", code, answer)
	}
}
