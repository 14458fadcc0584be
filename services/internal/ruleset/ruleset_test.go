package ruleset_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

func byDefault(t testing.TB) *ruleset.Ruleset {
	rs, err := ruleset.Default()
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// TestTheDefaultSaysWhatTheDesignSays checks the table of domain.md, section 6.2.
func TestTheDefaultSaysWhatTheDesignSays(t *testing.T) {
	rs := byDefault(t)
	for role, want := range map[events.RoleName]struct{ days, enter int64 }{
		"mentor": {60, 1_700_000}, "advocate": {110, 1_250_000}, "sponsor": {365, 2_500_000}, "truth-teller": {120, 1_700_000}, "ally": {180, 1_500_000},
	} {
		r := rs.Role(role)
		if r.HalfLife != want.days*86400 || r.Enter != want.enter || r.Exit != want.enter/2 || r.Cap != want.enter*2 {
			t.Errorf("%s: %+v", role, r)
		}
	}
	tt := rs.Role("truth-teller")
	if tt.HalfLifeOf("friend") != 365*86400 || tt.HalfLifeOf("family") != 730*86400 || tt.HalfLifeOf("peer") != 120*86400 {
		t.Error("half-lives of friends and family")
	}
	sum := sha256.Sum256([]byte(ruleset.DefaultText()))
	if rs.Hash != hex.EncodeToString(sum[:]) || rs.Version == "" {
		t.Errorf("hash %s of version %q", rs.Hash, rs.Version)
	}
}

func TestEveryActHasARule(t *testing.T) {
	rs := byDefault(t)
	for _, entry := range events.Catalogue() {
		if events.ActOf(entry.New()) == nil {
			continue
		}
		a := &readmodel.Act{Type: entry.Name, RecordedBy: "system"}
		if err := rs.Weigh(a, &ruleset.Pair{}, &[5]bool{}); err != nil || a.Rule == 0 {
			t.Errorf("%s: rule %d, %v", entry.Name, a.Rule, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tc := range []struct{ name, old, new, says string }{
		{"an unknown key", "halfLife: 60d", "halflive: 60d", "line 47: roles.mentor.halflive: is no field of a ruleset"},
		{"a word for a number", "singlePoint: 3", "singlePoint: three", "gaps.singlePoint: takes no string"},
		{"a list for a rule", "  ThanksGiven: [{}]", "  ThanksGiven: [[]]", "acts.ThanksGiven[0]: takes no array"},
		{"no YAML", "gaps:\n", "gaps\n", "yaml: line"},
		{"a key twice", "seniorFrom: 7", "seniorFrom: 7\nseniorFrom: 8", "already set"},
		{"a span without a unit", "halfLife: 60d", "halfLife: 60", `roles.mentor.halfLife: a span of time is written as days, such as "60d"`},
		{"an unknown role", "weights: {mentor: 0.7}", "weights: {guru: 0.7}", "line 135: acts.AdviceGiven[1].weights.guru: no such role"},
		{"a missing role", "  ally:\n    halfLife", "  alley:\n    halfLife", "roles.ally: is missing"},
		{"an unknown act", "  KudosGiven:", "  Kudos:", "acts.Kudos: is no act of support"},
		{"a misspelled variable", "act.stake == ", "act.steak == ", "acts.SponsorEndorsed[0].when"},
		{"a comparison of unlike things", "evidence.actsFor >= 1", `evidence.actsFor >= "1"`, "roles.sponsor.gates[0].when"},
		{"a condition that is none", "evidence.actsFor >= 1", "evidence.actsFor", "is a int, not true or false"},
		{"a variable that does not stand there", "when: evidence.actsFor >= 1", "when: act.rung >= 1", "undeclared reference"},
		{"an unknown subtype", "subtype: peer-mentor", "subtype: buddy", "no such subtype"},
		{"no last subtype", "      - {subtype: internal}\n", "      - {subtype: internal, when: \"true\"}\n", "the last one must have no condition"},
		{"an unknown relation", "halfLifeOf: {friend:", "halfLifeOf: {fiend:", "no such relation"},
		{"a negative weight", "weights: {mentor: 0.7}", "weights: {mentor: -0.7}", "between 0 and 1000"},
		{"an impossible rung", "rung: 4, weights: {advocate: 1.5", "rung: 6, weights: {advocate: 1.5", "rung: is not between"},
		{"an unknown stage", "fromStage: mid", "fromStage: middle", `no stage is called "middle"`},
		{"an unknown gap", "    at-risk: 50", "    boredom: 50", "gaps.severity.boredom: no such gap"},
		{"no version", `version: "2026-1"`, "", "version and seniorFrom are required"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Replace(ruleset.DefaultText(), tc.old, tc.new, 1)
			if text == ruleset.DefaultText() {
				t.Fatalf("no %q in the default", tc.old)
			}
			_, err := ruleset.Parse(text)
			if err == nil || !strings.Contains(err.Error(), tc.says) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

func TestWeigh(t *testing.T) {
	rs := byDefault(t)
	at := func(level int) ruleset.Standing { return ruleset.Standing{Known: true, Level: level} }
	for _, tc := range []struct {
		name     string
		act      readmodel.Act
		pair     ruleset.Pair
		declared bool
		want     readmodel.Weights // thousandths
		held     int
	}{
		{name: "S2.17 an endorsement with stake from two levels up", act: readmodel.Act{Type: "SponsorEndorsed", Stake: "reputation"},
			pair: ruleset.Pair{Recipient: at(3), Supporter: at(5)}, want: readmodel.Weights{0, 1000, 2000, 0, 500}},
		{name: "S1.35 from one level up", act: readmodel.Act{Type: "SponsorEndorsed", Stake: "reputation"},
			pair: ruleset.Pair{Recipient: at(3), Supporter: at(4)}, want: readmodel.Weights{0, 1000, 0, 0, 500}, held: 1},
		{name: "by somebody the directory does not know", act: readmodel.Act{Type: "SponsorEndorsed", Stake: "reputation"},
			pair: ruleset.Pair{Recipient: at(3)}, want: readmodel.Weights{0, 1000, 0, 0, 500}, held: 1},
		{name: "S2.17 without stake", act: readmodel.Act{Type: "SponsorEndorsed", Stake: "none"},
			pair: ruleset.Pair{Recipient: at(3), Supporter: at(5)}, want: readmodel.Weights{0, 1000, 700}},
		{name: "an outsider", act: readmodel.Act{Type: "ReferralMade"}, pair: ruleset.Pair{Recipient: at(3), Supporter: ruleset.Standing{External: true}},
			want: readmodel.Weights{0, 1500}, held: 1},
		{name: "S1.09 an outsider who is declared", act: readmodel.Act{Type: "ReferralMade"}, declared: true,
			pair: ruleset.Pair{Recipient: at(3), Supporter: ruleset.Standing{External: true}}, want: readmodel.Weights{0, 1500, 1000}},
		{name: "somebody who had left", act: readmodel.Act{Type: "ReferralMade"}, pair: ruleset.Pair{Supporter: ruleset.Standing{Left: true}}},
		{name: "S1.31 helpful feedback", act: readmodel.Act{Type: "FeedbackGiven", Sharing: "named", Valence: "constructive", Voluntary: true, Marks: readmodel.Marks{Helpful: true}},
			want: readmodel.Weights{300, 0, 0, 1500}},
		{name: "S1.32 an appraisal", act: readmodel.Act{Type: "FeedbackGiven", Sharing: "named", Valence: "constructive", Relation: "manager"},
			want: readmodel.Weights{0, 0, 0, 250}},
		{name: "S2.25 credit that one claims to have given", act: readmodel.Act{Type: "CreditGiven", RecordedBy: "supporter"}, want: readmodel.Weights{0, 700}, held: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := rs.Weigh(&tc.act, &tc.pair, &[5]bool{2: tc.declared}); err != nil {
				t.Fatal(err)
			}
			for i := range tc.want {
				tc.want[i] *= 1000
			}
			if tc.act.Weights != tc.want || len(tc.act.Held) != tc.held {
				t.Errorf("%v, withheld %v, want %v and %d", tc.act.Weights, tc.act.Held, tc.want, tc.held)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	rs := byDefault(t)
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	tie := &readmodel.Tie{}
	got, err := rs.Missing(tie, "sponsor", now)
	if err != nil || len(got) != 2 || !strings.Contains(got[1], "advice alone") {
		t.Errorf("%q, %v", got, err)
	}
	tie.Roles = []readmodel.TieRole{{Role: "sponsor", Withheld: true, Status: readmodel.RoleNone}}
	if got, _ := rs.Missing(tie, "sponsor", now); len(got) != 3 || !strings.Contains(got[0], "two levels above") {
		t.Errorf("%q", got)
	}
	tie.Roles[0].Status = readmodel.RoleActive
	if got, _ := rs.Missing(tie, "sponsor", now); got != nil {
		t.Errorf("%q is missing of a role that is played", got)
	}
}

func TestStages(t *testing.T) {
	g := byDefault(t).Gaps
	if s := g.StageAt(0).Name + g.StageAt(2).Name + g.StageAt(3).Name + g.StageAt(9).Name; s != "entryentrymidsenior" {
		t.Error(s)
	}
	if g.Expected("sponsor", 2) || !g.Expected("sponsor", 3) || !g.Expected("sponsor", 2, "advance") || g.Expected("ally", 5) || !g.Expected("mentor", 1) {
		t.Error("who is expected to have a sponsor")
	}
	if g.MissingSeverity("sponsor", 3) != 70 || g.MissingSeverity("sponsor", 3, "advance") != 100 {
		t.Error("severity of no sponsor")
	}
}
