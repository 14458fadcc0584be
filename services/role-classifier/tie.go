package classifier

import (
	"cmp"
	"maps"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// tie is the document of one evaluation of a tie: what others read of it, and what the rules go
// on from.
type tie struct {
	readmodel.Tie
	Before   fold         `json:"before"`   // what the acts before Acts come to
	Fold     fold         `json:"fold"`     // what all acts come to
	Believed [5]belief    `json:"believed"` // per role, what the last fact in log order said to the readers of this evaluation
	Words    [5]words     `json:"words"`    // per role, what people say of it
	Awaited  []awaitedAct `json:"awaited,omitempty"`
	NextID   int          `json:"nextId,omitempty"` // of older documents
}

// belief is how a role stands for those who read the facts about it; zero before the first.
type belief struct {
	Status  readmodel.RoleStatus `json:"status,omitempty"`
	Subtype events.Subtype       `json:"subtype,omitempty"`
}

// words is what people say of a role. Of each kind the latest by (time, id) stands, whatever
// order they are read in.
type words struct {
	Declared  saying `json:"declared,omitzero"`
	Aside     saying `json:"aside,omitzero"`
	Contested saying `json:"contested,omitzero"`
}

// saying is what somebody said, when, and in which fact.
type saying struct {
	At    time.Time      `json:"at"`
	ID    events.FactID  `json:"id"`
	By    string         `json:"by,omitempty"`    // a DeclaredBy or a ConfirmingSide
	Taken bool           `json:"taken,omitempty"` // it takes back what was said before
	Until readmodel.Unix `json:"until,omitempty"`
}

// holds reports whether something is said and not taken back.
func (s saying) holds() bool { return s.ID != "" && !s.Taken }

// replace takes over what was said later.
func (s *saying) replace(n saying) {
	if s.ID == "" || cmp.Or(n.At.Compare(s.At), cmp.Compare(n.ID, s.ID)) > 0 {
		*s = n
	}
}

// awaitedAct is what was said about an act that is not there yet.
type awaitedAct struct {
	Act   events.FactID   `json:"act"`
	Marks readmodel.Marks `json:"marks"`
}

// awaitedLimit is how many acts a tie waits for: a sender that names more acts which never come
// loses the oldest marks.
const awaitedLimit = 64

// fold is what acts come to, in the order of (time, id).
type fold struct {
	Roles  [5]strand                 `json:"roles"`
	Spaced map[string]readmodel.Unix `json:"spaced,omitempty"` // the last act that counted, of types of which not each does
}

// strand is what acts come to for one role.
type strand struct {
	Score    int64          `json:"score,omitempty"` // right after the act at At
	At       readmodel.Unix `json:"at,omitempty"`    // the last act that counts
	HalfLife int64          `json:"halfLife,omitempty"`
	On       bool           `json:"on,omitempty"`   // begun, and not over at At
	Ever     bool           `json:"ever,omitempty"` // begun at some time
	Since    readmodel.Unix `json:"since,omitempty"`
	RiskAt   readmodel.Unix `json:"riskAt,omitempty"`  // On: when silence puts it at risk
	LapseAt  readmodel.Unix `json:"lapseAt,omitempty"` // On: when silence ends it
	Acts     int            `json:"acts,omitempty"`
	Rung     int            `json:"rung,omitempty"`
	Formal   bool           `json:"formal,omitempty"`
	Withheld bool           `json:"withheld,omitempty"` // an act would count if its supporter had the standing
}

func (f *fold) clone() fold {
	c := *f
	c.Spaced = maps.Clone(f.Spaced)
	return c
}

func (t *tie) declared() *[5]bool {
	var d [5]bool
	for i := range t.Words {
		d[i] = t.Words[i].Declared.holds()
	}
	return &d
}

// believe notes what a fact says, here and where others read it.
func (t *tie) believe(role int, b belief) {
	t.Believed[role] = b
	if r := t.Role(events.Roles()[role]); r != nil {
		r.Stated = b.Status
	}
}
