package projection

import "context"

// Each calls fn with every record of the generation that is live at the call. It fails with kind
// Unavailable, also where there are no documents of the reader's log.
func (r *Reader) Each(ctx context.Context, fn func(Record) error) error {
	g, err := r.generation(ctx)
	if err != nil {
		return err
	}
	_, err = g.Scan(ctx, 0, func(number uint64, rec Record) error {
		if number != g.number {
			return nil
		}
		return fn(rec)
	})
	return err
}

// Each calls fn with every record.
func (m *Memory) Each(_ context.Context, fn func(Record) error) error {
	for _, r := range m.records {
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// Clear removes every record, and the progress.
func (m *Memory) Clear(context.Context) error {
	*m = *NewMemory()
	return nil
}
