package ruleset

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time, written in whole days: "60d".
type Span time.Duration

const day = 24 * time.Hour

// Days is a span of n days.
func Days(n int) Span { return Span(time.Duration(n) * day) }

// Duration is the span as Go counts time.
func (s Span) Duration() time.Duration { return time.Duration(s) }

// Seconds is the span in whole seconds.
func (s Span) Seconds() int64 { return int64(time.Duration(s) / time.Second) }

// UnmarshalJSON reads "60d"; it fails on anything else.
func (s *Span) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fmt.Errorf("a span of time is written as days, such as \"60d\", not %s", raw)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || !strings.HasSuffix(text, "d") || n < 0 || n > 36500 {
		return fmt.Errorf("a span of time is written as days, such as \"60d\", not %q", text)
	}
	*s = Days(n)
	return nil
}

// MarshalJSON writes the span as it is read.
func (s Span) MarshalJSON() ([]byte, error) {
	return json.Marshal(strconv.FormatInt(int64(time.Duration(s)/day), 10) + "d")
}
