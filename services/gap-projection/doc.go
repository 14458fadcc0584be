// Package gaps keeps everybody's support network and says what is missing in it.
//
// Consumes people, support, personal, role and policy facts, and the Due facts it asked for.
// Decides which gaps a network has (the rules stand in gaps.go).
// Publishes GapOpened and GapClosed.
// Serves a person's network, gaps, suggestions and the explanation of a tie.
package gaps
