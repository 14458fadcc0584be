// Package access is the one function that every read and every write of a person's data passes.
//
// The policy is small on purpose: a person reads their own network, a supporter the one tie in which
// they support, an auditor what was known and why; and nobody else reads anything about a person. Whoever is
// not that person states what for, and each such reading is a fact that the person can see. The directory is
// no part of it: who is in the organization and where they stand, everybody in it may look up. Who may say what
// follows from the fact: what belongs to a person is said by that person or by the other side of the tie, the
// directory by an integration, a policy by the operator.
package access
