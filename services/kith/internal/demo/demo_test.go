package demo

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"hash/fnv"
	"regexp"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
)

var (
	someDay  = time.Date(2026, 3, 4, 15, 30, 0, 0, time.UTC)
	otherDay = time.Date(2027, 1, 17, 3, 0, 0, 0, time.UTC) // a Sunday
)

func TestSameSeedSameBytes(t *testing.T) {
	if !bytes.Equal(written(t, someDay), written(t, someDay)) {
		t.Error("two runs of one seed differ")
	}
}

// Loading the demo on another day must change nothing: the ids decide, and the first one stands.
func TestIDsDoNotDependOnTheDay(t *testing.T) {
	first, second := decode(t, someDay), decode(t, otherDay)
	if len(first) != len(second) {
		t.Fatalf("%d events on one day, %d on another", len(first), len(second))
	}
	byID := map[string]cloudEvent{}
	for _, e := range first {
		if _, twice := byID[e.ID]; twice {
			t.Fatalf("the id %s is given twice", e.ID)
		}
		byID[e.ID] = e
	}
	for _, e := range second {
		if was, ok := byID[e.ID]; !ok || was.Type != e.Type || was.Subject != e.Subject {
			t.Fatalf("%s %s is another event on another day", e.ID, e.Type)
		}
	}
}

func TestTimesAndOrder(t *testing.T) {
	for _, now := range []time.Time{someDay, otherDay} {
		var last time.Time
		acts := false
		for _, e := range decode(t, now) {
			at := parse(t, e.Time)
			joined := strings.HasSuffix(e.Type, ".PersonJoined") || strings.HasSuffix(e.Type, ".ImportStarted")
			switch {
			case joined && acts:
				t.Fatalf("%s joins after the first act", e.Subject)
			case at.After(now):
				t.Fatalf("%s happens after now", e.ID)
			case !joined && at.Before(last):
				t.Fatalf("%s is out of order", e.ID)
			}
			if !joined {
				acts, last = true, at
			}
		}
	}
}

// Every event is what the published language allows, once intake has put pseudonyms and sealed
// bytes where the sender wrote its own ids and clear detail.
func TestEveryEventIsAFact(t *testing.T) {
	for _, days := range []int{0, 1, 3, 264} {
		allFacts(t, someDay.AddDate(0, 0, days))
	}
}

func allFacts(t *testing.T, now time.Time) {
	t.Helper()
	people := map[string]bool{}
	acts := map[string]bool{}
	for _, e := range decode(t, now) {
		if strings.HasSuffix(e.Type, ".PersonJoined") {
			people[e.Subject] = true
		}
		context, name := splitType(e.Type)
		entry, ok := events.Lookup(name)
		if !ok || !entry.In(context) {
			t.Fatalf("%s: no such fact", e.Type)
		}
		f, err := events.DecodeFact(name, asIntake(t, e.Data))
		if err != nil {
			t.Fatalf("%s %s: %v in %s", e.ID, e.Type, err, e.Data)
		}
		if strings.HasPrefix(e.Subject, "hr:") && !people[e.Subject] {
			t.Fatalf("%s is about somebody who never joined", e.ID)
		}
		if a := events.ActOf(f); a != nil && a.Recipient != pseudonym(e.Subject) {
			t.Fatalf("%s: the subject is not the recipient", e.ID)
		}
		for _, ref := range references(t, e.Data) {
			if !acts[ref] {
				t.Errorf("%s speaks of %s, which has not happened yet", e.ID, ref)
			}
		}
		acts[e.ID] = true
	}
}

// references are the acts that an event names by its sender's ids.
func references(t *testing.T, data json.RawMessage) (refs []string) {
	t.Helper()
	var named struct {
		Act, By string
		Acts    []string
	}
	if err := json.Unmarshal(data, &named); err != nil {
		t.Fatal(err)
	}
	for _, ref := range append(named.Acts, named.Act, named.By) {
		if strings.Contains(ref, "/") {
			refs = append(refs, ref)
		}
	}
	return refs
}

// A mail address or an external id belongs to one person; intake refuses a second one.
func TestIDsOfPeopleAreTheirOwn(t *testing.T) {
	owner := map[string]string{}
	for _, e := range decode(t, someDay) {
		var d struct{ Sealed events.PersonDetails }
		if !strings.HasSuffix(e.Type, ".PersonJoined") {
			continue
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		for _, id := range append(d.Sealed.ExternalIDs, d.Sealed.Email, d.Sealed.Name) {
			if was := owner[id]; was != "" || id == "" || strings.HasSuffix(id, "@example.org") && !plainMail.MatchString(id) {
				t.Errorf("%s has %q, and so has %q", e.Subject, id, was)
			}
			owner[id] = e.Subject
		}
	}
}

var plainMail = regexp.MustCompile(`^[a-z]+\.[a-z]+@example\.org$`)

func TestLively(t *testing.T) {
	d := New(Config{Now: someDay})
	if d.People() != 300 {
		t.Errorf("%d people, want 300", d.People())
	}
	seen := map[string]int{}
	acts := 0
	for _, e := range decode(t, someDay) {
		_, name := splitType(e.Type)
		seen[name]++
		if entry, _ := events.Lookup(name); events.ActOf(entry.New()) != nil {
			acts++
		}
	}
	t.Logf("%d events, %d acts: %v", d.Events(), acts, seen)
	if acts < 8000 || acts > 12000 {
		t.Errorf("%d acts, want 8,000 to 12,000", acts)
	}
	for _, name := range wanted {
		if seen[name] == 0 {
			t.Errorf("no %s in the demo", name)
		}
	}
	if got := len(d.Personas()); got != len(castings) {
		t.Errorf("%d personas, want %d", got, len(castings))
	}
}

var wanted = strings.Fields(`PersonJoined PersonChanged PersonWentOnLeave PersonReturned PersonLeft PromotionOccurred ProgramOpened
	ProgramClosed MentorshipRequested MentorshipStarted MentorshipEnded MentoringSessionHeld AdviceGiven StrategyShared
	IntroductionMade ReferralMade OpportunityGiven EndorsementGiven SponsorEndorsed PromotionAdvocated AirCoverProvided KudosGiven
	CreditGiven FeedbackGiven AllyActionTaken ReverseLearningGained CollaborationShared SupportReported ThanksGiven
	SponsorshipDisclosed StakeResolved ActConfirmed ActDisputed ActCorrected ActRetracted ParticipationChanged GoalSet GoalReached
	RoleDeclared SponsorshipAsked SponsorshipAccepted FeedbackRequested FeedbackRatedHelpful SessionRated TrustConfirmed
	RoleContested CapacitySet ProgramJoined PairMatched ExternalContactAdded ImportStarted ImportFinished
	SponsorshipDeclined RoleDeclarationWithdrawn RoleOverridden MentorshipDeclined PairEnded ProgramLeft MentorPromotedToSponsor
	GroupSelfIdentified GroupSelfIdentificationWithdrawn`)

func written(t *testing.T, now time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := New(Config{Now: now}).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t *testing.T, now time.Time) []cloudEvent {
	t.Helper()
	return decodeAll(t, New(Config{Now: now}))
}

func decodeAll(t *testing.T, d *Demo) (list []cloudEvent) {
	t.Helper()
	for line := range d.Lines() {
		var e cloudEvent
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func parse(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func splitType(s string) (events.Context, string) {
	parts := strings.SplitN(s, ".", 3)
	return events.Context(parts[1]), parts[2]
}

// asIntake puts pseudonyms, fact ids and sealed bytes where a sender writes its own.
func asIntake(t *testing.T, data json.RawMessage) []byte {
	t.Helper()
	fields := map[string]any{}
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for name, v := range fields {
		switch v := v.(type) {
		case string:
			fields[name] = resolve(name, v)
		case []any:
			if name == "acts" {
				fields[name] = []string{string(events.IncomingID(nil, Source, v[0].(string)))}
			}
		case map[string]any:
			fields[name] = []byte("sealed")
		}
	}
	out, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func resolve(name, v string) string {
	_, number, _ := strings.Cut(v, "/")
	switch {
	case strings.HasPrefix(v, "hr:"), strings.HasPrefix(v, "contact:"):
		return string(pseudonym(v))
	case strings.HasPrefix(v, "program:"):
		return "g" + string(pseudonym(v))[1:]
	case number != "" && (name == "act" || name == "by"):
		return string(events.IncomingID(nil, Source, v))
	}
	return v
}

func pseudonym(id string) events.PersonID {
	h := fnv.New128a()
	h.Write([]byte(id))
	kind := "p"
	if strings.HasPrefix(id, "contact:") {
		kind = "x"
	}
	return events.PersonID(kind + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:16])
}
