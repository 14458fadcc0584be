package patience_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"kith.internal/libs/fault"
	"kith.internal/libs/patience"
)

var (
	errElecting = fault.New(fault.Unavailable, "electing", "there is no leader yet")
	errDrift    = fault.New(fault.Conflict, "drift", "it is another one")
)

// What is unavailable is tried again, and the log says what is waited for.
func TestWaitsForWhatIsUnavailable(t *testing.T) {
	var said bytes.Buffer
	tries := 0
	got, err := patience.Open(t.Context(), slog.New(slog.NewTextHandler(&said, nil)), "the stream KITH", func(ctx context.Context) (int, error) {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("a try may wait for ever")
		}
		if tries++; tries < 3 {
			return 0, errElecting
		}
		return tries, nil
	})
	if got != 3 || err != nil || strings.Count(said.String(), `for="the stream KITH"`) != 2 {
		t.Errorf("%d, %v; it said %s", got, err, &said)
	}
}

// What waiting does not change fails at once.
func TestFailsAtOnceWhereWaitingIsNoUse(t *testing.T) {
	tries := 0
	_, err := patience.Open(t.Context(), nil, "it", func(context.Context) (int, error) { tries++; return 0, errDrift })
	if tries != 1 || !errors.Is(err, errDrift) {
		t.Errorf("%d tries, %v", tries, err)
	}
}

// A caller who leaves is not held, and learns what was waited for.
func TestEndsWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := patience.Open(ctx, nil, "the stream KITH", func(context.Context) (int, error) { cancel(); return 0, errElecting })
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errElecting) || !strings.Contains(err.Error(), "the stream KITH") {
		t.Errorf("%v", err)
	}
}
