package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/kith/internal/client"
)

const (
	pace  = time.Millisecond // between two acts
	every = 20               // of how many acts one is looked for
)

// visible measures how long an act takes from its 201 until its recipient's network shows it.
func visible(ctx context.Context, r *run) error {
	return r.product(ctx, nil, func(ctx context.Context, s *site) error {
		if err := r.lived(ctx, s); err != nil {
			return err
		}
		r.say("1,000 acts a second for %v", r.amounts.paced)
		ties := r.org.newTies(int(r.amounts.paced / pace))
		lines, looked := make([][]byte, len(ties)), make([]events.PersonID, len(ties))
		for i, tie := range ties {
			lines[i] = r.org.line(tie)
			if i%every == 0 {
				who, err := s.api.Person(ctx, r.org.id(tie.recipient))
				if err != nil {
					return err
				}
				looked[i] = who.ID
			}
		}
		took, err := s.paced(ctx, lines, looked)
		r.percentiles("visible", took)
		return err
	})
}

// paced sends a line each millisecond, and asks for the network of whoever is looked at as soon as the
// verdict is there.
func (s *site) paced(ctx context.Context, lines [][]byte, looked []events.PersonID) ([]time.Duration, error) {
	body, writer := io.Pipe()
	go func() { writer.CloseWithError(write1000(writer, lines)) }()
	resp, err := s.post(ctx, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	look := lookout{site: s}
	for i, verdicts := 0, bufio.NewScanner(resp.Body); verdicts.Scan(); i++ {
		var v struct {
			Status   int
			Sequence uint64
		}
		if err := json.Unmarshal(verdicts.Bytes(), &v); err != nil || v.Status != 201 {
			return nil, fmt.Errorf("a line is not stored: %s (%w)", verdicts.Bytes(), err)
		}
		if looked[i] != "" {
			look.all.Go(func() { look.until(ctx, looked[i], v.Sequence, time.Now()) })
		}
	}
	look.all.Wait()
	return look.took, look.err
}

func write1000(w io.Writer, lines [][]byte) error {
	started := time.Now()
	for i, line := range lines {
		time.Sleep(time.Until(started.Add(time.Duration(i) * pace)))
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// lookout collects how long it took until acts were seen.
type lookout struct {
	site *site
	all  sync.WaitGroup
	mu   sync.Mutex
	took []time.Duration
	err  error
}

func (l *lookout) until(ctx context.Context, who events.PersonID, seq uint64, stored time.Time) {
	api := l.site.api.As("person:" + string(who))
	err := patiently(ctx, func() error { _, err := api.Network(ctx, who, seq); return err })
	took := time.Since(stored)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, took)
	if err != nil {
		l.err = err
	}
}

// queries measures what a person asks, one question after the other.
func queries(ctx context.Context, r *run) error {
	return r.product(ctx, nil, func(ctx context.Context, s *site) error {
		if err := r.lived(ctx, s); err != nil {
			return err
		}
		if r.org.shown == nil {
			r.org.shown = r.org.newTies(r.amounts.queries)
			if err := r.path(ctx, s, "", "", r.org.shown); err != nil {
				return err
			}
		}
		asked := r.org.shown[:r.amounts.queries]
		r.say("%d queries of each kind", len(asked))
		var network, missing, explain []time.Duration
		for _, tie := range asked {
			recipient, err := s.api.Person(ctx, r.org.id(tie.recipient))
			if err != nil {
				return err
			}
			supporter, err := s.api.Person(ctx, r.org.id(tie.supporter))
			if err != nil {
				return err
			}
			api := s.api.As("person:" + string(recipient.ID))
			err = timed(ctx, &network, func() error { _, err := api.Network(ctx, recipient.ID, 0); return err })
			if err == nil {
				err = timed(ctx, &missing, func() error { _, err := api.Gaps(ctx, recipient.ID, 0); return err })
			}
			if err == nil {
				err = timed(ctx, &explain, func() error { return explained(ctx, api, recipient.ID, supporter.ID) })
			}
			if err != nil {
				return err
			}
		}
		r.percentiles("query/network", network)
		r.percentiles("query/gaps", missing)
		r.percentiles("query/explain", explain)
		return nil
	})
}

// explained asks for a tie that may be one that only sealed acts show: then there is none to see.
func explained(ctx context.Context, api *client.Client, recipient, supporter events.PersonID) error {
	_, err := api.Tie(ctx, recipient, supporter, 0)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func timed(ctx context.Context, all *[]time.Duration, f func() error) error {
	started := time.Now()
	err := patiently(ctx, f)
	*all = append(*all, time.Since(started))
	return err
}

// percentiles notes the median and the 99th percentile, as rows called by what is measured.
func (r *run) percentiles(what string, all []time.Duration) {
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	for name, share := range map[string]int{"p50": 50, "p99": 99} {
		at := min(len(all)-1, len(all)*share/100)
		separator := "-"
		if what == "visible" {
			separator = "/"
		}
		r.sample(what+separator+name, float64(all[at])/float64(time.Millisecond))
	}
}
