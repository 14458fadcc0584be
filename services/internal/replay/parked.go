package replay

import "kith.internal/events"

// Parked is the facts that services have left out because they could not fold them, and that no Retry has
// folded since. Nil is none.
type Parked struct {
	out   map[input]bool
	names map[input]uint64 // by a Retry: the fact that it folds again
}

// input is a fact as one service's input.
type input struct {
	service events.DueFor
	seq     uint64
}

// NewParked returns one that is to Take every Parked and every Retry of a log, in order.
func NewParked() *Parked { return &Parked{out: map[input]bool{}, names: map[input]uint64{}} }

// Take notes what a service says of its inputs.
func (p *Parked) Take(e events.Event) {
	switch f := e.Fact.(type) {
	case *events.Parked:
		p.out[p.fact(input{f.For, f.Seq})] = true
	case *events.Retry: // one that fails is parked in its turn
		in := p.fact(input{f.For, f.Seq})
		p.names[input{f.For, e.Seq}] = in.seq
		delete(p.out, in)
	}
}

// fact is what an input stands for: what a Retry folds again, or itself.
func (p *Parked) fact(in input) input {
	if seq, ok := p.names[in]; ok {
		in.seq = seq
	}
	return in
}

func (p *Parked) leaves(service string, seq uint64) bool {
	return p != nil && p.out[input{events.DueFor(service), seq}]
}
