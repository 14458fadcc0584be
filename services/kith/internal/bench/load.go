package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"kith.internal/events"
)

// source is the sender of the generated load.
const source = "/integrations/bench"

// organization generates people and acts: the same ones for the same size and seed.
type organization struct {
	people int
	dice   *rand.Rand
	begun  time.Time // when the first act happened
	acts   int       // generated so far
	ties   int
	hired  bool   // everybody is in the directory
	lively bool   // everybody has received support
	shown  []pair // some ties of which there is something to be seen
}

// between is the time from one act to the next. All of them lie within a few months, so that most
// of what they show holds today.
const between = 5 * time.Second

func newOrganization(people int, seed uint64) *organization {
	return &organization{people: people, dice: rand.New(rand.NewPCG(seed, uint64(people))), begun: time.Now().Add(-90 * 24 * time.Hour)}
}

// pair is the two people of a tie, by their number in the directory.
type pair struct{ recipient, supporter int }

func (o *organization) id(n int) string { return fmt.Sprintf("hr:%d", n) }

// newTies are ties that nobody had before, as evenly spread over the organization as they can be.
func (o *organization) newTies(n int) []pair {
	const stride = 7919 // a prime: neighbors in the log are no neighbors in the organization
	ties := make([]pair, n)
	for i := range ties {
		recipient := o.ties * stride % o.people
		ties[i] = pair{recipient, (recipient + 1 + o.ties/o.people*3) % o.people}
		o.ties++
	}
	return ties
}

// joins is everybody in the directory, the most senior first, who is the manager of the next.
func (o *organization) joins() []byte {
	var text bytes.Buffer
	for n := range o.people {
		started := time.Now().AddDate(-2, -n%60, 0).UTC().Truncate(24 * time.Hour)
		fact := map[string]any{
			"level": 1 + min(7, (o.people-n)*8/o.people), "department": fmt.Sprintf("department-%d", n%20),
			"startMonth": started.Format("2006-01"), "effectiveAt": started,
			"sealed": events.PersonDetails{Name: fmt.Sprintf("Person %d", n)},
		}
		if n > 0 {
			fact["manager"] = o.id(n / 8)
		}
		write(&text, fmt.Sprintf("person-%d", n), "PersonJoined", o.id(n), started, fact)
	}
	return text.Bytes()
}

// lines is an act on each tie, in this order.
func (o *organization) lines(ties []pair) []byte {
	var text bytes.Buffer
	for _, tie := range ties {
		text.Write(o.line(tie))
	}
	return text.Bytes()
}

// line is one more act.
func (o *organization) line(tie pair) []byte {
	var text bytes.Buffer
	f := o.fact()
	act := events.ActOf(f)
	act.Recipient, act.Supporter = events.PersonID(o.id(tie.recipient)), events.PersonID(o.id(tie.supporter))
	act.RecordedBy, act.Channel, act.Topics = "system", "calendar", []events.Topic{"skills"}
	if o.dice.IntN(3) == 0 {
		act.RecordedBy, act.Channel, act.Confirmation = "supporter", "portal", "recipient"
	}
	write(&text, fmt.Sprintf("act-%d", o.acts), f.FactName(), "", o.begun.Add(time.Duration(o.acts)*between).UTC(), f)
	o.acts++
	return text.Bytes()
}

// fact is what somebody did: every day things mostly, and one in thirty that the recipient must not
// see.
func (o *organization) fact() events.Fact {
	switch lot := o.dice.IntN(60); {
	case lot < 14:
		return &events.AdviceGiven{}
	case lot < 24:
		return &events.MentoringSessionHeld{Minutes: 45}
	case lot < 34:
		return &events.FeedbackGiven{Valence: "constructive", Sharing: "named"}
	case lot < 44:
		return &events.KudosGiven{Audience: "public", Skills: []events.Code{"writing"}}
	case lot < 50:
		return &events.EndorsementGiven{Audience: "small-group", Skills: []events.Code{"analysis"}}
	case lot < 54:
		return &events.IntroductionMade{TheirLevel: 7}
	case lot < 56:
		return &events.OpportunityGiven{Kind: "stretch", Visibility: "organization"}
	case lot < 58:
		return &events.SponsorEndorsed{Forum: "calibration", Stake: "reputation", Awareness: "aware"}
	}
	return &events.SponsorEndorsed{Forum: "calibration", Stake: "reputation", Awareness: "unaware"}
}

func write(text *bytes.Buffer, id, name, subject string, at time.Time, data any) {
	line, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": source, "type": name, "subject": subject, "time": at, "data": data})
	if err != nil {
		panic(err) // a bug in this package: nothing in it comes from outside
	}
	text.Write(append(line, '\n'))
}
