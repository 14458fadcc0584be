package events

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// What decodes, encodes to something that decodes to the same; nothing panics; every failure is
// one that readers tell apart.
func FuzzDecode(f *testing.F) {
	for _, e := range []Event{said(), derived()} {
		m, err := Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.Subject, first(m.Header, headerTime), e.Source, e.Actor, string(e.CausationID), first(m.Header, headerCauseSeq), e.Traceparent, m.Body)
	}
	f.Fuzz(func(t *testing.T, subject, at, source, actor, cause, seq, trace string, body []byte) {
		_, _, name, _ := ParseSubject(subject)
		context, _, _, _ := ParseSubject(subject)
		m := Message{Subject: subject, Body: body, Header: map[string][]string{
			headerSpec: {specVersion}, headerID: {"abcdefghijklmnopqrstuvwxyz"}, headerTime: {at}, headerSource: {source},
			headerActor: {actor}, headerCause: {cause}, headerCauseSeq: {seq}, headerCauseIndex: {seq}, headerTrace: {trace},
			headerType: {"kith." + string(context) + "." + name},
		}}
		e, err := Decode(m)
		if err != nil {
			knownError(t, err)
			return
		}
		sameAgain(t, e)
	})
}

// Every reader agrees with every other on what a body says.
func FuzzDecodeFact(f *testing.F) {
	for _, name := range names() {
		body, err := os.ReadFile(filepath.Join("testdata", "golden", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, body)
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		fact, err := DecodeFact(name, body)
		strict, strictErr := DecodeStrict(name, body)
		clearly, clear, clearErr := DecodeClear(name, body)
		if err != nil {
			knownError(t, err)
			knownError(t, strictErr)
			return
		}
		if strictErr == nil && !reflect.DeepEqual(fact, strict) {
			t.Errorf("read strictly %s is %+v, else %+v", body, strict, fact)
		}
		if strictErr == nil && (clearErr != nil || clear.Validate(clearly) != nil) {
			t.Errorf("at the edge %s fails: %v, %v", body, clearErr, clear.Validate(clearly))
		}
		again, err := json.Marshal(fact)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeFact(name, again); err != nil || !equalFacts(t, back, fact) {
			t.Errorf("%s comes back as %s, %v", body, again, err)
		}
	})
}

func FuzzParseSubject(f *testing.F) {
	f.Add("kith.support.paaaaaaaaaaaaaaaa.SponsorEndorsed")
	f.Add("kith.clock._.Due")
	f.Add("kith.fence.intake")
	f.Fuzz(func(t *testing.T, s string) {
		c, subject, name, err := ParseSubject(s)
		if err != nil {
			knownError(t, err)
			return
		}
		if back := SubjectOf(c, subject, name); back != s {
			t.Errorf("%q comes back as %q", s, back)
		}
	})
}

func FuzzUpcast(f *testing.F) {
	for _, body := range []string{`{` + goodAdvice + `}`, `{"kind":null}`, `null`, `[]`, `{`, `{"kind":"peer","kind":1}`} {
		f.Add("MentorshipAccepted", []byte(body))
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		lifted, text, err := upcast(name, body)
		if err != nil {
			knownError(t, err)
			return
		}
		if lifted == name {
			return
		}
		if _, ok := Lookup(lifted); !ok || !json.Valid(text) {
			t.Errorf("%s %s is lifted to %s %s", name, body, lifted, text)
		}
		if _, err := DecodeFact(lifted, text); err != nil {
			knownError(t, err)
		}
	})
}

func knownError(t *testing.T, err error) {
	t.Helper()
	var p *Problems
	if err != nil && !errors.Is(err, ErrUnknownFact) && !errors.Is(err, ErrEnvelope) && !errors.As(err, &p) {
		t.Errorf("a failure that no reader knows: %v", err)
	}
}

func sameAgain(t *testing.T, e Event) {
	t.Helper()
	m, err := Encode(e)
	if err != nil {
		t.Fatalf("what was decoded does not encode: %v", err)
	}
	back, err := Decode(m)
	if err != nil {
		t.Fatalf("what was encoded does not decode: %v", err)
	}
	same := equalFacts(t, back.Fact, e.Fact)
	back.Fact, e.Fact = nil, nil
	if !same || !reflect.DeepEqual(back, e) {
		t.Errorf("%+v comes back as %+v", e, back)
	}
}

// equalFacts compares as JSON: an empty list and none are the same.
func equalFacts(t *testing.T, a, b Fact) bool {
	t.Helper()
	one, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	two, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(one) == string(two)
}
