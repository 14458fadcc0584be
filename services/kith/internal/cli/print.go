package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// json writes a document for programs: indented, with a newline.
func (s *shell) json(v any) error {
	e := json.NewEncoder(s.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (s *shell) printf(format string, args ...any) { fmt.Fprintf(s.Stdout, format, args...) }

// table prints rows in columns under a heading; an indent stands before each line.
func (s *shell) table(indent string, heading []string, rows [][]string) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	if heading != nil {
		fmt.Fprintln(w, strings.Join(heading, "\t"))
	}
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush() //nolint:errcheck // a strings.Builder takes everything
	for line := range strings.Lines(text.String()) {
		io.WriteString(s.Stdout, indent+strings.TrimRight(line, " \n")+"\n") //nolint:errcheck // nobody is left to tell
	}
}

// date is a day in the local time zone, such as 4 Mar 2026.
func (s *shell) date(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(s.Zone).Format("2 Jan 2006")
}

// clock is a moment in the local time zone, which it names: 4 Mar 2026 09:30 CET.
func (s *shell) clock(t time.Time) string { return t.In(s.Zone).Format("2 Jan 2006 15:04 MST") }

// day is a date to come, or today where the time has come.
func (s *shell) day(t time.Time) string {
	if said := s.date(t); said != s.date(s.Now()) {
		return said
	}
	return "today"
}

// ago says how long a day is past, roughly.
func (s *shell) ago(t time.Time) string {
	switch days := int(s.Now().Sub(t).Hours() / 24); {
	case days < 1:
		return "today"
	case days == 1:
		return "yesterday"
	case days < 14:
		return fmt.Sprintf("%d days ago", days)
	case days < 60:
		return fmt.Sprintf("%d weeks ago", days/7)
	case days < 730:
		return fmt.Sprintf("%d months ago", days/30)
	default:
		return fmt.Sprintf("%d years ago", days/365)
	}
}

// number is a weight or a score: two digits at most, no trailing zeros beyond one.
func number(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%.2f", f), "0") }

// plural is "1 gap" or "3 gaps".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// list joins words as people do: a, b and c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func lower(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// wrapped breaks a paragraph into lines of at most width characters.
func wrapped(text string, width int) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return strings.Join(append(lines, line), "\n")
}
