package cli

import (
	"context"

	"kith.internal/services/kith/internal/client"
)

// organizationAsOf shows how the organization was covered, to an operator or to an auditor.
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
	return nil
}

func (s *shell) showOrganization(a client.Coverage, known client.Metrics, asked coverageFlags) {
	if len(a.Weeks[0].Cells) == 0 {
		s.printf("There were too few people: at least %d are counted together.\n", a.Crowd)
		return
	}
	if asked.By == "" {
		s.showEverybody(a, known, asked)
	} else {
		s.showBy(a, known, asked)
	}
	s.showHidden(a, asked.By)
	s.printf("To the nearest five percent; smallest group %d. People are counted in other groups than week by week.\n", a.Floor)
}
