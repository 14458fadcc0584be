package postings

import "encoding/binary"

// sequences are places in the log, in its order: two or three bytes each.
type sequences struct {
	Steps []byte // from each to the next, as varints
	Last  uint64
}

// add appends a sequence; the last one again is harmless.
func (s *sequences) add(seq uint64) {
	if seq <= s.Last {
		return
	}
	s.Steps = binary.AppendUvarint(s.Steps, seq-s.Last)
	s.Last = seq
}

// upTo is all of them up to one of the log, which is included.
func (s *sequences) upTo(known uint64) []uint64 {
	var all []uint64
	for at, rest := uint64(0), s.Steps; len(rest) > 0; {
		step, n := binary.Uvarint(rest)
		at, rest = at+step, rest[n:]
		if at > known {
			break
		}
		all = append(all, at)
	}
	return all
}
