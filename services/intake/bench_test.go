package intake_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"kith.internal/libs/natstest"
)

// BenchmarkLines measures streamed acts, each on disk before it is answered.
func BenchmarkLines(b *testing.B) {
	u := start(b, natstest.Connect(b))
	var people []string
	for i := range 100 {
		people = append(people, joined(fmt.Sprint(i)))
	}
	u.accepted(people...)
	b.Run("new", func(b *testing.B) { stream(b, u) })
	b.Run("duplicate", func(b *testing.B) { stream(b, u) })
}

// stream sends b.N acts: for the first time, or again.
func stream(b *testing.B, u *server) {
	var text strings.Builder
	for i := range b.N {
		text.WriteString(advice(fmt.Sprint("bench-", i), fmt.Sprint(i%100), fmt.Sprint((i+1)%100)) + "\n")
	}
	b.ResetTimer()
	resp := u.request("", "POST", "/intake/v1/events", "application/x-ndjson", strings.NewReader(text.String()))
	body, err := io.ReadAll(resp.Body)
	if err != nil || strings.Count(string(body), "\n") != b.N {
		b.Fatal(err, len(body))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "facts/s")
}
