package intake

import (
	"slices"
	"strings"
	"sync"

	"kith.internal/events"
)

// fingerprint is the first 64 bits of a fact's id, which is a hash already.
type fingerprint uint64

const idLetters = "abcdefghijklmnopqrstuvwxyz234567"

func fingerprintOf(id events.FactID) fingerprint {
	var f fingerprint
	for i := range min(len(id), 13) {
		f = f<<5 | fingerprint(max(strings.IndexByte(idLetters, id[i]), 0))
	}
	return f
}

// seen knows where every fact of intake is stored, for ever, by fingerprint: about 30 bytes a
// fact. Two ids may share a fingerprint, so what it says has to be settled by reading.
type seen struct {
	mu   sync.RWMutex
	at   map[fingerprint]uint64
	more map[fingerprint][]uint64 // further sequences of a shared fingerprint: as good as never
}

func newSeen() *seen {
	return &seen{at: map[fingerprint]uint64{}, more: map[fingerprint][]uint64{}}
}

// forget empties it.
func (s *seen) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.more = map[fingerprint]uint64{}, map[fingerprint][]uint64{}
}

// put notes that a fact is stored at a sequence; again is harmless.
func (s *seen) put(id events.FactID, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(fingerprintOf(id), seq)
}

func (s *seen) keep(f fingerprint, seq uint64) {
	first, ok := s.at[f]
	switch {
	case !ok:
		s.at[f] = seq
	case first != seq && !slices.Contains(s.more[f], seq):
		s.more[f] = append(s.more[f], seq)
	}
}

// where returns the sequences at which a fact of this id may be stored.
func (s *seen) where(id events.FactID) []uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := fingerprintOf(id)
	first, ok := s.at[f]
	if !ok {
		return nil
	}
	return append([]uint64{first}, s.more[f]...)
}

func (s *seen) len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.at)
}
