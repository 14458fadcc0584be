package gaps_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
)

// server is the service over a real log, with the documents that role-classifier would write.
type server struct {
	t    *testing.T
	nc   *nats.Conn
	log  *eventlog.Log
	reg  *prometheus.Registry
	svc  *gaps.Service
	url  string
	ties *projection.KV
	n    int
	stop func()
}

func start(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, nc: natstest.Fast(t)}
	var err error
	if s.log, err = eventlog.Open(t.Context(), s.nc, eventlog.Config{Service: gaps.Name}); err != nil {
		t.Fatal(err)
	}
	if s.ties, err = projection.OpenKV(t.Context(), s.nc, readmodel.Ties, 1); err != nil {
		t.Fatal(err)
	}
	s.run()
	t.Cleanup(func() { s.stop() })
	return s
}

// run starts the service; stop ends it, so that it can be run again.
func (s *server) run() {
	s.t.Helper()
	s.reg = prometheus.NewRegistry()
	env := &app.Env{Log: slog.New(slog.DiscardHandler), Registry: s.reg, NATS: s.nc, EventLog: s.log, Replicas: 1}
	svc, err := gaps.New(s.t.Context(), env)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	web := httptest.NewServer(svc.Handler())
	s.svc, s.url = svc, web.URL+"/gap-projection/v1/people/"
	s.stop = func() {
		web.Close()
		cancel()
		if err := <-done; err != nil {
			s.t.Error("run:", err)
		}
		s.stop = func() {}
	}
}

// say appends facts about a person and returns the last one's sequence.
func (s *server) say(c events.Context, person events.PersonID, facts ...events.Fact) uint64 {
	s.t.Helper()
	var last uint64
	for _, f := range facts {
		s.n++
		subject := string(person)
		if subject == "" {
			subject = events.Nobody
		}
		acks, err := s.log.Append(s.t.Context(), events.Event{ID: factID(uint64(s.n)), Source: "/test", Context: c, Subject: subject,
			Time: time.Now().UTC(), Fact: f})
		if err != nil {
			s.t.Fatal(err)
		}
		last = acks[0].Seq
	}
	return last
}

// imported appends the end of an import and, as role-classifier does, that all has been recognized that it shows. It
// returns the end's sequence.
func (s *server) imported(source events.Code) uint64 {
	s.t.Helper()
	end := s.say(events.People, "", &events.ImportFinished{Source: source, MappingHash: strings.Repeat("0", 64)})
	s.n++
	acks, err := s.log.Append(s.t.Context(), events.Event{ID: factID(uint64(s.n)), Source: "/test", Context: events.Role, Subject: events.Nobody,
		Time: time.Now().UTC(), Fact: &events.ImportRecognized{Source: source}, CausationID: factID(uint64(s.n - 1)), CausationSeq: end})
	if err != nil {
		s.t.Fatal(err)
	}
	s.classified(acks[0].Seq, nil)
	return end
}

// classified says that role-classifier has handled the log up to a sequence, with these documents.
func (s *server) classified(handled uint64, docs map[string]any) {
	s.t.Helper()
	var records []projection.Record
	for key, doc := range docs {
		body, err := json.Marshal(doc)
		if err != nil {
			s.t.Fatal(err)
		}
		records = append(records, projection.Record{Key: key, Seq: handled, Body: body})
	}
	if err := s.ties.Commit(s.t.Context(), records, projection.Progress{Handled: handled, Appended: handled, Stream: s.log.Identity()}); err != nil {
		s.t.Fatal(err)
	}
}

// get asks as a viewer and returns the response and its body.
func (s *server) get(viewer, path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if viewer != "" {
		req.Header.Set(access.Header, viewer)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(body)
}

// asked is a successful answer, decoded.
func asked[A any](s *server, person events.PersonID, path string) A {
	s.t.Helper()
	var a A
	resp, body := s.get("person:"+string(person), string(person)+path)
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s", path, resp.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		s.t.Fatal(err)
	}
	return a
}

// said are the facts of a context about a person, in log order.
func (s *server) said(c events.Context, person events.PersonID) []events.Event {
	s.t.Helper()
	var all []events.Event
	err := s.log.Read(s.t.Context(), 1, []string{events.FilterPerson(c, person)}, func(e events.Event, err error) error {
		all = append(all, e)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func yearsAgo(n int) time.Time { return time.Now().UTC().AddDate(-n, 0, 0).Truncate(time.Second) }

// settledPerson is a mid-career person, two years here, with a mentor and a colleague who outrank them.
func settledPerson(s *server) uint64 {
	s.say(events.People, ben, &events.PersonJoined{Level: 6, Department: "research", EffectiveAt: yearsAgo(9)})
	s.say(events.People, cleo, &events.PersonJoined{Level: 3, Department: "ops", EffectiveAt: yearsAgo(3)})
	s.say(events.People, ego, &events.PersonJoined{Level: 3, Department: "ops", EffectiveAt: yearsAgo(2)})
	s.say(events.Support, ego, &events.AdviceGiven{Act: act(ben)}, &events.CollaborationShared{Act: act(cleo), Weeks: 6})
	f := recognized(events.Mentor, ben, 0)
	f.Since, f.NextChangeAt, f.Rung = yearsAgo(1), time.Now().AddDate(0, 0, 20).UTC(), 3
	return s.say(events.Role, ego, f)
}

func TestASponsorIsSeenToCloseTheGap(t *testing.T) {
	t.Parallel()
	s := start(t)
	live, err := s.nc.SubscribeSync("live.kith.gap.>")
	if err != nil {
		t.Fatal(err)
	}
	after := settledPerson(s)
	s.classified(after, nil)
	before := asked[gaps.ListAnswer](s, ego, fmt.Sprintf("/gaps?after=%d", after))
	if !strings.Contains(kinds(before), "missing-role sponsor 70 nobody-seen-in-this-role") {
		t.Fatalf("gaps before: %s", kinds(before))
	}
	f := recognized(events.Sponsor, ben, 0)
	f.Since, f.Subtype = time.Now().UTC(), events.Internal
	after = s.say(events.Role, ego, f)
	now := asked[gaps.ListAnswer](s, ego, fmt.Sprintf("/gaps?after=%d", after))
	if strings.Contains(kinds(now), "sponsor") || now.AsOf < after {
		t.Errorf("gaps after, as of %d: %s", now.AsOf, kinds(now))
	}
	all := s.said(events.Gap, ego)
	last := all[len(all)-1]
	closed, ok := last.Fact.(*events.GapClosed)
	if !ok || closed.Gap != events.MissingRole || closed.Role != events.Sponsor {
		t.Fatalf("the last gap fact is %+v", last.Fact)
	}
	role := s.said(events.Role, ego)[1]
	if closed.ClosedBy != role.ID || last.CausationID != role.ID || last.CausationSeq != role.Seq || last.Seq <= role.Seq {
		t.Errorf("closed by %s, caused by %s at %d; the role fact is %s at %d", closed.ClosedBy, last.CausationID, last.CausationSeq, role.ID, role.Seq)
	}
	for range all {
		if _, err := live.NextMsg(30 * time.Second); err != nil {
			t.Error("a gap fact was not seen live:", err)
		}
	}
}

// kinds lists gaps in a short form.
func kinds(a gaps.ListAnswer) string {
	var lines []string
	for _, g := range a.Gaps {
		lines = append(lines, fmt.Sprintf("%s %s %d %s", g.Gap, g.Role, g.Severity, g.Plain))
	}
	return strings.Join(lines, "; ")
}

// S1.02 S1.46 A network shows its person what they receive and whom they support.
func TestANetworkIsReadByItsPerson(t *testing.T) {
	t.Parallel()
	s := start(t)
	after := settledPerson(s)
	next := time.Now().Add(17 * 24 * time.Hour).UTC().Truncate(time.Second)
	s.classified(after, map[string]any{
		readmodel.TieKey(ego, ben): &readmodel.Tie{Recipient: ego, Supporter: ben, Roles: []readmodel.TieRole{{Role: events.Mentor,
			Status: readmodel.RoleActive, Score: 2_550_000, Enter: 1_700_000, HalfLife: 60 * 86400, SilentSince: readmodel.UnixOf(time.Now()),
			NextChangeAt: readmodel.UnixOf(next)}}},
		readmodel.RecipientsKey(ego):                       readmodel.Recipients{Recipients: []events.PersonID{dana}},
		"given-sealed." + string(ego) + "." + string(cleo): struct{}{},
	})
	a := asked[gaps.NetworkAnswer](s, ego, fmt.Sprintf("/network?after=%d", after))
	mentor := a.Roles[0]
	if mentor.Role != events.Mentor || !mentor.Expected || mentor.Held != 1 || len(mentor.Supporters) != 1 {
		t.Fatalf("mentor: %+v", mentor)
	}
	if v := mentor.Supporters[0]; v.Supporter != ben || v.Status != readmodel.RoleActive || v.Strength != 75 || !v.NextChangeAt.Equal(next) || !v.Counts {
		t.Errorf("the mentor: %+v", v)
	}
	if diff := cmp.Diff([]events.PersonID{dana}, a.Given); diff != "" {
		t.Errorf("given: %s", diff)
	}
	if a.Standing.Stage != "mid" || a.Health.RolesExpected != 4 || a.Health.RolesCovered != 1 || a.Basis.Kind != gaps.BasisActs || a.AsOf < after {
		t.Errorf("%+v", a)
	}
	hints := asked[gaps.SuggestionsAnswer](s, ego, "/suggestions")
	for range 50 { // the index follows the documents
		if len(hints.Suggestions) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
		hints = asked[gaps.SuggestionsAnswer](s, ego, "/suggestions")
	}
	if s := hints.Suggestions; len(s) == 0 || s[0].Action != "promote-mentor" || s[0].Supporter != ben {
		t.Errorf("suggestions: %+v", s)
	}
}

// S1.33 S2.29 Nobody reads what is another person's own, and who reads a tie is known.
func TestWhoReadsWhat(t *testing.T) {
	t.Parallel()
	s := start(t)
	after := settledPerson(s)
	s.classified(after, map[string]any{readmodel.TieKey(ego, ben): &readmodel.Tie{Recipient: ego, Supporter: ben}})
	asked[gaps.ListAnswer](s, ego, fmt.Sprintf("/gaps?after=%d", after))
	me, other := "person:"+string(ego), "person:"+string(cleo)
	supporter := "person:" + string(ben)
	for _, c := range []struct {
		viewer, path string
		status       int
	}{
		{me, "/network", 200}, {me, "/gaps", 200}, {me, "/suggestions", 200}, {me, "/ties/" + string(ben), 200},
		{other, "/network", 403}, {other, "/gaps", 403}, {other, "/suggestions", 403}, {other, "/ties/" + string(ben), 403},
		{supporter, "/network", 403}, {supporter, "/gaps", 403}, {supporter, "/suggestions", 403},
		{"integration:slack", "/network", 403}, {"integration:slack", "/ties/" + string(ben), 403},
		{"service:portal", "/gaps", 403}, {"service:portal", "/suggestions", 403},
		{"person:" + string(xeno), "/network", 403}, {"root", "/network", 403},
		{me, "/ties/" + string(dana), 404}, {me, "/network?after=x", 400},
	} {
		if resp, body := s.get(c.viewer, string(ego)+c.path); resp.StatusCode != c.status {
			t.Errorf("%s reads %s: %d %s, want %d", c.viewer, c.path, resp.StatusCode, body, c.status)
		}
	}
	if resp, body := s.get("", string(ego)+"/network"); resp.StatusCode != 403 || !strings.Contains(body, access.Header) {
		t.Errorf("nobody reads: %d %s", resp.StatusCode, body)
	}
	if n := len(s.said(events.Access, ego)); n != 0 {
		t.Fatalf("%d access facts before anybody else was let in", n)
	}
	tie, given := string(ego)+"/ties/"+string(ben), []string{access.PurposeHeader, "support-given"}
	if resp, body := s.get(supporter, tie); resp.StatusCode != 400 || !strings.Contains(body, "no-purpose") {
		t.Fatalf("the supporter does not say what for: %d %s", resp.StatusCode, body)
	}
	if resp, body := s.get(supporter, tie, given...); resp.StatusCode != 200 {
		t.Fatalf("the supporter reads their tie: %d %s", resp.StatusCode, body)
	}
	viewed := s.said(events.Access, ego)
	if len(viewed) != 1 {
		t.Fatalf("%d access facts", len(viewed))
	}
	if f := viewed[0].Fact.(*events.NetworkViewed); f.Viewer != string(ben) || f.Purpose != "support-given" {
		t.Errorf("viewed: %+v", f)
	}
}

func TestAfterWaitsOrSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	after := settledPerson(s)
	s.svc.Wait(300 * time.Millisecond)
	act := s.say(events.Support, ego, advice(ben))
	s.classified(after, nil) // not as far as the act
	for _, path := range []string{fmt.Sprintf("/gaps?after=%d", act), fmt.Sprintf("/network?after=%d", act+1000)} {
		resp, body := s.get("person:"+string(ego), string(ego)+path)
		if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	s.svc.Wait(time.Minute)
	go func() { time.Sleep(200 * time.Millisecond); s.classified(act, nil) }()
	if a := asked[gaps.ListAnswer](s, ego, fmt.Sprintf("/gaps?after=%d", act)); a.AsOf < act {
		t.Errorf("as of %d, want %d", a.AsOf, act)
	}
}

func TestAnAnswerIsNotSentTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	after := settledPerson(s)
	s.classified(after, nil)
	me := "person:" + string(ego)
	first, _ := s.get(me, fmt.Sprintf("%s/gaps?after=%d", ego, after))
	tag := first.Header.Get("ETag")
	more := s.say(events.People, cleo, &events.PersonWentOnLeave{EffectiveAt: time.Now().UTC()})
	s.classified(more, nil)
	again, body := s.get(me, fmt.Sprintf("%s/gaps?after=%d", ego, more), "If-None-Match", tag)
	if tag == "" || again.StatusCode != 304 || body != "" || again.Header.Get("Kith-As-Of") < fmt.Sprint(more) {
		t.Errorf("tag %q: %d %q as of %s", tag, again.StatusCode, body, again.Header.Get("Kith-As-Of"))
	}
	if again.Header.Get("Cache-Control") != "private, no-cache" {
		t.Error("a proxy may keep it")
	}
}

func TestAnImportIsSaidToBeRunning(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.say(events.People, "", &events.ImportStarted{Source: "firm", MappingHash: strings.Repeat("0", 64)})
	after := settledPerson(s)
	s.classified(after, nil)
	if a := asked[gaps.ListAnswer](s, ego, fmt.Sprintf("/gaps?after=%d", after)); !a.Importing || len(a.Gaps) != 0 {
		t.Errorf("while importing: %+v", a)
	}
	end := s.imported("firm")
	if a := asked[gaps.ListAnswer](s, ego, fmt.Sprintf("/gaps?after=%d", end)); a.Importing || len(a.Gaps) == 0 {
		t.Errorf("after the import: %+v", a)
	}
}

func TestAfterARestartNothingIsSaidAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	after := settledPerson(s)
	s.classified(after, nil)
	want := asked[gaps.NetworkAnswer](s, ego, fmt.Sprintf("/network?after=%d", after))
	facts := len(s.said(events.Gap, ego))
	s.stop()
	s.run()
	more := s.say(events.Support, ego, advice(ben))
	s.classified(more, nil)
	got := asked[gaps.NetworkAnswer](s, ego, fmt.Sprintf("/network?after=%d", more))
	if n := len(s.said(events.Gap, ego)); n != facts {
		t.Errorf("%d gap facts, %d before", n, facts)
	}
	got.AsOf, got.Health.LastAct = want.AsOf, want.Health.LastAct
	got.Roles[0].Supporters[0].LastAct = want.Roles[0].Supporters[0].LastAct
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the network changed (-want +got):\n%s", diff)
	}
}

// Whom a person supports is read of the documents as role-classifier writes them: the first of them in
// one, each of the others behind it.
func TestWhomAPersonSupports(t *testing.T) {
	t.Parallel()
	s := start(t)
	after := s.say(events.Support, ego, advice(ben))
	s.classified(after, map[string]any{
		readmodel.RecipientsKey(ego):                      readmodel.Recipients{Recipients: []events.PersonID{dana}, More: true},
		readmodel.RecipientsKey(ego) + "." + string(cleo): struct{}{},
	})
	var n gaps.NetworkAnswer
	_, body := s.get("person:"+string(ego), string(ego)+fmt.Sprintf("/network?after=%d", after))
	if err := json.Unmarshal([]byte(body), &n); err != nil {
		t.Fatal(err)
	}
	if want := []events.PersonID{cleo, dana}; !cmp.Equal(n.Given, want) {
		t.Errorf("%s supports %v, not %v", ego, n.Given, want)
	}
}
