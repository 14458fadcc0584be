package ruleset

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// Standing is where a person stands in the organization at one time.
type Standing struct {
	Known      bool // the directory has a level
	Level      int
	External   bool
	OnLeave    bool
	Left       bool
	Department events.Code
	Manager    events.PersonID
	Months     int // month of start, counted from year 0; 0 unknown
}

// Pair is the two people of a tie as they stand at one time.
type Pair struct {
	RecipientID, SupporterID events.PersonID
	Recipient, Supporter     Standing
	seniorFrom               int
}

// view is what a condition sees.
type view struct {
	*Pair
	act      *readmodel.Act
	declared bool // of the role at hand
}

// Parent implements cel.Activation: there is none.
func (v *view) Parent() cel.Activation { return nil }

// ResolveName implements cel.Activation.
func (v *view) ResolveName(name string) (any, bool) {
	switch name {
	case "relation.manager":
		return types.Bool(v.Recipient.Manager == v.SupporterID && v.SupporterID != "" || v.act != nil && v.act.Relation == "manager"), true
	case "relation.report":
		return types.Bool(v.Supporter.Manager == v.RecipientID && v.RecipientID != "" || v.act != nil && v.act.Relation == "report"), true
	case "relation.sameDepartment":
		return types.Bool(v.Recipient.Department != "" && v.Recipient.Department == v.Supporter.Department), true
	case "relation.monthsLonger":
		return types.Int(v.monthsLonger()), true
	case "role.declared":
		return types.Bool(v.declared), true
	}
	if person, ok := cutPrefix(name, "supporter."); ok {
		return v.Supporter.resolve(person, v.seniorFrom)
	}
	if person, ok := cutPrefix(name, "recipient."); ok {
		return v.Recipient.resolve(person, v.seniorFrom)
	}
	if v.act == nil {
		return nil, false
	}
	return resolveAct(v.act, name)
}

func cutPrefix(name, prefix string) (string, bool) {
	if len(name) > len(prefix) && name[:len(prefix)] == prefix {
		return name[len(prefix):], true
	}
	return "", false
}

func (v *view) monthsLonger() int {
	if v.Supporter.Months == 0 || v.Recipient.Months == 0 {
		return 0
	}
	return v.Recipient.Months - v.Supporter.Months
}

func (s *Standing) resolve(name string, seniorFrom int) (any, bool) {
	switch name {
	case "known":
		return types.Bool(s.Known), true
	case "level":
		return types.Int(s.Level), true
	case "senior":
		return types.Bool(s.Known && s.Level >= seniorFrom), true
	case "external":
		return types.Bool(s.External), true
	case "onLeave":
		return types.Bool(s.OnLeave), true
	case "left":
		return types.Bool(s.Left), true
	case "department":
		return types.String(s.Department), true
	}
	return nil, false
}

func resolveAct(a *readmodel.Act, name string) (any, bool) {
	if word, ok := actWord(a, name); ok {
		return types.String(word), true
	}
	switch name {
	case "act.topics":
		topics := make([]string, len(a.Topics))
		for i, t := range a.Topics {
			topics[i] = string(t)
		}
		return types.NewStringList(types.DefaultTypeAdapter, topics), true
	case "act.theirLevel":
		return types.Int(a.TheirLevel), true
	case "act.minutes":
		return types.Int(a.Minutes), true
	case "act.weeks":
		return types.Int(a.Weeks), true
	case "act.solicited":
		return types.Bool(a.Solicited), true
	case "act.voluntary":
		return types.Bool(a.Voluntary), true
	case "act.witnessed":
		return types.Bool(a.Witnessed), true
	case "act.confirmed":
		return types.Bool(confirmed(a)), true
	case "act.helpful":
		return types.Bool(a.Helpful), true
	}
	return nil, false
}

func actWord(a *readmodel.Act, name string) (string, bool) {
	switch name {
	case "act.type":
		return a.Type, true
	case "act.recordedBy":
		return string(a.RecordedBy), true
	case "act.channel":
		return string(a.Channel), true
	case "act.relation":
		return string(a.Relation), true
	case "act.formality":
		return a.Formality, true
	case "act.kind":
		return a.Kind, true
	case "act.cadence":
		return a.Cadence, true
	case "act.audience":
		return string(a.Audience), true
	case "act.visibility":
		return string(a.Visibility), true
	case "act.forum":
		return string(a.Forum), true
	case "act.stake":
		return string(a.Stake), true
	case "act.awareness":
		return string(a.Awareness), true
	case "act.valence":
		return string(a.Valence), true
	case "act.sharing":
		return string(a.Sharing), true
	case "act.reportedBy":
		return string(a.ReportedBy), true
	}
	return "", false
}
