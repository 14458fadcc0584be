package translog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// Entry is a message of the log as it is exported: all that its leaf covers, and nothing else.
type Entry struct {
	Seq      uint64            `json:"seq"`
	Recorded time.Time         `json:"recorded"`
	Subject  string            `json:"subject"`
	Header   map[string]string `json:"header,omitempty"`      // those whose name begins with ce-
	Data     string            `json:"data,omitempty"`        // the body, where it is text
	Bytes    []byte            `json:"data_base64,omitempty"` // the body, where it is none
}

// NewEntry is the entry of a stored message. Of the header it keeps what the leaf covers.
func NewEntry(seq uint64, recorded time.Time, subject string, header map[string][]string, body []byte) Entry {
	e := Entry{Seq: seq, Recorded: recorded.UTC(), Subject: subject}
	for name, values := range header {
		if strings.HasPrefix(name, "ce-") && len(values) > 0 {
			if e.Header == nil {
				e.Header = map[string]string{}
			}
			e.Header[name] = values[0]
		}
	}
	if utf8.Valid(body) {
		e.Data = string(body)
	} else {
		e.Bytes = body
	}
	return e
}

// ParseEntry reads an entry from a line of an export. It refuses fields that no leaf covers: they would
// look as if they were proven.
func ParseEntry(line []byte) (Entry, error) {
	var e Entry
	if err := decode(line, &e); err != nil {
		return e, fmt.Errorf("this is no entry of the log: %w", err)
	}
	return e, e.check()
}

// decode reads one JSON value that has known fields only, each once and written as here: nobody who reads
// the text by other means may find anything else in it than what is proven.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return unambiguous(json.NewDecoder(bytes.NewReader(text)))
}

// inNames is what the names of fields and headers are made of. Go takes Data for data, and others do not.
const inNames = "abcdefghijklmnopqrstuvwxyz0123456789_-"

// unambiguous reads the next value, and refuses a name that stands in one object twice, or is written otherwise.
func unambiguous(d *json.Decoder) error {
	open, err := d.Token()
	if _, nested := open.(json.Delim); err != nil || !nested {
		return err
	}
	met := map[json.Token]bool{}
	for d.More() {
		if open == json.Delim('{') {
			name, err := d.Token()
			if text, _ := name.(string); err != nil || met[name] || strings.Trim(text, inNames) != "" {
				return errors.Join(err, fmt.Errorf("its field %q can be read in two ways", name))
			}
			met[name] = true
		}
		if err := unambiguous(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// check refuses what could be taken for another entry: each part must end where its line ends.
func (e Entry) check() error {
	switch {
	case e.Seq == 0:
		return errors.New("an entry has no sequence")
	case !plain(e.Subject):
		return fmt.Errorf("entry %d has no proper subject", e.Seq)
	case !time.Unix(0, e.Recorded.UnixNano()).Equal(e.Recorded): // centuries away, which the leaf does not tell apart
		return fmt.Errorf("entry %d has no proper time", e.Seq)
	case e.Data != "" && e.Bytes != nil:
		return fmt.Errorf("entry %d has two bodies", e.Seq)
	}
	for name, value := range e.Header {
		if !strings.HasPrefix(name, "ce-") || strings.Contains(name, ":") || !plain(name) || !plain(value) {
			return fmt.Errorf("entry %d has no proper header", e.Seq)
		}
	}
	return nil
}

// plain reports whether s is printable ASCII without spaces, as the envelope writes all that it holds.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

// Canonical returns the bytes that the leaf covers: sequence, recorded time in nanoseconds and subject, one
// a line; the header sorted by name; an empty line; the body. It is written here a second time, after
// events.md, so that it does not share a mistake with events.Message.Canonical, which a test holds it against.
func (e Entry) Canonical() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d\n%d\n%s\n", e.Seq, e.Recorded.UnixNano(), e.Subject)
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, e.Header[name])
	}
	b.WriteByte('\n')
	b.WriteString(e.Data)
	b.Write(e.Bytes)
	return b.Bytes()
}

// Leaf is the entry's leaf of the tree.
func (e Entry) Leaf() tlog.Hash { return Leaf(e.Canonical()) }

// Leaf is the leaf of a message, by its canonical bytes.
func Leaf(canonical []byte) tlog.Hash { return tlog.RecordHash(canonical) }
