package gaps_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/apitest"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

// document is openapi.yaml, compiled schema by schema.
type document struct {
	Servers []struct{ URL string }
	Paths   map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			}
		}
	}
}

// Every route answers, with every status it is said to have, what openapi.yaml says.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	api := apitest.Read(t)
	var d document
	api.Decode(t, &d)
	s := start(t)
	settledPerson(s)
	s.say(events.Personal, ego, &events.RoleDeclared{Supporter: cleo, Role: events.Sponsor, DeclaredBy: "recipient"})
	after := s.say(events.Support, ego, advice(ben))
	s.classified(after, map[string]any{
		readmodel.TieKey(ego, ben):   tieWithEverything(),
		readmodel.TieKey(ben, ego):   tieWithEverything(), // the other way round
		readmodel.RecipientsKey(ego): readmodel.Recipients{Recipients: []events.PersonID{dana}},
	})
	me := "person:" + string(ego)
	s.svc.Wait(30 * time.Second)
	for path, item := range d.Paths {
		if path == "/people/{person}/events" {
			continue // it has no end: see TestFollowing
		}
		at := strings.NewReplacer("/people/{person}", string(ego), "{supporter}", string(ben)).Replace(path)
		if path == "/progress" { // about nobody: it stands beside people
			at = "../progress"
		}
		statuses := map[string]int{}
		check := func(viewer, path string, header ...string) {
			resp, body := s.get(viewer, path, header...)
			statuses[fmt.Sprint(resp.StatusCode)]++
			said, ok := item["get"].Responses[fmt.Sprint(resp.StatusCode)]
			if !ok {
				t.Errorf("GET %s answers an undescribed %d %s", path, resp.StatusCode, body)
				return
			}
			if content, ok := said.Content[resp.Header.Get("Content-Type")]; ok {
				if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/csv") {
					return
				}
				api.Check(t, content.Schema.Ref, body)
			} else if resp.StatusCode != 304 {
				t.Errorf("GET %s: %d as undescribed %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
			}
			if etag := resp.Header.Get("ETag"); etag != "" && resp.StatusCode == 200 {
				statuses["tag"]++
				again, _ := s.get(viewer, path, "If-None-Match", etag)
				statuses[fmt.Sprint(again.StatusCode)]++
			}
		}
		if about, ok := strings.CutPrefix(path, "/program/"); ok {
			for _, query := range []string{"", "?format=csv", "?by=shoe", "?metric=luck", "?from=soon", "?from=2026-w10&to=2026-w09", "?format=poem"} {
				check(me, "../program/"+about+query)
			}
			check("", "../program/"+about)
			seen(t, path, statuses, item["get"].Responses)
			continue
		}
		check(me, at+fmt.Sprintf("?after=%d", after))
		check(me, at+"?after=soon")
		check("person:"+string(dana), at)
		check("person:"+string(dana), strings.ReplaceAll(strings.Replace(at, string(ego), string(dana), 1), string(ben), string(xeno)))
		check("", at)
		s.svc.Wait(50 * time.Millisecond)
		check(me, at+"?after=100000")
		s.svc.Wait(30 * time.Second)
		seen(t, path, statuses, item["get"].Responses)
	}
	paths := slices.Sorted(func(yield func(string) bool) {
		for p := range d.Paths {
			if !yield(p) {
				return
			}
		}
	})
	want := []string{"/people/{person}/events", "/people/{person}/gaps", "/people/{person}/network", "/people/{person}/suggestions", "/people/{person}/ties/{supporter}", "/program/coverage", "/program/metrics", "/progress"}
	if !slices.Equal(paths, want) || d.Servers[0].URL != "/gap-projection/v1" {
		t.Errorf("described are %v at %v", paths, d.Servers)
	}
}

func seen[R any](t *testing.T, path string, statuses map[string]int, described map[string]R) {
	t.Helper()
	for status := range described {
		if statuses[status] == 0 {
			t.Errorf("GET %s never answered the %s it is said to", path, status)
		}
	}
}

// tieWithEverything has something in every field that an explanation shows.
func tieWithEverything() *recognition.Tie {
	now := readmodel.UnixOf(time.Now())
	a := readmodel.Act{ID: factID(77), Type: "AdviceGiven", At: now - 1000, Recorded: now, RecordedBy: "system", Kind: "standard",
		Topics: []events.Topic{"politics"}, Weights: readmodel.Weights{2_000_000}, Quality: 1_000_000, Rule: 2, Rung: 1, Note: "managers-routine",
		Stake: "reputation", Solicited: true, Held: []events.RoleName{events.Sponsor}}
	b := a
	b.ID, b.Retracted, b.Crowded, b.Resolved.Outcome = factID(78), true, true, "cost"
	learned := readmodel.Act{ID: factID(79), Type: "ReverseLearningGained", At: now - 500, RecordedBy: "supporter"}
	t := &recognition.Tie{Tie: readmodel.Tie{Recipient: ego, Supporter: ben, AsOf: now, Count: 3, Acts: []readmodel.Act{a, b, learned},
		Ruleset: "2026-1", RulesetHash: "h", Rules: "1", Away: readmodel.Absences{{From: now - 90_000, To: now - 80_000}, {From: now + 5000}}}}
	t.Roles = []readmodel.TieRole{{Role: events.Mentor, Status: readmodel.RoleActive, Subtype: events.Standard, Score: 2_000_000,
		HalfLife: 60 * 86400, Enter: 1_700_000, Exit: 850_000, Since: now - 1000, SilentSince: now - 1000, AtRiskAt: now + 1000,
		LapsesAt: now + 2000, NextChangeAt: now + 1000, Rung: 1, Acts: 1, Formal: true, LineManager: true, AsideUntil: now + 100,
		Declared:  &readmodel.Declaration{By: "recipient", At: time.Now(), How: readmodel.DeclaredPromoted},
		Contested: &readmodel.Contest{By: "recipient", At: time.Now(), Until: now + 900},
		Request:   &readmodel.Request{State: readmodel.RequestAccepted, At: time.Now()}}}
	return t
}
