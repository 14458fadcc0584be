// Package translog is the log of facts as a transparency log: a Merkle tree (RFC 6962) whose leaves are
// the canonical bytes of every message of the log, the one at sequence n being leaf n-1. Messages that
// are no facts are leaves too, so a sequence that is not there shows.
//
// A Checkpoint says which root a tree of some size has, as a signed note (C2SP tlog-checkpoint and
// signed-note). Whoever holds one can be proven that a message is in the log (inclusion), and that a
// later log only goes on where the earlier one ended (consistency). Leaves cover what is sealed as it is
// stored, never the keys to it: an erasure changes none.
//
// The package imports golang.org/x/mod and the standard library only: what verifies a log shares no
// code with what writes it. cmd/kith-proof is the verifier that auditors run.
package translog
