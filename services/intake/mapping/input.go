package mapping

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
)

// Input is a file and what the mapping says of it.
type Input struct {
	Name string // as it was given
	File *File
	Open func() (io.ReadCloser, error) // from its beginning; more than once only for Survey and Rows both
	Kept string                        // where a copy of it is kept meanwhile, or empty
}

// Match finds what the mapping says of a file, by its name without folders.
func (m *Mapping) Match(name string) (*File, bool) {
	base := strings.TrimSuffix(path.Base(strings.ReplaceAll(name, `\`, "/")), ".gz")
	for _, f := range m.Files {
		if ok, _ := path.Match(strings.TrimSuffix(f.Name, ".gz"), base); ok {
			return f, true
		}
	}
	return nil, false
}

// Arrange puts inputs in the order in which they are read: people before acts, and each kind as
// the mapping lists its files.
func (m *Mapping) Arrange(inputs []Input) {
	slices.SortStableFunc(inputs, func(a, b Input) int {
		return cmp.Or(cmp.Compare(a.File.rank(), b.File.rank()), cmp.Compare(m.place(a.File), m.place(b.File)))
	})
}

func (m *Mapping) place(f *File) int { return slices.Index(m.Files, f) }

func (f *File) rank() int {
	if f.Kind == OfPeople {
		return 0
	}
	return 1
}

// records streams the rows of a file.
func (in Input) records(ctx context.Context) iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		r, err := in.open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.Close()
		t := newTable(r, in.File.Separator)
		rec, err := in.header(t)
		if err != nil || rec.problem != nil {
			yield(rec, err)
			return
		}
		for width := len(rec.cells); ctx.Err() == nil; {
			cells, err := t.read()
			if errors.Is(err, io.EOF) {
				return
			}
			rec.line, rec.cells, rec.problem = t.line, cells, nil
			var faulty errRecord
			switch {
			case errors.As(err, &faulty):
				rec.problem = &Problem{Line: t.line, Reason: faulty.Error()}
			case err != nil:
				yield(nil, fmt.Errorf("read %s: %w", in.Name, err))
				return
			case len(cells) != width:
				rec.problem = &Problem{Line: t.line, Reason: fmt.Sprintf("has %d cells, and the first line has %d", len(cells), width)}
			}
			if !yield(rec, nil) {
				return
			}
		}
		yield(nil, ctx.Err())
	}
}

// row is a record, or what is wrong with it. One is used for all rows of a file.
type row struct {
	record
	problem *Problem
}

// header reads the first line, which names the columns.
func (in Input) header(t *table) (*row, error) {
	names, err := t.read()
	rec := &row{record: record{line: 1, index: map[string]int{}, cells: names}}
	var faulty errRecord
	switch {
	case errors.Is(err, io.EOF):
		rec.problem = &Problem{Line: 1, Reason: "the file is empty"}
		return rec, nil
	case errors.As(err, &faulty):
		rec.problem = &Problem{Line: 1, Reason: faulty.Error()}
		return rec, nil
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", in.Name, err)
	}
	var missing []string
	for alias, column := range in.File.Columns {
		at := slices.IndexFunc(names, func(n string) bool { return strings.TrimSpace(n) == column })
		if at < 0 {
			missing = append(missing, column)
		}
		rec.index[alias] = at
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		rec.problem = &Problem{Line: 1, Column: strings.Join(missing, ", "), Reason: absent(len(missing), len(names))}
	}
	return rec, nil
}

// absent is what is said of columns that a file lacks.
func absent(missing, cells int) string {
	said := "is no column of the file"
	if missing > 1 {
		said = "are no columns of the file"
	}
	if missing > 1 && cells == 1 {
		said += ", whose first line is a single cell: perhaps the separator is another"
	}
	return said
}

// open unpacks what is named .gz.
func (in Input) open() (io.ReadCloser, error) {
	r, err := in.Open()
	if err != nil || !strings.HasSuffix(in.Name, ".gz") {
		return r, err
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("unpack %s: %w", in.Name, err)
	}
	return unpacked{z, r}, nil
}

type unpacked struct {
	io.Reader
	file io.Closer
}

func (u unpacked) Close() error { return u.file.Close() }
