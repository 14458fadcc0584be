package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The wire format of every fact is pinned: a golden file that changes is a change of the language.
func TestGoldenFacts(t *testing.T) {
	for _, name := range names() {
		e := golden(name)
		body := encoded(t, e).Body
		var indented bytes.Buffer
		if err := json.Indent(&indented, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		indented.WriteByte('\n')
		file := compare(t, filepath.Join("testdata", "golden", name+".json"), indented.Bytes())
		f, err := DecodeStrict(name, file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(f, e.Fact) {
			t.Errorf("%s: the golden file reads as\n%+v, not as\n%+v", name, f, e.Fact)
		}
	}
	onlyFilesOf(t, filepath.Join("testdata", "golden"))
}

// One fact that was said and one that was derived, with every header.
func TestGoldenMessages(t *testing.T) {
	for _, e := range []Event{said(), derived()} {
		m := encoded(t, e)
		file := compare(t, filepath.Join("testdata", "messages", e.Fact.FactName()+".txt"), written(m))
		back, err := Decode(parsed(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, e) {
			t.Errorf("the golden message reads as\n%+v, not as\n%+v", back, e)
		}
	}
}

// What proofs are made of leaves out Nats-Msg-Id and traceparent, which do not survive everywhere.
func TestGoldenCanonicalBytes(t *testing.T) {
	m := encoded(t, said())
	canonical := m.Canonical(42, time.Date(2026, 3, 1, 9, 0, 1, 5, time.UTC))
	compare(t, filepath.Join("testdata", "messages", "SponsorEndorsed.canonical"), canonical)
	delete(m.Header, headerMsgID)
	delete(m.Header, headerTrace)
	if again := m.Canonical(42, time.Date(2026, 3, 1, 9, 0, 1, 5, time.UTC)); !bytes.Equal(again, canonical) {
		t.Errorf("without the headers that a mirror strips:\n%s", again)
	}
}

func said() Event {
	return Event{
		ID: "abcdefghijklmnopqrstuvwxyz", Source: "/integrations/talent-review", Context: Support,
		Subject: "paaaaaaaaaaaaaaaa", Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Actor: "integration:talent-review",
		Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		Fact: &SponsorEndorsed{
			Act: Act{Recipient: "paaaaaaaaaaaaaaaa", Supporter: "pbbbbbbbbbbbbbbbb", RecordedBy: "system",
				Topics: []Topic{"career-path"}, Relation: "senior"},
			Forum: "calibration", Stake: "reputation", Awareness: "aware",
		},
	}
}

func derived() Event {
	cause := said()
	return Event{
		ID: DerivedID("role-classifier", cause.ID, Role, 0), Source: "/services/role-classifier", Context: Role,
		Subject: cause.Subject, Time: cause.Time.Add(time.Second), Actor: "service:role-classifier",
		CausationID: cause.ID, CausationSeq: 42, CorrelationID: "zyxwvutsrqponmlkjihgfedcba",
		Fact: &RoleRecognized{
			Supporter: "pbbbbbbbbbbbbbbbb", Role: Sponsor, Subtype: Internal, Score: 6_400_000, Enter: 6_000_000, Exit: 3_000_000,
			Since: cause.Time, NextChangeAt: cause.Time.AddDate(0, 2, 0), Rung: 5, Ruleset: "default-1", Rules: "1",
			Evidence:      []Evidence{{Act: cause.ID, Type: "SponsorEndorsed", Weight: 8_000_000, Quality: 800_000, Decayed: 6_400_000}},
			EvidenceCount: 1,
		},
	}
}

func encoded(t *testing.T, e Event) Message {
	t.Helper()
	m, err := Encode(e)
	if err != nil {
		t.Fatalf("%s: %v", e.Type(), err)
	}
	return m
}

// compare returns the golden file at path, after holding got against it or, with -update, writing it.
func compare(t *testing.T, path string, got []byte) []byte {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has\n%s\nbut the code gives\n%s", path, want, got)
	}
	return want
}

// onlyFilesOf fails for a file of a fact that is no more.
func onlyFilesOf(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); !slices.Contains(names(), name) {
			t.Errorf("%s is of no fact in the catalogue", file)
		}
	}
}

// written is a message as text: subject, headers by name, an empty line, the body.
func written(m Message) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, m.Subject)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, m.Header[name][0])
	}
	fmt.Fprintf(&b, "\n%s\n", m.Body)
	return b.Bytes()
}

func parsed(t *testing.T, file []byte) Message {
	t.Helper()
	head, body, found := strings.Cut(string(file), "\n\n")
	if !found {
		t.Fatal("a golden message has no empty line")
	}
	lines := strings.Split(head, "\n")
	m := Message{Subject: lines[0], Header: map[string][]string{}, Body: []byte(strings.TrimSpace(body))}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		m.Header[name] = []string{value}
	}
	return m
}
