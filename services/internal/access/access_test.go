package access_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/services/internal/access"
)

const (
	ann events.PersonID = "paaaaaaaaaaaaaaaa"
	ben events.PersonID = "pbbbbbbbbbbbbbbbb"
	cyd events.PersonID = "pcccccccccccccccc"
)

func TestViewers(t *testing.T) {
	for header, want := range map[string]string{
		"person:" + string(ann):     "person:" + string(ann),
		"integration:slack":         "integration:slack",
		"service:portal":            "service:portal",
		"":                          "anonymous",
		"person:xaaaaaaaaaaaaaaaa":  "anonymous", // an external contact has no account
		"person:ann":                "anonymous",
		"admin:root":                "anonymous",
		"integration:Slack Inc.":    "anonymous",
		"service:":                  "anonymous",
		"person:paaaaaaaaaaaaaaaa ": "anonymous",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set(access.Header, header)
		if got := access.ViewerOf(r).String(); got != want {
			t.Errorf("%q is %s, want %s", header, got, want)
		}
	}
	if v := access.As(ann); v.Person() != ann || v.Actor() != string(ann) {
		t.Errorf("as ann: %+v", v)
	}
	if v := access.Parse("integration:slack"); v.Person() != "" || v.Actor() != "integration:slack" {
		t.Errorf("slack: %+v", v)
	}
}

func policy(t *testing.T) (*access.Policy, *eventlog.Log) {
	t.Helper()
	log, err := eventlog.Open(t.Context(), natstest.Fast(t), eventlog.Config{Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	return access.New(log, "test"), log
}

// S1.33 S2.29 A network is read by its person, a tie by its two.
func TestReading(t *testing.T) {
	p, log := policy(t)
	for _, c := range []struct {
		viewer  string
		network fault.Kind // of ann; allowed is -1
		tie     fault.Kind // of ann and ben
		book    fault.Kind // the directory
	}{
		{"person:" + string(ann), -1, -1, -1},
		{"person:" + string(ben), fault.Forbidden, -1, -1},
		{"person:" + string(cyd), fault.Forbidden, fault.Forbidden, -1},
		{"integration:hr", fault.Forbidden, fault.Forbidden, -1},
		{"service:portal", fault.Forbidden, fault.Forbidden, -1},
		{"", fault.Forbidden, fault.Forbidden, fault.Forbidden},
	} {
		v := access.Parse(c.viewer)
		check(t, c.viewer+" network", p.Read(t.Context(), v, ann, "own-network"), c.network)
		check(t, c.viewer+" tie", p.ReadTie(t.Context(), v, ann, ben), c.tie)
		check(t, c.viewer+" directory", p.Directory(t.Context(), v), c.book)
	}
	check(t, "no such purpose", p.Read(t.Context(), access.As(ann), ann, "curiosity"), fault.Invalid)
	var viewed []string
	for e, err := range log.Person(t.Context(), ann, events.Access) {
		if err != nil {
			t.Fatal(err)
		}
		viewed = append(viewed, e.Fact.(*events.NetworkViewed).Viewer)
	}
	if len(viewed) != 1 || viewed[0] != string(ben) {
		t.Errorf("recorded as viewers: %v, want ben's one reading of the tie", viewed)
	}
}

func check(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if (err == nil) != (want == -1) || err != nil && fault.KindOf(err) != want {
		t.Errorf("%s: %v, want %d", what, err, want)
	}
}

func TestTheAnonymousLearnWhatToSend(t *testing.T) {
	p, _ := policy(t)
	if err := p.Directory(t.Context(), access.Viewer{}); !strings.Contains(err.Error(), access.Header) {
		t.Errorf("%v does not name the header", err)
	}
}

// S1.07 S2.24 Everybody says what is theirs to say: nobody confirms for others what they themselves record.
func TestWriting(t *testing.T) {
	p := access.New(nil, "test")
	by := func(who events.RecordedBy) events.Act {
		return events.Act{Recipient: ann, Supporter: ben, RecordedBy: who}
	}
	confirmed := func(who events.RecordedBy, side events.Confirmation) events.Act {
		act := by(who)
		act.Confirmation = side
		return act
	}
	const a, b, c, system, operator = "person:" + string(ann), "person:" + string(ben), "person:" + string(cyd), "integration:hr", "service:kith"
	for _, row := range []struct {
		what    string
		context events.Context
		fact    events.Fact
		may     string // of a, b, c, system and operator; the others may not
	}{
		{"an act by its recipient", events.Support, &events.AdviceGiven{Act: by("recipient")}, "aso"},
		{"an act by its supporter", events.Support, &events.AdviceGiven{Act: by("supporter")}, "bso"},
		{"an act by somebody else", events.Support, &events.AdviceGiven{Act: by("third-party")}, "cso"},
		{"an act by a system", events.Sealed, &events.SponsorEndorsed{Act: by("system")}, "so"},
		{"an act confirmed for the recipient", events.Support, &events.AdviceGiven{Act: confirmed("supporter", "recipient")}, "so"},
		{"an act confirmed for both", events.Support, &events.AdviceGiven{Act: confirmed("recipient", "both")}, "so"},
		{"an act confirmed by who records it", events.Support, &events.AdviceGiven{Act: confirmed("recipient", "recipient")}, "aso"},
		{"an ally's act, for its recipient", events.Personal, &events.AllyActionTaken{Act: by("supporter"), ConfirmedBy: "recipient"}, "so"},
		{"an ally's act, for a witness", events.Personal, &events.AllyActionTaken{Act: by("supporter"), ConfirmedBy: "witness"}, "so"},
		{"an ally's act by a witness", events.Personal, &events.AllyActionTaken{Act: by("third-party"), ConfirmedBy: "witness"}, "cso"},
		{"an ally's act by its recipient", events.Personal, &events.AllyActionTaken{Act: by("recipient"), ConfirmedBy: "recipient"}, "aso"},
		{"thanks", events.Support, &events.ThanksGiven{Act: by("recipient")}, "aso"},
		{"thanks to oneself", events.Support, &events.ThanksGiven{Act: by("supporter")}, "so"},
		{"a goal", events.Personal, &events.GoalSet{Goal: "up", Kind: "advance"}, "aso"},
		{"a confirmation by the recipient", events.Support, &events.ActConfirmed{Supporter: ben, By: "recipient"}, "aso"},
		{"a confirmation by the supporter", events.Support, &events.ActConfirmed{Supporter: ben, By: "supporter"}, "bso"},
		{"a dispute", events.Support, &events.ActDisputed{Supporter: ben}, "abso"},
		{"a declaration", events.Personal, &events.RoleDeclared{Supporter: ben, Role: "mentor", DeclaredBy: "recipient"}, "aso"},
		{"a supporter's declaration", events.Personal, &events.RoleDeclared{Supporter: ben, Role: "mentor", DeclaredBy: "supporter"}, "bso"},
		{"a declaration for both", events.Personal, &events.RoleDeclared{Supporter: ben, Role: "mentor", DeclaredBy: "both"}, "so"},
		{"an answer to a request", events.Personal, &events.SponsorshipDeclined{Supporter: ben}, "bso"},
		{"a program's pair", events.Personal, &events.PairMatched{Supporter: ben}, "so"},
		{"the directory", events.People, &events.PersonLeft{}, "so"},
		{"one's own erasure", events.People, &events.ErasureRequested{RequestedBy: "person"}, "aso"},
		{"somebody's erasure", events.People, &events.ErasureRequested{RequestedBy: "organization"}, "so"},
		{"a reply to a nudge", events.Reply, &events.NudgeDone{}, "aso"},
		{"a policy", events.Policy, &events.PolicyChanged{}, "o"},
		{"a role", events.Role, &events.RoleLapsed{Supporter: ben}, ""},
		{"a gap", events.Gap, &events.GapClosed{}, ""},
		{"an access", events.Access, &events.NetworkViewed{}, ""},
	} {
		for name, viewer := range map[string]string{"a": a, "b": b, "c": c, "s": system, "o": operator} {
			err := p.Write(t.Context(), access.Parse(viewer), events.Event{Context: row.context, Subject: string(ann), Fact: row.fact})
			if (err == nil) != strings.Contains(row.may, name) {
				t.Errorf("%s by %s: %v", row.what, viewer, err)
			}
		}
		if err := p.Write(t.Context(), access.Viewer{}, events.Event{Context: row.context, Subject: string(ann), Fact: row.fact}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s by nobody: %v", row.what, err)
		}
	}
}
