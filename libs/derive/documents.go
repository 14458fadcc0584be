package derive

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/maphash"

	"kith.internal/libs/projection"
)

// documents is how the documents that are read compare with those that the rules make of the log, when they
// were last looked at.
type documents struct {
	seed     maphash.Seed
	same     int
	odd      int
	first    []Divergence
	others   int               // odd ones where other rules have said some of the facts
	suspects map[string]uint64 // that differed while the service went on: their sums
}

func (d *documents) addTo(f Findings) Findings {
	f.Documents, f.Others, f.Changing = d.same, f.Others+d.others, len(d.suspects)
	f.Divergences += d.odd
	f.First = append(f.First, d.first...)
	f.First = f.First[:min(len(f.First), namedLimit)]
	return f
}

// lookAt compares all documents. One that differs while the service goes on may have changed since: it is odd
// only where it has stayed as it is since it was looked at before.
func (v *Verification) lookAt(ctx context.Context) error {
	before := v.suspects
	v.documents = documents{seed: v.seed, suspects: map[string]uint64{}}
	if before == nil {
		v.seed = maphash.MakeSeed()
	}
	sums, err := v.sums(ctx)
	if err != nil {
		return err
	}
	var differ []projection.Record
	err = v.live.Each(ctx, func(r projection.Record) error {
		want, have := sums[r.Key], v.sum(r)
		delete(sums, r.Key)
		switch {
		case want != have:
			differ = append(differ, r)
		case have != 0:
			v.same++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key := range sums {
		differ = append(differ, projection.Record{Key: key})
	}
	p, err := v.live.Progress(ctx)
	if err != nil {
		return err
	}
	return v.judge(ctx, differ, before, p.Handled == v.end)
}

// judge tells documents that are not what they should be from those that may have changed since, and from those that
// nobody can compare; these are taken over together.
func (v *Verification) judge(ctx context.Context, differ []projection.Record, before map[string]uint64, still bool) error {
	var taken []projection.Record
	wait := v.state.Forgot == nil
	for _, r := range differ {
		should, err := v.store.Load(ctx, r.Key)
		if err != nil {
			return err
		}
		if should == nil {
			should = &projection.Record{}
		}
		was, suspect := before[r.Key]
		lost, sum := v.lost(r, *should), v.sum(r)
		switch {
		case lost && r.Seq <= v.end:
			taken = append(taken, r)
		case lost || !still && (!suspect || was != sum):
			v.suspects[r.Key] = sum
			wait = wait || lost
		default:
			v.oddity(r, *should)
		}
	}
	if !wait {
		return v.takeOver(ctx, taken)
	}
	for _, r := range taken {
		v.suspects[r.Key] = v.sum(r)
	}
	return nil
}

// sums are those of the documents as they should be.
func (v *Verification) sums(ctx context.Context) (map[string]uint64, error) {
	sums := map[string]uint64{}
	err := v.store.Each(ctx, func(r projection.Record) error {
		if r.Key != verifiedKey && r.Body != nil {
			sums[r.Key] = v.sum(r)
		}
		return nil
	})
	return sums, err
}

// sum is that of what a document says, when time changes it, and about whom; 0 where it is not there. Which
// input changed it last is left out, and what its timer is set to: both depend on when it was folded again.
func (v *Verification) sum(r projection.Record) uint64 {
	if r.Body == nil {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(v.seed)
	_, _ = h.Write(r.Body)
	_, _ = h.WriteString(string(r.Person))
	_ = binary.Write(&h, binary.BigEndian, r.Wake.UnixNano())
	return max(h.Sum64(), 1)
}

// oddity notes that a document is not what it should be.
func (v *Verification) oddity(r, should projection.Record) {
	if v.state.Others > 0 {
		v.others++
		return
	}
	if v.odd++; len(v.first) == namedLimit {
		return
	}
	d := Divergence{What: OddDocument, Service: v.d.Service, Key: r.Key, Expected: digest(should.Body), Stored: digest(r.Body)}
	if d.Seq = r.Seq; d.Seq == 0 {
		d.Seq = should.Seq
	}
	switch {
	case !bytes.Equal(should.Body, r.Body):
		d.Fields = fields(should.Body, r.Body)
	case !should.Wake.Equal(r.Wake):
		d.Fields = []string{"wake"}
	default:
		d.Fields = []string{"person"}
	}
	v.first = append(v.first, d)
}
