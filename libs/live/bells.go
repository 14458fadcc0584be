package live

import "sync"

// bells wake those who wait for a key. One watch rings for all of them, and a ring that nobody waits
// for costs a look into a map.
type bells struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool
}

// Listen returns a channel that receives after the key is rung, until stop is called.
func (b *bells) Listen(key string) (rung <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting == nil {
		b.waiting = map[string]map[chan struct{}]bool{}
	}
	if b.waiting[key] == nil {
		b.waiting[key] = map[chan struct{}]bool{}
	}
	b.waiting[key][c] = true
	return c, func() { b.forget(key, c) }
}

func (b *bells) forget(key string, c chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if delete(b.waiting[key], c); len(b.waiting[key]) == 0 {
		delete(b.waiting, key)
	}
}

// Ring wakes those who wait for the key. It never waits for them.
func (b *bells) Ring(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ring(b.waiting[key])
}

// RingAll wakes everybody.
func (b *bells) RingAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, all := range b.waiting {
		ring(all)
	}
}

func ring(all map[chan struct{}]bool) {
	for c := range all {
		select {
		case c <- struct{}{}:
		default: // it will look anyway
		}
	}
}
