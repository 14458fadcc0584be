package intake_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/natstest"
	"kith.internal/services/internal/preview"
	"kith.internal/services/internal/ruleset"
)

// strict is the default with more mentors.
var strict = strings.Replace(ruleset.DefaultText(), "mentor: {minimum: 1, target: 2", "mentor: {minimum: 2, target: 3", 1)

// seen is the hash of what somebody was shown of a ruleset at a time, when the log went as far as end.
func seen(text string, end uint64, at time.Time) string {
	return preview.Preview{End: end, At: at, Digest: preview.Digest([]byte(text))}.Hash(key, ruleset.HashOf(text))
}

func activation(text, diff string) string {
	body, err := json.Marshal(map[string]string{"text": text, "diff": diff})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// Nobody activates what nobody has looked at, nor what is not true any more.
func TestARulesetIsActivatedOnceItWasLookedAt(t *testing.T) {
	u := start(t, natstest.Fast(t))
	const operator = "service:kith-cli"
	end, now := u.last(), time.Now()
	good := seen(strict, end, now)
	for _, c := range []struct {
		name, viewer, body string
		code               int
		says               string
	}{
		{"by nobody", "", activation(strict, good), 403, "may not say"},
		{"by an integration", "integration:hr", activation(strict, good), 403, "may not say"},
		{"by a person", "person:paaaaaaaaaaaaaaaa", activation(strict, good), 403, "may not say"},
		{"no ruleset", operator, activation("roles: 1", good), 422, "is no ruleset"},
		{"not looked at", operator, activation(strict, ""), 422, "ask what-if"},
		{"another one was looked at", operator, activation(strict, seen(ruleset.DefaultText(), end, now)), 422, "ask what-if"},
		{"looked at by another tenant", operator, activation(strict, preview.Preview{End: end, At: now}.Hash([]byte("other"), ruleset.HashOf(strict))), 422, "ask what-if"},
		{"looked at two days ago", operator, activation(strict, seen(strict, end, now.AddDate(0, 0, -2))), 409, "more than a day ago"},
		{"another one was activated since", operator, activation(strict, seen(strict, 0, now)), 409, "another ruleset was activated"},
		{"looked at", operator, activation(strict, good), 201, ""},
		{"again", operator, activation(strict, good), 200, ""},
		{"looked at before that", operator, activation(strict, seen(strict, end, now.Add(time.Second))), 409, "another ruleset was activated"},
	} {
		resp := u.request(c.viewer, "POST", "/intake/v1/rulesets", "application/json", strings.NewReader(c.body))
		var answer struct {
			Detail   string
			Errors   []struct{ Reason string }
			Sequence uint64
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		for _, e := range answer.Errors {
			answer.Detail += e.Reason
		}
		if resp.StatusCode != c.code || !strings.Contains(answer.Detail, c.says) {
			t.Errorf("%s: %d %+v", c.name, resp.StatusCode, answer)
		}
		if c.code < http.StatusBadRequest && answer.Sequence != u.last() {
			t.Errorf("%s: it stands at %d, not at %d", c.name, u.last(), answer.Sequence)
		}
	}
	active := u.facts(events.FilterFact(events.Policy, "RulesetActivated"))
	if len(active) != 2 || active[1].Fact.(*events.RulesetActivated).Text != strict || active[1].Actor != operator {
		t.Errorf("%d were activated: %+v", len(active), active)
	}
}
