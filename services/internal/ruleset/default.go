package ruleset

import _ "embed" // default.yaml

//go:embed default.yaml
var defaultText string

// DefaultText is the ruleset that intake activates when a log begins; it also holds in a log that
// has none.
func DefaultText() string { return defaultText }

// Default parses DefaultText.
func Default() (*Ruleset, error) { return Parse(defaultText) }
