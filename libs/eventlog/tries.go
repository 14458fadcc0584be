package eventlog

import "kith.internal/libs/batch"

// tries tells, when a commit takes several, what it stored itself from what was there before: the
// server calls either a duplicate.
type tries struct {
	log   *Log
	floor uint64          // what the log was known to have before the first try
	taken map[uint64]bool // by facts of this commit: of the same fact twice, the second is a duplicate
}

func (l *Log) tries() *tries {
	return &tries{log: l, floor: l.known.Load(), taken: map[uint64]bool{}}
}

// settled is the outcome of a fact that may have been stored by a try before, where unknown says so.
func (t *tries) settled(a batch.Ack, unknown bool) Ack {
	own := unknown && a.Seq > t.floor && !t.taken[a.Seq]
	t.taken[a.Seq] = true
	return Ack{Seq: a.Seq, Duplicate: a.Duplicate && !own}
}

// stored notes what the log has now.
func (t *tries) stored(acks []Ack) []Ack {
	for _, a := range acks {
		for known := t.log.known.Load(); a.Seq > known && !t.log.known.CompareAndSwap(known, a.Seq); {
			known = t.log.known.Load()
		}
	}
	return acks
}
