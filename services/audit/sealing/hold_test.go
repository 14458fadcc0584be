package sealing_test

import (
	"errors"
	"testing"

	"kith.internal/libs/natstest"
	"kith.internal/libs/translog"
	"kith.internal/services/audit/sealing"
)

// TestHold: the log is held against every checkpoint that its keys have signed, in the log and in the file, and not
// only against the newest ones.
func TestHold(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	n, _ := o.notary()
	hold := func(before uint64) (sealing.Held, error) {
		return n.Hold(t.Context(), before, func(uint64, uint64) error { return nil })
	}
	if h, err := hold(10); err != nil || h != (sealing.Held{}) {
		t.Errorf("never sealed: %+v, %v", h, err)
	}
	o.happen(3)
	first := o.seal(n)
	o.happen(300)
	second := o.seal(n)
	if h, err := hold(first.Size); err != nil || h != (sealing.Held{Checkpoints: 2, Before: 1}) {
		t.Errorf("sealed at %d and %d: %+v, %v", first.Size, second.Size, h, err)
	}
	signers, err := translog.Signers([]byte(o.read("signing.key")))
	if err != nil {
		t.Fatal(err)
	}
	lie, err := translog.Checkpoint{Origin: first.Origin, Size: 2, Root: translog.Leaf([]byte("another history"))}.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	o.write("checkpoints", string(lie)+"\n"+o.read("checkpoints"))
	if err := n.ReadAll(t.Context()); err != nil {
		t.Errorf("the newest checkpoints hold: %v", err)
	}
	var altered *sealing.Altered
	if _, err := hold(0); !errors.As(err, &altered) {
		t.Errorf("the log was another one when it had two messages, which is not found: %v", err)
	}
}
