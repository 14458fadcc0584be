// Package isoweek tells weeks apart, as everything that is told once a week does: they begin on Mondays at 00:00 UTC.
package isoweek

import (
	"fmt"
	"time"

	"kith.internal/events"
)

// Of is the ISO week of a time, such as 2026-w12.
func Of(t time.Time) events.Code {
	year, week := t.UTC().ISOWeek()
	return events.Code(fmt.Sprintf("%04d-w%02d", year, week))
}

// Monday is when the week of a time begins.
func Monday(t time.Time) time.Time {
	t = t.UTC().Truncate(24 * time.Hour)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

// Next is the Monday after a time.
func Next(t time.Time) time.Time { return Monday(t).AddDate(0, 0, 7) }

// Parse returns when a week begins; false where s is no week.
func Parse(s string) (time.Time, bool) {
	var year, week int
	if n, err := fmt.Sscanf(s, "%4d-w%2d", &year, &week); n != 2 || err != nil {
		return time.Time{}, false
	}
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // is always in week 1
	monday := Monday(fourth).AddDate(0, 0, 7*(week-1))
	return monday, Of(monday) == events.Code(s)
}
