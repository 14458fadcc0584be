package events

import (
	"errors"
	"strings"
	"testing"
)

const goodAdvice = `"recipient":"paaaaaaaaaaaaaaaa","supporter":"pbbbbbbbbbbbbbbbb","recordedBy":"system"`

func TestDecodeFact(t *testing.T) {
	tests := map[string]struct {
		name, body string
		want       map[string]string // nil: it decodes
	}{
		"good":             {"AdviceGiven", `{` + goodAdvice + `}`, nil},
		"a newer member":   {"AdviceGiven", `{` + goodAdvice + `,"mood":"sunny"}`, nil},
		"null is left out": {"AdviceGiven", `{` + goodAdvice + `,"topics":null}`, nil},
		"the last counts":  {"PersonJoined", `{"level":"x","level":3,"effectiveAt":"2026-03-01T00:00:00Z"}`, nil},
		"wrong types at once": {"MentoringSessionHeld", `{` + goodAdvice + `,"minutes":"Ann","topics":["skills",7],"format":{"a":1},"goal":true}`,
			map[string]string{"minutes": "is a string, not a number", "topics[1]": "is a number, not a string", "format": "is an object, not a string", "goal": "is true or false, not a string"}},
		"types and codes at once": {"FeedbackGiven", `{"recipient":7,"supporter":"pbbbbbbbbbbbbbbbb","recordedBy":"gossip","valence":"mixed","sharing":"named","solicited":"yes"}`,
			map[string]string{"recipient": "is a number, not a string", "recordedBy": "is none of", "solicited": "is a string, not true or false"}},
		"fraction":       {"PersonJoined", `{"level":4711.5,"effectiveAt":"2026-03-01T00:00:00Z"}`, map[string]string{"level": "is no whole number"}},
		"no time":        {"PersonReturned", `{"effectiveAt":"4711-tomorrow"}`, map[string]string{"effectiveAt": "is no time in RFC 3339"}},
		"no base64":      {"AdviceGiven", `{` + goodAdvice + `,"evidenceRef":"https://4711"}`, map[string]string{"evidenceRef": "is no base64"}},
		"list for text":  {"AdviceGiven", `{` + goodAdvice + `,"topics":"skills"}`, map[string]string{"topics": "is a string, not a list"}},
		"object in list": {"PolicyChanged", `{"floor":5,"legalMode":"full","grants":[4711]}`, map[string]string{"grants[0]": "is a number, not an object"}},
		"no JSON":        {"AdviceGiven", `{4711`, map[string]string{"": "is no JSON, at byte 2"}},
		"too short":      {"AdviceGiven", `{"recipient":`, map[string]string{"": "is no JSON"}},
		"two values":     {"AdviceGiven", `{` + goodAdvice + `} {}`, map[string]string{"": "is no JSON"}},
		"empty":          {"AdviceGiven", ``, map[string]string{"": "is no JSON"}},
		"list":           {"NudgeDone", `[4711]`, map[string]string{"": "is a list, not an object"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := DecodeFact(test.name, []byte(test.body))
			if test.want == nil {
				if err != nil || f == nil {
					t.Errorf("got %v, %v", f, err)
				}
				return
			}
			if f != nil || strings.Contains(err.Error(), "4711") {
				t.Errorf("got %v, %v", f, err)
			}
			expect(t, err, test.want)
		})
	}
	if _, err := DecodeFact("Nothing", nil); !errors.Is(err, ErrUnknownFact) {
		t.Errorf("an unknown fact gives %v", err)
	}
}

func TestDecodeStrict(t *testing.T) {
	body := `{` + goodAdvice + `,"mood":"sunny","Grüße\n` + strings.Repeat("x", 100) + `":1,"topics":["gossip"]}`
	_, err := DecodeStrict("AdviceGiven", []byte(body))
	expect(t, err, map[string]string{
		"mood": "is no field of this fact", "Gr??e?" + strings.Repeat("x", 58): "is no field of this fact", "topics[0]": "is none of",
	})
	if _, err := DecodeStrict("AdviceGiven", []byte(`{`+goodAdvice+`}x`)); err == nil {
		t.Error("something after the body is accepted")
	}
	_, err = DecodeStrict("RoleRecognized", []byte(`{"evidence":[{"mood":1}]}`))
	hasProblem(t, err, "evidence[0].mood", "is no field of this fact")
	if _, err := DecodeStrict("Nothing", nil); !errors.Is(err, ErrUnknownFact) {
		t.Errorf("an unknown fact gives %v", err)
	}
}

// At the edge people have external ids, and what is to be sealed stands in clear.
func TestDecodeClear(t *testing.T) {
	body := `{"level":3,"manager":"hr:7","effectiveAt":"2026-03-01T00:00:00Z","sealed":{"name":"Ann","externalIds":["hr:4711"]}}`
	f, clear, err := DecodeClear("PersonJoined", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	p := f.(*PersonJoined)
	if p.Manager != "hr:7" || p.Level != 3 || p.Details != nil {
		t.Errorf("got %+v", p)
	}
	if got := string(clear["sealed"]); got != `{"name":"Ann","externalIds":["hr:4711"]}` {
		t.Errorf("in clear stands %s", got)
	}
	expect(t, Validate(p), map[string]string{"manager": "is no person id"})
}

// Base64 that a sender calls sealed is clear text all the same, whatever its name's capitals.
func TestDecodeClearTrustsNoSeal(t *testing.T) {
	for _, name := range []string{"evidenceRef", "EvidenceRef", `e\u0076idenceref`} {
		f, clear, err := DecodeClear("AdviceGiven", []byte(`{`+goodAdvice+`,"`+name+`":"aGVsbG8="}`))
		if err != nil {
			t.Fatal(err)
		}
		if f.(*AdviceGiven).EvidenceRef != nil || string(clear["evidenceRef"]) != `"aGVsbG8="` {
			t.Errorf("%s: got %+v with %v in clear", name, f, clear)
		}
	}
}

// A required secret counts as given while it is still in clear.
func TestClearValidate(t *testing.T) {
	f, clear, err := DecodeClear("GroupSelfIdentified", []byte(`{"how":"gossip","sealed":{"group":"a"},"mood":1}`))
	expect(t, JoinProblems(err, clear.Validate(f)), map[string]string{"mood": "is no field", "how": "is none of self, survey"})
	expect(t, JoinProblems(err, Validate(f)), map[string]string{"mood": "is no field", "how": "is none of", "sealed": "is required"})
	if _, _, err := DecodeClear("Nothing", nil); !errors.Is(err, ErrUnknownFact) {
		t.Errorf("an unknown fact gives %v", err)
	}
}

func TestPeopleAndSecretsPointIntoTheFact(t *testing.T) {
	f := &IntroductionMade{Act: Act{Recipient: "hr:1", Supporter: "hr:2"}, IntroducedTo: "hr:3"}
	var fields []string
	for _, field := range PersonFields(f) {
		fields = append(fields, field.Name+"="+string(*field.ID))
	}
	if got := strings.Join(fields, " "); got != "recipient=hr:1 supporter=hr:2 introducedTo=hr:3" {
		t.Errorf("people are %s", got)
	}
	*PeopleOf(f)[2] = "hr:4"
	*Secrets(f)["evidenceRef"] = SealedBytes("x")
	if f.IntroducedTo != "hr:4" || string(f.EvidenceRef) != "x" {
		t.Errorf("writing did not reach the fact: %+v", f)
	}
	if PeopleOf(&Retry{}) != nil || Secrets(&Retry{}) != nil || PeopleOf(*f) != nil || PeopleOf(nil) != nil {
		t.Error("there are people or secrets where there are none")
	}
}

func hasProblem(t *testing.T, err error, field, reason string) {
	t.Helper()
	var p *Problems
	if errors.As(err, &p) {
		for _, problem := range p.Fields {
			if problem.Field == field && strings.Contains(problem.Reason, reason) {
				return
			}
		}
	}
	t.Errorf("got %v, want %q: %s", err, field, reason)
}
