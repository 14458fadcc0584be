package readmodel

// Absence is a time in which somebody is on leave, and silence says nothing.
type Absence struct {
	From Unix `json:"from"`
	To   Unix `json:"to,omitempty"` // 0: no end is known
}

// Absences are times in which decay pauses: in order, and apart from each other.
type Absences []Absence

// Between is how many seconds of silence lie between two times: those outside the absences.
func (a Absences) Between(from, to Unix) int64 {
	silent := max(0, to-from)
	for _, one := range a {
		end := to
		if one.To != 0 {
			end = min(to, one.To)
		}
		silent -= max(0, end-max(from, one.From))
	}
	return int64(silent)
}

// After is the first time at which so many seconds of silence have passed since from; 0 where that
// is never, because nobody knows when the last absence ends.
func (a Absences) After(from Unix, seconds int64) Unix {
	left := Unix(seconds)
	for _, one := range a {
		if one.To != 0 && one.To <= from {
			continue
		}
		before := max(0, one.From-from)
		if left <= before {
			break
		}
		if one.To == 0 {
			return 0
		}
		from, left = one.To, left-before
	}
	return from + left
}

// Or joins the absences of two people: either of them keeps both apart.
func (a Absences) Or(b Absences) Absences {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	var all Absences
	for len(a) > 0 || len(b) > 0 {
		if len(a) == 0 || len(b) > 0 && b[0].From < a[0].From {
			a, b = b, a
		}
		all, a = all.join(a[0]), a[1:]
	}
	return all
}

// join adds an absence that begins no earlier than the last one.
func (a Absences) join(next Absence) Absences {
	if len(a) == 0 {
		return Absences{next}
	}
	last := &a[len(a)-1]
	switch {
	case last.To == 0:
	case next.From > last.To:
		return append(a, next)
	case next.To == 0:
		last.To = 0
	default:
		last.To = max(last.To, next.To)
	}
	return a
}

// Since leaves out what was over by a time.
func (a Absences) Since(at Unix) Absences {
	for len(a) > 0 && a[0].To != 0 && a[0].To <= at {
		a = a[1:]
	}
	return a
}
