// Package eventlog is the log of facts: one JetStream stream, KITH, and what stands around it.
//
// A fact that Append acknowledges is on disk. Callers that append at the same time share a
// commit; a deriving service appends through a Fence, which shuts out the writer before it. What
// is read comes in the log's one order, each fact with its sequence and recorded time.
package eventlog
