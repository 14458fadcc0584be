package audit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/apitest"
	"kith.internal/services/internal/readmodel"
)

// desk is a service with a log that facts are said in, one after the other.
type desk struct {
	t *testing.T
	*Service
	n     int
	began time.Time // a day before what is said first
}

func newDesk(t *testing.T, all ...derive.Derivation) *desk {
	s, _ := started(t, natstest.Fast(t), all...)
	s.view = View{Chain: chainOf(t), Seen: func(ties, networks *projection.Docs, p events.PersonID, at time.Time) (any, error) {
		return gaps.Seen(ties, networks, p, at)
	}}
	return &desk{t: t, Service: s, began: day}
}

// say appends a fact with some secrets sealed, and returns its id.
func (d *desk) say(who events.PersonID, c events.Context, f events.Fact, secrets ...string) events.FactID {
	d.t.Helper()
	for i := 0; i < len(secrets); i += 2 {
		sealed, err := d.keys.Seal(d.t.Context(), who, secrets[i], []byte(secrets[i+1]))
		if err != nil {
			d.t.Fatal(err)
		}
		*events.Secrets(f)[secrets[i]] = sealed
	}
	d.n++
	e := events.Event{ID: events.DerivedID("test", events.FactID(fmt.Sprint(d.n)), c, 0), Source: "/test", Context: c, Subject: string(who),
		Time: d.began.AddDate(0, 0, d.n), Fact: f}
	if who == "" {
		e.Subject = events.Nobody
	}
	if _, err := d.log.Append(d.t.Context(), e); err != nil {
		d.t.Fatal(err)
	}
	return e.ID
}

// ask is what the service answers, held against a schema of openapi.yaml line by line.
func (d *desk) ask(method, path, viewer, purpose, schema, body string) (int, string) {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, pathOf+path, strings.NewReader(body))
	r.Header.Set(access.Header, viewer)
	r.Header.Set(access.PurposeHeader, purpose)
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		schema = "Problem"
	}
	apitest.Read(d.t).Check(d.t, schema, w.Body.String())
	return w.Code, w.Body.String()
}

// line is one of a record.
type line struct {
	Kind, Type, Month, Basis, Viewer, Actor, Source string
	Entries                                         []events.PersonID
	LegalMode                                       events.LegalMode
	ID                                              events.FactID
	Data                                            map[string]any
	Seen                                            gaps.SeenAnswer
}

// recordOf is somebody's record as they get it.
func (d *desk) recordOf(who events.PersonID) (lines []line, text string) {
	d.t.Helper()
	code, text := d.ask("GET", "people/"+string(who)+"/record", "person:"+string(who), "", "Line", "")
	if code != http.StatusOK {
		d.t.Fatalf("%d %s", code, text)
	}
	for one := range strings.Lines(text) {
		var l line
		if err := json.Unmarshal([]byte(one), &l); err != nil {
			d.t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines, text
}

func endorsed(recipient, supporter events.PersonID) events.Fact {
	return &events.SponsorEndorsed{Act: events.Act{Recipient: recipient, Supporter: supporter, RecordedBy: "system"}, Forum: "calibration", Stake: "none", Awareness: "unaware"}
}

// TestRecord: a person gets everything that names them, with what is sealed for them in clear; of what others said
// in confidence as much as the law that the organization goes by says, and never who spoke without a name.
func TestRecord(t *testing.T) {
	d := newDesk(t)
	const old events.PersonID = "poooooooooooooooo"
	d.say(ann, events.People, &events.PersonJoined{Level: 3, EffectiveAt: day}, "sealed", `{"name":"Ann Miller"}`)
	helped := d.say(ann, events.Support, advice(events.Support, ann, ben).Fact, "evidenceRef", `"https://tickets/ann"`)
	d.say(cyd, events.Support, advice(events.Support, cyd, ann).Fact, "evidenceRef", `"https://tickets/cyd"`)
	d.say(cyd, events.Support, advice(events.Support, cyd, ben).Fact) // nothing to do with ann
	before := d.say(old, events.Support, advice(events.Support, old, ben).Fact)
	d.say(old, events.People, &events.PersonMerged{Into: ann})
	secret := d.say(ann, events.Sealed, endorsed(ann, cyd))
	given := d.say(cyd, events.Sealed, endorsed(cyd, ann))
	lapsed := &events.RoleLapsed{Supporter: cyd, Role: events.Sponsor, Subtype: events.Standard, SilentSince: day, Ruleset: "1"}
	ofSecret := d.say(ann, events.RoleSealed, lapsed)
	unnamed := d.say(ann, events.Sealed, &events.FeedbackGiven{Act: events.Act{Recipient: ann, Supporter: ben, RecordedBy: "system"}, Valence: "mixed", Sharing: "unnamed"},
		"evidenceRef", `"https://reviews/by-ben"`)
	telling := d.say(ann, events.Sealed, &events.ActConfirmed{Act: unnamed, Supporter: ben, By: "supporter"})
	promoted := d.say(ann, events.People, &events.PromotionOccurred{Kind: "promotion", FromLevel: 3, ToLevel: 4, EffectiveAt: day}, "followedFrom", `["`+string(secret)+`"]`)
	if code, _ := d.ask("GET", "people/"+string(ann)+"/record", "auditor:council", "access-request", "Line", ""); code != http.StatusOK {
		t.Errorf("an auditor whom ann asked: %d", code)
	}

	for _, c := range []struct {
		mode   events.LegalMode
		sealed []events.FactID // what is told of what others said in confidence
		lines  []string        // and the lines that stand for the rest
	}{
		{"", nil, []string{"sealed 2026-01", "sealed 2026-01"}},
		{"exempt-reference", nil, []string{"exempt gdpr-15-4"}},
		{"full", []events.FactID{secret, ofSecret, unnamed}, nil},
		{"disclose-existence", nil, []string{"sealed 2026-01", "sealed 2026-01"}},
	} {
		if c.mode != "" {
			d.say("", events.Policy, &events.PolicyChanged{Floor: 5, LegalMode: c.mode})
		}
		t.Run("the mode "+string(c.mode), func(t *testing.T) {
			lines, text := d.recordOf(ann)
			facts := map[events.FactID]line{}
			var rest []string
			for _, l := range lines[1:] {
				switch l.Kind {
				case "fact":
					facts[l.ID] = l
				case "sealed", "exempt":
					rest = append(rest, l.Kind+" "+l.Month+l.Basis)
				}
			}
			for _, id := range append([]events.FactID{helped, before, given, promoted}, c.sealed...) {
				if _, ok := facts[id]; !ok {
					t.Errorf("%s is not in it", id)
				}
			}
			if len(facts) != 7+len(c.sealed) || !slices.Equal(rest, c.lines) {
				t.Errorf("%d facts, and %q: %s", len(facts), rest, text)
			}
			if l := lines[0]; l.Kind != "about" || !slices.Equal(l.Entries, []events.PersonID{ann, old}) || l.LegalMode != cmpOr(c.mode) {
				t.Errorf("%+v", l)
			}
			if l := lines[len(lines)-2]; l.Kind != "seen" || len(l.Seen.Network.Roles) != len(events.Roles()) {
				t.Errorf("%+v", l)
			}
			if l := lines[len(lines)-1]; l.Kind != "viewed" || l.Viewer != "auditor:council" {
				t.Errorf("%+v", l)
			}
			if c.mode == "full" {
				if l := facts[unnamed]; l.Data["supporter"] != nil || l.Data["evidenceRef"] != nil || l.Source != "" {
					t.Errorf("it is told who spoke without a name: %+v", l)
				}
			} else if strings.Contains(text, string(secret)) {
				t.Errorf("the sealed act is named: %s", text)
			}
			for _, clear := range []string{`"name":"Ann Miller"`, `"https://tickets/ann"`} {
				if !strings.Contains(text, clear) {
					t.Errorf("%s is not opened", clear)
				}
			}
			for _, never := range []string{string(telling), "tickets/cyd", "by-ben"} {
				if strings.Contains(text, never) {
					t.Errorf("it tells %s: %s", never, text)
				}
			}
		})
	}
}

func cmpOr(mode events.LegalMode) events.LegalMode {
	if mode == "" {
		return "disclose-existence"
	}
	return mode
}

// A person sees who looked, and nobody else sees it; who was erased is not there any more.
func TestViewers(t *testing.T) {
	d := newDesk(t)
	d.say(ann, events.People, &events.PersonJoined{Level: 3, EffectiveAt: day})
	path, me := "people/"+string(ann)+"/viewers", "person:"+string(ann)
	for _, c := range []struct {
		path, viewer, purpose string
		code                  int
	}{
		{path, me, "", 200}, {path, me, "own-network", 200}, {path, "person:" + string(ben), "", 403}, {path, "auditor:council", "audit", 403},
		{path, "integration:hr", "audit", 403}, {path, "service:portal", "operation", 403}, {path, "", "", 403}, {path, me, "curiosity", 400},
		{"people/nobody/viewers", me, "", 400}, {"people/" + string(dora) + "/viewers", "person:" + string(dora), "", 404},
	} {
		if code, answer := d.ask("GET", c.path, c.viewer, c.purpose, "Viewers", ""); code != c.code {
			t.Errorf("%s as %q for %q: %d %s", c.path, c.viewer, c.purpose, code, answer)
		}
	}
	for _, reading := range []access.Reading{access.Tie(ann, ben), access.History(ann)} {
		viewer := access.As(ben).For("support-given")
		if reading == access.History(ann) {
			viewer = access.Parse("auditor:council").For("audit")
		}
		if err := d.policy.Read(t.Context(), viewer, reading); err != nil {
			t.Fatal(err)
		}
	}
	for query, code := range map[string]int{"limit=0": 422, "limit=1001": 422, "limit=many": 422, "cursor=0": 422, "cursor=next": 422, "limit=1000&cursor=9": 200} {
		if got, answer := d.ask("GET", path+"?"+query, me, "", "Viewers", ""); got != code {
			t.Errorf("%s: %d %s", query, got, answer)
		}
	}
	_, answer := d.ask("GET", path, me, "", "Viewers", "")
	var a ViewersAnswer
	if err := json.Unmarshal([]byte(answer), &a); err != nil || len(a.Viewers) != 2 || a.Viewers[0].Viewer != "auditor:council" ||
		a.Viewers[1].Viewer != string(ben) || a.Viewers[1].Purpose != "support-given" || a.Viewers[1].At.Before(time.Now().Add(-time.Minute)) {
		t.Errorf("%v: %s", err, answer)
	}
	d.turnPages(t, path, me)
	d.say(ann, events.People, &events.PersonErased{DestroyedAt: day, FinalAt: day})
	for _, what := range []string{"viewers", "record"} {
		if code, answer := d.ask("GET", "people/"+string(ann)+"/"+what, me, "", "Viewers", ""); code != 404 || !strings.Contains(answer, "erased") {
			t.Errorf("%s of one who is erased: %d %s", what, code, answer)
		}
	}
}

// turnPages looks 120 times more, and once again while pages are turned: each of the 122 looks is on one of them, the latest
// first.
func (d *desk) turnPages(t *testing.T, path, me string) {
	t.Helper()
	look := func() {
		if err := d.policy.Read(t.Context(), access.Parse("auditor:council").For("audit"), access.History(ann)); err != nil {
			t.Fatal(err)
		}
	}
	for range 120 {
		look()
	}
	var seen []uint64
	pages := []int{}
	for next := ""; ; {
		_, answer := d.ask("GET", path+"?cursor="+next, me, "", "Viewers", "")
		var a ViewersAnswer
		if err := json.Unmarshal([]byte(answer), &a); err != nil {
			t.Fatal(err, answer)
		}
		for _, v := range a.Viewers {
			seen = append(seen, v.Seq)
		}
		look()
		pages = append(pages, len(a.Viewers))
		if next = a.Next; next == "" {
			break
		}
	}
	unique := slices.Compact(slices.Sorted(slices.Values(seen)))
	slices.Reverse(unique)
	if !slices.Equal(pages, []int{50, 50, 22}) || !slices.Equal(unique, seen) {
		t.Errorf("pages of %d, %d", pages, seen)
	}
}

// TestRulings: a role that a person sets aside is none in any replay that knows of it, of any time from then on, and
// what was true before stays true; a contest stands beside the role.
func TestRulings(t *testing.T) {
	d := newDesk(t)
	d.began = time.Now().UTC().Truncate(time.Second).AddDate(0, 0, -20)
	d.say(ann, events.People, &events.PersonJoined{Level: 3, EffectiveAt: day})
	d.say(ben, events.People, &events.PersonJoined{Level: 6, EffectiveAt: day})
	for range 6 {
		act := events.Act{Recipient: ann, Supporter: ben, RecordedBy: "system", Topics: []events.Topic{"career-path"}}
		d.say(ann, events.Support, &events.AdviceGiven{Act: act})
	}
	before := d.n
	d.say(ann, events.Personal, &events.RoleContested{Supporter: ben, Role: events.Mentor, By: "recipient"})
	contested := d.n
	d.say(ann, events.Personal, &events.RoleOverridden{Supporter: ben, Role: events.Mentor, By: "recipient", Until: time.Now().AddDate(1, 0, 0)})
	for _, c := range []struct {
		what   string
		at     time.Time
		known  int
		status readmodel.RoleStatus
		says   bool // that it is contested
	}{
		{"before anybody spoke", d.began.AddDate(0, 0, before), d.n, readmodel.RoleActive, false},
		{"contested", d.began.AddDate(0, 0, contested), d.n, readmodel.RoleActive, true},
		{"set aside", time.Now().UTC(), d.n, readmodel.RoleNone, true},
		{"now, as known before it was set aside", time.Now().UTC(), contested, readmodel.RoleActive, true},
		{"now, as known before anybody spoke", time.Now().UTC(), before, readmodel.RoleActive, false},
	} {
		path := fmt.Sprintf("people/%s/as-of?at=%s&known-at=%d", ann, c.at.Format(time.RFC3339), c.known)
		code, text := d.ask("GET", path, "person:"+string(ann), "", "PersonAsOf", "")
		var a struct{ Seen gaps.SeenAnswer }
		if err := json.Unmarshal([]byte(text), &a); err != nil || code != http.StatusOK || len(a.Seen.Ties) != 1 {
			t.Fatalf("%s: %d %s", c.what, code, text)
		}
		mentor := a.Seen.Ties[0].Roles[slices.IndexFunc(a.Seen.Ties[0].Roles, func(r gaps.TieRoleView) bool { return r.Role == events.Mentor })]
		held := a.Seen.Network.Roles[0].Held == 1
		if mentor.Status != c.status || mentor.Contested != c.says || held != (c.status == readmodel.RoleActive) {
			t.Errorf("%s: %+v, held %v", c.what, mentor, held)
		}
	}
}
