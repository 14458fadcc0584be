package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// The help of every command fits into a terminal as it opens, but for tables and examples, and has an example.
func TestHelpFits(t *testing.T) {
	s := &shell{Env: Env{Getenv: func(string) string { return "" }}}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		var help bytes.Buffer
		c.SetOut(&help)
		if err := c.Help(); err != nil {
			t.Error(err)
		}
		text, examples, _ := strings.Cut(help.String(), "Examples:\n")
		_, flags, _ := strings.Cut(examples, "\n\n")
		for line := range strings.Lines(text + flags) {
			table := strings.HasPrefix(line, "  ") && strings.Contains(c.Long, strings.TrimRight(line, "\n"))
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth && !table {
				t.Errorf("%s: %d columns: %s", c.CommandPath(), n, line)
			}
		}
		if !c.HasSubCommands() && c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, one := range c.Commands() {
			walk(one)
		}
	}
	walk(s.root())
}
