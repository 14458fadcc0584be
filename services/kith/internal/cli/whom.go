package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/kith/internal/client"
)

// self is as whom the command line looks people up and speaks for systems.
const self = "integration:kith-cli"

// names are those of people looked up so far.
type names map[events.PersonID]string

// whom finds the one person that word means. It fails with a usage error that lists the
// candidates where several people are meant.
func (s *shell) whom(ctx context.Context, word string) (client.Person, error) {
	p, err := s.find(ctx, word)
	if err == nil {
		s.names[p.ID], s.typed[p.ID] = called(p), word
	}
	return p, err
}

func (s *shell) find(ctx context.Context, word string) (client.Person, error) {
	directory := s.api.As(self)
	switch id := events.PersonID(word); {
	case id.Valid() && id.External():
		return client.Person{ID: id}, nil // known to the one person whose contact it is
	case word == "":
		return client.Person{}, usagef("say who is meant: an id, a mail address or a name")
	case id.Valid() || strings.Contains(word, ":"):
		return directory.Person(ctx, word)
	}
	page, err := directory.People(ctx, client.PeopleQuery{Query: word, Limit: 20})
	if err != nil {
		return client.Person{}, err
	}
	if len(page.People) == 0 {
		return client.Person{}, fault.New(fault.NotFound, "unknown-person", fmt.Sprintf("nobody in the directory is called %q", word))
	}
	for _, means := range []func(client.Person) bool{exactly(word), wholly(word), func(client.Person) bool { return true }} {
		if some := filter(page.People, means); len(some) == 1 {
			return some[0], nil
		}
	}
	return client.Person{}, s.ambiguous(word, page)
}

func exactly(word string) func(client.Person) bool {
	return func(p client.Person) bool { return strings.EqualFold(p.Name, word) || strings.EqualFold(p.Email, word) }
}

// wholly: the word is one of their names, not the beginning of one.
func wholly(word string) func(client.Person) bool {
	return func(p client.Person) bool {
		return slices.ContainsFunc(strings.Fields(p.Name), func(name string) bool { return strings.EqualFold(name, word) })
	}
}

func filter(people []client.Person, keep func(client.Person) bool) []client.Person {
	return slices.DeleteFunc(slices.Clone(people), func(p client.Person) bool { return !keep(p) })
}

func (s *shell) ambiguous(word string, page client.PeoplePage) error {
	var b strings.Builder
	fmt.Fprintf(&b, "several people are called %q; say which one:", word)
	for _, p := range page.People {
		fmt.Fprintf(&b, "\n  %s  %s, %s", mainID(p), called(p), where(p))
	}
	if page.Next != "" {
		b.WriteString("\n  and more")
	}
	return usagef("%s", b.String())
}

// viewing returns a client that acts as a person, and says so once.
func (s *shell) viewing(p client.Person) *client.Client { return s.as(p.ID, called(p)) }

func (s *shell) as(id events.PersonID, name string) *client.Client {
	viewer := "person:" + string(id)
	if !s.acting[viewer] {
		s.acting[viewer] = true
		fmt.Fprintf(s.Stderr, "acting as %s (development server)\n", name)
	}
	return s.api.As(viewer)
}

// lookUp learns the names of people that are not known yet, a hundred at a time. Those of external
// contacts are told to the one person whose contacts they are.
func (s *shell) lookUp(ctx context.Context, as *client.Client, ids ...events.PersonID) error {
	var unknown []events.PersonID
	for _, id := range ids {
		if _, ok := s.names[id]; !ok && id != "" {
			s.names[id] = stranger(id)
			unknown = append(unknown, id)
		}
	}
	for part := range slices.Chunk(unknown, 100) {
		page, err := as.People(ctx, client.PeopleQuery{IDs: part, Limit: len(part)})
		if err != nil {
			return err
		}
		for _, p := range page.People {
			s.names[p.ID] = called(p)
		}
	}
	return nil
}

// contact is a supporter with the name under which the recipient knows them, where they are one
// of the recipient's external contacts.
func (s *shell) contact(ctx context.Context, as *client.Client, p client.Person) (client.Person, error) {
	if !p.ID.External() {
		return p, nil
	}
	delete(s.names, p.ID)
	err := s.lookUp(ctx, as, p.ID)
	p.Name = s.names[p.ID]
	return p, err
}

// stranger stands for a name that cannot be told.
func stranger(id events.PersonID) string {
	if id.External() {
		return "contact " + string(id)
	}
	return string(id)
}

// byName compares people by what they are called.
func (s *shell) byName(a, b events.PersonID) int { return cmp.Compare(s.names[a], s.names[b]) }

func called(p client.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return stranger(p.ID)
}

// idOf is a word by which a person is found again: what was typed, else the mail address.
func (s *shell) idOf(p client.Person) string {
	if word := s.typed[p.ID]; word != "" {
		return word
	}
	return mainID(p)
}

// mainID is the id that people know somebody by best.
func mainID(p client.Person) string {
	if len(p.ExternalIDs) > 0 {
		return p.ExternalIDs[0]
	}
	return cmp.Or(p.Email, string(p.ID))
}

func where(p client.Person) string {
	if p.Department == "" {
		return fmt.Sprintf("level %d", p.Level)
	}
	return fmt.Sprintf("%s, level %d", p.Department, p.Level)
}
