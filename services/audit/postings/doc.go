// Package postings knows where in the log somebody is named, and where a fact stands. Postings are a fold of
// the whole log, in memory: about 50 bytes a fact. With them, what a person's network rests on is read as the
// hundred facts that it is.
//
// An Index keeps them up with a log, and now and then saves them: the next start reads only what came since.
package postings
