package events

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"hash/fnv"
	"reflect"
	"slices"
	"time"
)

var update = flag.Bool("update", false, "write the golden files and schemas anew")

// dice makes the same choices for the same seed on every machine and in every Go version.
type dice struct{ state uint64 }

func newDice(seed string) *dice {
	h := fnv.New64a()
	h.Write([]byte(seed))
	return &dice{state: h.Sum64()}
}

func (d *dice) roll(n int) int {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

func (d *dice) letters(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.roll(len(alphabet))]
	}
	return string(b)
}

const base32Letters = "abcdefghijklmnopqrstuvwxyz234567"

// filler makes valid facts of every type by reflection.
type filler struct {
	*dice
	full bool // fill every field, with whole seconds: for golden files
}

// event returns a valid event with the fact called name.
func (f *filler) event(entry Entry) Event {
	e := Event{
		ID: FactID(f.letters(base32Letters, 26)), Source: "/services/" + f.letters("abc-", 6), Actor: "service:intake",
		Time: f.time(), Fact: f.fact(entry),
	}
	e.Context = entry.Contexts[f.roll(len(entry.Contexts))]
	if c, ok := ContextFor(e.Fact); ok {
		e.Context = c
	}
	e.Subject = f.subject(entry, e.Fact)
	if f.roll(2) == 0 {
		e.CausationID, e.CausationSeq = FactID(f.letters(base32Letters, 26)), uint64(f.roll(1<<40))
		e.CausationIndex, e.CorrelationID = f.roll(100), FactID(f.letters(base32Letters, 26))
		e.Traceparent, e.Actor = "a \"trace\" %41 é", ""
	}
	return e
}

func (f *filler) subject(entry Entry, fact Fact) string {
	if act := ActOf(fact); act != nil {
		return string(act.Recipient)
	}
	letter := entry.Subjects[f.roll(len(entry.Subjects))]
	if letter == '_' {
		return Nobody
	}
	return string(letter) + f.letters(base32Letters, 16)
}

func (f *filler) fact(entry Entry) Fact {
	fact := entry.New()
	v, p := open(fact)
	f.object(v, p)
	f.reconcile(fact)
	return fact
}

func (f *filler) object(v reflect.Value, p *plan) {
	for _, field := range p.fields {
		if field.required || f.full || f.roll(2) == 0 {
			f.value(v.FieldByIndex(field.index), &field.value)
		}
	}
}

func (f *filler) value(v reflect.Value, s *shape) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch s.kind {
	case text:
		v.SetString(f.text(v.Type(), s.form))
	case number:
		f.number(v, s)
	case yesNo:
		v.SetBool(f.full || f.roll(2) == 0)
	case moment:
		v.Set(reflect.ValueOf(f.time()))
	case secret:
		v.SetBytes([]byte(f.letters(base32Letters, 1+f.roll(30))))
	case object:
		f.object(v, s.plan)
	case list:
		v.Set(reflect.MakeSlice(v.Type(), 1+f.roll(3), 4))
		for i := range v.Len() {
			f.value(v.Index(i), s.elem)
		}
	}
}

func (f *filler) number(v reflect.Value, s *shape) {
	if v.CanUint() {
		v.SetUint(uint64(1 + f.roll(1<<50)))
		return
	}
	low := max(s.min, -1_000_000)
	v.SetInt(low + int64(f.roll(int(min(s.max, 1_000_000)-low+1))))
}

func (f *filler) time() time.Time {
	t := time.Date(2025, 1, 1, 0, 0, f.roll(1<<25), 0, time.UTC)
	if !f.full {
		t = t.Add(time.Duration(f.roll(1_000_000_000)))
	}
	return t
}

func (f *filler) text(t reflect.Type, form *form) string {
	switch {
	case form.codes != nil:
		return form.codes[f.roll(len(form.codes))]
	case form == formOfTag["text"]:
		return "version: 1\nroles:\n  sponsor: {enter: <6 & \"é\">}\n"
	case form == formOfTag["actor"]:
		return "integration:" + f.letters("abcdef", 5)
	case form == formOfTag["fact"]:
		return catalogue[f.roll(len(catalogue))].Name
	case form == formOfTag["formality"]:
		return "g" + f.letters(base32Letters, 16)
	case form == formOfTag["sha256"]:
		return f.letters("0123456789abcdef", 64)
	}
	switch t {
	case reflect.TypeFor[PersonID]():
		return "p" + f.letters(base32Letters, 16)
	case reflect.TypeFor[ProgramID]():
		return "g" + f.letters(base32Letters, 16)
	case reflect.TypeFor[FactID]():
		return f.letters(base32Letters, 26)
	case reflect.TypeFor[Month]():
		return f.letters("2", 4) + "-0" + f.letters("123456789", 1)
	}
	return "c" + f.letters("abcdefghij0123456789-_", 8)
}

// reconcile repairs what rules that span fields would refuse.
func (f *filler) reconcile(fact Fact) {
	switch fact := fact.(type) {
	case *FeedbackGiven:
		if fact.unnamed() {
			fact.Discloses = ""
		}
	case *PersonErased:
		fact.FinalAt = fact.DestroyedAt.Add(30 * 24 * time.Hour)
	case *ExternalContactAdded:
		fact.Contact = "x" + fact.Contact[1:]
	case *ExternalContactRemoved:
		fact.Contact = "x" + fact.Contact[1:]
	case *RoleRecognized:
		fact.EvidenceCount = len(fact.Evidence) + f.roll(100)
	case *CoverageMeasured:
		if fact.Suppressed {
			fact.Value, fact.Margin, fact.People = 0, 0, 0
		}
	case *ReplayPerformed:
		fact.To += fact.From
	case *RulesetActivated:
		sum := sha256.Sum256([]byte(fact.Text))
		fact.Hash = hex.EncodeToString(sum[:])
	}
}

// golden returns the one sample of a fact that the golden files hold.
func golden(name string) Event {
	entry, _ := Lookup(name)
	f := &filler{dice: newDice(name), full: true}
	return f.event(entry)
}

func names() []string {
	var all []string
	for _, e := range Catalogue() {
		all = append(all, e.Name)
	}
	slices.Sort(all)
	return all
}
