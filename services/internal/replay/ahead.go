package replay

import "iter"

// lot is how many values are handed from one goroutine to another at once.
const lot = 500

// Ahead makes the values of a sequence in a goroutine of its own, a few lots before they are asked for.
func Ahead[T any](values iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		lots, enough := make(chan []T, 4), make(chan struct{})
		var failed error
		go func() {
			defer close(lots)
			failed = inLots(values, lots, enough)
		}()
		defer func() {
			close(enough)
			for range lots { // until it has ended: it may hold what is not for two goroutines
			}
		}()
		for some := range lots {
			for _, v := range some {
				if !yield(v, nil) {
					return
				}
			}
		}
		if failed != nil {
			var none T
			yield(none, failed)
		}
	}
}

// inLots sends values until one fails, or there have been enough.
func inLots[T any](values iter.Seq2[T, error], lots chan<- []T, enough <-chan struct{}) error {
	some := make([]T, 0, lot)
	send := func() bool {
		select {
		case lots <- some:
			some = make([]T, 0, lot)
			return true
		case <-enough:
			return false
		}
	}
	for v, err := range values {
		if err != nil {
			send()
			return err
		}
		if some = append(some, v); len(some) == lot && !send() {
			return nil
		}
	}
	send()
	return nil
}
