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
	Fold  Fold      `json:"fold"`           // what all acts come to
	Words *[5]Words `json:"words,omitzero"` // per role; nil of most ties: nobody has said anything
}

// nothing is what people say where nobody has said anything. It is never changed.
var nothing Words

// Said is what people say of the role at index i.
func (t *Tie) Said(i int) *Words {
	if t.Words == nil {
		return &nothing
	}
	return &t.Words[i]
}

// Words is what people say of a role. Of each kind the latest by (time, id) stands, whatever
// order they are read in.
type Words struct {
	Recipient Saying `json:"recipient,omitzero"` // that the role is played, says the recipient
	Supporter Saying `json:"supporter,omitzero"` // that it is, says the supporter
	Aside     Saying `json:"aside,omitzero"`
	Contested Saying `json:"contested,omitzero"`
	Asked     Saying `json:"asked,omitzero"` // for the role, and what was answered
}

// Saying is what somebody said, when, and in which fact.
type Saying struct {
	At    time.Time      `json:"at"`
	ID    events.FactID  `json:"id"`
	By    string         `json:"by,omitempty"`    // a ConfirmingSide
	How   string         `json:"how,omitempty"`   // a readmodel.Declared… or readmodel.Request… code
	Taken bool           `json:"taken,omitempty"` // it takes back what was said before
	Until readmodel.Unix `json:"until,omitempty"`
}

// Holds reports whether something is said and not taken back.
func (s Saying) Holds() bool { return s.ID != "" && !s.Taken }

// Replace takes over what was said later.
func (s *Saying) Replace(n Saying) {
	if s.ID == "" || n.later(*s) {
		*s = n
	}
}

func (s Saying) later(than Saying) bool {
	return cmp.Or(s.At.Compare(than.At), cmp.Compare(s.ID, than.ID)) > 0
}

// Declared reports whether somebody says that the role is played.
func (w *Words) Declared() bool { return w.Recipient.Holds() || w.Supporter.Holds() }

// declaration is who says that the role is played; nil where nobody does. Where both do, it is
// there since the second one said so.
func (w *Words) declaration() *readmodel.Declaration {
	r, s := w.Recipient, w.Supporter
	switch {
	case !w.Declared():
		return nil
	case !s.Holds():
		return &readmodel.Declaration{By: "recipient", At: r.At, How: r.How}
	case !r.Holds():
		return &readmodel.Declaration{By: "supporter", At: s.At, How: s.How}
	case r.later(s):
		s = r
	}
	return &readmodel.Declaration{By: "both", At: s.At, How: s.How}
}

// Declared says of each role whether somebody says that it is played.
func (t *Tie) Declared() *[5]bool {
	var d [5]bool
	for i := range d {
		d[i] = t.Said(i).Declared()
	}
	return &d
}
