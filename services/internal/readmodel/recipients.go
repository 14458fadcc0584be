package readmodel

import (
	"slices"
	"strings"

	"kith.internal/events"
)

// RecipientsKey is where it stands in Ties whom somebody supports.
func RecipientsKey(supporter events.PersonID) string { return "given." + string(supporter) }

// Recipients are whom somebody supports. Of the very many whom somebody may support the first are named in
// one document, and each of the others is a document behind it, whose key says everything.
type Recipients struct {
	Recipients []events.PersonID `json:"recipients,omitempty"` // sorted
	More       bool              `json:"more,omitempty"`       // there are documents behind it
}

// With is everybody there is, the keys of the documents behind it included, sorted.
func (r *Recipients) With(keys []string) []events.PersonID {
	all := append([]events.PersonID{}, r.Recipients...)
	for _, key := range keys {
		all = append(all, events.PersonID(key[strings.LastIndexByte(key, '.')+1:]))
	}
	slices.Sort(all)
	return all
}
