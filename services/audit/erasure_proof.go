package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/keyring"
	"kith.internal/libs/kit"
	"kith.internal/services/audit/sealing"
	"kith.internal/services/internal/access"
)

// ErasureProof is what was tried to bring an erased person back, and what came of it.
type ErasureProof struct {
	Person      events.PersonID   `json:"person"`
	Entries     []events.PersonID `json:"entries"`     // of the directory that were theirs
	DestroyedAt time.Time         `json:"destroyedAt"` // when their key was destroyed
	FinalAt     time.Time         `json:"finalAt"`     // when the last backup of the keyring that may hold it expires
	Final       bool              `json:"final"`       // that has passed
	Facts       int               `json:"facts"`       // that name them, read again one by one
	Sealed      int               `json:"sealed"`      // what these have sealed for them, each tried with the keyring
	LookedFor   int               `json:"lookedFor"`   // words that were looked for, in every message
	Streams     []Searched        `json:"streams"`
	Documents   Left              `json:"documents"`   // that are read
	Parked      Left              `json:"parked"`      // inputs that a service has left out, which a retry would fold
	Replay      Verification      `json:"replay"`      // of the whole log, begun after the erasure
	Checkpoints sealing.Held      `json:"checkpoints"` // of which some were sealed before the erasure
	Found       []Finding         `json:"found"`       // what came back, or does not hold; nothing, if all is well
	NotChecked  []string          `json:"notChecked"`  // and why
}

// Searched is a stream that was read from its beginning: the log, keys, lookups, read models and all else.
type Searched struct {
	Stream   string `json:"stream"`
	Messages int    `json:"messages"`
}

// Left is how much was looked at, and how much of it is about the person.
type Left struct {
	All    int `json:"all"`
	Theirs int `json:"theirs"`
}

// Finding is something that should be gone, or that should hold and does not.
type Finding struct {
	What   FindingKind `json:"what"`
	Stream string      `json:"stream"`           // where
	Seq    uint64      `json:"seq"`              // 0 where that cannot be told
	Key    string      `json:"key,omitempty"`    // of a document
	Reason string      `json:"reason,omitempty"` // why it does not hold
}

// FindingKind is what was found.
type FindingKind string

// What may be found.
const (
	SecretOpens   FindingKind = "opens"      // something that was sealed for them
	LookupLeft    FindingKind = "lookup"     // an id that leads to them, or to whom they knew outside
	WordStands    FindingKind = "word"       // one that was looked for
	DocumentLeft  FindingKind = "document"   // one about them that says something
	MarkTells     FindingKind = "parked"     // a mark of an input that was left out that says more than which
	ReplayDiffers FindingKind = "replay"     // other people's networks, or what was derived, are not what follows from the log
	SealBroken    FindingKind = "checkpoint" // the log is not what was sealed
)

// ErasureProofQuery asks for the proof that somebody is erased. The words are kept nowhere.
type ErasureProofQuery struct {
	PersonQuery `json:"-"`
	LookFor     []string `json:"lookFor"` // what nobody may find any more: names, mail addresses, ids
}

// proving is a proof that is being made.
type proving struct {
	*Service
	*ErasureProof
	n      *named
	erased events.Event // the fact that says so
	words  []string
	told   func(Progress) error
}

// postErasureProof answers line by line, as answer does, for an auditor.
func (s *Service) postErasureProof(w http.ResponseWriter, r *http.Request) {
	q, err := decodeErasureProof(r)
	var p *proving
	if err == nil {
		p, err = s.proving(r.Context(), q)
	}
	if err != nil {
		fault.Write(w, r, err)
		return
	}
	s.answer(w, r, func(told func(Progress) error) (any, error) {
		p.told = told
		return p.ErasureProof, p.prove(r.Context())
	})
}

// proving begins a proof. It fails with fault.Conflict where the person was not erased, with fault.NotFound where
// nobody was ever called so, and as access.Policy.Read does.
func (s *Service) proving(ctx context.Context, q ErasureProofQuery) (*proving, error) {
	if err := s.policy.Read(ctx, q.Viewer, access.History(q.Person)); err != nil {
		return nil, err
	}
	if s.keys == nil {
		return nil, errNoKeys
	}
	n, err := s.gather(ctx, q.Person)
	if err != nil {
		return nil, err
	}
	erased := n.erased()
	if erased == nil {
		return nil, fault.New(fault.Conflict, "not-erased", "this person has not been erased")
	}
	f := erased.Fact.(*events.PersonErased)
	return &proving{Service: s, n: n, erased: *erased, words: q.LookFor, ErasureProof: &ErasureProof{
		Person: q.Person, Entries: n.entries, DestroyedAt: f.DestroyedAt, FinalAt: f.FinalAt, Final: !s.now().Before(f.FinalAt),
		Facts: len(n.all), LookedFor: len(q.LookFor), Streams: []Searched{}, Found: []Finding{}, NotChecked: []string{},
	}}, nil
}

// prove tries everything. It fails where something could not be tried.
func (p *proving) prove(ctx context.Context) error {
	for _, step := range []func(context.Context) error{p.open, p.replay, p.hold, p.documents, p.parked, p.search} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	p.admit()
	return nil
}

func (p *proving) find(f Finding) { p.Found = append(p.Found, f) }

// open tries everything that facts have sealed for the person. That the key is destroyed is the only right answer.
func (p *proving) open(ctx context.Context) error {
	for i, e := range p.n.all {
		if err := p.told(Progress{"opening what is sealed", uint64(i), uint64(len(p.n.all))}); err != nil {
			return err
		}
		if !p.n.is(e.Person()) {
			continue
		}
		for name, sealed := range events.Secrets(e.Fact) {
			if len(*sealed) == 0 {
				continue
			}
			p.Sealed++
			_, err := p.keys.Open(ctx, e.Person(), name, *sealed)
			if fault.KindOf(err) == fault.Unavailable && err != nil {
				return err
			}
			if !errors.Is(err, keyring.ErrDestroyed) {
				p.find(Finding{What: SecretOpens, Stream: "KITH", Seq: e.Seq})
			}
		}
	}
	return nil
}

// admit says what all of this does not show.
func (p *proving) admit() {
	not := func(format string, args ...any) { p.NotChecked = append(p.NotChecked, fmt.Sprintf(format, args...)) }
	if p.LookedFor == 0 {
		not("whether their name, mail address or ids stand anywhere in clear: no words were given to look for")
	}
	if p.Checkpoints.Before == 0 {
		not("whether what stands before the erasure was changed since: the log was not sealed before it")
	}
	for _, f := range p.Replay.Services {
		if f.Erased > 0 {
			not("%d figures and documents of %s, which were counted with somebody who has been erased since", f.Erased, f.Service)
		}
		if f.Others > 0 {
			not("%d facts of %s, which were stated by other rules than today's", f.Others, f.Service)
		}
		if f.Changing > 0 {
			not("%d documents of %s, which changed whenever they were looked at: ask again", f.Changing, f.Service)
		}
	}
	if !p.Final {
		not("backups of the keyring from before the erasure: until %s one may hold their key", p.FinalAt.UTC().Format(time.RFC3339))
	}
	not("files on the servers' disks, and what has left Kith: messages, exports, and the systems that it came from")
}

const (
	mostWords    = 100
	shortestWord = 3
)

func decodeErasureProof(r *http.Request) (q ErasureProofQuery, err error) {
	if q.PersonQuery, err = decodePerson(r); err != nil {
		return q, err
	}
	body, err := kit.JSON[ErasureProofQuery](r)
	if err != nil {
		return q, err
	}
	q.LookFor = body.LookFor
	short := func(w string) bool { return len(strings.TrimSpace(w)) < shortestWord }
	if len(q.LookFor) > mostWords || slices.ContainsFunc(q.LookFor, short) {
		return q, fault.New(fault.Invalid, "look-for", "lookFor holds at most 100 words of three letters or more")
	}
	return q, nil
}
