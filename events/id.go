package events

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash"
	"strconv"
	"strings"
	"time"
)

// PersonID is a pseudonym: one letter (p person, x external contact) and sixteen lower-case
// base32 characters. It is legal as a NATS token, a KV key and a part of a URL.
type PersonID string

// ProgramID is the pseudonym of a program: the letter g and sixteen base32 characters.
type ProgramID string

// FactID names a fact for ever: 26 lower-case base32 characters.
type FactID string

// Nobody is the subject token of facts that are about no person and no program.
const Nobody = "_"

var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewPersonID returns the pseudonym of a new person in the directory.
func NewPersonID() PersonID { return PersonID(newID('p')) }

// NewExternalID returns the pseudonym of a new external contact.
func NewExternalID() PersonID { return PersonID(newID('x')) }

// NewProgramID returns the pseudonym of a new program.
func NewProgramID() ProgramID { return ProgramID(newID('g')) }

func newID(kind byte) string {
	var raw [10]byte
	rand.Read(raw[:])
	return string(kind) + lower.EncodeToString(raw[:])
}

// Valid reports whether id has the form of a person's or an external contact's pseudonym.
func (id PersonID) Valid() bool { return isPerson(string(id)) }

// External reports whether id is an external contact, one without an entry in the directory.
func (id PersonID) External() bool { return strings.HasPrefix(string(id), "x") }

// Valid reports whether id has the form of a program's pseudonym.
func (id ProgramID) Valid() bool { return isProgram(string(id)) }

// Valid reports whether id has the form of a fact's id.
func (id FactID) Valid() bool { return isFact(string(id)) }

// Valid reports whether c has the form of a code.
func (c Code) Valid() bool { return isCode(string(c)) }

// IncomingID returns the id of a fact that a sender calls id at source. The sender's own id is
// never stored: it might name somebody.
func IncomingID(tenantKey []byte, source, id string) FactID {
	mac := hmac.New(sha256.New, tenantKey)
	writeParts(mac, source, id)
	return factID(mac)
}

// DerivedID returns the id of the index-th fact that service derives in context from cause:
// the same cause always gives the same ids, so stating a consequence twice is a duplicate.
func DerivedID(service string, cause FactID, context Context, index int) FactID {
	h := sha256.New()
	writeParts(h, "derived", service, string(cause), string(context), strconv.Itoa(index))
	return factID(h)
}

// DueID returns the id of the Due fact that tells service to look at about again at a time:
// however often a timer fires, it is the same fact.
func DueID(service, about string, at time.Time) FactID {
	h := sha256.New()
	writeParts(h, "due", service, about, at.UTC().Format(time.RFC3339Nano))
	return factID(h)
}

// writeParts writes each part after its length, so that no two lists of parts hash alike.
func writeParts(h hash.Hash, parts ...string) {
	var n [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
}

func factID(h hash.Hash) FactID { return FactID(lower.EncodeToString(h.Sum(nil)[:16])) }
