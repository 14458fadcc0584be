package demo

import "math/rand/v2"

// dice is chance that falls the same way for the same seed, whatever the version of Go: it uses
// the generator alone, whose numbers are fixed, and none of the methods built on it.
type dice struct{ source *rand.PCG }

func newDice(seed uint64) *dice { return &dice{rand.NewPCG(seed, 0x6b697468)} }

// n is a number from 0 to k-1.
func (d *dice) n(k int) int { return int(d.source.Uint64() % uint64(max(k, 1))) }

// between is a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.n(high-low+1) }

// in100 is true in percent of 100 throws.
func (d *dice) in100(percent int) bool { return d.n(100) < percent }

// weighted is the index of one of the weights, the heavier the likelier.
func (d *dice) weighted(weights ...int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	rest := d.n(total)
	for i, w := range weights {
		if rest -= w; rest < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// one is one of the choices.
func one[T any](d *dice, choices ...T) T { return choices[d.n(len(choices))] }
