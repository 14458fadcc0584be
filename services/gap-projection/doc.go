// Package gaps keeps everybody's support network and says what is missing in it.
//
// Consumes people, support, personal, role and policy facts, and the Due facts it asked for.
// Decides which gaps a network has (the rules stand in gaps.go), and once a week what is told of all
// (program.go, coverage).
// Publishes GapOpened and GapClosed, and CoverageMeasured.
// Serves a person's network, gaps, suggestions and the explanation of a tie, and the program's view.
package gaps
