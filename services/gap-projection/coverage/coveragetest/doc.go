// Package coveragetest attacks what package coverage publishes: with an exact solver of its own, two weeks, the
// directory, the rules and one person's own answer. It is used by tests alone.
package coveragetest
