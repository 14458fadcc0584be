package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/kith/internal/client"
)

// source is the sender of what is recorded by hand.
const source = "/integrations/kith-cli"

// recording is what the flags of kith record say.
type recording struct {
	recipient, supporter string
	fields               []string
	at, by, id           string
}

const recordLong = `Record one fact by hand: an act of support, or what a person says of themselves.

It is said by the supporter (thanks and requests by the recipient) unless --recorded-by
says otherwise; what only one side says counts less than what both sides or a system
say. The answer is the fact's id, its sequence in the log, and what followed from it
for the recipient.`

func (s *shell) recordCommand() *cobra.Command {
	var r recording
	c := &cobra.Command{
		Use: "record FACT --recipient PERSON --supporter PERSON", Short: "Record one act of support by hand, and see what follows from it",
		Long: recordLong + "\n\n" + catalogue(), Args: takes(1, "FACT"),
		Example: "  kith record AdviceGiven --recipient hr:42 --supporter hr:7 --field topics=career-path\n" +
			"  kith record SponsorEndorsed --recipient hr:42 --supporter hr:7 --recorded-by system \\\n" +
			"      --field forum=calibration --field stake=reputation --field awareness=aware\n" +
			"  kith record GoalSet --recipient hr:42 --field goal=lead-a-team --field kind=advance",
		ValidArgsFunction: completeFacts,
	}
	flags := c.Flags()
	flags.StringVar(&r.recipient, "recipient", "", "who was supported, or whom the fact is about")
	flags.StringVar(&r.supporter, "supporter", "", "who supported them")
	flags.StringArrayVar(&r.fields, "field", nil, "another field of the fact, as name=value; lists with commas")
	flags.StringVar(&r.at, "time", "", "when it happened: 2026-03-01 or 2026-03-01T09:00:00Z (default now)")
	flags.StringVar(&r.by, "recorded-by", "", "who says so: supporter, recipient or system")
	flags.StringVar(&r.id, "id", "", "your own id of it, so that recording it twice is recording it once")
	must(c.RegisterFlagCompletionFunc("recorded-by", cobra.FixedCompletions([]string{"supporter", "recipient", "system"}, cobra.ShellCompDirectiveNoFileComp)))
	must(c.RegisterFlagCompletionFunc("recipient", s.completePeople(2)))
	must(c.RegisterFlagCompletionFunc("supporter", s.completePeople(2)))
	must(c.RegisterFlagCompletionFunc("field", completeFields))
	must(c.MarkFlagRequired("recipient"))
	c.SetHelpFunc(helpOfFact(c.HelpFunc()))
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.record(ctx, args[0], r) })
	return c
}

// recorded is the JSON of kith record.
type recorded struct {
	client.Recorded
	Recipient events.PersonID `json:"recipient"`
	Followed  []followed      `json:"followed"`
	Names     names           `json:"names"`
}

func (s *shell) record(ctx context.Context, name string, r recording) error {
	entry, err := recordable(name)
	if err != nil {
		return err
	}
	recipient, err := s.whom(ctx, r.recipient)
	if err != nil {
		return err
	}
	var supporter client.Person
	if r.supporter != "" {
		if supporter, err = s.whom(ctx, r.supporter); err != nil {
			return err
		}
	}
	fact, body, err := r.fact(entry, recipient.ID, supporter.ID)
	if err != nil {
		return err
	}
	at, err := moment(r.at, s.Now(), s.Zone)
	if err != nil {
		return err
	}
	before, err := s.seen(ctx, recipient, 0)
	if err != nil {
		return err
	}
	answer, err := s.sendAs(ctx, s.sayer(fact, r.by, recipient, supporter), recipient.ID, fact.FactName(), body, at, r.id)
	if err != nil {
		return err
	}
	return s.showRecorded(ctx, fact, recipient, answer, before)
}

// sayer is as whom a fact is said.
func (s *shell) sayer(f events.Fact, by string, recipient, supporter client.Person) *client.Client {
	speaker := by
	if a := events.ActOf(f); a != nil {
		speaker = string(a.RecordedBy)
	} else if speaker == "" {
		speaker = speakerOf(f)
	}
	switch speaker {
	case "supporter":
		return s.viewing(supporter)
	case "system":
		return s.api.As(self)
	}
	return s.viewing(recipient)
}

// speakerOf is whose a fact is to say that is no act.
func speakerOf(f events.Fact) string {
	switch f := f.(type) {
	case *events.SponsorshipAccepted, *events.SponsorshipDeclined, *events.MentorPromotedToSponsor, *events.StakeResolved:
		return "supporter"
	case *events.PairMatched, *events.PairEnded, *events.SponsorshipDisclosed:
		return "system"
	case *events.RoleDeclared:
		return string(f.DeclaredBy)
	case *events.ActConfirmed:
		return string(f.By)
	case *events.SessionRated:
		return string(f.By)
	case *events.RoleContested:
		return string(f.By)
	case *events.RoleOverridden:
		return string(f.By)
	}
	return "recipient"
}

// send says a fact about somebody in a viewer's name.
func (s *shell) send(ctx context.Context, as *client.Client, about events.PersonID, f events.Fact, at time.Time) (client.Recorded, error) {
	body, err := json.Marshal(f)
	if err != nil {
		return client.Recorded{}, err
	}
	return s.sendAs(ctx, as, about, f.FactName(), body, at, "")
}

func (s *shell) sendAs(ctx context.Context, as *client.Client, about events.PersonID, name string, body json.RawMessage, at time.Time, id string) (client.Recorded, error) {
	if id == "" {
		id = strings.ToLower(rand.Text())
	}
	return as.Record(ctx, client.Event{SpecVersion: "1.0", ID: id, Source: source, Type: name, Subject: string(about), Time: at.UTC(), Data: body})
}

// moment reads when something happened.
func moment(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if text == "" {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t.Add(12 * time.Hour), nil
	}
	return now, usagef("--time %q is neither a day such as 2026-03-01 nor a time such as 2026-03-01T09:00:00Z", text)
}

func (s *shell) showRecorded(ctx context.Context, f events.Fact, recipient client.Person, answer client.Recorded, before sight) error {
	after, err := s.seen(ctx, recipient, answer.Seq)
	if err != nil {
		return err
	}
	changes := before.changes(after)
	for _, c := range changes {
		if err := s.lookUp(ctx, s.viewing(recipient), c.Supporter); err != nil {
			return err
		}
	}
	if s.output == "json" {
		return s.json(recorded{answer, recipient.ID, changes, s.names})
	}
	if answer.Duplicate {
		s.printf("Nothing new: a fact with this --id was recorded before, and stands as it was then.\nId %s, sequence %d in the log.\n", answer.ID, answer.Seq)
		return nil
	}
	s.printf("Recorded: %s, for %s.\nId %s, sequence %d in the log.\n", f.FactName(), called(recipient), answer.ID, answer.Seq)
	if c, ok := events.ContextFor(f); ok && c == events.Sealed {
		s.printf("It is sealed: %s does not learn of it, and nothing changes in what they see.\n", called(recipient))
		return nil
	}
	if said, ok := saidOfGroup(f); ok {
		s.printf("%s\n", said)
		return nil
	}
	if len(changes) == 0 {
		s.printf("No role and no gap changed by it.%s\n", s.why(f, recipient))
		return nil
	}
	s.printf("What followed for %s:\n", called(recipient))
	for _, c := range changes {
		s.printf("  %s\n", s.say(c))
	}
	return nil
}

// why points to the explanation of an act that changed nothing.
func (s *shell) why(f events.Fact, recipient client.Person) string {
	a := events.ActOf(f)
	if a == nil {
		return ""
	}
	return fmt.Sprintf(" Why: kith explain %s %s", quote(s.idOf(recipient)), quote(s.typed[a.Supporter]))
}

// recordable finds a fact that may be recorded by hand.
func recordable(name string) (events.Entry, error) {
	for _, e := range byHand() {
		if strings.EqualFold(e.Name, name) {
			return e, nil
		}
	}
	if _, ok := events.Lookup(name); ok {
		return events.Entry{}, usagef("%s is not recorded by hand: it comes from a file, a feed or a service", name)
	}
	return events.Entry{}, usagef("there is no fact called %q", name)
}

// byHand are the facts that somebody may record: acts, and what belongs to one person.
func byHand() []events.Entry {
	return slices.DeleteFunc(events.Catalogue(), func(e events.Entry) bool {
		return !e.In(events.Support) && !e.In(events.Personal) && !e.In(events.Sealed) || e.Name == "PersonMerged"
	})
}
