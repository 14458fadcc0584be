package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// helpWidth is how wide help is: as wide as a terminal is when it opens.
const helpWidth = 80

// foldHelp breaks the help of a command and of those below it into lines that a terminal shows whole.
func foldHelp(c *cobra.Command) {
	c.Long = folded(c.Long)
	for _, one := range c.Commands() {
		foldHelp(one)
	}
}

// folded breaks paragraphs into lines; what is indented, such as a table, stays as it is.
func folded(text string) string {
	var out, paragraph []string
	end := func() {
		if paragraph != nil {
			out, paragraph = append(out, wrapped(strings.Join(paragraph, " "), helpWidth)), nil
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if line != "" && !strings.HasPrefix(line, " ") {
			paragraph = append(paragraph, line)
			continue
		}
		end()
		out = append(out, line)
	}
	end()
	return strings.Join(out, "\n")
}

// foldedFlags is cobra's template of usage, with the flags broken into lines.
func foldedFlags(template string) string {
	return strings.ReplaceAll(template, "Flags.FlagUsages ", "Flags.FlagUsagesWrapped 80 ")
}

// under adds commands under a heading of their own.
func under(root *cobra.Command, heading string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: heading, Title: heading})
	for _, c := range commands {
		c.GroupID = heading
	}
	root.AddCommand(commands...)
}

// group is a command that only holds others: a word that is none of them is a mistake, and no call for help.
func group(c *cobra.Command) *cobra.Command {
	c.Args = cobra.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	return c
}
