package events

import (
	"fmt"
	"strings"
)

// StreamSubjects is what the log stores.
const StreamSubjects = "kith.>"

// LivePrefix stands before the subject of a fact that is republished once it is stored.
const LivePrefix = "live."

// SubjectOf is the NATS subject of a fact: kith.<context>.<person | program | _>.<Fact>.
func SubjectOf(c Context, subject, name string) string {
	return "kith." + string(c) + "." + subject + "." + name
}

// FilterContext matches every fact of a context.
func FilterContext(c Context) string { return "kith." + string(c) + ".>" }

// FilterPerson matches every fact about a person in a context.
func FilterPerson(c Context, p PersonID) string { return "kith." + string(c) + "." + string(p) + ".>" }

// FilterFact matches every fact called name in a context.
func FilterFact(c Context, name string) string { return "kith." + string(c) + ".*." + name }

// FenceSubject is the subject of the claims by which one writer of a service shuts out the
// one before. It is mechanism, not a fact.
func FenceSubject(service string) string { return "kith.fence." + service }

// ParseSubject is the inverse of SubjectOf. It fails with ErrEnvelope.
func ParseSubject(s string) (c Context, subject, name string, err error) {
	root, rest, _ := strings.Cut(s, ".")
	context, rest, _ := strings.Cut(rest, ".")
	subject, name, _ = strings.Cut(rest, ".")
	if root != "kith" || Context(context).Rank() < 0 || !validToken(subject) || !isName(name) {
		return "", "", "", fmt.Errorf("%w: not a subject of the log", ErrEnvelope)
	}
	return Context(context), subject, name, nil
}

func validToken(s string) bool { return s == Nobody || isPerson(s) || isProgram(s) }

// Matches reports whether a NATS filter, in which * stands for one token and a last > for one or
// more, matches a subject.
func Matches(subject, filter string) bool {
	for {
		want, restOfFilter, more := strings.Cut(filter, ".")
		if want == ">" {
			return subject != ""
		}
		have, rest, longer := strings.Cut(subject, ".")
		if have == "" || want != "*" && want != have {
			return false
		}
		if !more || !longer {
			return more == longer
		}
		subject, filter = rest, restOfFilter
	}
}
