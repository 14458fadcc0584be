package events

import (
	"fmt"
	"reflect"
	"regexp"
	"testing"
)

// Decode(Encode(e)) is e, for random events of every fact.
func TestRoundTrip(t *testing.T) {
	for _, entry := range Catalogue() {
		for i := range 100 {
			f := &filler{dice: newDice(fmt.Sprint(entry.Name, i))}
			e := f.event(entry)
			m := encoded(t, e)
			back, err := Decode(m)
			if err != nil {
				t.Fatalf("%s: %v\n%s", m.Subject, err, m.Body)
			}
			if !reflect.DeepEqual(back, e) {
				t.Fatalf("%s: went in as\n%+v %+v\nand came out as\n%+v %+v", m.Subject, e, e.Fact, back, back.Fact)
			}
		}
	}
}

// What the log holds, a strict reader accepts, and so does the edge unless something is sealed.
func TestEveryReaderAgrees(t *testing.T) {
	for _, entry := range Catalogue() {
		e := (&filler{dice: newDice("agree" + entry.Name)}).event(entry)
		body := encoded(t, e).Body
		strict, err := DecodeStrict(entry.Name, body)
		if err != nil || !reflect.DeepEqual(strict, e.Fact) {
			t.Errorf("%s: read strictly it is %+v, %v", entry.Name, strict, err)
		}
		_, clear, err := DecodeClear(entry.Name, body)
		if err != nil {
			t.Errorf("%s: read at the edge it fails with %v", entry.Name, err)
		}
		for name, sealed := range Secrets(e.Fact) {
			if (len(*sealed) > 0) != (clear[name] != nil) {
				t.Errorf("%s.%s is not returned apart", entry.Name, name)
			}
		}
	}
}

// A time is written in UTC without changing the caller's fact.
func TestTimesAreWrittenInUTC(t *testing.T) {
	m, err := Encode(abroad(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"effectiveAt":"2026-03-01T08:00:00Z"}`; string(m.Body) != want {
		t.Errorf("body is %s, not %s", m.Body, want)
	}
	if got := m.Header[headerTime][0]; got != "2026-03-01T08:00:00Z" {
		t.Errorf("%s is %s", headerTime, got)
	}
	f, err := DecodeFact("PersonReturned", []byte(`{"effectiveAt":"2026-03-01T09:00:00+01:00"}`))
	if err != nil {
		t.Fatal(err)
	}
	if at := f.(*PersonReturned).EffectiveAt.String(); at != "2026-03-01 08:00:00 +0000 UTC" {
		t.Errorf("an offset is read as %s", at)
	}
}

// The hand-written checks of forms agree with the patterns of the schemas.
func TestFormsAgreeWithPatterns(t *testing.T) {
	d := newDice("forms")
	var forms []*form
	for _, f := range formOfType {
		forms = append(forms, f)
	}
	for tag, f := range formOfTag {
		if tag != "text" {
			forms = append(forms, f)
		}
	}
	for _, f := range forms {
		re := regexp.MustCompile(f.pattern)
		for range 3000 {
			s := mutated(d, f)
			if f.ok(s) != re.MatchString(s) {
				t.Errorf("%q: the check says %v, the pattern %s says %v", s, f.ok(s), f.pattern, re.MatchString(s))
			}
		}
	}
}

// mutated returns a string that nearly or wholly has a form.
func mutated(d *dice, f *form) string {
	starts := []string{"p", "x", "g", "informal", "service:", "integration:a", "auditor:a", "A", "2024-", "2024-1", ""}
	s := starts[d.roll(len(starts))] + d.letters(base32Letters+"0189", []int{0, 1, 15, 16, 25, 26, 47, 63, 64, 127, 128}[d.roll(11)])
	if d.roll(3) == 0 {
		at := d.roll(len(s) + 1)
		s = s[:at] + d.letters("-_.:/ \nÅAZ/@[`{0", 1) + s[at:]
	}
	if d.roll(4) == 0 {
		s = d.letters("0123", 4) + "-" + d.letters("012", 2)
	}
	if d.roll(4) == 0 {
		s = d.letters("0123456789abcdef", 64)
	}
	return s
}
