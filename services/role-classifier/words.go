package classifier

import (
	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

// word is one thing that a fact says about a role, and where it is kept.
type word struct {
	field  func(*recognition.Words) *recognition.Saying
	saying recognition.Saying
}

func byRecipient(w *recognition.Words) *recognition.Saying { return &w.Recipient }
func bySupporter(w *recognition.Words) *recognition.Saying { return &w.Supporter }
func aside(w *recognition.Words) *recognition.Saying       { return &w.Aside }
func contested(w *recognition.Words) *recognition.Saying   { return &w.Contested }
func asked(w *recognition.Words) *recognition.Saying       { return &w.Asked }

// words is what a fact says about a role: declared, withdrawn, asked for, set aside, contested.
func (s *step) words() (events.PersonID, func(*history) error) {
	supporter, role, said := s.saidOf()
	if said == nil {
		return "", nil
	}
	i := readmodel.RoleIndex(role)
	return supporter, func(h *history) error {
		was := *h.t.Declared()
		if h.t.Words == nil {
			h.t.Words = &[5]recognition.Words{}
		}
		for _, w := range said {
			w.saying.At, w.saying.ID = s.in.Time, s.in.ID
			w.field(&h.t.Words[i]).Replace(w.saying)
		}
		if *h.t.Declared() == was {
			return nil
		}
		return h.reweigh()
	}
}

func (s *step) saidOf() (events.PersonID, events.RoleName, []word) {
	switch f := s.in.Fact.(type) {
	case *events.RoleDeclared:
		return f.Supporter, f.Role, declared(f.DeclaredBy, recognition.Saying{})
	case *events.RoleDeclarationWithdrawn:
		return f.Supporter, f.Role, declared(f.DeclaredBy, recognition.Saying{Taken: true})
	case *events.RoleOverridden:
		return f.Supporter, f.Role, []word{{aside, recognition.Saying{By: string(f.By), Until: readmodel.UnixOf(f.Until)}}}
	case *events.RoleContested:
		return f.Supporter, f.Role, []word{{contested, recognition.Saying{By: string(f.By), Until: readmodel.UnixOf(f.Until)}}}
	case *events.MentorPromotedToSponsor:
		return f.Supporter, events.Sponsor, declared("both", recognition.Saying{How: readmodel.DeclaredPromoted})
	}
	supporter, said := askedOf(s.in.Fact)
	return supporter, events.Sponsor, said
}

// askedOf is what became of asking for a sponsor. Who accepts says that they are one, until shown
// by acts no more than that; who declines takes back what they may have said before.
func askedOf(f events.Fact) (events.PersonID, []word) {
	request := func(state string) word { return word{asked, recognition.Saying{How: state}} }
	switch f := f.(type) {
	case *events.SponsorshipAsked:
		return f.Supporter, []word{request(readmodel.RequestAsked)}
	case *events.SponsorshipAccepted:
		return f.Supporter, []word{request(readmodel.RequestAccepted), {bySupporter, recognition.Saying{How: readmodel.DeclaredAccepted}}}
	case *events.SponsorshipDeclined:
		return f.Supporter, []word{request(readmodel.RequestDeclined), {bySupporter, recognition.Saying{Taken: true}}}
	}
	return "", nil
}

// request reports whether a fact asks for a role or declines one: neither makes a tie of two who
// have none.
func request(f events.Fact) bool {
	switch f.(type) {
	case *events.SponsorshipAsked, *events.SponsorshipDeclined:
		return true
	}
	return false
}

func declared(by events.DeclaredBy, said recognition.Saying) (words []word) {
	if by != "supporter" {
		words = append(words, word{byRecipient, said})
	}
	if by != "recipient" {
		words = append(words, word{bySupporter, said})
	}
	return words
}
