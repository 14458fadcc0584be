package e2e

import (
	"bufio"
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"kith.internal/events"
)

// sights is what readers can see, by where they see it.
type sights map[string][]string

// reading sees a product as its readers do, in a form in which two products can be compared:
// pseudonyms, and ids that follow from a moment, are replaced by names; sequences, recorded times
// and ciphertexts by a mark.
type reading struct {
	u     *product
	since time.Time // everything is recorded after this, and everything that happened is before
	live  chan *nats.Msg
	names *strings.Replacer
}

// read begins to read before anything is said.
func (u *product) read(t *testing.T, since time.Time) *reading {
	t.Helper()
	nc, err := nats.Connect(u.nats)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	r := &reading{u: u, since: since, live: make(chan *nats.Msg, 10_000)}
	for _, subject := range []string{"live.kith.people.>", "live.kith.coverage.>", "live.kith.policy.>"} {
		if _, err := nc.ChanSubscribe(subject, r.live); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return r
}

// forPeople are the contexts of which a person may read what is about them; people and policy
// are everybody's.
var forPeople = []events.Context{events.People, events.Support, events.Personal, events.Role, events.Gap, events.Coverage,
	events.Nudge, events.Delivery, events.Reply, events.Policy, events.Access}

// see is all that the viewers can read: by HTTP as each of them, in the log, and live.
func (r *reading) see(t *testing.T, viewers ...string) sights {
	t.Helper()
	seen := sights{}
	r.name(t)
	r.seeAPIs(t, seen, viewers)
	r.name(t) // again: what was read by others is in the log by now
	var filters []string
	for _, c := range forPeople {
		filters = append(filters, events.FilterContext(c))
	}
	for _, m := range r.u.raw(t, 1, filters...) {
		context, subject, _, err := events.ParseSubject(m.Subject)
		if err != nil {
			t.Fatal(err)
		}
		seen.add(r.canonical("log "+string(context)+" "+subject), r.message(m.Subject, m.Header, m.Data))
	}
	for range len(r.live) {
		m := <-r.live
		seen.add("live", r.message(m.Subject, m.Header, m.Data))
	}
	return seen
}

func (s sights) add(where, what string) { s[where] = append(s[where], what) }

// name gives everybody the name by which they are known outside, and each fact that follows from
// a moment in time, whose id is another one in each product, its place among its like.
func (r *reading) name(t *testing.T) {
	t.Helper()
	var pairs []string
	people := map[events.PersonID]string{}
	for id, name := range r.u.directory(t) {
		people[id] = "<" + name + ">"
		pairs = append(pairs, string(id), people[id])
	}
	ofTime, counts := map[events.FactID]bool{}, map[string]int{}
	for _, e := range r.u.facts(t, 1, "kith.*.*.*") {
		if e.Context != events.Clock && e.Context != events.Access && !ofTime[e.CausationID] {
			continue
		}
		ofTime[e.ID] = true
		like := fmt.Sprintf("%s of %s", e.Type(), people[e.Person()])
		counts[like]++
		pairs = append(pairs, string(e.ID), fmt.Sprintf("<%s %d>", like, counts[like]))
	}
	r.names = strings.NewReplacer(pairs...)
}

// message is a message in one text. Of NATS's own headers, which number messages, only the id stays.
func (r *reading) message(subject string, header nats.Header, body []byte) string {
	lines := []string{subject}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		switch {
		case strings.HasPrefix(name, "Nats-") && name != nats.MsgIdHdr:
		case name == "ce-causationseq":
			lines = append(lines, name+": #")
		default:
			lines = append(lines, name+": "+strings.Join(header[name], ", "))
		}
	}
	return r.canonical(strings.Join(append(lines, string(body)), "\n"))
}

var (
	timeRE     = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	sequenceRE = regexp.MustCompile(`"(asOf|sequence|openFor)":\d+`)
	secretRE   = regexp.MustCompile(`"(sealed|evidenceRef)":"[^"]+"`)
	givenRE    = regexp.MustCompile(`"given":\[([^\]]*)\]`)
)

// canonical replaces what differs between any two products. asOf is a sequence where it is a
// number; openFor lies between two recorded times.
func (r *reading) canonical(text string) string {
	text = r.names.Replace(text)
	text = timeRE.ReplaceAllStringFunc(text, func(s string) string {
		if at, err := time.Parse(time.RFC3339Nano, s); err == nil && at.After(r.since) && at.Before(time.Now().Add(time.Minute)) {
			return "<now>"
		}
		return s
	})
	text = sequenceRE.ReplaceAllString(text, `"$1":#`)
	text = secretRE.ReplaceAllString(text, `"$1":"<sealed>"`)
	return givenRE.ReplaceAllStringFunc(text, func(s string) string { // it is in the order of pseudonyms
		people := strings.Split(givenRE.FindStringSubmatch(s)[1], ",")
		slices.Sort(people)
		return `"given":[` + strings.Join(people, ",") + `]`
	})
}

// seeAPIs asks every route about everybody as every viewer.
func (r *reading) seeAPIs(t *testing.T, seen sights, viewers []string) {
	t.Helper()
	ids := map[string]events.PersonID{} // by name
	for id, name := range r.u.directory(t) {
		ids[name] = id
	}
	names := slices.Sorted(maps.Keys(ids))
	paths := []string{"/intake/v1/people", "/intake/v1/people?query=person&limit=2"}
	for _, name := range names {
		id := string(ids[name])
		paths = append(paths, "/intake/v1/people/"+id, "/notification/v1/people/"+id+"/inbox")
		for _, what := range []string{"network", "gaps", "suggestions"} {
			paths = append(paths, "/gap-projection/v1/people/"+id+"/"+what)
		}
		for _, other := range names {
			paths = append(paths, "/gap-projection/v1/people/"+id+"/ties/"+string(ids[other]))
		}
	}
	for _, viewer := range viewers {
		as := viewer
		if name, ok := strings.CutPrefix(viewer, "person:"); ok {
			as = "person:" + string(ids["Person "+name])
		}
		for _, path := range paths {
			seen.add(r.canonical("GET "+path+" as "+viewer), r.answer(t, as, path))
		}
	}
}

// answer is the whole answer to a request: status, headers and body. An ETag is a hash of the
// body with its pseudonyms.
func (r *reading) answer(t *testing.T, viewer, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.u.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Kith-Viewer", viewer)
	req.Header.Set("Kith-Purpose", "support-given")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if _, err := bufio.NewReader(resp.Body).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Date", "Content-Length"} {
		resp.Header.Del(name)
	}
	for _, name := range []string{"Etag", "Kith-As-Of"} {
		if resp.Header.Get(name) != "" {
			resp.Header.Set(name, "#")
		}
	}
	lines := []string{resp.Status}
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		lines = append(lines, name+": "+resp.Header.Get(name))
	}
	return r.canonical(strings.Join(append(lines, b.String()), "\n"))
}

// fading are numbers that silence makes smaller from one second to the next.
var fadingRE = regexp.MustCompile(`"(score|short|decayed|strength)":(-?[0-9.]+)`)

// differences compares what is seen, byte for byte, but for the numbers that fade.
func (s sights) differences(other sights) []string {
	var all []string
	keys := maps.Clone(s)
	maps.Copy(keys, other)
	for _, where := range slices.Sorted(maps.Keys(keys)) {
		one, two := strings.Join(s[where], "\n\n"), strings.Join(other[where], "\n\n")
		still := func(text string) string { return fadingRE.ReplaceAllString(text, `"$1":~`) }
		if diff := cmp.Diff(still(one), still(two)); diff != "" {
			all = append(all, where+":\n"+diff)
			continue
		}
		other := fadingRE.FindAllStringSubmatch(two, -1)
		for i, m := range fadingRE.FindAllStringSubmatch(one, -1) {
			if !faded(m[1], m[2], other[i][2]) {
				all = append(all, fmt.Sprintf("%s: %s is %s, and %s", where, m[1], m[2], other[i][2]))
			}
		}
	}
	return all
}

// faded reports whether two numbers differ by no more than a minute makes: strength is a whole
// number, and may be on the edge of the next.
func faded(name, one, two string) bool {
	a, err1 := strconv.ParseFloat(one, 64)
	b, err2 := strconv.ParseFloat(two, 64)
	tolerance := 0.002 * max(1, math.Abs(a))
	if name == "strength" {
		tolerance = 1
	}
	return err1 == nil && err2 == nil && math.Abs(a-b) <= tolerance
}
