// Package intake is the write side: it accepts what is valid, and says yes only once it is on disk.
//
// Consumes: facts over HTTP, as CloudEvents or as files with a mapping; its own facts, to know what is stored and who is who.
// Decides: whether a fact is accepted, in which context it stands, who its people are.
// Publishes: kith.{people,support,personal,sealed,reply,policy}.
// Serves: POST events and imports, GET people, under /intake/v1/.
package intake
