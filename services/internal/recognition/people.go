package recognition

import (
	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// People is what the directory says of the two people of a tie.
type People struct {
	RecipientID, SupporterID events.PersonID
	Recipient, Supporter     *Timeline
	Away                     readmodel.Absences // of either; see Meet
}

// Meet sets what follows from the timelines of the two.
func (p *People) Meet() { p.Away = p.Recipient.absences().Or(p.Supporter.absences()) }

// At is how the two stand at a time.
func (p *People) At(at readmodel.Unix) *ruleset.Pair {
	pair := &ruleset.Pair{RecipientID: p.RecipientID, SupporterID: p.SupporterID,
		Recipient: p.Recipient.At(at), Supporter: p.Supporter.At(at)}
	pair.Supporter.External = p.SupporterID.External()
	return pair
}
