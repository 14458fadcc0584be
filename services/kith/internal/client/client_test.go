package client

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kith.internal/libs/fault"
)

// serve answers every request with what f writes.
func serve(t *testing.T, f http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	c, err := New(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAsksAsSomebody(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != "/intake/v1/people/hr:42%2F7" || r.Header.Get("Kith-Viewer") != "integration:kith-cli" {
			t.Errorf("asked for %s as %q", r.URL.EscapedPath(), r.Header.Get("Kith-Viewer"))
		}
		io.WriteString(w, `{"person":"p2222222222222222","name":"Ann","level":3}`) //nolint:errcheck // a test server
	})
	p, err := c.As("integration:kith-cli").Person(t.Context(), "hr:42/7")
	if err != nil || p.Name != "Ann" || p.Level != 3 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestAProblemKeepsItsFields(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fault.Write(w, r, fault.New(fault.Invalid, "invalid-fact", "the fact is not valid", fault.Field{Name: "stake", Reason: "is required"}))
	})
	_, err := c.Record(t.Context(), Event{})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "invalid-fact" || len(f.Fields) != 1 || f.Fields[0].Name != "stake" {
		t.Errorf("got %v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	c, err := New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.People(t.Context(), PeopleQuery{})
	var u *Unreachable
	if !errors.As(err, &u) || u.Server != s.URL {
		t.Errorf("got %v", err)
	}
	for _, address := range []string{"", "localhost", "ftp://kith", "http://"} {
		if _, err := New(address); err == nil {
			t.Errorf("%q is taken for a server", address)
		}
	}
}

func TestOpenGaps(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"floor": 5, "smallestCrowd": 11, "suppressedCells": 1, "weeks": [{"week": "2026-w12", "policy": "default", "cells": [`+ //nolint:errcheck // a test server
			`{"cell": "everybody", "metric": "mentor", "value": 50, "people": 88},`+
			`{"cell": "everybody", "metric": "gap-missing-role-sponsor", "value": 50, "people": 88},`+
			`{"cell": "everybody", "metric": "gap-isolation", "suppressed": true}]}]}`)
	})
	cells, withheld, _, err := c.OpenGaps(t.Context())
	if err != nil || withheld != 1 || len(cells) != 1 || cells[0] != (Cell{"missing-role", "sponsor", 40, 50}) {
		t.Errorf("got %+v, %d, %v", cells, withheld, err)
	}
}

// importServer reads the whole form, as intake does, and answers with lines.
func importServer(t *testing.T, lines string) *Client {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		if m, f := r.MultipartForm.File["mapping"], r.MultipartForm.File["file"]; len(m) != 1 || len(f) != 2 || f[1].Filename != "b.csv" {
			t.Errorf("the form has %d mappings, %d files", len(m), len(f))
		}
		io.WriteString(w, lines) //nolint:errcheck // a test server
	})
}

func filesToImport() []ImportFile {
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x\n1\n")), nil }
	return []ImportFile{{"a.csv", open}, {"b.csv", open}}
}

func TestImport(t *testing.T) {
	c := importServer(t, `{"error":{"file":"a.csv","line":7,"field":"stake","column":"how","reason":"is required"}}
{"progress":{"file":"a.csv","line":9,"accepted":8,"duplicate":0,"refused":1}}
{"done":{"accepted":8,"duplicate":0,"refused":1,"sequence":12,"about":"x"}}
`)
	var got []ImportRecord
	err := c.Import(t.Context(), []byte("kith: 1"), filesToImport(), func(r ImportRecord) error { got = append(got, r); return nil })
	if err != nil || len(got) != 3 || got[0].Error.Column != "how" || got[1].Progress.Line != 9 || got[2].Done.Refused != 1 || got[2].Done.Sequence != 12 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestImportThatEndsTooEarly(t *testing.T) {
	for lines, want := range map[string]error{
		`{"progress":{"accepted":8}}` + "\n":                                               errCutShort,
		`{"failed":{"type":"urn:kith:problem:log","status":503,"detail":"no log"}}` + "\n": fault.New(fault.Unavailable, "log", "no log"),
	} {
		err := importServer(t, lines).Import(t.Context(), nil, filesToImport(), func(ImportRecord) error { return nil })
		if err == nil || err.Error() != want.Error() {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestImportOfAFileThatCannotBeRead(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }) //nolint:errcheck // it ends early, on purpose
	gone := errors.New("gone")
	err := c.Import(t.Context(), nil, []ImportFile{{"a.csv", func() (io.ReadCloser, error) { return nil, gone }}}, nil)
	var unreadable *Unreadable
	if !errors.Is(err, gone) || !errors.As(err, &unreadable) || unreadable.Name != "a.csv" {
		t.Errorf("got %v", err)
	}
}

// TestAFailedImportKeepsItsKind: what the sender has to change is not to be tried again.
func TestAFailedImportKeepsItsKind(t *testing.T) {
	lines := `{"failed":{"type":"urn:kith:problem:file","title":"Invalid request","status":400,"detail":"a file cannot be read"}}` + "\n"
	err := importServer(t, lines).Import(t.Context(), nil, filesToImport(), func(ImportRecord) error { return nil })
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Code != "file" {
		t.Errorf("got %v", err)
	}
}

// TestALogThatBreaksOff: what passes is not said to be a defect of the server, and nothing passes for the whole log.
func TestALogThatBreaksOff(t *testing.T) {
	lines := `{"seq":1}` + "\n" + `{"failed":{"type":"urn:kith:problem:log","status":503,"detail":"no log"}}` + "\n"
	var got strings.Builder
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, lines) }) //nolint:errcheck // a test server
	err := c.Log(t.Context(), &got)
	if fault.KindOf(err) != fault.Unavailable || got.String() != `{"seq":1}`+"\n" {
		t.Errorf("got %q, %v", &got, err)
	}
}
