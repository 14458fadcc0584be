package coverage

import "kith.internal/events"

// Metric is one question, of which the share of people is told who answer it with yes.
type Metric struct {
	Code  events.Code
	About string      // what the share is of, in words
	By    []Dimension // what it is told by, beside everybody
	Only  events.Code // the only value of its dimensions that it has a meaning for
	Parts bool        // it has a meaning for parts only, not for everybody
}
