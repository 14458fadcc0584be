package derive_test

import (
	"errors"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// A shadow is what the service itself would have come to at any sequence, also where it has not come so far,
// and knows what the service still has to say; nothing of what is tried on it is appended.
func TestAShadow(t *testing.T) {
	l := openLog(t, natstest.Fast(t))
	appendAll(t, l, advices(0, 3)...)
	stop := run(t, l, counting{})
	expect(t, l, 3)
	stop()
	appendAll(t, l, advices(3, 5)...)
	last, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := derive.Derivation{Service: "role-classifier", Bucket: "kith_ties", Owns: []events.Context{events.Role},
		Inputs: config().Inputs, Rules: func() derive.Rules { return counting{} }}
	for _, c := range []struct {
		end           uint64
		acts, pending int
	}{{2, 2, 2}, {last, 5, 2}} {
		told := uint64(0)
		s, err := derive.NewShadow(t.Context(), l, d, c.end, func(seq uint64) error { told = seq; return nil })
		if err != nil {
			t.Fatal(err)
		}
		if doc := inShadow(t, s); doc.Acts != c.acts || len(s.Pending) != c.pending || told != c.end {
			t.Errorf("up to %d: %+v, pending %d, told %d", c.end, doc, len(s.Pending), told)
		}
		more := advice(99)
		more.Seq = c.end + 1
		if said, err := s.Step(more, more.Time); err != nil || len(said) != 1 || inShadow(t, s).Acts != c.acts+1 {
			t.Errorf("one more: %v, %v", said, err)
		}
	}
	if now, err := l.Last(t.Context()); err != nil || now != last {
		t.Errorf("the log goes to %d, not %d, %v", now, last, err)
	}
	enough := errors.New("enough")
	if _, err := derive.NewShadow(t.Context(), l, d, last, func(uint64) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("it ends with %v", err)
	}
}

func inShadow(t *testing.T, s *derive.Shadow) tally {
	t.Helper()
	doc, err := projection.Get[tally](s.Docs, "tally."+string(recipient))
	if err != nil || doc == nil {
		t.Fatal(doc, err)
	}
	return *doc
}
