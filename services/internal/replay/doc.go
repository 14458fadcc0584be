// Package replay folds part of a log anew, by the rules that derive from it every day: what was known by
// some sequence, of some time. It is a simulation of the log, in memory, and appends nothing.
//
// A fact takes part if it stands in the log by the sequence, and if it held, or was announced, by the time.
// It is folded when it was recorded, or at that time where it was recorded later: what rules read of its own
// times stays as it is. What services derived from it is not read but derived again, timers included, for
// with other facts another one fires, and under the rulesets that are among these facts. What was sealed
// takes no part: what is replayed is what a person may be shown.
//
// Where facts were recorded only after the time, as by an import of years, half of them would open gaps that
// nobody had, and close them. While such facts are folded, gaps are held back as during any import.
package replay
