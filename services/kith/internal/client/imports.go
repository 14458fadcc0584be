package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// ImportFile is a file of an import. Its name decides what the mapping makes of it.
type ImportFile struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// ImportRecord is one line of what the server tells of an import: one of its fields is set.
type ImportRecord struct {
	Error    *ImportError   `json:"error,omitempty"`
	Progress *ImportCounts  `json:"progress,omitempty"`
	Done     *ImportDone    `json:"done,omitempty"`
	Failed   *fault.Problem `json:"failed,omitempty"`
}

// ImportError is one mistake in a file.
type ImportError struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Field  string `json:"field,omitempty"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// ImportCounts is how far an import has come.
type ImportCounts struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Accepted  int    `json:"accepted"`
	Duplicate int    `json:"duplicate"`
	Refused   int    `json:"refused"`
}

// ImportDone is what became of an import.
type ImportDone struct {
	Mapping      events.Code `json:"mapping"`
	Accepted     int         `json:"accepted"`  // stored for the first time
	Duplicate    int         `json:"duplicate"` // stored by an earlier run
	Refused      int         `json:"refused"`
	Derived      int         `json:"derived,omitempty"` // people who follow from a file of acts
	ShiftSeconds int64       `json:"shiftSeconds,omitempty"`
	Sequence     uint64      `json:"sequence,omitempty"` // of its last fact; 0 where nothing was new
	About        string      `json:"about,omitempty"`
}

// errCutShort is an import of which the end was not told.
var errCutShort = errors.New("the server stopped in the middle of the import; run it again: what is stored is not stored twice")

// Unreadable is the error of a file to send that could not be read.
type Unreadable struct {
	Name string
	Err  error
}

// Error says which file it is.
func (e *Unreadable) Error() string { return fmt.Sprintf("%s cannot be read: %v", e.Name, e.Err) }

// Unwrap returns what reading failed with.
func (e *Unreadable) Unwrap() error { return e.Err }

// Import sends files with their mapping and calls report with what the server tells, until the
// import is done. It fails with an *Unreadable where a file cannot be sent, with what report fails
// with, and with a *fault.Error where the import could not go on.
func (c *Client) Import(ctx context.Context, mapping []byte, files []ImportFile, report func(ImportRecord) error) error {
	body, w := io.Pipe()
	form := multipart.NewWriter(w)
	defer body.Close() //nolint:errcheck // it returns nil; the writer must not wait for a reader that has gone
	sent := make(chan error, 1)
	go func() {
		err := write(form, mapping, files)
		sent <- err
		w.CloseWithError(err)
	}()
	resp, err := c.do(ctx, "POST", "/intake/v1/imports", nil, form.FormDataContentType(), body)
	if err == nil {
		defer resp.Body.Close()
		err = follow(json.NewDecoder(resp.Body), report)
	}
	return blamed(err, sent)
}

// blamed is the failure of an import: that of a file where one could not be read, whatever the
// server made of a body that breaks off.
func blamed(err error, sent <-chan error) error {
	if err == nil {
		return nil
	}
	var file *Unreadable
	select {
	case other := <-sent:
		if errors.As(other, &file) {
			return file
		}
	default:
	}
	return err
}

func write(form *multipart.Writer, mapping []byte, files []ImportFile) error {
	part, err := form.CreateFormFile("mapping", "mapping.yaml")
	if err != nil {
		return err
	}
	if _, err := part.Write(mapping); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeFile(form, f); err != nil {
			return err
		}
	}
	return form.Close()
}

func writeFile(form *multipart.Writer, f ImportFile) error {
	in, err := f.Open()
	if err != nil {
		return &Unreadable{f.Name, err}
	}
	defer in.Close()
	part, err := form.CreateFormFile("file", f.Name)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, readable{f.Name, in})
	return err
}

// readable tells a failed read from a server that has gone.
type readable struct {
	name string
	in   io.Reader
}

func (r readable) Read(b []byte) (int, error) {
	n, err := r.in.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &Unreadable{r.name, err}
	}
	return n, err
}

func follow(records *json.Decoder, report func(ImportRecord) error) error {
	for {
		var r ImportRecord
		if err := records.Decode(&r); err != nil {
			return errCutShort
		}
		if r.Failed != nil {
			return r.Failed.Fault()
		}
		if err := report(r); err != nil || r.Done != nil {
			return err
		}
	}
}
