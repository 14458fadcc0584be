package bench

import (
	"context"
	"io/fs"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// weight is what the product takes, of memory right after a start and of disk.
type weight struct{ heap, kith, disk float64 }

// sizes measures what a person and an act take: the difference that many of them make to a product
// that was started anew, so that caches, which have their limits, do not count.
func sizes(ctx context.Context, r *run) error {
	r.say("memory and disk")
	empty, err := r.weigh(ctx)
	if err != nil {
		return err
	}
	if err := r.product(ctx, nil, r.hire); err != nil {
		return err
	}
	staffed, err := r.weigh(ctx)
	if err != nil {
		return err
	}
	err = r.product(ctx, nil, func(ctx context.Context, s *site) error {
		return r.path(ctx, s, "", "", r.org.newTies(r.amounts.acts))
	})
	if err != nil {
		return err
	}
	active, err := r.weigh(ctx)
	r.weight("person", empty, staffed, r.org.people)
	r.weight("act", staffed, active, r.amounts.acts)
	return err
}

func (r *run) weight(what string, before, after weight, n int) {
	r.sample("heap/"+what, (after.heap-before.heap)/float64(n))
	r.sample("heap/"+what+"-kith", (after.kith-before.kith)/float64(n))
	r.sample("disk/"+what, (after.disk-before.disk)/float64(n))
}

// weigh starts the product and waits until it has in memory what it keeps there.
func (r *run) weigh(ctx context.Context) (w weight, err error) {
	err = r.product(ctx, nil, func(ctx context.Context, _ *site) error {
		w = heaps()
		for before := math.Inf(1); math.Abs(w.heap-before) > 0.01*before; w = heaps() {
			before = w.heap
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(500 * time.Millisecond):
			}
		}
		return nil
	})
	if err == nil {
		w.disk, err = disk(r.dir)
	}
	return w, err
}

// heaps is what memory is in use now, and how much of it by Kith's own code, by where it was allocated.
func heaps() weight {
	runtime.GC()
	runtime.GC()
	var all runtime.MemStats
	runtime.ReadMemStats(&all)
	total, own := 0.0, 0.0
	for _, p := range profile() {
		if p.InUseObjects() == 0 {
			continue
		}
		size := float64(p.InUseBytes()) / float64(p.InUseObjects())
		inUse := float64(p.InUseBytes()) / (1 - math.Exp(-size/float64(runtime.MemProfileRate))) // it is a sample
		total += inUse
		if ownedByKith(p.Stack()) {
			own += inUse
		}
	}
	return weight{heap: float64(all.HeapAlloc), kith: float64(all.HeapAlloc) * own / max(total, 1)}
}

func profile() []runtime.MemProfileRecord {
	for n := 1000; ; n *= 2 {
		records := make([]runtime.MemProfileRecord, n)
		if n, ok := runtime.MemProfile(records, false); ok {
			return records[:n]
		}
	}
}

// ownedByKith reports whether memory was allocated for a service, and not for the NATS server or for
// this package.
func ownedByKith(stack []uintptr) bool {
	own := false
	for frames := runtime.CallersFrames(stack); ; {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "github.com/nats-io/nats-server") || strings.Contains(frame.Function, "/internal/bench.") {
			return false
		}
		own = own || strings.HasPrefix(frame.Function, "kith.internal/")
		if !more {
			return own
		}
	}
}

func disk(dir string) (size float64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		size += float64(info.Size())
		return err
	})
	return size, err
}
