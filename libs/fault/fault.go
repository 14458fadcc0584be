// Package fault gives every error a kind and two readers: strangers see a fixed sentence,
// operators the chain. The kind decides the HTTP status here, and in consumers whether a
// message is tried again or parked.
package fault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// Kind says what can be done about an error, and by whom.
type Kind int

// The kinds. The zero value is Internal, so that what nobody classified leaks nothing.
const (
	Internal    Kind = iota // a defect here; strangers learn nothing more
	Invalid                 // the sender must change what they send
	NotFound                // what is named does not exist
	Conflict                // somebody else was first: load again, decide again
	Unavailable             // nothing is wrong with the request: the same again later
	Forbidden               // the viewer may not do this
	TooLarge                // the sender must send less
	WrongMethod             // the route takes other methods of HTTP
)

var kinds = [...]struct {
	name, title string
	status      int
	level       slog.Level
}{
	Internal:    {"internal", "Internal error", http.StatusInternalServerError, slog.LevelError},
	Invalid:     {"invalid", "Invalid request", http.StatusBadRequest, slog.LevelDebug},
	NotFound:    {"not-found", "Not found", http.StatusNotFound, slog.LevelDebug},
	Conflict:    {"conflict", "Conflict", http.StatusConflict, slog.LevelInfo},
	Unavailable: {"unavailable", "Unavailable for the moment", http.StatusServiceUnavailable, slog.LevelWarn},
	Forbidden:   {"forbidden", "Not allowed", http.StatusForbidden, slog.LevelInfo},
	TooLarge:    {"too-large", "Too large", http.StatusRequestEntityTooLarge, slog.LevelDebug},
	WrongMethod: {"wrong-method", "Wrong method", http.StatusMethodNotAllowed, slog.LevelDebug},
}

// String is the kind's name in logs and metrics.
func (k Kind) String() string { return kinds[k].name }

// Level is how loudly an error of the kind is logged.
func (k Kind) Level() slog.Level { return kinds[k].level }

// Field is one thing wrong with what was sent: the line (from 1; 0 where there is but one), the
// field's path, and a reason that never repeats the faulty value.
type Field struct {
	Line   int    `json:"line,omitempty"`
	Name   string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// Error is an error with a kind and two readers.
type Error struct {
	Kind    Kind
	Code    string // short, stable and documented, such as "unknown-person"; the last part of a problem's type
	Message string // a sentence that is safe for strangers
	Fields  []Field
	Err     error // what caused it, for operators only
}

// New returns an error that nothing else caused.
func New(kind Kind, code, message string, fields ...Field) *Error {
	return &Error{Kind: kind, Code: code, Message: message, Fields: fields}
}

// Wrap returns an error that err caused.
func Wrap(kind Kind, code, message string, err error) *Error {
	return &Error{Kind: kind, Code: code, Message: message, Err: err}
}

// Error is the chain, for operators.
func (e *Error) Error() string {
	text := e.Message
	for _, f := range e.Fields {
		text += "; " + f.String()
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what caused e.
func (e *Error) Unwrap() error { return e.Err }

// String is the field as a person reads it: "line 3, stake: is required".
func (f Field) String() string {
	switch {
	case f.Line > 0 && f.Name != "":
		return fmt.Sprintf("line %d, %s: %s", f.Line, f.Name, f.Reason)
	case f.Line > 0:
		return fmt.Sprintf("line %d: %s", f.Line, f.Reason)
	case f.Name != "":
		return f.Name + ": " + f.Reason
	}
	return f.Reason
}

// KindOf is the kind of the first *Error in the chain. A deadline that passed is Unavailable, a
// body over its limit TooLarge, and everything else Internal.
func KindOf(err error) Kind { return of(err).Kind }

// of is err as an *Error, whatever it is.
func of(err error) *Error {
	var e *Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large): // first: a decoder wraps it as if the JSON were wrong
		return Wrap(TooLarge, "body-too-large", fmt.Sprintf("the body is larger than %d bytes", large.Limit), err)
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Wrap(Unavailable, "timeout", "no answer in time; try again", err)
	}
	return Wrap(Internal, "internal", "internal error", err)
}
