package recognition

import (
	"cmp"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// Tie is what an evaluation of a tie goes on from: what others read of it, what its acts come to,
// and what people say of its roles.
type Tie struct {
	readmodel.Tie
	Fold  Fold     `json:"fold"`  // what all acts come to
	Words [5]Words `json:"words"` // per role
}

// Words is what people say of a role. Of each kind the latest by (time, id) stands, whatever
// order they are read in.
type Words struct {
	Declared  Saying `json:"declared,omitzero"`
	Aside     Saying `json:"aside,omitzero"`
	Contested Saying `json:"contested,omitzero"`
}

// Saying is what somebody said, when, and in which fact.
type Saying struct {
	At    time.Time      `json:"at"`
	ID    events.FactID  `json:"id"`
	By    string         `json:"by,omitempty"`    // a DeclaredBy or a ConfirmingSide
	Taken bool           `json:"taken,omitempty"` // it takes back what was said before
	Until readmodel.Unix `json:"until,omitempty"`
}

// Holds reports whether something is said and not taken back.
func (s Saying) Holds() bool { return s.ID != "" && !s.Taken }

// Replace takes over what was said later.
func (s *Saying) Replace(n Saying) {
	if s.ID == "" || cmp.Or(n.At.Compare(s.At), cmp.Compare(n.ID, s.ID)) > 0 {
		*s = n
	}
}

// Declared says of each role whether somebody says that it is played.
func (t *Tie) Declared() *[5]bool {
	var d [5]bool
	for i := range t.Words {
		d[i] = t.Words[i].Declared.Holds()
	}
	return &d
}
