package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// What is committed is loaded, by its writer and by the next one, whichever replica they ask: a
// document that is behind, once folded on and written back, would lose what it lacked.
func TestLoadsWhatIsCommitted(t *testing.T) {
	c := natstest.Cluster(t, 3)
	open := func(i int) *projection.KV {
		s, err := projection.OpenKV(t.Context(), c.Connect(i), "kith_test", 3)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, others := open(0), []*projection.KV{open(0), open(1), open(2)}
	for i := range uint64(60) {
		var records []projection.Record
		for k := range 400 {
			records = append(records, projection.Record{Key: fmt.Sprint("k.", k), Seq: i + 1, Body: json.RawMessage(fmt.Sprintf(`"%0500d"`, i))})
		}
		natstest.Again(t, func() error {
			err := s.Commit(t.Context(), records, projection.Progress{Handled: i + 1})
			if fault.KindOf(err) == fault.Unavailable { // the outcome is unknown: whoever opens it knows
				s = open(0)
			}
			if p, _ := s.Progress(t.Context()); p.Handled == i+1 {
				return nil
			}
			return err
		})
		for j, o := range others {
			natstest.Again(t, func() error { return holds(t.Context(), o, j, i+1) })
		}
		next := open(int(i) % 3)
		if p, err := next.Progress(t.Context()); err != nil || p.Handled != i+1 {
			t.Errorf("round %d: progress %+v, %v", i, p, err)
		}
		each := map[string]uint64{}
		natstest.Again(t, func() error {
			return next.Each(t.Context(), func(r projection.Record) error { each[r.Key] = r.Seq; return nil })
		})
		if each["k.399"] != i+1 {
			t.Errorf("round %d: each %v", i, each["k.399"])
		}
	}
}

var errBehind = errors.New("the document is behind")

func holds(ctx context.Context, s *projection.KV, server int, seq uint64) error {
	r, err := s.Load(ctx, "k.399")
	if err == nil && (r == nil || r.Seq != seq) {
		return fmt.Errorf("%w: server %d has %v, not %d", errBehind, server, r, seq)
	}
	return err
}
