// Package derive is the engine of a service that derives facts from facts: role-classifier,
// gap-projection and notification are its Rules and nothing else.
//
// Of a service's replicas one works: the server's pinned consumer picks it, and its fence in the
// log shuts out the one before. It folds inputs in log order in batches; a batch's derived facts
// are appended, then its documents and the position are committed as one, then its timers are
// set, then it is acknowledged. A crash between any two of these steps is made good by the next
// writer: what was appended but not committed is folded again without being appended.
package derive
