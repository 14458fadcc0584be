package projection

import (
	"context"
	"slices"
	"strings"
)

// Scratch returns documents that are never committed, of which there may be very many: Keys finds those of
// one person without a look at all of them.
func Scratch(ctx context.Context) *Docs {
	d := NewDocs(ctx, NewMemory())
	d.index = map[string][]string{}
	return d
}

// keep remembers a document from its first change on. What is not there a scratch need not remember.
func (d *Docs) keep(e *entry) {
	d.cached[e.Key] = e
	if of := family(e.Key); of != "" {
		d.index[of] = append(d.index[of], e.Key)
	}
}

// family is the first two parts of a key with the dots behind them, as of all documents of one kind and
// one person; "" where it has fewer.
func family(key string) string {
	kind := strings.IndexByte(key, '.') + 1
	id := strings.IndexByte(key[kind:], '.') + 1
	if kind == 0 || id == 0 {
		return ""
	}
	return key[:kind+id]
}

// indexed is the dirty keys that begin with prefix; false where the index does not tell.
func (d *Docs) indexed(prefix string) ([]string, bool) {
	of := family(prefix)
	if d.index == nil || of == "" {
		return nil, false
	}
	keys := slices.Clone(d.index[of])
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) }), true
}

// Shown returns the document at key as another service reads it: by its stored form, of which that one
// knows a part. Nil where there is none.
func Shown[T any](d *Docs, key string) (*T, error) {
	e, err := d.entry(key)
	if err != nil {
		return nil, err
	}
	r := entry{Record: e.Record, doc: e.doc}
	if err := r.encode(); err != nil || r.Body == nil {
		return nil, err
	}
	doc := new(T)
	return doc, unmarshal(r.Body, doc)
}
