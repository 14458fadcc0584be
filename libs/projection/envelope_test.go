package projection

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestARecordIsStoredAsEncodingJSONWritesIt(t *testing.T) {
	for _, r := range []Record{
		{Seq: 1},
		{Seq: 2, Body: json.RawMessage(`{}`)},
		{Seq: 3, Wake: time.Date(2026, 3, 1, 9, 0, 0, 5, time.UTC), Person: "paaaaaaaaaaaaaaaa", Body: json.RawMessage(`{"doc":{"a":["},\"doc\":"]},"seq":9}`)},
	} {
		stored, err := r.encode()
		if want, _ := json.Marshal(r); err != nil || string(stored) != string(want) {
			t.Errorf("%s, %v; want %s", stored, err, want)
		}
		var back Record
		if err := back.decode(stored); err != nil || !reflect.DeepEqual(back, r) {
			t.Errorf("%+v, %v; want %+v", back, err, r)
		}
	}
	if err := new(Record).decode([]byte(`nonsense`)); err == nil {
		t.Error("nonsense is a record")
	}
}

// BenchmarkRecord measures what stands around a document, of one tie and of a large network.
func BenchmarkRecord(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		r := Record{Seq: 1, Wake: time.Now(), Person: "paaaaaaaaaaaaaaaa", Body: json.RawMessage(`{"n":"` + strings.Repeat("n", size) + `"}`)}
		b.Run(fmt.Sprintf("encode/%d", size), func(b *testing.B) {
			for b.Loop() {
				if _, err := r.encode(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("decode/%d", size), func(b *testing.B) {
			stored, _ := r.encode()
			for b.Loop() {
				if err := new(Record).decode(stored); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
