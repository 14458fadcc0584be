// Package access is the one function that every read and every write of a person's data passes.
//
// The policy is small on purpose: a person reads their own network, a supporter reads the one
// tie in which they support, and nobody else reads anything about a person; every reading by
// somebody else is a fact that the person can see. Who may say what follows from the fact: what
// belongs to a person is said by that person or by the other side of the tie, the directory by
// an integration, a policy by the operator.
package access
