package coverage

// Span is all that is told of a count: that it lies between Low and High.
type Span struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// finest is the smallest step: the smallest floor there may be, and one.
const finest = 6

// StepOf is how many people come and go together, and how many counts a span holds at least,
// under a floor. One of the step is the reader, who knows their own answer.
func StepOf(floor int) int {
	step := finest
	for step < floor+1 {
		step *= 2
	}
	return step
}

// Least is how many people a crowd has at least: with fewer, there would be a single span, which
// tells nothing.
func Least(step int) int { return 2*step - 1 }

// spanOf is the span of a count among n. Spans begin at the multiples of a step; the last one
// goes on to n, so that none is shorter than a step.
func spanOf(count, n, step int) Span {
	last := max((n+1)/step-1, 0)
	k := min(count/step, last)
	if k == last {
		return Span{k * step, n}
	}
	return Span{k * step, k*step + step - 1}
}
