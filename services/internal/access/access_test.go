package access_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
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
		"auditor:works-council":     "auditor:works-council",
		"auditor:":                  "anonymous",
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

const own, ties, audits, request = "own-network", "support-given", "audit", "access-request"

// everybody is who may ask for what belongs to ann, or to ann and ben.
var everybody = []string{"person:" + string(ann), "person:" + string(ben), "person:" + string(cyd), "integration:hr", "service:portal", "auditor:council", ""}

// S1.33 S2.29 A network is read by its person, a tie by its two; auditors read why, and what was known, never today's
// network. Whoever is not the person says what for.
func TestReading(t *testing.T) {
	p, log := policy(t)
	const none, may = fault.Invalid, fault.Kind(-1) // none: no purpose is stated where one would open it
	no := fault.Forbidden
	for _, c := range []struct {
		what    string
		reading access.Reading
		purpose events.AccessPurpose
		want    [7]fault.Kind // of everybody
	}{
		{"network", access.Network(ann), "", [...]fault.Kind{may, no, no, no, no, no, no}},
		{"network", access.Network(ann), own, [...]fault.Kind{may, no, no, no, no, no, no}},
		{"network", access.Network(ann), audits, [...]fault.Kind{may, no, no, no, no, no, no}},
		{"tie", access.Tie(ann, ben), "", [...]fault.Kind{may, none, no, no, no, none, no}},
		{"tie", access.Tie(ann, ben), ties, [...]fault.Kind{may, may, no, no, no, no, no}},
		{"tie", access.Tie(ann, ben), audits, [...]fault.Kind{may, no, no, no, no, may, no}},
		{"history", access.History(ann), "", [...]fault.Kind{may, no, no, no, no, none, no}},
		{"history", access.History(ann), audits, [...]fault.Kind{may, no, no, no, no, may, no}},
		{"history", access.History(ann), request, [...]fault.Kind{may, no, no, no, no, no, no}},
		{"record", access.Record(ann), "", [...]fault.Kind{may, no, no, no, no, none, no}},
		{"record", access.Record(ann), audits, [...]fault.Kind{may, no, no, no, no, no, no}},
		{"record", access.Record(ann), request, [...]fault.Kind{may, no, no, no, no, may, no}},
	} {
		for i, viewer := range everybody {
			what := fmt.Sprintf("%s of ann, by %q for %q", c.what, viewer, c.purpose)
			check(t, what, p.Read(t.Context(), access.Parse(viewer).For(c.purpose), c.reading), c.want[i])
		}
	}
	for _, viewer := range everybody[:6] {
		check(t, viewer+" is curious", p.Read(t.Context(), access.Parse(viewer).For("curiosity"), access.Record(ann)), fault.Invalid)
		check(t, viewer+" and the directory", p.Directory(t.Context(), access.Parse(viewer)), may)
	}
	check(t, "nobody and the directory", p.Directory(t.Context(), access.Viewer{}), no)
	if got, want := viewers(t, log), []string{string(ben) + " " + ties, "auditor:council audit", "auditor:council audit", "auditor:council access-request"}; !slices.Equal(got, want) {
		t.Errorf("recorded are %q, want %q", got, want)
	}
}

// viewers are who looked at ann, as the log has it, and what for.
func viewers(t *testing.T, log *eventlog.Log) (viewed []string) {
	t.Helper()
	for e, err := range log.Person(t.Context(), ann, events.Access) {
		if err != nil {
			t.Fatal(err)
		}
		f := e.Fact.(*events.NetworkViewed)
		viewed = append(viewed, f.Viewer+" "+string(f.Purpose))
	}
	return viewed
}

// What cannot be recorded is not read.
func TestNobodyReadsUnrecorded(t *testing.T) {
	p, log := policy(t)
	log.Close()
	v := access.Parse("auditor:council").For(audits)
	check(t, "an auditor", p.Read(t.Context(), v, access.History(ann)), fault.Unavailable)
	check(t, "the person", p.Read(t.Context(), access.As(ann), access.History(ann)), -1)
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
		{"a role set aside", events.Personal, &events.RoleOverridden{Supporter: ben, Role: "mentor"}, "aso"},
		{"a role set aside by the recipient", events.Personal, &events.RoleOverridden{Supporter: ben, Role: "mentor", By: "recipient"}, "aso"},
		{"a role set aside by the supporter", events.Personal, &events.RoleOverridden{Supporter: ben, Role: "mentor", By: "supporter"}, "bso"},
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
		if err := p.Write(t.Context(), access.Parse("auditor:council"), events.Event{Context: row.context, Subject: string(ann), Fact: row.fact}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s by an auditor: %v", row.what, err)
		}
		if err := p.Write(t.Context(), access.Viewer{}, events.Event{Context: row.context, Subject: string(ann), Fact: row.fact}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s by nobody: %v", row.what, err)
		}
	}
}

// Who is no person is not the one whose id is empty.
func TestReadingOfNobody(t *testing.T) {
	p, _ := policy(t)
	for _, viewer := range []string{"service:portal", "integration:hr"} {
		if err := p.Read(t.Context(), access.Parse(viewer), access.Network("")); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", viewer, err)
		}
	}
}
