package events

import (
	"strings"
	"testing"
)

// An older fact is read as today's, through the whole of Decode.
func TestMentorshipAcceptedIsReadAsMentorshipStarted(t *testing.T) {
	for body, kind := range map[string]MentorshipKind{
		`{` + goodAdvice + `,"cadence":"monthly"}`:                  "standard",
		`{` + goodAdvice + `,"cadence":"monthly","kind":null}`:      "standard",
		`{` + goodAdvice + `,"cadence":"monthly","kind":"reverse"}`: "reverse",
	} {
		e, err := Decode(older(t, body))
		if err != nil {
			t.Fatal(err)
		}
		f, ok := e.Fact.(*MentorshipStarted)
		if !ok || f.Kind != kind || f.Cadence != "monthly" || f.Supporter != "pbbbbbbbbbbbbbbbb" {
			t.Errorf("%s is read as %+v", body, e.Fact)
		}
		if e.Type() != "kith.support.MentorshipStarted" || e.ID != said().ID {
			t.Errorf("its type is %s, its id %s", e.Type(), e.ID)
		}
	}
}

func TestFaultyOlderFacts(t *testing.T) {
	for body, reason := range map[string]string{`null`: "is null, not an object", `[]`: "is a list, not an object", `{`: "is no JSON", ``: "is no JSON"} {
		_, err := Decode(older(t, body))
		hasProblem(t, err, "", reason)
	}
	_, err := Decode(older(t, strings.Replace(`{`+goodAdvice+`}`, "system", "gossip", 1)))
	expect(t, err, map[string]string{"recordedBy": "is none of"})
}

// Every chain of lifts ends at a fact of the catalogue, and no name in it is reused.
func TestUpcastersEndInTheCatalogue(t *testing.T) {
	for old := range upcasters {
		if _, ok := Lookup(old); ok {
			t.Errorf("%s is in the catalogue and an older fact", old)
		}
		name, _, err := upcast(old, []byte(`{}`))
		if _, ok := Lookup(name); !ok || err != nil {
			t.Errorf("%s ends at %q, %v", old, name, err)
		}
	}
}

// older is a message with the fact MentorshipAccepted.
func older(t *testing.T, body string) Message {
	m := encoded(t, said())
	m.Subject = "kith.support." + said().Subject + ".MentorshipAccepted"
	m.Header[headerType] = []string{"kith.support.MentorshipAccepted"}
	m.Body = []byte(body)
	return m
}
