package backup

import (
	"testing"
	"time"
)

// SetSilence shortens how long nothing may come, for a test.
func SetSilence(t *testing.T, d time.Duration) {
	t.Helper()
	was := silence
	silence = d
	t.Cleanup(func() { silence = was })
}
