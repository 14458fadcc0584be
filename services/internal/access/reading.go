package access

import "kith.internal/events"

// Reading is what somebody wants to read of a person, and to whom else it is open, for what.
type Reading struct {
	person    events.PersonID
	supporter events.PersonID      // who reads it for the purpose support-given
	auditors  events.AccessPurpose // for which they read it
	whose     string               // what everybody else is told
}

// Network is what only the person themselves reads: network, gaps, suggestions, inbox, and who looked.
func Network(person events.PersonID) Reading {
	return Reading{person: person, whose: "a network is read only by the person it belongs to"}
}

// Tie is what lies between two people: it belongs to the recipient, its supporter reads what they gave, and
// auditors ask why a role was recognized.
func Tie(recipient, supporter events.PersonID) Reading {
	return Reading{person: recipient, supporter: supporter, auditors: "audit",
		whose: "a tie is read only by the two people it lies between"}
}

// History is what was known of a person at a time, and what is left of one who was erased: auditors read it.
func History(person events.PersonID) Reading {
	return Reading{person: person, auditors: "audit",
		whose: "what was known of somebody is read only by them and by auditors, who ask as auditor:<name>"}
}

// Record is everything that is held on a person: they get it themselves, or from an auditor they have asked.
func Record(person events.PersonID) Reading {
	return Reading{person: person, auditors: "access-request",
		whose: "what is held on somebody is given only to them and to auditors, who ask as auditor:<name>"}
}

// opens is the purpose for which somebody else may read it, or "" where there is none.
func (r Reading) opens(v Viewer) events.AccessPurpose {
	switch {
	case v.Kind == Auditor:
		return r.auditors
	case r.supporter != "" && v.Person() == r.supporter:
		return "support-given"
	}
	return ""
}
