package projection

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Memory is a Store for pure replays and tests.
type Memory struct {
	records  map[string]Record
	progress Progress
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{records: map[string]Record{}} }

// Load implements Store.
func (m *Memory) Load(_ context.Context, key string) (*Record, error) {
	r, ok := m.records[key]
	if !ok {
		return nil, nil
	}
	return &r, nil
}

// Keys implements Store.
func (m *Memory) Keys(_ context.Context, prefix string) ([]string, error) {
	keys := slices.Sorted(maps.Keys(m.records))
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) }), nil
}

// Progress implements Store.
func (m *Memory) Progress(context.Context) (Progress, error) { return m.progress, nil }

// Commit implements Store.
func (m *Memory) Commit(_ context.Context, records []Record, p Progress) error {
	for _, r := range records {
		m.records[r.Key] = r
	}
	m.progress = p
	return nil
}

// Records returns every record by key.
func (m *Memory) Records() map[string]Record { return maps.Clone(m.records) }
