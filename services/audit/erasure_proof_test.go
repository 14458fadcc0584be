package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// derives has what follows from the desk's log derived, by the services that do.
func (d *desk) derives() {
	d.t.Helper()
	for _, one := range d.all {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- derive.New(d.log, one.Rules(), one.Config()).Run(ctx) }()
		d.t.Cleanup(func() { cancel(); <-done })
	}
}

// derived waits until the services have handled all that the log has for them.
func (d *desk) derived() {
	d.t.Helper()
	natstest.Again(d.t, func() error {
		for _, one := range d.all {
			if n, _, err := d.log.Waiting(d.t.Context(), one.Service); err != nil || n > 0 {
				return fault.New(fault.Unavailable, "waiting", "facts wait for "+one.Service)
			}
		}
		return nil
	})
}

func (d *desk) plant(bucket, key, value string) {
	d.t.Helper()
	b, err := d.log.JetStream().KeyValue(d.t.Context(), bucket)
	if err != nil {
		b, err = d.log.JetStream().CreateKeyValue(d.t.Context(), jetstream.KeyValueConfig{Bucket: bucket})
	}
	if err == nil {
		_, err = b.PutString(d.t.Context(), key, value)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// mark appends the mark of a fact that was left out, with something more in its body.
func (d *desk) mark(more string) {
	d.t.Helper()
	m, err := events.Encode(events.Event{ID: events.DerivedID("notification", "mark", events.Clock, len(more)), Source: "/services/notification", Context: events.Clock, Subject: string(ann),
		Time: day, Actor: "service:notification", Fact: &events.Parked{For: "notification", Seq: 1, Reason: "internal", Attempts: 3}})
	if err != nil {
		d.t.Fatal(err)
	}
	body := strings.TrimSuffix(string(m.Body), "}") + more + "}"
	if _, err := d.log.JetStream().PublishMsg(d.t.Context(), &nats.Msg{Subject: m.Subject, Header: nats.Header(m.Header), Data: []byte(body)}); err != nil {
		d.t.Fatal(err)
	}
}

// TestErasureProof: after an erasure nothing opens and nothing is found, and all that others have follows from the
// log; whatever is left is named, each for itself.
func TestErasureProof(t *testing.T) {
	chain := chainOf(t)
	d := newDesk(t, chain.Ties, chain.Networks)
	d.derives()
	d.say(ann, events.People, &events.PersonJoined{Level: 3, EffectiveAt: day, Department: "antarctica"}, "sealed", `{"name":"Ann Miller"}`)
	d.say(ben, events.People, &events.PersonJoined{Level: 5, EffectiveAt: day})
	d.say(ann, events.Support, advice(events.Support, ann, ben).Fact, "evidenceRef", `"https://tickets/ann"`)
	d.say(ben, events.Support, advice(events.Support, ben, ann).Fact, "evidenceRef", `"https://tickets/ben"`)
	d.say(ann, events.Personal, &events.ExternalContactAdded{Contact: "xaaaaaaaaaaaaaaaa", Relation: "external"}, "sealed", `{"nickname":"Dot"}`)
	const old events.PersonID = "poooooooooooooooo" // who came back, and is called ann since
	d.say(old, events.People, &events.PersonJoined{Level: 2, EffectiveAt: day}, "sealed", `{"name":"Ann Miller"}`)
	d.say(old, events.People, &events.PersonMerged{Into: ann})
	d.mark("")
	const council = "auditor:council"
	path, words := "people/"+string(ann)+"/erasure-proof", `{"lookFor":["ann MILLER","ann@example.org"]}`
	prove := func(body string) (p ErasureProof) {
		t.Helper()
		d.derived()
		code, answer := d.ask("POST", path, council, "audit", "ErasureProofLine", body)
		lines := strings.Split(strings.TrimSpace(answer), "\n")
		var last struct{ Done *ErasureProof }
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || code != http.StatusOK || last.Done == nil {
			t.Fatalf("%d %s", code, answer)
		}
		return *last.Done
	}
	found := func(p ErasureProof) (all []string) {
		for _, f := range p.Found {
			all = append(all, strings.TrimSpace(fmt.Sprint(f.What, " ", f.Stream, " ", f.Key)))
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	if code, answer := d.ask("POST", path, council, "audit", "ErasureProofLine", words); code != 409 {
		t.Errorf("nobody was erased: %d %s", code, answer)
	}
	for _, who := range []events.PersonID{old, ann} {
		d.say(who, events.People, &events.PersonErased{DestroyedAt: day, FinalAt: day.AddDate(0, 1, 0)})
	}
	p := prove(words)
	if len(p.Found) != 4 || len(p.Entries) != 2 || !slices.Equal(found(p), []string{"opens KITH"}) || p.Found[0].Seq != 1 {
		t.Errorf("the key is not destroyed, and is not found: %+v", p.Found)
	}
	for _, who := range p.Entries {
		if err := d.keys.Destroy(t.Context(), who); err != nil {
			t.Fatal(err)
		}
	}
	first := p.Replay.Since
	p = prove(words)
	if len(p.Found) != 0 || p.Sealed != 4 || p.Facts < 5 || p.LookedFor != 2 || !p.Final || len(p.Streams) < 2 || p.Streams[0].Messages == 0 ||
		p.Documents.All < 2 || p.Documents.Theirs == 0 || p.Parked != (Left{1, 1}) || p.Replay.State != Clean || p.Replay.Services[1].Documents == 0 {
		t.Errorf("%+v", p)
	}
	if p.Replay.Since != first || first < 7 {
		t.Errorf("what was replayed since the erasure is replayed again: since %d, and %d before", p.Replay.Since, first)
	}
	if !slices.ContainsFunc(p.NotChecked, func(not string) bool { return strings.Contains(not, "not sealed") }) {
		t.Errorf("the log has no checkpoint, which is not said: %q", p.NotChecked)
	}

	live, err := projection.OpenReader(t.Context(), d.log.JetStream(), readmodel.Networks, 1)
	if err != nil {
		t.Fatal(err)
	}
	progress, err := live.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := func(who events.PersonID) string {
		return fmt.Sprint(progress.Generation, ".", readmodel.NetworkKey(who))
	}
	d.plant("kith_ids", "abc", string(ann))
	d.plant("kith_ids", "abd", "xaaaaaaaaaaaaaaaa")
	d.plant("kith_inbox", "left", base64.StdEncoding.EncodeToString([]byte("to Ann Miller")))
	d.plant("kith_notes", "left", "dear ANN@example.org")
	d.plant(readmodel.Networks, key(ann), `{"seq":1,"doc":{"person":"`+string(ann)+`","goals":{"advance":{}}}}`)
	d.plant(readmodel.Networks, key(ben), `{"seq":1,"doc":{"person":"`+string(ben)+`"}}`)
	d.mark(`,"note":"antarctica"`)
	want := []string{"document KV_kith_networks network." + string(ann), "lookup KV_kith_ids", "parked KITH", "replay KITH network." + string(ann), "replay KITH network." + string(ben),
		"word KITH", "word KV_kith_inbox", "word KV_kith_notes"}
	if got := found(prove(`{"lookFor":["Ann Miller","ann@example.org","Antarctica"]}`)); !slices.Equal(got, want) {
		t.Errorf("what is left is not found: %q, want %q", got, want)
	}
	for _, c := range []struct {
		path, viewer, purpose, body string
		code                        int
	}{
		{path, council, "", words, 400}, {path, council, "audit", `{"lookFor":["x"]}`, 400}, {path, council, "audit", "Ann", 400},
		{path, "service:portal", "audit", words, 403}, {path, "person:" + string(ben), "audit", words, 403},
		{"people/" + string(dora) + "/erasure-proof", "person:" + string(dora), "", words, 404},
	} {
		if code, answer := d.ask("POST", c.path, c.viewer, c.purpose, "ErasureProofLine", c.body); code != c.code {
			t.Errorf("%s for %q as %s: %d %s", c.body, c.purpose, c.viewer, code, answer)
		}
	}
}
