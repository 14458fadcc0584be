package cli

import (
	"context"
	"strings"

	"kith.internal/services/kith/internal/client"
)

// organizationAsOf shows what was told of the organization at a time, to an operator or to an auditor.
func (s *shell) organizationAsOf(ctx context.Context, f asOfFlags) error {
	asked := coverageFlags{CoverageQuery: client.CoverageQuery{By: f.by}}
	if err := asked.check(); err != nil {
		return err
	}
	at, knownAt, err := s.moments(f)
	if err != nil {
		return err
	}
	a, err := s.operating(f.as).OrganizationAsOf(ctx, at, knownAt, f.by)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(a)
	}
	known, err := s.aggregates().Metrics(ctx)
	if err != nil {
		return err
	}
	s.printf("As of %s, for it is told from Monday to Monday, in UTC;\nby what the log holds up to %d.\n\n", s.clock(a.At), a.Known)
	s.showOrganization(a.Coverage, known, asked)
	s.printf("Week %s, to the nearest five percent; smallest group %d.\n", strings.ToUpper(string(a.Coverage.Weeks[0].Week)), a.Coverage.Floor)
	if !a.Published {
		s.printf("Nothing had been published by then: the people of the first published week are\n" +
			"counted, where they stood in it, by what was known when it was; who came later\nis counted as they were first.\n")
	}
	return nil
}

func (s *shell) showOrganization(a client.Coverage, known client.Metrics, asked coverageFlags) {
	if len(a.Weeks[0].Cells) == 0 {
		s.printf("There were too few people: at least %d are counted together.\n", a.Crowd)
		return
	}
	s.showCells(a, known, asked)
}
