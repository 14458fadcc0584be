package live

import "time"

// Beat makes streams say more often that they live.
func (l *Live) Beat(every time.Duration) { l.beat = every }
