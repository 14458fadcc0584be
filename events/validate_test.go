package events

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// All faulty fields are reported at once, each by its path.
func TestValidateReportsEverything(t *testing.T) {
	f := said().Fact.(*SponsorEndorsed)
	f.Supporter, f.RecordedBy, f.Forum = "Ann Example", "gossip", ""
	f.Topics = []Topic{"skills", "gossip", "politics", ""}
	f.Channel, f.Formality, f.Discloses = "Slack DM", "g123", "1"
	want := map[string]string{
		"supporter":  "is no person id",
		"recordedBy": "is none of recipient, supporter, third-party, system",
		"forum":      "is required",
		"topics[1]":  "is none of politics, career-path,",
		"topics[3]":  "is required",
		"channel":    "is no code",
		"formality":  "is neither informal nor a program id",
		"discloses":  "is no fact id",
	}
	expect(t, Validate(f), want)
}

// A problem never repeats the faulty value: it might name somebody.
func TestProblemsNeverRepeatTheValue(t *testing.T) {
	const name = "Ann-Example 4711"
	for _, entry := range Catalogue() {
		f := (&filler{dice: newDice(entry.Name), full: true}).fact(entry)
		v, p := open(f)
		for _, field := range p.fields {
			if field.value.kind == text {
				v.FieldByIndex(field.index).SetString(name)
			}
		}
		err := Validate(f)
		if err != nil && strings.Contains(err.Error(), "4711") {
			t.Errorf("%s: %v", entry.Name, err)
		}
		if err == nil && len(p.people) > 0 {
			t.Errorf("%s: accepts a name for a person", entry.Name)
		}
	}
}

// Required fields of an empty fact are all missed; what is optional is not.
func TestValidateMissesWhatIsRequired(t *testing.T) {
	for _, entry := range Catalogue() {
		f := entry.New()
		err := Validate(f)
		for _, field := range planOf(reflect.TypeOf(f).Elem()).fields {
			demanded := field.required && (field.value.kind != number || field.value.min > 0) && field.value.kind != yesNo
			if missed := slices.Contains(paths(err), field.name); missed != demanded {
				t.Errorf("%s.%s: missed is %v, required is %v", entry.Name, field.name, missed, demanded)
			}
		}
	}
}

func TestRulesThatSpanFields(t *testing.T) {
	const ann, bob, eve = "paaaaaaaaaaaaaaaa", "pbbbbbbbbbbbbbbbb", "xeeeeeeeeeeeeeeee"
	const act = FactID("abcdefghijklmnopqrstuvwxyz")
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	self := Act{Recipient: ann, Supporter: ann, RecordedBy: "system"}
	tie := Act{Recipient: ann, Supporter: bob, RecordedBy: "system"}
	secret := tie
	secret.Discloses = act
	level := 101
	tests := map[string]struct {
		fact Fact
		want map[string]string
	}{
		"act on oneself":      {&AdviceGiven{Act: self}, map[string]string{"supporter": "is the recipient"}},
		"external recipient":  {&AdviceGiven{Act: Act{Recipient: eve, Supporter: bob, RecordedBy: "system"}}, map[string]string{"recipient": "is an external contact"}},
		"introduced to self":  {&IntroductionMade{Act: tie, IntroducedTo: ann}, map[string]string{"introducedTo": "is one of the two"}},
		"both rules":          {&IntroductionMade{Act: self, IntroducedTo: ann}, map[string]string{"supporter": "is the recipient", "introducedTo": "is one of the two"}},
		"unnamed disclosed":   {&FeedbackGiven{Act: secret, Valence: "mixed", Sharing: "unnamed"}, map[string]string{"discloses": "is never disclosed"}},
		"reported biweekly":   {&SupportReported{Act: tie, Kind: "advice", Cadence: "biweekly", ReportedBy: "recipient", AsOf: at}, map[string]string{"cadence": "is none of weekly, monthly, quarterly, unknown"}},
		"level too high":      {&PersonChanged{Level: &level, EffectiveAt: at}, map[string]string{"level": "is not between 1 and 100"}},
		"erased backwards":    {&PersonErased{DestroyedAt: at, FinalAt: at.Add(-1)}, map[string]string{"finalAt": "is before destroyedAt"}},
		"colleague as friend": {&ExternalContactAdded{Contact: bob, Relation: "friend"}, map[string]string{"contact": "is a person of the directory"}},
		"corrected by itself": {&ActCorrected{Act: act, Supporter: bob, By: act}, map[string]string{"by": "is the act that it corrects"}},
		"disclosed twice":     {&SponsorshipDisclosed{Acts: []FactID{act, act}}, map[string]string{"acts[1]": "is named twice"}},
		"nested evidence": {&RoleRecognized{Supporter: bob, Role: Mentor, Subtype: Standard, Since: at, Ruleset: "1", Rules: "1", EvidenceCount: 1,
			Evidence: []Evidence{{Act: act, Type: "AdviceGiven"}, {Type: "advice"}}},
			map[string]string{"evidence[1].act": "is required", "evidence[1].type": "is no name of a fact", "evidenceCount": "is less than"}},
		"suppressed value": {&CoverageMeasured{Week: "2026-w12", Cell: "all", Metric: "sponsored", Value: 5, Suppressed: true, Policy: "1"},
			map[string]string{"value": "is given though"}},
		"wrong hash": {&RulesetActivated{Version: "1", Hash: strings.Repeat("0", 64), Text: "x"}, map[string]string{"hash": "is not the SHA-256"}},
		"small cell": {&PolicyChanged{Floor: 4, LegalMode: "full"}, map[string]string{"floor": "is not 5 or more"}},
		"year 10000": {&PersonReturned{EffectiveAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, map[string]string{"effectiveAt": "is outside the years"}},
		"nil":        {(*AdviceGiven)(nil), map[string]string{"": "is no fact"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { expect(t, Validate(test.fact), test.want) })
	}
}

// A fact that is given as a value is as good as a pointer to it.
func TestValidateTakesValues(t *testing.T) {
	if err := Validate(*said().Fact.(*SponsorEndorsed)); err != nil {
		t.Error(err)
	}
	expect(t, Validate(NudgeDone{}), map[string]string{"nudge": "is required"})
}

func TestJoinProblems(t *testing.T) {
	one := &Problems{Fields: []Problem{{"a", "is first"}}}
	two := &Problems{Fields: []Problem{{"a", "is second"}, {"b", "is second"}}}
	expect(t, JoinProblems(nil, one, two), map[string]string{"a": "is first", "b": "is second"})
	if err := JoinProblems(nil, nil); err != nil {
		t.Errorf("nothing joined gives %v", err)
	}
	if err := JoinProblems(one, ErrUnknownFact); !errors.Is(err, ErrUnknownFact) {
		t.Errorf("another error is lost in %v", err)
	}
}

// expect fails unless err names exactly the fields of want, each with a reason that holds the words.
func expect(t *testing.T, err error, want map[string]string) {
	t.Helper()
	var p *Problems
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want problems with %v", err, want)
	}
	for _, problem := range p.Fields {
		if words, ok := want[problem.Field]; !ok || !strings.Contains(problem.Reason, words) {
			t.Errorf("%q: %s; want %q", problem.Field, problem.Reason, words)
		}
	}
	if len(p.Fields) != len(want) {
		t.Errorf("got %d problems, want %d: %v", len(p.Fields), len(want), err)
	}
}

func paths(err error) []string {
	var p *Problems
	var all []string
	if errors.As(err, &p) {
		for _, f := range p.Fields {
			all = append(all, f.Field)
		}
	}
	return all
}
