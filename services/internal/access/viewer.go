package access

import (
	"net/http"
	"regexp"
	"strings"

	"kith.internal/events"
)

// Header names the viewer of a request on a server without an identity provider:
// person:<id>, integration:<name>, service:<name> or auditor:<name>.
const Header = "Kith-Viewer"

// PurposeHeader names what for somebody reads what belongs to somebody else: a code of events.AccessPurpose.
const PurposeHeader = "Kith-Purpose"

// Kind is what kind of viewer somebody is.
type Kind string

// The kinds of viewers.
const (
	Anonymous   Kind = ""
	Person      Kind = "person"
	Integration Kind = "integration"
	Service     Kind = "service"
	Auditor     Kind = "auditor" // an auditor, a works council, a data protection officer
)

// Viewer is in whose name something is read or written, and what for. The zero value is anonymous.
type Viewer struct {
	Kind    Kind
	Name    string               // a person's pseudonym, or the name of an integration, a service or an auditor
	Purpose events.AccessPurpose // as stated; "" where nothing is
}

var nameRE = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,47}$`)

// ViewerOf returns the viewer of a request: anonymous where the header is absent or faulty.
func ViewerOf(r *http.Request) Viewer {
	v := Parse(r.Header.Get(Header))
	v.Purpose = events.AccessPurpose(r.Header.Get(PurposeHeader))
	return v
}

// Parse reads a viewer as Header writes it: anonymous where s is none.
func Parse(s string) Viewer {
	kind, name, _ := strings.Cut(s, ":")
	v := Viewer{Kind: Kind(kind), Name: name}
	switch v.Kind {
	case Person:
		if id := events.PersonID(name); id.Valid() && !id.External() {
			return v
		}
	case Integration, Service, Auditor:
		if nameRE.MatchString(name) {
			return v
		}
	}
	return Viewer{}
}

// As is the viewer who is a person.
func As(person events.PersonID) Viewer { return Viewer{Kind: Person, Name: string(person)} }

// For is v with another purpose.
func (v Viewer) For(purpose events.AccessPurpose) Viewer {
	v.Purpose = purpose
	return v
}

// Person is the person that v is, or "" where it is none.
func (v Viewer) Person() events.PersonID {
	if v.Kind != Person {
		return ""
	}
	return events.PersonID(v.Name)
}

// Actor is how facts name v: a person's id, integration:<name>, service:<name> or auditor:<name>.
func (v Viewer) Actor() string {
	if v.Kind == Person || v.Kind == Anonymous {
		return v.Name
	}
	return string(v.Kind) + ":" + v.Name
}

// String is v as Header writes it.
func (v Viewer) String() string {
	if v.Kind == Anonymous {
		return "anonymous"
	}
	return string(v.Kind) + ":" + v.Name
}
