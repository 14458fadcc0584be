package events_test

import (
	"testing"
	"time"

	"kith.internal/events"
)

// endorsed is the act that the benchmarks and the golden messages are about.
func endorsed() events.Event {
	return events.Event{
		ID: "abcdefghijklmnopqrstuvwxyz", Source: "/integrations/talent-review", Context: events.Support,
		Subject: "paaaaaaaaaaaaaaaa", Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Actor: "integration:talent-review",
		Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		Fact: &events.SponsorEndorsed{
			Act: events.Act{Recipient: "paaaaaaaaaaaaaaaa", Supporter: "pbbbbbbbbbbbbbbbb", RecordedBy: "system", Channel: "talent-review",
				Topics: []events.Topic{"career-path", "visibility"}, Relation: "senior"},
			Forum: "calibration", Stake: "reputation", Awareness: "aware",
		},
	}
}

func BenchmarkEncode(b *testing.B) {
	e := endorsed()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := events.Encode(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	m, err := events.Encode(endorsed())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := events.Decode(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeClear(b *testing.B) {
	m, err := events.Encode(endorsed())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := events.DecodeClear("SponsorEndorsed", m.Body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	f := endorsed().Fact
	b.ReportAllocs()
	for b.Loop() {
		if err := events.Validate(f); err != nil {
			b.Fatal(err)
		}
	}
}
