package audit_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

const (
	annID events.PersonID = "paaaaaaaaaaaaaaaa"
	benID events.PersonID = "pbbbbbbbbbbbbbbbb"
	cydID events.PersonID = "pcccccccccccccccc"
)

// say appends a fact that was true some days ago, and returns its sequence.
func (p *place) say(daysAgo int, c events.Context, about events.PersonID, f events.Fact) uint64 {
	p.t.Helper()
	p.facts++
	acks, err := p.log.Append(p.t.Context(), events.Event{ID: events.IncomingID(nil, "/test", fmt.Sprint(p.facts)), Source: "/test",
		Context: c, Subject: string(about), Time: ago(daysAgo), Fact: f})
	if err != nil {
		p.t.Fatal(err)
	}
	return acks[0].Seq
}

// recorded is when a fact was.
func (p *place) recorded(seq uint64) string {
	p.t.Helper()
	e, err := p.log.Get(p.t.Context(), seq)
	if err != nil {
		p.t.Fatal(err)
	}
	return e.Recorded.Format(time.RFC3339Nano)
}

// spoken is a sponsor's word for ann.
func spoken() events.Fact {
	return &events.SponsorEndorsed{Act: events.Act{Recipient: annID, Supporter: benID, RecordedBy: "system"}, Forum: "calibration", Stake: "reputation", Awareness: "aware"}
}

// asOf asks what ann saw some days ago.
func (p *place) asOf(days int, knownAt string) (a struct {
	Known   uint64
	Sources []struct{ Seq uint64 }
	Seen    gaps.SeenAnswer
}) {
	p.t.Helper()
	q := url.Values{"at": {ago(days).Format(time.RFC3339Nano)}}
	if knownAt != "" {
		q.Set("known-at", knownAt)
	}
	code, body := p.get("people/"+string(annID)+"/as-of?"+q.Encode(), ann, "PersonAsOf")
	if code != 200 {
		p.t.Fatalf("%d %s", code, body)
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		p.t.Fatal(err)
	}
	return a
}

// sponsors are how many sponsors a network shows.
func sponsors(n gaps.NetworkAnswer) int {
	for _, r := range n.Roles {
		if r.Role == events.Sponsor {
			return len(r.Supporters)
		}
	}
	return 0
}

func TestWhatWasKnownWhen(t *testing.T) {
	p := start(t)
	p.run()
	for i, who := range []events.PersonID{annID, benID} {
		p.say(0, events.People, who, &events.PersonJoined{Level: 4 + 3*i, Department: "law", EffectiveAt: ago(900)})
	}
	for _, days := range []int{60, 59, 58} {
		p.say(days, events.Support, annID, spoken())
	}
	before := p.say(57, events.Support, annID, spoken())
	late := p.say(200, events.Support, annID, spoken())
	for range 3 {
		p.say(199, events.Support, annID, spoken())
	}
	known, last := fmt.Sprint(before), p.recorded(before)
	for _, row := range []struct {
		name     string
		days     int
		knownAt  string
		sponsors int
		sources  int
	}{
		{"now, by all that is known", 0, "", 1, 8},
		{"while the role was there", 50, known, 1, 4},
		{"before it began, as it was known then", 100, known, 0, 0},
		{"late acts change what is said of their time", 100, "", 1, 4},
		{"before anybody did anything", 300, "", 0, 0},
		{"late acts never change what was known then", 50, known, 1, 4},
		{"what was known then, by a time", 100, last, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := p.asOf(row.days, row.knownAt)
			if got := sponsors(a.Seen.Network); got != row.sponsors || len(a.Sources) != row.sources {
				t.Errorf("%d sponsors by %d acts, not %d by %d", got, len(a.Sources), row.sponsors, row.sources)
			}
		})
	}
	if a := p.asOf(100, ""); a.Sources[0].Seq != late || len(a.Seen.Ties) != 1 || len(a.Seen.Ties[0].Acts) != 4 {
		t.Errorf("the evidence is %+v", a)
	}
}

func TestWhatIsNotAnswered(t *testing.T) {
	p := start(t)
	p.run()
	p.say(9, events.People, annID, &events.PersonJoined{Level: 4, EffectiveAt: ago(9)})
	p.say(9, events.People, benID, &events.PersonJoined{Level: 4, EffectiveAt: ago(9)})
	p.say(0, events.People, benID, &events.PersonErased{DestroyedAt: ago(0), FinalAt: ago(-30)})
	at := func(who events.PersonID, days int) string {
		return "people/" + string(who) + "/as-of?at=" + ago(days).Format(time.RFC3339)
	}
	for name, row := range map[string]struct {
		path, viewer, purpose string
		code                  int
	}{
		"to the person":                        {at(annID, 1), ann, "", 200},
		"to an auditor who says what for":      {at(annID, 1), "auditor:dana", "audit", 200},
		"to an auditor who does not":           {at(annID, 1), "auditor:dana", "", 400},
		"to another person":                    {at(annID, 1), "person:" + string(cydID), "audit", 403},
		"to a service":                         {at(annID, 1), operator, "audit", 403},
		"to nobody":                            {at(annID, 1), "", "", 403},
		"of a time before they were known":     {at(annID, 30), ann, "", 404},
		"of somebody who is not known":         {at(cydID, 1), "person:" + string(cydID), "", 404},
		"of somebody who was erased since":     {at(benID, 1), "person:" + string(benID), "", 404},
		"of a time to come":                    {at(annID, -1), ann, "", 400},
		"of no time":                           {"people/" + string(annID) + "/as-of", ann, "", 422},
		"by what will be known":                {at(annID, 1) + "&known-at=99999", ann, "", 400},
		"by what was known at no time":         {at(annID, 1) + "&known-at=soon", ann, "", 422},
		"by what was known before the log was": {at(annID, 1) + "&known-at=2001-01-01T00:00:00Z", ann, "", 404},
		"of nobody":                            {"people/somebody/as-of?at=" + ago(1).Format(time.RFC3339), ann, "", 422},
	} {
		t.Run(name, func(t *testing.T) {
			if code, body := p.getFor(row.path, row.viewer, row.purpose, "PersonAsOf"); code != row.code {
				t.Errorf("%d %s, not %d", code, body, row.code)
			}
		})
	}
}
