package bench

import "regexp"

var times = regexp.MustCompile(`"time":"[^"]*"`)

// Load is what an organization sends first, without the times, which are today's.
func Load(people int, seed uint64) string {
	o := newOrganization(people, seed)
	return times.ReplaceAllString(string(o.lines(o.newTies(500))), "")
}
