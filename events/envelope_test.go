package events

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// abroad is an event whose times have an offset.
func abroad(t *testing.T) Event {
	t.Helper()
	paris := time.FixedZone("", 3600)
	e := said()
	e.Context, e.Time = People, time.Date(2026, 3, 1, 9, 0, 0, 0, paris)
	fact := &PersonReturned{EffectiveAt: e.Time}
	e.Fact = fact
	t.Cleanup(func() {
		if fact.EffectiveAt.Location() != paris {
			t.Error("the caller's fact is changed")
		}
	})
	return e
}

func TestFaultyEnvelopesAreNotEncoded(t *testing.T) {
	tests := map[string]func(*Event){
		"no fact":             func(e *Event) { e.Fact = nil },
		"nil fact":            func(e *Event) { e.Fact = (*AdviceGiven)(nil) },
		"fact by value":       func(e *Event) { e.Fact = *e.Fact.(*SponsorEndorsed) },
		"id":                  func(e *Event) { e.ID = "1" },
		"source":              func(e *Event) { e.Source = "ann@example.org" },
		"actor":               func(e *Event) { e.Actor = "Ann" },
		"no time":             func(e *Event) { e.Time = time.Time{} },
		"time":                func(e *Event) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"causation":           func(e *Event) { e.CausationID = "1" },
		"causation index":     func(e *Event) { e.CausationID, e.CausationIndex = e.ID, -1 },
		"causation by half":   func(e *Event) { e.CausationSeq = 1 },
		"correlation":         func(e *Event) { e.CorrelationID = "1" },
		"context":             func(e *Event) { e.Context = Gap },
		"no context":          func(e *Event) { e.Context = "gossip" },
		"subject":             func(e *Event) { e.Subject = "a.b" },
		"subject of its kind": func(e *Event) { e.Subject = Nobody },
		"another's act":       func(e *Event) { e.Subject = "pcccccccccccccccc" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			e := said()
			spoil(&e)
			if m, err := Encode(e); !errors.Is(err, ErrEnvelope) {
				t.Errorf("got %v, %v", m, err)
			}
		})
	}
}

func TestFaultyFactsAreNotEncoded(t *testing.T) {
	e := said()
	e.Fact.(*SponsorEndorsed).Stake = "gossip"
	_, err := Encode(e)
	expect(t, err, map[string]string{"stake": "is none of"})
}

// S2.14 An act that its recipient must not see cannot be put where they could.
func TestSealedActsStaySealed(t *testing.T) {
	e := said()
	act := e.Fact.(*SponsorEndorsed)
	act.Awareness = "unaware"
	for _, c := range []Context{Support, Personal} {
		e.Context = c
		if _, err := Encode(e); !errors.Is(err, ErrEnvelope) {
			t.Errorf("in %s: %v", c, err)
		}
	}
	e.Context = Sealed
	encoded(t, e)
	act.Discloses = "zyxwvutsrqponmlkjihgfedcba"
	e.Context = Support
	encoded(t, e)
}

// S1.34 S2.14 S2.26 Who may read an act follows from the act.
func TestContextFor(t *testing.T) {
	tie := Act{Supporter: "pbbbbbbbbbbbbbbbb"}
	outside, friend, disclosing := Act{Supporter: "xbbbbbbbbbbbbbbbb"}, Act{Relation: "friend"}, Act{Discloses: "a"}
	tests := []struct {
		fact Fact
		want Context
	}{
		{&AdviceGiven{Act: tie}, Support},
		{&AdviceGiven{Act: outside}, Personal},
		{&AdviceGiven{Act: friend}, Personal},
		{&AllyActionTaken{Act: tie}, Personal},
		{&MentorshipDeclined{Act: tie}, Personal},
		{&SponsorEndorsed{Act: outside, Awareness: "unaware"}, Sealed},
		{&PromotionAdvocated{Act: tie, Awareness: "unaware"}, Sealed},
		{&AirCoverProvided{Act: tie, Awareness: "unaware"}, Sealed},
		{&AirCoverProvided{Act: disclosing, Awareness: "unaware"}, Support},
		{&FeedbackGiven{Act: tie, Sharing: "summary"}, Sealed},
		{&FeedbackGiven{Act: tie, Sharing: "named"}, Support},
		{&SponsorshipDisclosed{}, Sealed},
		{&GapOpened{}, Gap},
		{&ActConfirmed{}, ""},
		{&RoleRecognized{}, ""},
		{&PersonMerged{}, ""},
	}
	for _, test := range tests {
		if got, ok := ContextFor(test.fact); got != test.want || ok != (test.want != "") {
			t.Errorf("%s belongs in %q, %v; want %q", test.fact.FactName(), got, ok, test.want)
		}
	}
}

func TestFaultyMessagesAreNotDecoded(t *testing.T) {
	tests := map[string]struct {
		spoil func(*Message)
		want  error
	}{
		"spec":           {func(m *Message) { m.Header[headerSpec] = []string{"0.3"} }, ErrEnvelope},
		"no headers":     {func(m *Message) { m.Header = nil }, ErrEnvelope},
		"time":           {func(m *Message) { m.Header[headerTime] = []string{"now"} }, ErrEnvelope},
		"type":           {func(m *Message) { m.Header[headerType] = []string{"kith.support.AdviceGiven"} }, ErrEnvelope},
		"id":             {func(m *Message) { delete(m.Header, headerID) }, ErrEnvelope},
		"sequence":       {func(m *Message) { m.Header[headerCauseSeq] = []string{"-1"} }, ErrEnvelope},
		"index":          {func(m *Message) { m.Header[headerCauseIndex] = nil }, ErrEnvelope},
		"negative index": {func(m *Message) { m.Header[headerCauseIndex] = []string{"-1"} }, ErrEnvelope},
		"subject":        {func(m *Message) { m.Subject = "kith.fence.intake" }, ErrEnvelope},
		"another type": {func(m *Message) {
			m.Header[headerType], m.Subject = []string{"kith.role.New"}, "kith.role.paaaaaaaaaaaaaaaa.New"
		}, ErrUnknownFact},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := encoded(t, derived())
			test.spoil(&m)
			if _, err := Decode(m); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	m := encoded(t, derived())
	m.Body = []byte(`{"supporter":7}`)
	_, err := Decode(m)
	hasProblem(t, err, "supporter", "is a number, not a string")
}

func TestEscape(t *testing.T) {
	for plain, want := range map[string]string{
		"plain-1:2": "plain-1:2", "a b": "a%20b", `"%"`: "%22%25%22", "é\n": "%C3%A9%0A", "\x7f": "%7F",
	} {
		if got := escape(plain); got != want {
			t.Errorf("escape(%q) is %q, not %q", plain, got, want)
		}
		if got := unescape(want); got != plain {
			t.Errorf("unescape(%q) is %q, not %q", want, got, plain)
		}
	}
	if got := unescape("50%"); got != "50%" {
		t.Errorf("a lone percent sign becomes %q", got)
	}
}

func TestEventPerson(t *testing.T) {
	for subject, want := range map[string]PersonID{"paaaaaaaaaaaaaaaa": "paaaaaaaaaaaaaaaa", "gaaaaaaaaaaaaaaaa": "", Nobody: ""} {
		if got := (Event{Subject: subject}).Person(); got != want {
			t.Errorf("the person of %s is %q", subject, got)
		}
	}
}

func TestSubjects(t *testing.T) {
	const ann = PersonID("paaaaaaaaaaaaaaaa")
	c, subject, name, err := ParseSubject(SubjectOf(RoleSealed, string(ann), "RoleLapsed"))
	if c != RoleSealed || subject != string(ann) || name != "RoleLapsed" || err != nil {
		t.Errorf("got %s, %s, %s, %v", c, subject, name, err)
	}
	for _, s := range []string{"", "kith", "kith.>", "kith.fence.intake", "live.kith.gap._.GapOpened", "kith.gap._", "kith.gap.ann.GapOpened",
		"kith.gap._.GapOpened.x", "kith.gap._.*", "kith.gap._.gap opened", "kith.gossip._.GapOpened"} {
		if _, _, _, err := ParseSubject(s); !errors.Is(err, ErrEnvelope) {
			t.Errorf("%q gives %v", s, err)
		}
	}
	all := []string{FilterContext(Gap), FilterPerson(Gap, ann), FilterFact(Gap, "GapOpened"), FenceSubject("intake")}
	if got := strings.Join(all, " "); got != "kith.gap.> kith.gap.paaaaaaaaaaaaaaaa.> kith.gap.*.GapOpened kith.fence.intake" {
		t.Errorf("filters are %s", got)
	}
}

func TestContextsAreInOrder(t *testing.T) {
	for i, c := range Contexts() {
		if c.Rank() != i {
			t.Errorf("%s has rank %d, not %d", c, c.Rank(), i)
		}
	}
	if Role.Rank() > RoleSealed.Rank() || Context("fence").Rank() != -1 {
		t.Error("the order of contexts is wrong")
	}
	Contexts()[0] = "changed"
	if People.Rank() != 0 {
		t.Error("a caller can change the contexts")
	}
}
