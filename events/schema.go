package events

import "embed"

// The schemas are written from the Go types, their tags and comments by go test -update; a test
// fails where they do not agree.
//
//go:embed schemas/*.json
var schemas embed.FS

// Schema returns the JSON Schema (2020-12) of the body of the fact called name, as it stands in
// the log: people are pseudonyms, secrets are sealed. It returns false where the catalogue has
// no such fact. Rules that span fields are not in it; Validate knows them.
func Schema(name string) ([]byte, bool) {
	text, err := schemas.ReadFile("schemas/" + name + ".json")
	return text, err == nil
}
