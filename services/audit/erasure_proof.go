package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/keyring"
	"kith.internal/services/internal/access"
)

// ErasureProof is what was tried to bring an erased person back, and what came of it.
type ErasureProof struct {
	Person      events.PersonID `json:"person"`
	DestroyedAt time.Time       `json:"destroyedAt"` // when their key was destroyed
	FinalAt     time.Time       `json:"finalAt"`     // when the last backup of the keyring that may hold it expires
	Final       bool            `json:"final"`       // that has passed
	Facts       int             `json:"facts"`       // that name them, read again one by one
	Sealed      int             `json:"sealed"`      // what these have sealed for them, each tried with the keyring
	LookedFor   int             `json:"lookedFor"`   // words that were looked for, in every message
	Streams     []Searched      `json:"streams"`
	Found       []Finding       `json:"found"` // what came back; nothing, if all is well
}

// Searched is a stream that was read from its beginning: the log, keys, lookups, read models and all else.
type Searched struct {
	Stream   string `json:"stream"`
	Messages int    `json:"messages"`
}

// Finding is something that should be gone.
type Finding struct {
	What   string `json:"what"`   // opens: something sealed for them; lookup: an id that leads to them; word: one that was looked for
	Stream string `json:"stream"` // where
	Seq    uint64 `json:"seq"`
}

// ErasureProofQuery asks for the proof that somebody is erased. The words are kept nowhere.
type ErasureProofQuery struct {
	PersonQuery `json:"-"`
	LookFor     []string `json:"lookFor"` // what nobody may find any more: names, mail addresses, ids
}

// idsBucket is intake's: which id leads to whom.
const idsBucket = "KV_kith_ids"

// erasureProof tries to bring an erased person back: it opens whatever was sealed for them, and reads every
// message of every stream, as the server has it, for what would name them. It fails with fault.Conflict where
// the person was not erased, with fault.NotFound where nobody was ever called so, and as access.Policy.Read does.
func (s *Service) erasureProof(ctx context.Context, q ErasureProofQuery) (ErasureProof, error) {
	p := ErasureProof{Person: q.Person, LookedFor: len(q.LookFor), Streams: []Searched{}, Found: []Finding{}}
	if err := s.policy.Read(ctx, q.Viewer, access.History(q.Person)); err != nil {
		return p, err
	}
	if s.keys == nil {
		return p, errNoKeys
	}
	n, err := s.entry(ctx, q.Person)
	if err != nil {
		return p, err
	}
	erased := n.erased()
	if erased == nil {
		return p, fault.New(fault.Conflict, "not-erased", "this person has not been erased")
	}
	p.DestroyedAt, p.FinalAt, p.Final, p.Facts = erased.DestroyedAt, erased.FinalAt, !s.now().Before(erased.FinalAt), len(n.all)
	for _, e := range n.all {
		if err := s.tryOpen(ctx, &p, e); err != nil {
			return p, err
		}
	}
	return p, s.search(ctx, &p, needles(q.LookFor))
}

// entry is all that names one entry of the directory, erased or not.
func (s *Service) entry(ctx context.Context, person events.PersonID) (*named, error) {
	if _, err := s.postings.ToEnd(ctx); err != nil {
		return nil, err
	}
	all, err := s.read(ctx, s.postings.Everything(person))
	if err == nil && len(all) == 0 {
		err = errUnknown
	}
	return &named{entries: []events.PersonID{person}, all: all}, err
}

// tryOpen tries everything that a fact has sealed for the person. That the key is destroyed is the only right answer.
func (s *Service) tryOpen(ctx context.Context, p *ErasureProof, e events.Event) error {
	if e.Person() != p.Person {
		return nil
	}
	for name, sealed := range events.Secrets(e.Fact) {
		if len(*sealed) == 0 {
			continue
		}
		p.Sealed++
		_, err := s.keys.Open(ctx, p.Person, name, *sealed)
		if fault.KindOf(err) == fault.Unavailable && err != nil {
			return err
		}
		if !errors.Is(err, keyring.ErrDestroyed) {
			p.Found = append(p.Found, Finding{"opens", "KITH", e.Seq})
		}
	}
	return nil
}

// needles are words as they are looked for: whether in capitals or not.
func needles(words []string) [][]byte {
	var all [][]byte
	for _, w := range words {
		all = append(all, bytes.ToLower([]byte(w)))
	}
	return all
}

// search reads every stream there is.
func (s *Service) search(ctx context.Context, p *ErasureProof, words [][]byte) error {
	list := s.log.JetStream().ListStreams(ctx)
	var names []string
	for info := range list.Info() {
		names = append(names, info.Config.Name)
	}
	if err := list.Err(); err != nil {
		return unread(err)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := s.searchOne(ctx, p, name, words); err != nil {
			return unread(err)
		}
	}
	return nil
}

func unread(err error) error {
	return fault.Wrap(fault.Unavailable, "streams", "not every stream could be read to its end; try again", err)
}

// still is how long a stream may be silent until it has nothing more.
const still = 15 * time.Second

// searchOne reads a stream as it is now.
func (s *Service) searchOne(ctx context.Context, p *ErasureProof, name string, words [][]byte) error {
	stream, err := s.log.JetStream().Stream(ctx, name)
	if err != nil {
		return err
	}
	searched, last := Searched{Stream: name}, stream.CachedInfo().State.LastSeq
	if stream.CachedInfo().State.Msgs == 0 {
		p.Streams = append(p.Streams, searched)
		return nil
	}
	c, err := s.log.JetStream().OrderedConsumer(ctx, name, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return err
	}
	msgs, err := c.Messages(jetstream.PullHeartbeat(500 * time.Millisecond)) // it asks anew soon where a cluster elects
	if err != nil {
		return err
	}
	defer msgs.Stop()
	for more := true; more; {
		m, err := msgs.Next(jetstream.NextMaxWait(still))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		searched.Messages++
		p.look(name, meta.Sequence.Stream, m, words)
		more = meta.NumPending > 0 && meta.Sequence.Stream < last
	}
	p.Streams = append(p.Streams, searched)
	return ctx.Err()
}

// look notes what a message should not have.
func (p *ErasureProof) look(stream string, seq uint64, m jetstream.Msg, words [][]byte) {
	if stream == idsBucket && string(m.Data()) == string(p.Person) {
		p.Found = append(p.Found, Finding{"lookup", stream, seq})
	}
	if len(words) == 0 {
		return
	}
	var all bytes.Buffer
	all.WriteString(m.Subject())
	for name, values := range m.Headers() {
		all.WriteString("\n" + name + ": " + strings.Join(values, ", "))
	}
	all.WriteByte('\n')
	all.Write(m.Data())
	text := bytes.ToLower(all.Bytes())
	if slices.ContainsFunc(words, func(w []byte) bool { return bytes.Contains(text, w) }) {
		p.Found = append(p.Found, Finding{"word", stream, seq})
	}
}

const (
	mostWords    = 100
	shortestWord = 3
)

func decodeErasureProof(r *http.Request) (q ErasureProofQuery, err error) {
	if q.PersonQuery, err = decodePerson(r); err != nil {
		return q, err
	}
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return q, fault.Wrap(fault.Invalid, "body", `the body is no object such as {"lookFor": ["Ann Miller"]}`, err)
	}
	short := func(w string) bool { return len(strings.TrimSpace(w)) < shortestWord }
	if len(q.LookFor) > mostWords || slices.ContainsFunc(q.LookFor, short) {
		return q, fault.New(fault.Invalid, "look-for", "lookFor holds at most 100 words of three letters or more")
	}
	return q, nil
}
