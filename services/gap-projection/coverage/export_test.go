package coverage

// SpanOf is the span of a count among n.
func SpanOf(count, n, step int) Span { return spanOf(count, n, step) }
