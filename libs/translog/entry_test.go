package translog_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/libs/translog"
)

var headerNames = []string{"ce-id", "ce-type", "ce-time", "ce-actor", "traceparent", "Nats-Msg-Id", "Nats-Batch-Id"}

// The verifier writes canonical bytes as the product does, of all that a message can be, and exporting a
// message loses nothing of them.
func TestCanonicalIsThatOfEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := events.Message{Subject: rapid.StringMatching(`kith\.[a-z]{1,8}\.[a-z2-7_]{1,17}\.[A-Za-z]{1,20}`).Draw(t, "subject"),
			Header: map[string][]string{}, Body: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(headerNames), rapid.ID).Draw(t, "headers") {
			m.Header[name] = rapid.SliceOfN(rapid.StringMatching(`[!-~]{1,12}`), 1, 2).Draw(t, name)
		}
		if rapid.Bool().Draw(t, "text") {
			m.Body = []byte(rapid.String().Draw(t, "body"))
		}
		seq, recorded := rapid.Uint64Range(1, 1<<62).Draw(t, "seq"), time.Unix(0, rapid.Int64Range(0, 1<<61).Draw(t, "recorded"))
		line, err := json.Marshal(translog.NewEntry(seq, recorded, m.Subject, m.Header, m.Body))
		if err != nil {
			t.Fatal(err)
		}
		e, err := translog.ParseEntry(line)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(e.Canonical()), string(m.Canonical(seq, recorded)); got != want {
			t.Fatalf("canonical:\n%q\nwant:\n%q", got, want)
		}
	})
}

// No entry can be read as another one of the same canonical bytes.
func TestEntriesThatAreRefused(t *testing.T) {
	good := `{"seq":1,"recorded":"2026-03-01T09:00:00Z","subject":"kith.a._.B","header":{"ce-id":"x"},"data":"{}"}`
	if _, err := translog.ParseEntry([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"a subject of two lines":    {`kith.a._.B`, `kith.a._.B\nce-actor: y`},
		"a value of two lines":      {`:"x"`, `:"x\nce-z: y"`},
		"a name that ends early":    {`"ce-id"`, `"ce-id: y"`},
		"a header that no leaf has": {`"ce-id"`, `"traceparent"`},
		"an unknown field":          {`"seq"`, `"proven":true,"seq"`},
		"two bodies":                {`"{}"`, `"{}","data_base64":"e30="`},
		"no sequence":               {`"seq":1`, `"seq":0`},
		"no subject":                {`kith.a._.B`, ``},
		"something after it":        {`"{}"}`, `"{}"} {}`},
		"a bracket after it":        {`"{}"}`, `"{}"}}`},
		"a body and another":        {`"data"`, `"data":"[]","data"`},
		"a body that others read":   {`"data"`, `"data":"[]","DATA"`},
		"a long s":                  {`"seq":1`, `"seq":7,"\u017feq":1`},
		"a header and another":      {`"ce-id"`, `"ce-id":"y","ce-id"`},
		"a time of the same bytes":  {`2026-03-01T09:00:00Z`, `2610-09-20T08:34:33.709551616Z`},
		"no JSON":                   {`{"seq"`, `seq`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if _, err := translog.ParseEntry([]byte(bad)); err == nil || bad == good {
			t.Errorf("%s is not refused: %s", what, bad)
		}
	}
}
