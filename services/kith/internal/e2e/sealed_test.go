package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
)

// endorsed is what differs between the products that are compared.
type endorsed string

const (
	nothing endorsed = ""        // nobody endorses Ada
	unaware endorsed = "unaware" // her boss does, and she does not know it: sealed
	knowing endorsed = "aware"   // she knows it
)

// TestASealedEndorsementShowsNothing compares two products that are told the same, but for a
// sealed endorsement that makes a sponsor: the recipient, her manager, a colleague and an
// integration read the same in both, until it is disclosed. An open endorsement, which they may
// see, makes a difference: so the comparison finds one.
func TestASealedEndorsementShowsNothing(t *testing.T) {
	since := time.Now().UTC().Truncate(time.Second).Add(-time.Minute)
	without, with, open := endorsing(t, since, nothing), endorsing(t, since, unaware), endorsing(t, since, knowing)
	// All but those who know what they said themselves.
	readers := []string{"person:ada", "person:lead", "person:peer", "integration:other", "anonymous"}
	one := without.see(t, readers...)
	one.complete(t)
	for _, diff := range one.differences(with.see(t, readers...)) {
		t.Errorf("with a sealed endorsement, readers see another\n%s", diff)
	}
	if found := one.differences(open.see(t, readers...)); len(found) < 5 {
		t.Errorf("an open endorsement makes a difference in %d places: the comparison sees too little:\n%s", len(found), strings.Join(found, "\n"))
	}
	if n := len(without.u.sponsors(t, events.RoleSealed)); n != 0 {
		t.Errorf("without an endorsement, %d sponsors in role-sealed", n)
	}
	if n := len(without.u.facts(t, 1, events.FilterContext(events.Sealed))); n != 0 {
		t.Errorf("without an endorsement, %d facts in sealed", n)
	}
	if n := len(with.u.sponsors(t, events.RoleSealed)); n != 1 {
		t.Errorf("%d sealed sponsors, want the boss", n)
	}
	t.Run("probing", func(t *testing.T) { probe(t, without.u, with.u) })
	t.Run("disclosed", func(t *testing.T) { disclosed(t, with.u) })
}

// complete checks that there was something to see in every context in which there should be.
func (s sights) complete(t *testing.T) {
	t.Helper()
	for _, context := range []string{"people", "support", "personal", "role", "gap", "nudge", "reply", "access"} {
		if len(s["log "+context+" <Person ada>"]) == 0 {
			t.Errorf("nothing in %s: nothing is compared", context)
		}
	}
	if len(s["live"]) == 0 {
		t.Error("nothing was seen live")
	}
	t.Logf("compared in %d places", len(s))
}

// sponsors are the facts of a context that recognize Ada's boss as her sponsor.
func (u *product) sponsors(t *testing.T, c events.Context) (found []events.Event) {
	t.Helper()
	ada, boss := u.person(t, "ada"), u.person(t, "boss")
	for _, e := range u.facts(t, 1, events.FilterFact(c, "RoleRecognized")) {
		f := e.Fact.(*events.RoleRecognized)
		if e.Person() == ada && f.Supporter == boss && f.Role == events.Sponsor {
			found = append(found, e)
		}
	}
	return found
}

// endorsing starts a product and tells it the story, line by line: what follows from one line is
// there before the next is told, so that it is the same in every product.
func endorsing(t *testing.T, since time.Time, as endorsed) *reading {
	t.Helper()
	dir := t.TempDir()
	keyFiles(t, dir) // the ids of what is told are made with this key
	u := together(t, dir)
	r := u.read(t, since)
	tell := func(line string) {
		t.Helper()
		u.follow(t, u.accepted(t, line), "ada", "peer")
	}
	for _, line := range directoryOf(since) {
		u.accepted(t, line)
	}
	tell(joinedAt(since, "ada", 4, "lead")) // and what she misses is weighed
	ago := func(days int) time.Time { return since.AddDate(0, 0, -days) }
	for _, line := range before(ago) {
		tell(line)
	}
	for _, line := range endorsements(ago, as) {
		tell(line)
	}
	for _, line := range afterwards(ago) {
		tell(line)
	}
	tell(cloudEvent("no-thanks", "kith.reply.NudgeDismissed", "hr:ada", ago(0), map[string]any{"nudge": u.firstNudge(t, "ada")}))
	return r
}

// follow waits until all that follows from a line is there, in the inboxes of people.
func (u *product) follow(t *testing.T, seq uint64, people ...string) {
	t.Helper()
	for _, name := range people {
		id := u.person(t, name)
		u.get(t, "person:"+string(id), fmt.Sprintf("/notification/v1/people/%s/inbox?after=%d", id, seq), nil)
	}
}

func (u *product) firstNudge(t *testing.T, name string) string {
	t.Helper()
	var inbox struct{ Nudges []struct{ ID string } }
	id := u.person(t, name)
	u.get(t, "person:"+string(id), "/notification/v1/people/"+string(id)+"/inbox", &inbox)
	if len(inbox.Nudges) == 0 {
		t.Fatalf("%s was told of nothing", name)
	}
	return inbox.Nudges[0].ID
}

// joinedAt is joined, with times that are the same in every product.
func joinedAt(since time.Time, id string, level int, manager string) string {
	start := since.AddDate(-2, 0, 0)
	data := map[string]any{"level": level, "department": "engineering", "startMonth": start.Format("2006-01"), "effectiveAt": start.Format(time.RFC3339),
		"sealed": map[string]any{"name": "Person " + id, "email": id + "@example.org", "externalIds": []string{"hr:" + id}}}
	if manager != "" {
		data["manager"] = "hr:" + manager
	}
	return cloudEvent("joined-"+id, "kith.people.PersonJoined", "hr:"+id, start, data)
}

func directoryOf(since time.Time) []string {
	return []string{joinedAt(since, "top", 8, ""), joinedAt(since, "boss", 6, ""), joinedAt(since, "lead", 5, "boss"), joinedAt(since, "peer", 4, "lead")}
}

// before is what happened openly before the endorsement: her boss is on the way to becoming a
// sponsor, and named as one.
func before(ago func(int) time.Time) []string {
	return []string{
		act("session", "MentoringSessionHeld", "ada", "boss", ago(40), map[string]any{"topics": []string{"skills"}}),
		act("intro", "IntroductionMade", "ada", "boss", ago(35), map[string]any{"introducedTo": "hr:top", "theirLevel": 8}),
		act("feedback", "FeedbackGiven", "ada", "peer", ago(30), map[string]any{"valence": "constructive", "voluntary": true, "sharing": "named",
			"evidenceRef": "https://example.org/feedback/1"}),
		cloudEvent("named", "kith.personal.RoleDeclared", "hr:ada", ago(25), map[string]any{"supporter": "hr:boss", "role": "sponsor", "declaredBy": "recipient"}),
		cloudEvent("goal", "kith.personal.GoalSet", "hr:ada", ago(24), map[string]any{"goal": "promotion", "kind": "advance"}),
	}
}

// endorsements are enough to make a sponsor of her boss, with what the boss says of them later,
// and another one of somebody who has nothing else to do with her.
func endorsements(ago func(int) time.Time, as endorsed) []string {
	if as == nothing {
		return nil
	}
	context := "kith.sealed."
	if as == knowing {
		context = "kith.support."
	}
	return []string{
		act("speaks-up", "SponsorEndorsed", "ada", "boss", ago(20), map[string]any{"forum": "calibration", "stake": "reputation", "awareness": as}),
		act("speaks-up-again", "PromotionAdvocated", "ada", "boss", ago(19), map[string]any{"round": "2026-spring", "stake": "reputation", "awareness": as}),
		cloudEvent("confirmed", context+"ActConfirmed", "", ago(18), map[string]any{"act": "speaks-up", "by": "supporter"}),
		act("speaks-up-too", "PromotionAdvocated", "ada", "top", ago(17), map[string]any{"round": "2026-spring", "stake": "political-capital", "awareness": as}),
	}
}

// secret are the ids that the sender gave the endorsements by her boss.
func secret() []string { return []string{"speaks-up", "speaks-up-again"} }

// afterwards is what happens openly after it: on the same tie, about the same people, and to
// others. Her boss is promoted: every tie of hers is weighed again.
func afterwards(ago func(int) time.Time) []string {
	return []string{
		act("session-2", "MentoringSessionHeld", "ada", "boss", ago(10), map[string]any{"topics": []string{"skills"}}),
		act("praise", "EndorsementGiven", "ada", "boss", ago(9), map[string]any{"audience": "public"}),
		act("thanks", "ThanksGiven", "ada", "boss", ago(8), map[string]any{"act": "praise"}),
		cloudEvent("helpful", "kith.personal.FeedbackRatedHelpful", "hr:ada", ago(7), map[string]any{"act": "feedback"}),
		act("advice", "AdviceGiven", "peer", "lead", ago(6), map[string]any{"topics": []string{"career-path"}}),
		cloudEvent("promoted", "kith.people.PromotionOccurred", "hr:boss", ago(5), map[string]any{
			"kind": "promotion", "fromLevel": 6, "toLevel": 7, "effectiveAt": ago(5).Format(time.RFC3339)}),
		cloudEvent("withdrawn", "kith.personal.RoleDeclarationWithdrawn", "hr:ada", ago(4), map[string]any{"supporter": "hr:boss", "role": "sponsor", "declaredBy": "recipient"}),
	}
}

// probe: who guesses what a sealed act is called learns nothing by speaking of it, not even the
// recipient, who may dispute any act that they can see.
func probe(t *testing.T, without, with *product) {
	for _, who := range []string{"ada", "lead", "peer"} {
		for _, line := range []string{
			cloudEvent("probe-1-"+who, "kith.support.ActDisputed", "", time.Now(), map[string]any{"act": secret()[0]}),
			cloudEvent("probe-2-"+who, "kith.support.ActConfirmed", "", time.Now(), map[string]any{"act": secret()[0], "by": "recipient"}),
			cloudEvent("probe-3-"+who, "kith.sealed.ActRetracted", "", time.Now(), map[string]any{"act": secret()[1]}),
			cloudEvent("probe-4-"+who, "kith.personal.FeedbackRatedHelpful", "hr:ada", time.Now(), map[string]any{"act": secret()[0]}),
			cloudEvent("probe-5-"+who, "kith.support.SponsorshipDisclosed", "", time.Now(), map[string]any{"acts": secret()}),
		} {
			if one, other := without.answerTo(t, who, line), with.answerTo(t, who, line); one != other {
				t.Errorf("%s sends %s and is told\n%s\nand, with a sealed endorsement,\n%s", who, line, one, other)
			}
		}
	}
}

// answerTo sends one line as a person.
func (u *product) answerTo(t *testing.T, who, line string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.url+"/intake/v1/events", strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/cloudevents+json")
	req.Header.Set("Kith-Viewer", "person:"+string(u.person(t, who)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + " " + string(body)
}

// disclosed: from now on the recipient sees the sponsor, once, however often it is disclosed.
func disclosed(t *testing.T, u *product) {
	sealed := len(u.facts(t, 1, events.FilterContext(events.RoleSealed)))
	for _, id := range []string{"disclosure", "disclosure-again"} {
		seq := u.accepted(t, cloudEvent(id, "kith.support.SponsorshipDisclosed", "", time.Now(), map[string]any{"acts": secret()}))
		u.follow(t, seq, "ada")
		u.seesSponsor(t, seq)
	}
	if found := u.sponsors(t, events.Role); len(found) != 1 {
		t.Errorf("%d role facts recognize the sponsor, want one", len(found))
	}
	if n := len(u.facts(t, 1, events.FilterContext(events.RoleSealed))); n != sealed {
		t.Errorf("role-sealed says %d things more: readers of both know already", n-sealed)
	}
	var acts int
	for _, e := range u.facts(t, 1, events.FilterContext(events.Support)) {
		if act := events.ActOf(e.Fact); act != nil && act.Discloses != "" {
			acts++
		}
	}
	if acts != 2 {
		t.Errorf("%d acts are disclosed, want two", acts)
	}
}

// seesSponsor: the network and the explanation of the tie show it, each act once.
func (u *product) seesSponsor(t *testing.T, after uint64) {
	t.Helper()
	ada, boss := u.person(t, "ada"), u.person(t, "boss")
	var network struct {
		Roles []struct {
			Role       events.RoleName
			Supporters []struct {
				Supporter events.PersonID
				Status    string
			}
		}
	}
	path := "/gap-projection/v1/people/" + string(ada)
	u.get(t, "person:"+string(ada), fmt.Sprintf("%s/network?after=%d", path, after), &network)
	for _, r := range network.Roles {
		if r.Role == events.Sponsor && (len(r.Supporters) != 1 || r.Supporters[0].Supporter != boss || r.Supporters[0].Status != "active") {
			t.Errorf("her sponsors are %+v", r.Supporters)
		}
	}
	var tie struct {
		Acts []struct{ Type string }
	}
	u.get(t, "person:"+string(ada), fmt.Sprintf("%s/ties/%s", path, boss), &tie)
	times := map[string]int{}
	for _, a := range tie.Acts {
		times[a.Type]++
	}
	if times["SponsorEndorsed"] != 1 || times["PromotionAdvocated"] != 1 {
		t.Errorf("the tie shows %v", times)
	}
}
