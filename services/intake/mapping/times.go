package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

var layoutNames = map[string]string{"rfc3339": time.RFC3339, "date": time.DateOnly, "month": "2006-01"}

// layouts puts the value's own before the mapping's; without either, times are RFC 3339 or dates.
func layouts(own, general Layouts) []string {
	named := own
	if len(named) == 0 {
		named = general
	}
	if len(named) == 0 {
		return []string{time.RFC3339, time.DateOnly}
	}
	var out []string
	for _, l := range named {
		if known, ok := layoutNames[l]; ok {
			l = known
		}
		out = append(out, l)
	}
	return out
}

// layouts refuses what names no part of a time: most often it is written as another tool does.
func (c *compiler) layouts(at string, all Layouts) {
	for _, l := range all {
		_, known := layoutNames[l]
		if known || l == "unix" || l == "unixmilli" {
			continue
		}
		if time.Date(1999, 12, 31, 23, 58, 57, 0, time.UTC).Format(l) == l {
			c.add(at, "is not how 2 January 2006, 15:04:05 is written, such as 02.01.2006 15:04")
		}
	}
}

// moment reads a time as the file writes it.
func (s *source) moment(v any) (time.Time, error) {
	if at, ok := v.(time.Time); ok {
		return at.UTC(), nil
	}
	written := fmt.Sprint(v)
	for _, layout := range s.layouts {
		if at, err := s.parse(layout, written); err == nil {
			return at, nil
		}
	}
	if at, err := time.Parse("2006-01", written); err == nil && s.shape.form == month {
		return at, nil
	}
	return time.Time{}, errors.New("is no time as the mapping says they are written")
}

func (s *source) parse(layout, written string) (time.Time, error) {
	switch layout {
	case "unix", "unixmilli":
		n, err := strconv.ParseInt(written, 10, 64)
		if layout == "unix" {
			return time.Unix(n, 0).UTC(), err
		}
		return time.UnixMilli(n).UTC(), err
	}
	at, err := time.ParseInLocation(layout, written, s.zone)
	return at.UTC(), err
}

// rebaseTo reads times.rebase: the zero time is none, or now.
func rebaseTo(text string) (time.Time, error) {
	if text == "" || text == "now" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, text)
}

// Rebased reports whether the mapping moves times at all.
func (m *Mapping) Rebased() bool { return m.Times.Rebase != "" }

// Shift is how far the last act of the files has to move, in whole seconds, at a first run at now.
func (m *Mapping) Shift(last, now time.Time) time.Duration {
	if !m.Rebased() || last.IsZero() {
		return 0
	}
	target, err := rebaseTo(m.Times.Rebase)
	if err != nil || target.IsZero() {
		target = now
	}
	return target.Sub(last).Truncate(time.Second)
}
