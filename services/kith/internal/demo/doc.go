// Package demo makes up an organization for people who try Kith: about 300 people and two years
// of acts of support between them, so lively that every role, gap and state is to be seen.
//
// The people do not exist. What happens depends on the seed alone and not on the day: every
// event has the same id at every run, so loading the demo again, also on another day, changes
// nothing. Only the times are counted back from a given now; those of the first run stand.
package demo
