// Package events is the published language of Kith: every fact as a documented struct, the
// envelope it travels in, the subjects it travels on, and the catalogue that lists them all.
//
// A fact is a past-tense struct with a written wire name; the Go name may change, the wire
// name never. An additive change keeps the name; anything else is a new fact and an upcaster
// from the old one. The package imports the standard library only, so that a subscriber can
// use it without anything else of Kith.
//
// Golden files, schemas and the pinned catalogue are written anew by
//
//	go test -update
//
// and a difference in them is a change of the language.
package events
