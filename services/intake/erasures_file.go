package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kith.internal/events"
	"kith.internal/libs/disk"
	"kith.internal/libs/fault"
)

// Erasure is a line of the erasures file: who is erased, and when that began. The file lies outside
// every backup, for whatever is restored from one has to be erased again.
type Erasure struct {
	Person events.PersonID
	At     time.Time
}

// erasureLine is how long a line is: a time in seconds, a space, a pseudonym.
const erasureLine = len("2006-01-02T15:04:05Z paaaaaaaaaaaaaaaa")

func (e Erasure) String() string { return e.At.UTC().Format(time.RFC3339) + " " + string(e.Person) }

// ReadErasures reads an erasures file. A line that is too short is what a crash left before its
// erasure began; but where the file ends with one, it may be a copy that is cut short, and is refused.
func ReadErasures(path string) ([]Erasure, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("erasures file: %w", err)
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		return nil, fmt.Errorf("erasures file %s: its last line is cut short: copy it again", path)
	}
	var all []Erasure
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if len(line) < erasureLine {
			continue
		}
		e, ok := parseErasure(line)
		if !ok {
			return nil, fmt.Errorf("erasures file %s: line %d is no time and pseudonym", path, number)
		}
		all = append(all, e)
	}
	return all, nil
}

func parseErasure(line string) (Erasure, bool) {
	at, who, _ := strings.Cut(line, " ")
	t, err := time.Parse(time.RFC3339, at)
	e := Erasure{events.PersonID(who), t}
	return e, err == nil && e.Person.Valid()
}

// erasuresFile is where erasures are noted before they begin. Several replicas may share it.
type erasuresFile struct {
	path string
	mu   sync.Mutex
}

var errNoErasuresFile = fault.New(fault.Unavailable, "no-erasures-file",
	"nobody can be erased here: intake has no --erasures-file, without which a backup would bring them back")

// begin makes the file where there is none, and notes who was erased before: that nobody was is said by an
// empty one.
func (f *erasuresFile) begin(before []Erasure) error {
	if f.path == "" {
		return nil
	}
	file, err := os.OpenFile(f.path, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("erasures file: %w", err)
	}
	err = errors.Join(file.Close(), disk.Sync(filepath.Dir(f.path)))
	for _, e := range before {
		err = errors.Join(err, f.note(e))
	}
	return err
}

// usable fails where nothing could be noted.
func (f *erasuresFile) usable() error {
	if f.path == "" {
		return errNoErasuresFile
	}
	return nil
}

// note returns once an erasure stands in the file, on disk. One that does already is left alone.
func (f *erasuresFile) note(e Erasure) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("erasures file: %w", err)
	}
	if err := errors.Join(add(file, e), file.Sync(), file.Close(), disk.Sync(filepath.Dir(f.path))); err != nil {
		return fmt.Errorf("erasures file: %w", err)
	}
	return nil
}

// add writes one whole line, also after one that a crash has cut short.
func add(file *os.File, e Erasure) error {
	text, err := io.ReadAll(file)
	if err != nil || bytes.Contains(text, []byte(" "+e.Person+"\n")) {
		return err
	}
	line := e.String() + "\n"
	if len(text) > 0 && text[len(text)-1] != '\n' {
		line = "\n" + line
	}
	_, err = file.WriteString(line)
	return err
}
