package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"kith.internal/services/kith/internal/client"
)

// every is how often progress is told where nothing can move: to a file or a pipe.
const every = 10 * time.Second

// progress shows how far an import has come: a moving bar on a terminal, else a line now and then.
type progress struct {
	s       *shell
	started time.Time
	told    time.Time
	sent    *progressbar.ProgressBar // bytes; nil where nothing can move
	handled *progressbar.ProgressBar // facts
}

func (s *shell) newProgress(size int64) *progress {
	p := &progress{s: s, started: s.Now(), told: s.Now()}
	if s.Live {
		p.sent = progressbar.NewOptions64(size, progressbar.OptionSetWriter(s.Stderr), progressbar.OptionSetDescription("sending"),
			progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

// reading counts what is read of a file.
func (p *progress) reading(open func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	if p.sent == nil {
		return open
	}
	return func() (io.ReadCloser, error) {
		f, err := open()
		if err != nil {
			return nil, err
		}
		r := progressbar.NewReader(f, p.sent)
		return &r, nil
	}
}

// counts shows what the server has handled so far.
func (p *progress) counts(c client.ImportCounts) {
	n := c.Accepted + c.Duplicate + c.Refused
	if p.sent != nil {
		p.bar().Describe(fmt.Sprintf("%s:%d  %d new, %d known, %d refused", c.File, c.Line, c.Accepted, c.Duplicate, c.Refused))
		p.bar().Set(n) //nolint:errcheck // it is only shown
		return
	}
	if now := p.s.Now(); now.Sub(p.told) >= every {
		p.told = now
		fmt.Fprintf(p.s.Stderr, "%s:%d  %d new, %d known, %d refused%s\n", c.File, c.Line, c.Accepted, c.Duplicate, c.Refused, p.rate(n))
	}
}

func (p *progress) bar() *progressbar.ProgressBar {
	if p.handled == nil {
		p.sent.Finish() //nolint:errcheck // it is only shown
		p.handled = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.s.Stderr), progressbar.OptionShowIts(), progressbar.OptionSetItsString("facts"),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSpinnerType(14))
	}
	return p.handled
}

// clear makes room for a line.
func (p *progress) clear() {
	if p.handled != nil {
		p.handled.Clear() //nolint:errcheck // it is only shown
	}
}

func (p *progress) end() {
	if p.sent != nil {
		p.bar().Finish() //nolint:errcheck // it is only shown
	}
}

func (p *progress) took() time.Duration { return p.s.Now().Sub(p.started) }

// rate says how many facts a second that was, of an import that is large enough to tell.
func (p *progress) rate(facts int) string {
	took := p.took().Seconds()
	if took < 0.1 || facts < 100 {
		return ""
	}
	return fmt.Sprintf(" (%.0f facts a second)", float64(facts)/took)
}
