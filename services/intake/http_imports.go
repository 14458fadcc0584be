package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"

	"kith.internal/libs/fault"
	"kith.internal/services/intake/mapping"
)

const maxMapping = 1 << 20

// postImport takes multipart/form-data: a part mapping (YAML), then a part file for each file. It
// answers line by line: {"progress":…}, {"error":…} for each mistake, and at last {"done":…}, or
// {"failed":…} with a problem where the import could not go on; then the same import again goes
// on where it ended.
func (s *Service) postImport(w http.ResponseWriter, r *http.Request) error {
	viewer, err := s.ready(r)
	if err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "content-type", "send multipart/form-data: a part mapping, then a part file for each file")
	}
	m, err := readMapping(parts)
	if err != nil {
		return err
	}
	ctx := detached(r.Context())
	answer := &ndjson{w: w, out: http.NewResponseController(w)}
	i, err := s.newImport(ctx, viewer, m, Report{
		Progress: func(p Progress) { answer.write(map[string]any{"progress": p}) },
		Problem:  func(p mapping.Problem) { answer.write(map[string]any{"error": p}) },
	})
	if err != nil {
		return err
	}
	defer i.close()
	answer.begin() //nolint:errcheck // the sender has left; the import goes on
	defer toItsEnd(r.Body)
	err = i.parts(parts)
	var done Done
	if err == nil {
		done, err = i.finish()
	}
	if err != nil {
		s.slog.Log(ctx, fault.KindOf(err).Level(), "import failed", "mapping", m.Name, "error", err)
		answer.write(map[string]any{"failed": fault.ProblemOf(err), "progress": i.at})
		return nil
	}
	answer.write(map[string]any{"done": done})
	return nil
}

func readMapping(parts *multipart.Reader) (*mapping.Mapping, error) {
	part, err := parts.NextPart()
	if err != nil || part.FormName() != "mapping" {
		return nil, fault.New(fault.Invalid, "mapping", "the first part is not called mapping")
	}
	text, err := io.ReadAll(io.LimitReader(part, maxMapping+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(text) > maxMapping:
		return nil, fault.New(fault.TooLarge, "mapping-too-large", "a mapping is at most 1 MiB")
	}
	m, err := mapping.Parse(text)
	var wrong *mapping.Problems
	if errors.As(err, &wrong) {
		return nil, fault.New(fault.Invalid, "mapping", "the mapping is faulty", fields(wrong)...)
	}
	return m, err
}

func fields(p *mapping.Problems) []fault.Field {
	var all []fault.Field
	for _, one := range p.All {
		if one.Field == "" {
			one.Field = "mapping"
		}
		all = append(all, fault.Field{Name: one.Field, Reason: one.Reason})
	}
	return all
}

// parts imports each file as it arrives, where the order allows it; what has to wait for others
// is kept in a temporary file.
func (i *importing) parts(parts *multipart.Reader) error {
	var kept []mapping.Input
	defer func() { discard(kept) }()
	waiting := map[*mapping.File]bool{}
	for _, f := range i.m.Files {
		waiting[f] = f.Kind == mapping.OfPeople
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return i.files(kept)
		}
		if err != nil {
			return unreadable(err)
		}
		f, ok := i.m.Match(part.FileName())
		if part.FormName() != "file" || !ok {
			return fault.New(fault.Invalid, "file", fmt.Sprintf("no file of the mapping is called %q", part.FileName()))
		}
		in := mapping.Input{Name: part.FileName(), File: f, Open: func() (io.ReadCloser, error) { return part, nil }}
		if waiting[f] = false; !i.ahead() && (f.Kind == mapping.OfPeople || !some(waiting)) {
			err = i.file(in)
		} else if in, err = keep(in); err == nil {
			kept = append(kept, in)
		}
		if err != nil {
			return err
		}
	}
}

func some(set map[*mapping.File]bool) bool {
	for _, yes := range set {
		if yes {
			return true
		}
	}
	return false
}

// keep copies an input to where it can be read more than once.
func keep(in mapping.Input) (mapping.Input, error) {
	f, err := os.CreateTemp("", "kith-import-*")
	if err != nil {
		return in, err
	}
	r, err := in.Open()
	if err == nil {
		_, err = io.Copy(f, r)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return in, errors.Join(unreadable(err), os.Remove(f.Name()))
	}
	in.Open = func() (io.ReadCloser, error) { return os.Open(f.Name()) }
	in.Kept = f.Name()
	return in, nil
}

func discard(kept []mapping.Input) {
	for _, in := range kept {
		os.Remove(in.Kept) //nolint:errcheck // the system clears its temporary files too
	}
}

// ndjson is an answer of lines, each sent at once.
type ndjson struct {
	w   http.ResponseWriter
	out *http.ResponseController
}

// begin answers while the body is still being read. It fails where the sender has left.
func (n *ndjson) begin() error {
	n.out.EnableFullDuplex() //nolint:errcheck // HTTP/2 always is
	n.w.Header().Set("Content-Type", "application/x-ndjson")
	n.w.Header().Set("X-Content-Type-Options", "nosniff")
	n.w.WriteHeader(http.StatusOK)
	return n.out.Flush()
}

func (n *ndjson) write(v any) {
	json.NewEncoder(n.w).Encode(v) //nolint:errcheck // the sender has left; the import goes on
	n.out.Flush()                  //nolint:errcheck // as above
}
