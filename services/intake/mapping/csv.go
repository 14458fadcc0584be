package mapping

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	maxLine  = 64 << 10 // bytes of one record
	maxSpans = 64       // lines that a quoted cell may span
)

// table reads comma-separated values (RFC 4180). It is not encoding/csv, because one stray quote
// must not swallow the rows after it: a record that cannot be read is reported, and reading goes
// on with the next line.
type table struct {
	r         *bufio.Reader
	separator byte
	line      int      // of the record that was read last
	next      int      // of the line that is read next
	back      []string // lines that were read ahead in vain
}

func newTable(r io.Reader, separator string) *table {
	t := &table{r: bufio.NewReaderSize(r, maxLine), separator: ',', next: 1}
	if separator != "" {
		t.separator = separator[0]
	}
	if bom, err := t.r.Peek(3); err == nil && string(bom) == "\ufeff" {
		t.r.Discard(3) //nolint:errcheck // it was there
	}
	return t
}

// errRecord is a record that cannot be read; reading may go on.
type errRecord string

func (e errRecord) Error() string { return string(e) }

// read returns the next record, with an errRecord where it is faulty, and io.EOF at the end.
func (t *table) read() ([]string, error) {
	for {
		first, err := t.takeLine()
		if err != nil {
			return nil, err
		}
		t.line = t.next - 1
		switch {
		case len(first) > maxLine:
			return nil, errRecord("is longer than 64 KiB")
		case first == "":
			continue
		case !utf8.ValidString(first):
			return nil, errRecord("is not UTF-8 text")
		}
		return t.record(first)
	}
}

// record splits a line, and reads on where a quoted cell does not end in it.
func (t *table) record(text string) ([]string, error) {
	var ahead []string
	for {
		cells, err := split(text, t.separator)
		if !errors.Is(err, errOpen) {
			if err != nil {
				t.giveBack(ahead)
			}
			return cells, err
		}
		more, lineErr := t.takeLine()
		if lineErr == nil {
			ahead = append(ahead, more)
			text += "\n" + more
		}
		if lineErr != nil || len(ahead) > maxSpans || len(text) > maxLine || !utf8.ValidString(more) {
			t.giveBack(ahead)
			return nil, err
		}
	}
}

const errOpen = errRecord("has a quotation mark that is never closed")

// split cuts one record into cells.
func split(text string, separator byte) (cells []string, err error) {
	for {
		if !strings.HasPrefix(text, `"`) {
			cell, rest, more := strings.Cut(text, string(separator))
			if strings.Contains(cell, `"`) {
				return nil, errRecord("has a quotation mark in the middle of a cell")
			}
			cells = append(cells, cell)
			if !more {
				return cells, nil
			}
			text = rest
			continue
		}
		cell, rest, err := quoted(text[1:])
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if rest == "" {
			return cells, nil
		}
		if rest[0] != separator {
			return nil, errRecord("has text after a closing quotation mark")
		}
		text = rest[1:]
	}
}

// quoted reads up to the closing quotation mark; two of them stand for one.
func quoted(text string) (cell, rest string, err error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `"`)
		if !found {
			return "", "", errOpen
		}
		b.WriteString(before)
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, nil
		}
		b.WriteByte('"')
		text = after[1:]
	}
}

// takeLine returns the next line without its end. Of a line that is too long, it returns no more
// than shows that it is.
func (t *table) takeLine() (string, error) {
	if len(t.back) > 0 {
		line := t.back[0]
		t.back, t.next = t.back[1:], t.next+1
		return line, nil
	}
	var b []byte
	for {
		part, err := t.r.ReadSlice('\n')
		if len(b) <= maxLine {
			b = append(b, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(b) == 0:
			return "", io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return "", err
		}
		t.next++
		return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), nil
	}
}

func (t *table) giveBack(lines []string) {
	t.back = append(lines, t.back...)
	t.next -= len(lines)
}
