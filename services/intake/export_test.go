package intake

import "time"

// Later makes it another day for s; before it is asked anything.
func Later(s *Service, by time.Duration) { s.now = func() time.Time { return time.Now().Add(by) } }
