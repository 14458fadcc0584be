// Package sealing makes the log tamper-evident: it keeps the Merkle tree over every message of the log,
// seals it with signed checkpoints, as facts and in a file apart from the log, and proves from them what is
// in the log and that it only grew.
//
// A checkpoint is made once a minute where anything came since the last one, and when the service ends. Any
// number of replicas may seal: two checkpoints of one size are the same fact, and of two sizes both are true.
// Before each, the tree is held against the newest checkpoint of the log and of the file, so nothing is
// sealed over a log that was changed; at its start and once a day a notary reads the log itself.
package sealing
