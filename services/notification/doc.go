// Package notification tells people what is missing in their networks, seldom enough to be read.
//
// Consumes gaps opened and closed, replies, participation, and who joined, left or was erased.
// Decides which gap a person is told of, when, and with which one action.
// Publishes NudgePlanned, NudgeSuppressed and NudgeActedOn.
// Serves every person's inbox.
package notification
