package demo

import "kith.internal/events"

// programs opens the formal programs. A mentorship may belong to one; most do not.
func (s *story) programs() {
	s.open("mentoring", 400)
	s.open("reverse", 400)
	s.open("sponsorship", 500)
	s.close("sponsorship", 90)
}

func (s *story) open(kind events.ProgramKind, ago int) {
	s.program[string(kind)] = "program:" + string(kind)
	s.programFact(kind, ago, &events.ProgramOpened{Kind: kind})
}

func (s *story) close(kind events.ProgramKind, ago int) {
	s.programFact(kind, ago, &events.ProgramClosed{Kind: kind})
	delete(s.program, string(kind))
}

func (s *story) programFact(kind events.ProgramKind, ago int, f events.Fact) {
	subject := "program:" + string(kind)
	s.tell(event{ID: s.id(subject, f.FactName()), Type: events.TypeOf(events.People, f), Subject: subject, Time: s.morning(ago), Data: f})
}

// enroll makes a mentorship part of a program now and then, and returns the program or "".
func (s *story) enroll(p, m *person, kind events.MentorshipKind, ago int) string {
	name := map[events.MentorshipKind]string{"standard": "mentoring", "reverse": "reverse"}[kind]
	id, ok := s.program[name]
	if !s.in100(45) || !ok || ago > 390 {
		return ""
	}
	program := events.ProgramID(id)
	for _, one := range []*person{p, m} {
		if !s.enrolled[enrollment{one, program}] {
			s.enrolled[enrollment{one, program}] = true
			s.fact(events.Personal, one, s.at(one, ago+2), &events.ProgramJoined{Program: program})
		}
	}
	s.fact(events.Personal, p, s.at(p, ago+1), &events.PairMatched{Program: program, Supporter: events.PersonID(m.id)})
	return id
}

// unpair ends a pair of a program, and now and then the recipient's part in it.
func (s *story) unpair(p, m *person, program string, ago int) {
	if program == "" {
		return
	}
	id := events.ProgramID(program)
	ended := s.fact(events.Personal, p, s.at(p, ago), &events.PairEnded{Program: id, Supporter: events.PersonID(m.id), Reason: "completed"})
	if s.in100(80) {
		s.fact(events.Personal, p, s.soon(ended, p, ago-3), &events.ProgramLeft{Program: id})
	}
}
