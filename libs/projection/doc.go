// Package projection folds facts into documents with exactly-once effect.
//
// Rules read and change documents through Docs, one input at a time; a batch of changes and the
// position in the log that they include are committed together, as one atomic batch, into a
// JetStream KV bucket. So a crash finds either all of a batch or nothing of it, and what is
// committed is on disk. Readers answer queries from the same bucket.
package projection
