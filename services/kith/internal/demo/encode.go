package demo

import (
	"encoding/json"
	"time"
)

// event is a CloudEvent as a sender writes it: people, programs and other acts by the sender's
// own ids, personal detail in clear. Intake turns all of it into what the log may hold.
type event struct {
	ID      string
	Type    string
	Subject string
	Time    time.Time
	Data    any
	Sealed  any // what intake seals, under "sealed" in the data

	order int
}

type cloudEvent struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject,omitempty"`
	Time        string          `json:"time"`
	Data        json.RawMessage `json:"data"`
}

// line is the event in JSON with a newline. What the demo makes up can always be encoded.
func (e event) line() []byte {
	return append(must(json.Marshal(cloudEvent{
		SpecVersion: "1.0", ID: e.ID, Source: Source, Type: e.Type, Subject: e.Subject,
		Time: e.Time.UTC().Format(time.RFC3339), Data: e.data(),
	})), '\n')
}

func (e event) data() json.RawMessage {
	plain := must(json.Marshal(e.Data))
	if e.Sealed == nil {
		return plain
	}
	fields := map[string]any{}
	must(0, json.Unmarshal(plain, &fields))
	fields["sealed"] = e.Sealed
	return must(json.Marshal(fields))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // a bug in this package: nothing in it comes from outside
	}
	return v
}
