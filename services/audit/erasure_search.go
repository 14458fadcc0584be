package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// idsBucket is intake's: which id leads to whom.
const idsBucket = "KV_kith_ids"

// still is how long a stream may be silent until it has nothing more.
const still = 15 * time.Second

// search reads every message of every stream, as the server has it, for lookups and words.
type search struct {
	*proving
	ids    []string // what a lookup must not lead to
	folded [][]byte // words, whether in capitals or not
	coded  [][]byte // the same words as they stand in base64, if they are spelled so
	read   uint64
	all    uint64
}

func (p *proving) search(ctx context.Context) error {
	s := &search{proving: p}
	for _, who := range slices.Concat(p.n.entries, p.n.contacts()) {
		s.ids = append(s.ids, string(who))
	}
	for _, w := range p.words {
		s.folded = append(s.folded, bytes.ToLower([]byte(w)))
		s.coded = append(s.coded, inBase64(w)...)
	}
	list := p.log.JetStream().ListStreams(ctx)
	var names []string
	for info := range list.Info() {
		names = append(names, info.Config.Name)
		s.all += info.State.Msgs
	}
	if err := list.Err(); err != nil {
		return unread(err)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := s.stream(ctx, name); err != nil {
			return unread(err)
		}
	}
	return nil
}

// contacts are whom the person knew outside: ids lead to them, too.
func (n *named) contacts() (all []events.PersonID) {
	for _, e := range n.all {
		if f, ok := e.Fact.(*events.ExternalContactAdded); ok && n.is(e.Person()) {
			all = append(all, f.Contact)
		}
	}
	return all
}

// telling is how long what is looked for in base64 has to be: anything shorter stands in what is sealed, by chance.
const telling = 8

// inBase64 is a word as it stands in base64, wherever it begins in the three bytes that four letters stand for.
func inBase64(word string) (all [][]byte) {
	for shift := range 3 {
		coded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + word))
		if coded = coded[(shift*8+5)/6 : len(coded)-2]; len(coded) >= telling {
			all = append(all, []byte(coded))
		}
	}
	return all
}

func unread(err error) error {
	return fault.Wrap(fault.Unavailable, "streams", "not every stream could be read to its end; try again", err)
}

// stream reads a stream as it is now.
func (s *search) stream(ctx context.Context, name string) error {
	stream, err := s.log.JetStream().Stream(ctx, name)
	if err != nil {
		return err
	}
	searched, last := Searched{Stream: name}, stream.CachedInfo().State.LastSeq
	if stream.CachedInfo().State.Msgs == 0 {
		s.Streams = append(s.Streams, searched)
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
		s.look(name, meta.Sequence.Stream, m)
		more = meta.NumPending > 0 && meta.Sequence.Stream < last
		s.read++
		if err := s.told(Progress{"searching every message of every stream", s.read, max(s.all, s.read)}); err != nil {
			return err
		}
	}
	s.Streams = append(s.Streams, searched)
	return ctx.Err()
}

// look notes what a message should not have.
func (s *search) look(stream string, seq uint64, m jetstream.Msg) {
	if stream == idsBucket && slices.Contains(s.ids, string(m.Data())) {
		s.find(Finding{What: LookupLeft, Stream: stream, Seq: seq})
	}
	if len(s.folded) == 0 {
		return
	}
	var all bytes.Buffer
	all.WriteString(m.Subject())
	for name, values := range m.Headers() {
		all.WriteString("\n" + name + ": " + strings.Join(values, ", "))
	}
	all.WriteByte('\n')
	all.Write(m.Data())
	has := func(text []byte) func([]byte) bool { return func(w []byte) bool { return bytes.Contains(text, w) } }
	if slices.ContainsFunc(s.folded, has(bytes.ToLower(all.Bytes()))) || slices.ContainsFunc(s.coded, has(all.Bytes())) {
		s.find(Finding{What: WordStands, Stream: stream, Seq: seq})
	}
}
