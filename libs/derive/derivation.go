package derive

import "kith.internal/events"

// Derivation is what a service derives from what: all that a replay of it elsewhere has to know.
type Derivation struct {
	Service string           // also in the ids and causes of what follows
	Bucket  string           // of its documents
	Layout  int              // version of the documents' form
	Inputs  []string         // subject filters
	Owns    []events.Context // contexts it derives facts in
	Version string           // of the rules' code; another one whenever the same log would give other facts
	Rules   func() Rules     // anew for each fold of the log, as several may go on at the same time
}

// Config is what an engine has to know of it.
func (d Derivation) Config() Config {
	return Config{Service: d.Service, Bucket: d.Bucket, Layout: d.Layout, Inputs: d.Inputs, Owns: d.Owns, Version: d.Version, Anew: d.Rules}
}
