package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith.internal/libs/fault"
)

var errDisk = errors.New("disk of p234567abcdefghij on fire")

func TestKindIsTheFirstInTheChain(t *testing.T) {
	inner := fault.Wrap(fault.Conflict, "raced", "somebody was first", errDisk)
	for want, err := range map[fault.Kind]error{
		fault.Conflict:    fmt.Errorf("append: %w", inner),
		fault.NotFound:    fault.Wrap(fault.NotFound, "gone", "gone", inner),
		fault.Internal:    errDisk,
		fault.Unavailable: fmt.Errorf("read: %w", context.DeadlineExceeded),
		fault.TooLarge:    fault.Wrap(fault.Invalid, "json", "not JSON", &http.MaxBytesError{Limit: 7}),
	} {
		if got := fault.KindOf(err); got != want {
			t.Errorf("KindOf(%v) = %s, want %s", err, got, want)
		}
	}
	if err := fmt.Errorf("append: %w", inner); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "on fire") {
		t.Errorf("operators do not see the chain of %v", err)
	}
}

func TestStatus(t *testing.T) {
	for want, err := range map[int]error{
		400: fault.New(fault.Invalid, "json", "not JSON", fault.Field{Line: 3, Reason: "not JSON"}),
		422: fault.New(fault.Invalid, "fact", "a rule is broken", fault.Field{Name: "stake", Reason: "is required"}),
		403: fault.New(fault.Forbidden, "viewer", "no"),
		404: fault.New(fault.NotFound, "person", "no"),
		409: fault.New(fault.Conflict, "raced", "no"),
		413: fault.New(fault.TooLarge, "body", "no"),
		500: errDisk,
		503: context.DeadlineExceeded,
	} {
		if got := fault.Status(err); got != want {
			t.Errorf("Status(%v) = %d, want %d", err, got, want)
		}
	}
}

// answer is what a client gets over a real connection when a handler fails with err.
func answer(t *testing.T, err error) (*http.Response, string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fault.Write(w, r, err) }))
	t.Cleanup(s.Close)
	resp, failed := http.Get(s.URL)
	if failed != nil {
		t.Fatal(failed)
	}
	defer resp.Body.Close()
	body, failed := io.ReadAll(resp.Body)
	if failed != nil {
		t.Fatal(failed)
	}
	return resp, strings.TrimSpace(string(body))
}

func TestProblemNamesLineFieldAndReason(t *testing.T) {
	resp, body := answer(t, fault.New(fault.Invalid, "faulty-lines", "1 of 3 lines is faulty", fault.Field{Line: 2, Name: "stake", Reason: "is required"}))
	want := `{"type":"urn:kith:problem:faulty-lines","title":"Invalid request","status":422,"detail":"1 of 3 lines is faulty","errors":[{"line":2,"field":"stake","reason":"is required"}]}`
	if body != want {
		t.Errorf("problem\n%s, want\n%s", body, want)
	}
	if got := resp.Header.Get("Content-Type"); got != fault.ContentType {
		t.Errorf("content type %q", got)
	}
}

func TestStrangersNeverSeeTheChain(t *testing.T) {
	for _, err := range []error{
		errDisk,
		fault.Wrap(fault.Internal, "p234567abcdefghij", "on fire", errDisk),
		fault.Wrap(fault.Unavailable, "log", "the log does not answer", errDisk),
	} {
		if _, body := answer(t, err); strings.Contains(body, "fire") || strings.Contains(body, "p234567") {
			t.Errorf("a stranger sees %s", body)
		}
	}
}

func TestUnavailableSaysWhenToComeBack(t *testing.T) {
	resp, _ := answer(t, fault.New(fault.Unavailable, "behind", "not there yet"))
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
}

func TestReadIsTheOtherEndOfWrite(t *testing.T) {
	for _, want := range []*fault.Error{
		fault.New(fault.Invalid, "fact", "a rule is broken", fault.Field{Line: 1, Name: "stake", Reason: "is required"}),
		fault.New(fault.NotFound, "unknown-person", "nobody has this id"),
		fault.New(fault.Internal, "internal", "internal error"),
	} {
		rec := httptest.NewRecorder()
		fault.Write(rec, httptest.NewRequest(http.MethodGet, "/", nil), want)
		if diff := cmp.Diff(want, fault.Read(rec.Result())); diff != "" {
			t.Errorf("read differs from written (-want +got):\n%s", diff)
		}
	}
	rec := httptest.NewRecorder()
	http.Error(rec, "<html>", http.StatusBadGateway)
	if got := fault.Read(rec.Result()); got.Kind != fault.Unavailable {
		t.Errorf("a proxy's 502 is %s, want unavailable", got.Kind)
	}
}

func TestALeftClientGetsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := httptest.NewRecorder()
	fault.Write(rec, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), context.Canceled)
	if rec.Code != 499 || rec.Body.Len() != 0 {
		t.Errorf("status %d, body %q", rec.Code, rec.Body)
	}
}
