package projection_test

import (
	"encoding/json"
	"fmt"
	"testing"

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
		if err := s.Commit(t.Context(), records, projection.Progress{Handled: i + 1}); err != nil {
			t.Fatal(err)
		}
		for j, o := range others {
			if r, err := o.Load(t.Context(), "k.399"); err != nil || r == nil || r.Seq != i+1 {
				t.Errorf("round %d: server %d has %v, %v", i, j, r, err)
			}
		}
		next := open(int(i) % 3)
		if p, err := next.Progress(t.Context()); err != nil || p.Handled != i+1 {
			t.Errorf("round %d: progress %+v, %v", i, p, err)
		}
		each := map[string]uint64{}
		if err := next.Each(t.Context(), func(r projection.Record) error { each[r.Key] = r.Seq; return nil }); err != nil || each["k.399"] != i+1 {
			t.Errorf("round %d: each %v, %v", i, each["k.399"], err)
		}
	}
}
