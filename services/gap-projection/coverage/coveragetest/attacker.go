package coveragetest

import "slices"

// told is what an attacker has read: how many of some people answer yes.
type told struct {
	people    []int // by index; twice, who is counted twice
	low, high int
}

// attacker knows who is in which crowd, department, level and tenure, what the rules are, all that
// was told in all weeks, and their own answer. It takes everybody else to have answered alike in both weeks,
// which is the worst that can be: only then can two weeks be subtracted. It shares no code with what it attacks.
type attacker struct {
	people int
	facts  []told
	own    int // the attacker, by index; -1: nobody of the organization
	ownYes bool
}

// learn adds what was read.
func (a *attacker) learn(people []int, low, high int) {
	a.facts = append(a.facts, told{people, low, high})
}

// possible returns counts of a group that agree with all that the attacker knows, as far as enough. First it
// walks from the truth, where a step that keeps within all that was told proves a count; where that does not find
// enough, each count is tried to its end, or until patience runs out: then it is not known whether there are more.
func (a *attacker) possible(group []int, yes []bool, enough int) (counts []int, known bool) {
	s := a.system(group, yes)
	counts, known = s.walk(enough), true
	for v := 0; v <= len(group) && len(counts) < enough; v++ {
		if slices.Contains(counts, v) {
			continue
		}
		t := s.clone().demand(v)
		if t.solve() {
			counts = append(counts, v)
		}
		known = known && t.patience >= 0
	}
	slices.Sort(counts)
	return counts, known
}

// system asks for whole numbers between bounds whose sums lie between bounds. There is one for each class of
// people of whom all is told alike.
type system struct {
	low, high []int
	truth     []int
	group     []int // the numbers that make up the group asked for
	sums      []sum
	patience  int // how many branches may still be looked at
}

type sum struct {
	of        []int // twice, what counts twice
	low, high int
}

func (a *attacker) system(group []int, yes []bool) *system {
	in := make([]bool, a.people)
	for _, p := range group {
		in[p] = true
	}
	s := &system{sums: make([]sum, len(a.facts)), patience: 20_000}
	for j, f := range a.facts {
		s.sums[j].low, s.sums[j].high = f.low, f.high
	}
	index := map[string]int{}
	for p, key := range a.signatures(in) {
		i, known := index[key]
		if !known {
			i = len(s.low)
			index[key] = i
			s.add(key, in[p])
		}
		s.high[i]++
		if p == a.own && a.ownYes {
			s.low[i]++
		} else if p == a.own {
			s.high[i]--
		}
		if yes[p] {
			s.truth[i]++
		}
	}
	return s
}

// add makes a number of a class, which its signature says it counts for.
func (s *system) add(signature string, inGroup bool) {
	i := len(s.low)
	s.low, s.high, s.truth = append(s.low, 0), append(s.high, 0), append(s.truth, 0)
	for j := range s.sums {
		for range int(signature[j]) {
			s.sums[j].of = append(s.sums[j].of, i)
		}
	}
	if inGroup {
		s.group = append(s.group, i)
	}
}

// signatures say how often each person counts for each fact, whether in the group, and who the attacker is.
func (a *attacker) signatures(in []bool) []string {
	rows := make([][]byte, a.people)
	for p := range rows {
		rows[p] = make([]byte, len(a.facts)+2)
		if in[p] {
			rows[p][len(a.facts)] = 1
		}
		if p == a.own {
			rows[p][len(a.facts)+1] = 1
		}
	}
	for j, f := range a.facts {
		for _, p := range f.people {
			rows[p][j]++
		}
	}
	keys := make([]string, a.people)
	for p, row := range rows {
		keys[p] = string(row)
	}
	return keys
}

func (s *system) clone() *system {
	c := *s
	c.low, c.high, c.sums = slices.Clone(s.low), slices.Clone(s.high), slices.Clone(s.sums)
	return &c
}

// demand asks for a count of the group.
func (s *system) demand(v int) *system {
	s.sums = append(s.sums, sum{s.group, v, v})
	return s
}

// walk takes steps up and down from the truth.
func (s *system) walk(enough int) []int {
	count := func(at []int) (n int) {
		for _, i := range s.group {
			n += at[i]
		}
		return n
	}
	counts := []int{count(s.truth)}
	for _, up := range []int{1, -1} {
		for at := slices.Clone(s.truth); len(counts) < enough; {
			want := count(at) + up
			t := s.clone().demand(want)
			if !t.repair(at, 6) {
				break
			}
			counts = append(counts, want)
		}
	}
	return counts
}

// repair moves numbers by one until all sums are within their bounds, in at most so many moves.
func (s *system) repair(at []int, moves int) bool {
	for _, e := range s.sums {
		n := 0
		for _, i := range e.of {
			n += at[i]
		}
		by := 0
		if n < e.low {
			by = 1
		} else if n > e.high {
			by = -1
		}
		if by == 0 {
			continue
		}
		if moves == 0 {
			return false
		}
		for _, i := range e.of {
			if at[i]+by < s.low[i] || at[i]+by > s.high[i] {
				continue
			}
			at[i] += by
			if s.repair(at, moves-1) {
				return true
			}
			at[i] -= by
		}
		return false
	}
	return true
}

// solve narrows all bounds until nothing moves, then halves the widest and tries both. It is exact, but where it
// runs out of patience.
func (s *system) solve() bool {
	if s.patience--; s.patience < 0 {
		return false
	}
	if !s.narrow() {
		return false
	}
	widest := 0
	for i := range s.low {
		if s.high[i]-s.low[i] > s.high[widest]-s.low[widest] {
			widest = i
		}
	}
	if s.high[widest] == s.low[widest] {
		return true
	}
	middle := (s.low[widest] + s.high[widest]) / 2
	return s.branch(widest, s.low[widest], middle) || s.branch(widest, middle+1, s.high[widest])
}

func (s *system) branch(i, low, high int) bool {
	low0, high0 := slices.Clone(s.low), slices.Clone(s.high)
	s.low[i], s.high[i] = low, high
	if s.solve() {
		return true
	}
	s.low, s.high = low0, high0
	return false
}

// narrow takes from each number's bounds what the others leave no room for.
func (s *system) narrow() bool {
	for moved := true; moved; {
		moved = false
		for _, e := range s.sums {
			low, high := 0, 0
			for _, i := range e.of {
				low, high = low+s.low[i], high+s.high[i]
			}
			if low > e.high || high < e.low {
				return false
			}
			for _, i := range e.of {
				least, most := e.low-(high-s.high[i]), e.high-(low-s.low[i])
				if least > s.low[i] {
					low, moved = low+least-s.low[i], true
					s.low[i] = least
				}
				if most < s.high[i] {
					high, moved = high+most-s.high[i], true
					s.high[i] = most
				}
				if s.low[i] > s.high[i] {
					return false
				}
			}
		}
	}
	return true
}
