// Package audit answers for the log: what was known, when, and why; and that nothing was changed since.
//
// Consumes every message of the log. It runs the other services' rules, and none of its own: those are handed
// to it, as values.
// Decides nothing about anybody: nothing that it appends is derived from.
// Publishes CheckpointSealed and ReplayPerformed, and that somebody looked.
// Serves what was known of somebody at a time (asof.go) and of all (coverage.go); whether what was derived
// follows from the log (verify.go); what would follow from other rules (whatif.go); proofs that a fact is in the
// log (prove.go, sealing); and to a person what is held on them (export.go) and who looked (viewers.go).
package audit
