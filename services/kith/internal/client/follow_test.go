package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"kith.internal/libs/fault"
)

// A client goes on where it was when a server goes away, and through one that is just starting.
func TestFollowComesAgain(t *testing.T) {
	var asked atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "inbox") {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		n := asked.Add(1)
		if last, want := r.Header.Get("Last-Event-ID"), [...]string{"", "", "7-a", "7-a"}[n]; last != want {
			t.Errorf("request %d has seen %q, want %q", n, last, want)
		}
		if n == 2 {
			fault.Write(w, r, fault.New(fault.Unavailable, "starting", "the service is starting"))
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "event: network\ndata: {\"asOf\":%d}\nid: %d-a\n\n", 6+n, 6+n)
	})
	var seen []uint64
	err := c.As("person:p2222222222222222").Follow(t.Context(), "p2222222222222222", func(change Change) error {
		if seen = append(seen, change.Network.AsOf); len(seen) == 2 {
			return ErrEnough
		}
		return nil
	})
	if err != nil || fmt.Sprint(seen) != "[7 9]" {
		t.Errorf("saw %v, %v", seen, err)
	}
}

func TestFollowFailsWhereItMayNot(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fault.Write(w, r, fault.New(fault.Forbidden, "not-yours", "it is not yours"))
	})
	if err := c.Follow(t.Context(), "p2222222222222222", nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("got %v", err)
	}
}

func TestFollowNeedsAServer(t *testing.T) {
	c, err := New("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	var u *Unreachable
	if err := c.Follow(t.Context(), "p2222222222222222", nil); !errors.As(err, &u) {
		t.Errorf("got %v", err)
	}
}
