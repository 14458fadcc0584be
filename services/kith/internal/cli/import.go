package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/libs/fault"
	"kith.internal/services/intake/mapping"
	"kith.internal/services/kith/internal/client"
)

const importLong = `Import CSV files with a mapping: a YAML file that says which columns become which
facts. Examples with explanations are in deployments/examples.

Without FILE, the files that the mapping names are read from the current directory.
Good lines are imported whatever is wrong with the others; each mistake is named on
stderr by file, line, column (and field of the fact), and the exit code is then 3.
Importing again changes nothing and goes on where an import was cut short.`

// importing is what the flags of kith import say.
type importing struct {
	mapFile    string
	errorsFile string
	maxErrors  int
}

func (s *shell) importCommand() *cobra.Command {
	var im importing
	c := &cobra.Command{
		Use: "import --map MAP [FILE...]", Short: "Import CSV files with a mapping", Long: importLong,
		Example: "  kith import --map deployments/examples/lawfirm.yaml lawyers.csv ties.csv",
	}
	c.Flags().StringVar(&im.mapFile, "map", "", "the mapping, a YAML file")
	c.Flags().IntVar(&im.maxErrors, "max-errors", 20, "how many mistakes to show")
	c.Flags().StringVar(&im.errorsFile, "errors-file", "", "write all mistakes to this file")
	must(c.MarkFlagRequired("map"))
	must(c.MarkFlagFilename("map", "yaml", "yml"))
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.imports(ctx, im, args) })
	return c
}

// imported is the JSON of kith import.
type imported struct {
	client.ImportDone
	Errors []client.ImportError `json:"errors"` // at most --max-errors
}

func (s *shell) imports(ctx context.Context, im importing, args []string) error {
	text, err := os.ReadFile(im.mapFile)
	if err != nil {
		return usagef("%s: %v", im.mapFile, rootCause(err))
	}
	m, err := mapping.Parse(text)
	if err != nil {
		return mappingFault(im.mapFile, err)
	}
	files, size, err := filesOf(m, args)
	if err != nil {
		return err
	}
	errorsTo, err := openErrors(im.errorsFile)
	if err != nil {
		return err
	}
	v := &viewOfImport{s: s, max: im.maxErrors, all: errorsTo, progress: s.newProgress(size)}
	for i := range files {
		files[i].Open = v.progress.reading(files[i].Open)
	}
	err = s.api.As(self).Import(ctx, text, files, v.record)
	v.progress.end()
	if err == nil && v.done != nil {
		err = v.settle(ctx)
	}
	return cmp.Or(errors.Join(err, errorsTo.Close()), v.summary())
}

// settle waits until roles and gaps have followed from what was imported: who looks next sees them.
func (v *viewOfImport) settle(ctx context.Context) error {
	for said := false; ; said = true {
		err := v.s.api.As(self).Settled(ctx, v.done.Sequence)
		if fault.KindOf(err) != fault.Unavailable || ctx.Err() != nil {
			return err
		}
		if !said {
			fmt.Fprintln(v.s.Stderr, "Everything is stored. Working out roles and gaps …")
		}
	}
}

func mappingFault(file string, err error) error {
	var problems *mapping.Problems
	if !errors.As(err, &problems) {
		return usagef("%s: %v", file, err)
	}
	var b strings.Builder
	b.WriteString("the mapping is not valid:")
	for _, p := range problems.All {
		fmt.Fprintf(&b, "\n  %s: %s", file, strings.TrimSpace(p.Field+" "+p.Reason))
	}
	return usagef("%s", b.String())
}

// filesOf are the files to send, all of which are there, and their size together.
func filesOf(m *mapping.Mapping, args []string) (files []client.ImportFile, size int64, err error) {
	if len(args) == 0 {
		if args, err = filesHere(m); err != nil {
			return nil, 0, err
		}
	}
	for _, path := range args {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, 0, usagef("%s: %v", path, rootCause(err))
		case info.IsDir():
			return nil, 0, usagef("%s is a directory: name the files in it", path)
		}
		if _, known := m.Match(path); !known {
			return nil, 0, usagef("%s: the mapping has no file of this name; it has %s", path, list(namesIn(m)))
		}
		size += info.Size()
		files = append(files, client.ImportFile{Name: filepath.Base(path), Open: func() (io.ReadCloser, error) { return os.Open(path) }})
	}
	return files, size, nil
}

func namesIn(m *mapping.Mapping) (names []string) {
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	return names
}

// filesHere are the files in the current directory that the mapping names, packed or not.
func filesHere(m *mapping.Mapping) (found []string, err error) {
	for _, name := range namesIn(m) {
		plain, err1 := filepath.Glob(strings.TrimSuffix(name, ".gz"))
		packed, err2 := filepath.Glob(strings.TrimSuffix(name, ".gz") + ".gz")
		if err := errors.Join(err1, err2); err != nil {
			return nil, usagef("%s: %v", name, err)
		}
		if len(plain)+len(packed) == 0 {
			return nil, usagef("%s, which the mapping names, is not in the current directory: say where its files are", name)
		}
		found = append(append(found, plain...), packed...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// nowhere takes what nobody asked for.
type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

func openErrors(path string) (io.WriteCloser, error) {
	if path == "" {
		return nowhere{io.Discard}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, usagef("%s: %v", path, rootCause(err))
	}
	return f, nil
}

// viewOfImport shows what the server tells of an import.
type viewOfImport struct {
	s        *shell
	max      int
	all      io.Writer
	progress *progress
	shown    []client.ImportError
	errors   int
	done     *client.ImportDone
}

func (v *viewOfImport) record(r client.ImportRecord) error {
	switch {
	case r.Error != nil:
		return v.mistake(*r.Error)
	case r.Progress != nil:
		v.progress.counts(*r.Progress)
	case r.Done != nil:
		v.done = r.Done
	}
	return nil
}

func (v *viewOfImport) mistake(e client.ImportError) error {
	line := fmt.Sprintf("%s:%d %s", e.File, e.Line, strings.TrimSpace(named(e)+" "+e.Reason))
	if v.errors++; v.errors <= v.max {
		v.shown = append(v.shown, e)
		v.progress.clear()
		fmt.Fprintln(v.s.Stderr, line)
	}
	_, err := fmt.Fprintln(v.all, line)
	return err
}

// named is the column that a mistake is in, or the field where no column is.
func named(e client.ImportError) string {
	switch {
	case e.Column == "":
		return e.Field
	case e.Field == "" || e.Field == e.Column:
		return e.Column
	}
	return e.Column + " (" + e.Field + ")"
}

// summary says what became of the import; some refused lines have an exit code of their own.
func (v *viewOfImport) summary() error {
	if v.done == nil {
		return nil
	}
	if more := v.errors - len(v.shown); more > 0 {
		fmt.Fprintf(v.s.Stderr, "and %s; see all with --errors-file FILE\n", plural(more, "more mistake", "more mistakes"))
	}
	if err := v.print(); err != nil {
		return err
	}
	if v.done.Refused > 0 {
		return &partial{v.done.Refused}
	}
	return nil
}

func (v *viewOfImport) print() error {
	d := v.done
	if v.s.output == "json" {
		return v.s.json(imported{*d, append([]client.ImportError{}, v.shown...)})
	}
	v.s.printf("Imported %s; %d known before, %d refused. That took %s%s.\n", plural(d.Accepted, "new fact", "new facts"), d.Duplicate, d.Refused,
		v.progress.took().Round(100*time.Millisecond), v.progress.rate(d.Accepted+d.Duplicate))
	if d.Derived > 0 {
		v.s.printf("%s from a file of acts.\n", capital(plural(d.Derived, "fact about people follows", "facts about people follow")))
	}
	if d.ShiftSeconds != 0 {
		v.s.printf("Its times were moved by %s, so that its last act is recent.\n", plural(int(d.ShiftSeconds/86400), "day", "days"))
	}
	if d.Refused > 0 {
		v.s.printf("To bring in what was refused, mend these lines and import the file again: nothing is stored twice.\n")
	}
	if d.About != "" {
		v.s.printf("\n%s\n\n", wrapped(d.About, 80))
	}
	v.s.printf("Now look around: kith people\n")
	return nil
}
