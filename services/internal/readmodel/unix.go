package readmodel

import "time"

// Unix is a time in whole seconds since 1970, UTC: what decay is computed in. Zero is no time.
type Unix int64

// UnixOf is t without what it has below a second.
func UnixOf(t time.Time) Unix {
	if t.IsZero() {
		return 0
	}
	return Unix(t.Unix())
}

// Time is u as Go counts time; the zero time where u is none.
func (u Unix) Time() time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}
