package intake_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/natstest"
	"kith.internal/services/intake"
)

func TestOneFact(t *testing.T) {
	u := start(t, natstest.Connect(t))
	u.accepted(joined("1"), joined("2"))
	for _, c := range []struct {
		body string
		code int
	}{{advice("a", "1", "2"), 201}, {advice("a", "1", "2"), 200}, {advice("b", "1", "1"), 422}, {"", 400}, {strings.Repeat(" ", 70_000), 413}} {
		resp := u.request("", "POST", "/intake/v1/events", "application/cloudevents+json", strings.NewReader(c.body))
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != c.code {
			t.Errorf("%.80s: %d %s", c.body, resp.StatusCode, body)
		}
		var answer struct {
			ID       events.FactID
			Sequence uint64
		}
		if c.code < 300 && (json.Unmarshal(body, &answer) != nil || !answer.ID.Valid() || answer.Sequence == 0) {
			t.Errorf("%s", body)
		}
		if c.code >= 400 && resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d is no problem: %s", c.code, resp.Header.Get("Content-Type"))
		}
	}
}

// TestAnEventInHeaders: what CloudEvents calls the binary mode.
func TestAnEventInHeaders(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"))
	for _, want := range []int{201, 200} {
		r, err := http.NewRequest("POST", u.url+"/intake/v1/events", strings.NewReader(`{"recipient":"hr:1","supporter":"hr:2","recordedBy":"system"}`))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"specversion": "1.0", "id": "binary", "source": "/test", "type": "AdviceGiven", "time": "2024-03-01T09:00:00Z"} {
			r.Header.Set("Ce-"+name, value)
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d %s, want %d", resp.StatusCode, body, want)
		}
	}
	if acts := u.facts("kith.support.>"); len(acts) != 1 || acts[0].Time.Day() != 1 {
		t.Errorf("%+v", acts)
	}
}

// TestARowIsRefusedOnce, however much is wrong with it; each mistake is said.
func TestARowIsRefusedOnce(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"))
	mapping := strings.Replace(hrMapping, "topics: {column: about}", "goal: {column: about, map: {a: b}}", 1)
	got := u.imports(mapping, file{"acts.csv", "at,what,to,by,about\nsoon,advice,1,2,skills\n2024-01-01,advice,1,2,a\n"})
	if got.done == nil || got.done.Refused != 1 || got.done.Accepted != 1 || len(got.problems) != 2 {
		t.Errorf("%s", got.body)
	}
}

// TestAnImportCutShortIsEndedByTheNext, even where nothing is left to store: what is missing in
// networks is not decided before.
func TestAnImportCutShortIsEndedByTheNext(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	people := file{"people.csv", hrPeople}
	if got := u.imports(hrMapping, people, file{"acts.csv.gz", "no gzip"}); got.failed == nil {
		t.Fatal(got.body)
	}
	u.stop()
	u = start(t, nc)
	ends := func() int { return len(u.facts("kith.people._.ImportFinished")) }
	if ends() != 0 {
		t.Error("an import that failed has ended")
	}
	got := u.imports(hrMapping, people)
	if got.done == nil || got.done.Accepted != 0 || got.done.Sequence != u.last() || ends() != 1 {
		t.Errorf("%d ends: %s", ends(), got.body)
	}
	if again := u.imports(hrMapping, people); again.done == nil || again.done.Sequence != 0 || ends() != 1 {
		t.Errorf("%d ends: %s", ends(), again.body)
	}
}

func TestABatchKeepsItsGoodOnes(t *testing.T) {
	u := start(t, natstest.Fast(t))
	batch := "[" + strings.Join([]string{joined("1"), joined("2"), advice("a", "1", "2"), advice("b", "1", "7")}, ",") + "]"
	resp := u.request("", "POST", "/intake/v1/events", "application/cloudevents-batch+json", strings.NewReader(batch))
	var answer struct {
		Errors []struct {
			Line          int
			Field, Reason string
		}
		Verdicts []verdict
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 422 || len(answer.Errors) != 1 || answer.Errors[0].Line != 4 || answer.Errors[0].Field != "supporter" {
		t.Errorf("%d %+v", resp.StatusCode, answer)
	}
	if len(answer.Verdicts) != 4 || answer.Verdicts[2].Status != 201 || answer.Verdicts[3].Status != 422 {
		t.Errorf("%+v", answer.Verdicts)
	}
}

func TestAVerdictComesWhileTheBodyGoesOn(t *testing.T) {
	u := start(t, natstest.Fast(t))
	body, w := io.Pipe()
	r, err := http.NewRequest("POST", u.url+"/intake/v1/events", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	got := make(chan *http.Response, 1)
	go func() {
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
		}
		got <- resp
	}()
	fmt.Fprintln(w, joined("1"))
	resp := <-got
	defer resp.Body.Close()
	verdicts := bufio.NewScanner(resp.Body)
	for i := range 3 {
		if !verdicts.Scan() || !strings.Contains(verdicts.Text(), `"status":201`) {
			t.Fatalf("verdict %d: %s", i, verdicts.Text())
		}
		fmt.Fprintln(w, joined(fmt.Sprint(i+2)))
	}
	w.Close()
	if !verdicts.Scan() || verdicts.Scan() {
		t.Error("the last verdict is missing, or there are more")
	}
}

// A stream ends before its sender does, where all that follows would fail too; nobody reads its body any
// more then, and the server has nothing to complain of.
func TestAStreamThatCannotGoOnEnds(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.log.Close()
	var lines strings.Builder
	for i := range 3 * 1000 {
		fmt.Fprintln(&lines, joined(fmt.Sprint(i)))
	}
	for range 20 {
		resp, err := http.Post(u.url+"/intake/v1/events", "application/x-ndjson", strings.NewReader(lines.String()))
		if err != nil {
			continue // it was still sending when the connection was closed
		}
		verdicts, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if strings.Count(string(verdicts), "\n") > 2000 {
			t.Errorf("it goes on: %d bytes of verdicts, which begin %.200s", len(verdicts), verdicts)
		}
	}
	u.stop()
	if u.said.Len() > 0 {
		t.Error(u.said)
	}
}

// What a request leaves of its body is no request of its own, however it ends.
func TestWhatIsLeftOfABodyIsNoRequest(t *testing.T) {
	boundary := "--x\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%[1]s\"\r\n\r\n"
	form := fmt.Sprintf(boundary, "mapping") + example(t, "lawfirm.yaml") + "\r\n" + fmt.Sprintf(boundary, "file") + "a,b\n"
	chunk := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
	for name, c := range map[string]struct {
		path, media, body, answer string
		closed                    bool
	}{
		"a stream that cannot go on": {"events", "application/x-ndjson", chunk(joined("1") + "\n"), `"status":503`, true},
		"a stream that is garbled":   {"events", "application/x-ndjson", chunk(joined("1")+"\n") + "garbled\r\n", `"line":2,"status":`, false},
		"an import that is garbled":  {"imports", "multipart/form-data; boundary=x", chunk(form) + "garbled\r\n", `"failed"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			u := start(t, natstest.Fast(t))
			if c.closed {
				u.log.Close()
			}
			conn, err := net.Dial("tcp", strings.TrimPrefix(u.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(time.Minute)) // where it is not broken off, it fails
			fmt.Fprintf(conn, "POST /intake/v1/%s HTTP/1.1\r\nHost: x\r\nKith-Viewer: integration:test\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%s", c.path, c.media, c.body)
			said := &bytes.Buffer{}
			answers := bufio.NewReader(io.TeeReader(conn, said))
			for err == nil && !strings.Contains(said.String(), c.answer) {
				_, err = answers.ReadByte()
			}
			fmt.Fprint(conn, "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
			io.Copy(io.Discard, answers)
			if n := strings.Count(said.String(), "HTTP/1.1 "); n != 1 || !strings.Contains(said.String(), c.answer) {
				t.Errorf("%d answers:\n%s", n, said)
			}
		})
	}
}

func TestASenderThatWaitsToBeAskedIsAsked(t *testing.T) {
	u := start(t, natstest.Fast(t))
	r, err := http.NewRequest("POST", u.url+"/intake/v1/events", strings.NewReader(joined("1")+"\n"+joined("2")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Expect", "100-continue")
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); strings.Count(string(body), `"status":201`) != 2 {
		t.Errorf("%s", body)
	}
}

func TestLinesAreCountedAndLongOnesPassedOver(t *testing.T) {
	u := start(t, natstest.Fast(t))
	text := joined("1") + "\n\n" + strings.Repeat("x", 200_000) + "\r\n" + joined("2")
	resp := u.request("", "POST", "/intake/v1/events", "application/x-ndjson", strings.NewReader(text))
	var seen []string
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		var v verdict
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, fmt.Sprint(v.Line, " ", v.Status))
	}
	if want := []string{"1 201", "3 413", "4 201"}; !slices.Equal(seen, want) {
		t.Errorf("%v, not %v", seen, want)
	}
}

// S2.07 Nothing personal stands in the log.
func TestNothingPersonalStandsInTheLog(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"),
		line("Ada told me", "AdviceGiven", "", map[string]any{"recipient": "hr:1", "supporter": "email:2@example.org", "evidenceRef": "https://example.org/secret"}),
		line("c", "ExternalContactAdded", "hr:1", map[string]any{"contact": "contact:ben", "relation": "friend", "sealed": map[string]any{"nickname": "Uncle Ben"}}))
	for _, e := range u.facts("kith.>") {
		m, err := events.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		whole := fmt.Sprint(m.Subject, m.Header, string(m.Body))
		for _, secret := range []string{"hr:1", "Person 1", "example.org", "Ada told me", "Uncle", "secret"} {
			if strings.Contains(whole, secret) {
				t.Errorf("%s holds %q", e.Type(), secret)
			}
		}
	}
	var own, others struct{ People []intake.Person }
	contact := u.facts("kith.personal.>")[0].Fact.(*events.ExternalContactAdded).Contact
	one := u.person("hr:1")
	u.get("person:"+string(one), "/intake/v1/people?ids="+string(contact), &own)
	u.get("integration:x", "/intake/v1/people?ids="+string(contact), &others)
	if len(own.People) != 1 || own.People[0].Name != "Uncle Ben" || len(others.People) != 0 {
		t.Errorf("own %+v, others %+v", own, others)
	}
}

// S1.34 S2.14 S2.26 Who may read an act follows from the act, whoever sends it.
func TestTheContextFollowsFromTheAct(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"), joined("3"),
		line("c", "ExternalContactAdded", "hr:1", map[string]any{"contact": "contact:ben", "relation": "friend"}))
	act := func(id, fact string, more ...any) string {
		data := map[string]any{"recipient": "hr:1", "supporter": "hr:2"}
		for i := 0; i < len(more); i += 2 {
			data[more[i].(string)] = more[i+1]
		}
		return line(id, fact, "", data)
	}
	for i, c := range []struct {
		line    string
		context events.Context
	}{
		{act("1", "kith.support.SponsorEndorsed", "forum", "staffing", "stake", "reputation", "awareness", "aware"), events.Support},
		{act("2", "SponsorEndorsed", "forum", "staffing", "stake", "reputation", "awareness", "unaware"), events.Sealed},
		{act("3", "FeedbackGiven", "valence", "mixed", "sharing", "named"), events.Support},
		{act("4", "FeedbackGiven", "valence", "mixed", "sharing", "summary"), events.Sealed},
		{act("5", "AllyActionTaken", "kind", "amplify"), events.Personal},
		{act("6", "AdviceGiven", "supporter", "contact:ben"), events.Personal},
		{act("7", "AdviceGiven", "relation", "friend"), events.Personal},
		{line("8", "ActConfirmed", "", map[string]any{"act": "1", "by": "recipient"}), events.Support},
		{line("9", "StakeResolved", "hr:1", map[string]any{"act": "2", "outcome": "paid-off"}), events.Sealed},
	} {
		if e := u.event(u.accepted(c.line)[0]); e.Context != c.context || e.Person() != u.person("hr:1") {
			t.Errorf("%d stands in %s about %s", i+1, e.Context, e.Subject)
		}
	}
	if e := u.facts("kith.personal.*.AdviceGiven")[0]; events.ActOf(e.Fact).Relation != "friend" {
		t.Errorf("a friend is %q", events.ActOf(e.Fact).Relation)
	}
	refused := u.post("", line("x", "AdviceGiven", "", map[string]any{"recipient": "hr:3", "supporter": "contact:ben"}),
		line("y", "ThanksGiven", "", map[string]any{"recipient": "hr:1", "supporter": "hr:2", "act": "2"}))
	if refused[0].String() != "422 supporter is another person's contact" || refused[1].String() != "422 act is no act that Kith knows" {
		t.Errorf("%v", refused)
	}
}

// S2.14 A sealed endorsement is disclosed as a fact of its own.
func TestDisclosure(t *testing.T) {
	u := start(t, natstest.Fast(t))
	all := u.accepted(joined("1"), joined("2"),
		line("s", "SponsorEndorsed", "", map[string]any{"recipient": "hr:1", "supporter": "hr:2", "forum": "staffing", "stake": "reputation", "awareness": "unaware", "evidenceRef": "https://x"}),
		line("d", "SponsorshipDisclosed", "hr:1", map[string]any{"acts": []string{"s"}}))
	u.accepted(line("d2", "SponsorshipDisclosed", "", map[string]any{"acts": []any{all[2].ID}}))
	sealed := u.event(all[2])
	open := u.facts("kith.support.>")
	if len(open) != 1 {
		t.Fatalf("%d acts are open", len(open))
	}
	f := open[0].Fact.(*events.SponsorEndorsed)
	if f.Discloses != sealed.ID || f.Awareness != "aware" || !open[0].Time.Equal(sealed.Time) || open[0].ID == sealed.ID {
		t.Errorf("%+v", open[0])
	}
	if v := u.post("", line("d3", "SponsorshipDisclosed", "hr:1", map[string]any{"acts": []any{open[0].ID}}))[0]; v.Status != 422 {
		t.Errorf("an open act was disclosed: %v", v)
	}
}

// S2.14 Whoever knows what another system calls a sealed act gets the same answer as for one that is not
// there.
func TestAKnownIDTellsAPersonNothing(t *testing.T) {
	u := start(t, natstest.Connect(t))
	endorsed := func(id string) string {
		return line(id, "SponsorEndorsed", "", map[string]any{"recipient": "hr:1", "supporter": "hr:2", "forum": "staffing", "stake": "reputation", "awareness": "unaware"})
	}
	u.accepted(joined("1"), joined("2"), joined("3"), endorsed("there"))
	for _, who := range []string{"hr:1", "hr:3"} {
		me := "person:" + string(u.person(who))
		there, not := u.post(me, endorsed("there"))[0], u.post(me, endorsed("not there"))[0]
		if there.Status != not.Status || fmt.Sprint(there.Errors) != fmt.Sprint(not.Errors) || there.Status == http.StatusOK {
			t.Errorf("%s for one that is there, %s for one that is not", there, not)
		}
	}
}

func TestManagersMayComeLater(t *testing.T) {
	u := start(t, natstest.Fast(t))
	boss := func(id, manager string) string {
		return line("join-"+id, "PersonJoined", "hr:"+id, map[string]any{"level": 2, "effectiveAt": when, "manager": manager, "sealed": map[string]any{"email": id + "@x.org"}})
	}
	u.accepted(boss("1", "hr:2"), boss("4", "email:2@X.org"))
	if v := u.post("", advice("a", "1", "2"))[0]; v.Status != 422 {
		t.Errorf("somebody who has not joined supports: %v", v)
	}
	// One newcomer has two reserved pseudonyms by now, because nobody could know that both ids
	// are theirs: that is for the sender to settle.
	if v := u.post("", boss("2", ""))[0]; v.String() != "422 sealed.externalIds holds an id, or a mail address, of somebody else" {
		t.Errorf("%v", v)
	}
	u.accepted(line("join-2", "PersonJoined", "hr:2", map[string]any{"level": 5, "effectiveAt": when}))
	var one intake.Person
	if u.get("integration:t", "/intake/v1/people/hr:1", &one); one.Manager != u.person("hr:2") {
		t.Errorf("%+v", one)
	}
}

func TestTheDirectory(t *testing.T) {
	u := start(t, natstest.Fast(t))
	var lines []string
	for i := range 25 {
		lines = append(lines, joined(fmt.Sprintf("%02d", i)))
	}
	u.accepted(lines...)
	later, soon := when.Add(24*time.Hour), time.Now().Add(240*time.Hour)
	u.accepted(line("c1", "PersonChanged", "hr:03", map[string]any{"level": 7, "effectiveAt": later}),
		line("c2", "PersonChanged", "hr:03", map[string]any{"department": "tax", "effectiveAt": soon, "sealed": map[string]any{"externalIds": []string{"badge:77"}}}),
		line("c3", "PersonWentOnLeave", "hr:04", map[string]any{"effectiveAt": later}), line("c4", "PersonLeft", "hr:05", map[string]any{"effectiveAt": later}))
	var names []string
	for cursor := ""; ; {
		var page struct {
			People []intake.Person
			Next   string
		}
		if code := u.get("integration:t", "/intake/v1/people?limit=10&cursor="+cursor, &page); code != 200 {
			t.Fatal(code)
		}
		for _, p := range page.People {
			names = append(names, p.Name)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(names) != 25 || !slices.IsSorted(names) || names[0] != "Person 00" {
		t.Errorf("%v", names)
	}
	var page struct{ People []intake.Person }
	u.get("integration:t", "/intake/v1/people?query=son+03", &page)
	if len(page.People) != 1 || page.People[0].Level != 7 || page.People[0].Department != "law" || u.person("badge:77") != page.People[0].ID {
		t.Errorf("%+v", page)
	}
	u.get("integration:t", "/intake/v1/people?ids="+string(u.person("hr:04"))+",hr:05,hr:99", &page)
	if len(page.People) != 2 || !page.People[0].OnLeave || !page.People[1].Left {
		t.Errorf("%+v", page)
	}
	for path, code := range map[string]int{"?limit=0": 400, "?cursor=x": 400, "/hr:99": 404} {
		var p struct{ Detail string }
		if got := u.get("integration:t", "/intake/v1/people"+path, &p); got != code || p.Detail == "" {
			t.Errorf("%s: %d %s", path, got, p.Detail)
		}
	}
	if resp := u.request("", "GET", "/intake/v1/people", "", nil); resp.StatusCode != 403 {
		t.Errorf("anonymous: %d", resp.StatusCode)
	}
}

func TestTwoIntakesAtOnce(t *testing.T) {
	nc := natstest.Fast(t)
	a, b := start(t, nc), start(t, nc)
	a.accepted(joined("1"), joined("2"))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if v := b.post("", advice("a", "1", "2"))[0]; v.Status == 201 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the other never learns who joined: %v", v)
		}
	}
	if v := a.post("", advice("a", "1", "2"))[0]; v.Status != 200 {
		t.Errorf("%v", v)
	}
	if acts := a.facts("kith.support.>"); len(acts) != 1 {
		t.Errorf("%d acts", len(acts))
	}
}

func TestASnapshotOfAnotherLogIsNotUsed(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	u.accepted(joined("1"), joined("2"), advice("a", "1", "2"))
	u.stop()
	if err := u.log.JetStream().DeleteStream(t.Context(), "KITH"); err != nil {
		t.Fatal(err)
	}
	u = start(t, nc)
	if v := u.post("", joined("1"))[0]; v.Status != 201 {
		t.Errorf("%v", v)
	}
}

// FuzzCloudEvent: whatever is sent, it is stored whole or refused with a reason.
func FuzzCloudEvent(f *testing.F) {
	u := start(f, natstest.Fast(f))
	u.accepted(joined("1"), joined("2"))
	f.Add([]byte(advice("a", "1", "2")))
	f.Add([]byte(joined("3")))
	f.Add([]byte(`{"specversion":"1.0","id":"x","source":"/x","type":"kith.personal.GoalSet","subject":"hr:1","data":{"goal":"a","kind":"advance"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		resp, err := http.Post(u.url+"/intake/v1/events", "application/json", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		var answer struct {
			Sequence uint64
			Detail   string
		}
		if json.Unmarshal(body, &answer) != nil || resp.StatusCode >= 500 {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
		if (answer.Sequence > 0) == (answer.Detail != "") {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
}
