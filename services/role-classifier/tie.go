package classifier

import (
	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

// tie is the document of one evaluation of a tie: what others read of it, and what the rules go
// on from.
type tie struct {
	recognition.Tie
	Before   recognition.Fold `json:"before,omitzero"`   // what the acts before Acts come to
	Believed [5]belief        `json:"believed,omitzero"` // per role, what the last fact in log order said to the readers of this evaluation
	Awaited  []awaitedAct     `json:"awaited,omitempty"`
	NextID   int              `json:"nextId,omitempty"` // of older documents
}

func newTie(p pair) *tie {
	t := &tie{}
	t.Recipient, t.Supporter = p.recipient, p.supporter
	return t
}

// belief is how a role stands for those who read the facts about it; zero before the first.
type belief struct {
	Status  readmodel.RoleStatus `json:"status,omitempty"`
	Subtype events.Subtype       `json:"subtype,omitempty"`
}

// awaitedAct is what was said about an act that is not there yet.
type awaitedAct struct {
	Act   events.FactID   `json:"act"`
	Marks readmodel.Marks `json:"marks"`
}

// awaitedLimit is how many acts a tie waits for: a sender that names more acts which never come
// loses the oldest marks.
const awaitedLimit = 64

// believe notes what a fact says, here and where others read it.
func (t *tie) believe(role int, b belief) {
	t.Believed[role] = b
	if r := t.Role(events.Roles()[role]); r != nil {
		r.Stated = b.Status
	}
}
