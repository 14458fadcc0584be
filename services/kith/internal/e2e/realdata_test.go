package e2e

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/services/audit"
	"kith.internal/services/kith/internal/client"
)

// TestTwoRealOrganizations imports a law firm and eleven years of the git project into an empty
// directory, by the command line, and reads what it then says. Importing them again, also after a
// restart, changes nothing. What another day would change is only how far a rebased import moves
// its times: the first run has fixed that, whatever the time.
func TestTwoRealOrganizations(t *testing.T) {
	o := organizations{realData(t)}
	dir := t.TempDir()
	u := together(t, dir)
	first := map[string]client.ImportDone{"lawfirm": o.imports(t, u, "lawfirm", 71+2571, 0)}
	u.quiet(t)
	t.Run("nobody is found out in what is published of the law firm", func(t *testing.T) { u.attackCoverage(t, 50) })
	first["gitproject"] = o.imports(t, u, "gitproject", 1562+26086, 0)
	t.Run("the law firm", func(t *testing.T) { o.lawFirm(t, u) })
	t.Run("the git project", func(t *testing.T) { o.gitProject(t, u) })
	t.Run("again", func(t *testing.T) { o.again(t, u, first) })
	t.Run("again after a restart", func(t *testing.T) {
		before, last := u.lasting(t)
		endsInTime(t, u.all)
		restarted := together(t, dir)
		restarted.quiet(t)
		sameDocuments(t, before, restarted.derivedDocuments(t), restarted.broughtAboutByTime(t, last))
		o.again(t, restarted, first)
		restarted.verify(t, audit.Clean)
	})
}

// organizations is the folder of the two.
type organizations struct{ dir string }

const mappings = "../../../../deployments/examples/"

// imports imports one of them and checks the counts.
func (o organizations) imports(t *testing.T, u *product, name string, accepted, duplicate int) (done client.ImportDone) {
	t.Helper()
	args := []string{"import", "-o", "json", "--map", mappings + name + ".yaml"}
	files := map[string][]string{"lawfirm": {"lawyers.csv", "ties.csv"}, "gitproject": {"acts.csv.gz"}}
	for _, f := range files[name] {
		args = append(args, filepath.Join(o.dir, name, f))
	}
	began := time.Now()
	out, code := u.kith(t, args...)
	if err := json.Unmarshal([]byte(out), &done); err != nil || code != 0 {
		t.Fatalf("%v, exit code %d", err, code)
	}
	if done.Accepted != accepted || done.Duplicate != duplicate || done.Refused != 0 {
		t.Errorf("%s: %d accepted, %d known before, %d refused", name, done.Accepted, done.Duplicate, done.Refused)
	}
	if !strings.Contains(done.About, map[string]string{"lawfirm": "rests on one survey", "gitproject": "It is a guess at standing"}[name]) {
		t.Errorf("%s says of itself %q", name, done.About)
	}
	t.Logf("%s: imported in %v", name, time.Since(began).Round(time.Millisecond))
	return done
}

// lasting is every document and the end of the log, once nothing more follows.
func (u *product) lasting(t *testing.T) (documents map[string]string, last uint64) {
	t.Helper()
	u.quiet(t)
	last = u.last(t)
	return u.derivedDocuments(t), last
}

// again imports both once more: no count, no document and no fact changes, but for what time
// brings about meanwhile.
func (o organizations) again(t *testing.T, u *product, first map[string]client.ImportDone) {
	t.Helper()
	documents, last := u.lasting(t)
	for _, name := range []string{"lawfirm", "gitproject"} {
		done := o.imports(t, u, name, 0, first[name].Accepted)
		if done.ShiftSeconds != first[name].ShiftSeconds || done.ShiftSeconds == 0 {
			t.Errorf("%s: times are moved by %d s, and were by %d s", name, done.ShiftSeconds, first[name].ShiftSeconds)
		}
	}
	u.quiet(t)
	sameDocuments(t, documents, u.derivedDocuments(t), u.broughtAboutByTime(t, last))
	for _, e := range u.facts(t, 1, events.FilterFact(events.People, "ImportStarted")) {
		f := e.Fact.(*events.ImportStarted)
		if f.ShiftSeconds != first[string(f.Source)].ShiftSeconds {
			t.Errorf("%s began with times moved by %d s", f.Source, f.ShiftSeconds)
		}
	}
}

// lawFirm reads every partner's network, every associate's gaps and some ties.
func (o organizations) lawFirm(t *testing.T, u *product) {
	associates, mentored := 0, 0
	for _, row := range o.rows(t, "lawfirm/lawyers.csv") {
		id, status := "lawfirm:"+row[0], row[1]
		name := strings.ToUpper(status[:1]) + status[1:] + " " + row[0]
		n := u.networkOf(t, id)
		if len(n.supporters(events.Sponsor)) > 0 {
			t.Errorf("%s has a sponsor, by a survey that asked for none", name)
		}
		if status == "partner" {
			u.says(t, []string{"network", id}, name+"'s network", "Sponsor: nobody yet", "Mentor: ", n.basis(), "See: kith gaps "+id)
			continue
		}
		associates++
		mentors := n.supporters(events.Mentor)
		u.says(t, []string{"gaps", id}, n.gaps(name)...)
		if len(mentors) > 0 {
			mentored++
			u.says(t, []string{"explain", id, string(mentors[0])}, " is to "+name, "Mentor: yes, active", "an answer in a survey (advice)", "Rules: version ")
		}
	}
	if associates != 35 || mentored < 30 {
		t.Errorf("%d of %d associates have a mentor", mentored, associates)
	}
	t.Logf("%d of %d associates have a mentor", mentored, associates)
}

// network is a network as the API tells it, as far as it is read here.
type network struct {
	Roles []struct {
		Role       events.RoleName
		Expected   bool
		Held       int
		Supporters []struct{ Supporter events.PersonID }
	}
	Basis struct{ Kind string }
}

func (u *product) networkOf(t *testing.T, id string) (n network) {
	t.Helper()
	var p struct{ Person string }
	u.get(t, "integration:test", "/intake/v1/people/"+id, &p)
	body := u.get(t, "person:"+p.Person, "/gap-projection/v1/people/"+p.Person+"/network", &n)
	if len(n.Roles) != 5 {
		t.Fatalf("the network of %s: %s", id, body)
	}
	return n
}

func (n network) supporters(role events.RoleName) (who []events.PersonID) {
	for _, r := range n.Roles {
		for _, s := range r.Supporters {
			if r.Role == role {
				who = append(who, s.Supporter)
			}
		}
	}
	return who
}

// basis is what a network has to say of what it rests on.
func (n network) basis() string {
	if n.Basis.Kind == "one-survey" {
		return "All of this rests on one survey"
	}
	return "Nothing is known of anybody's support yet"
}

// gaps is what the list of gaps has to say: a missing sponsor from mid-career on, a missing mentor
// where there is none.
func (n network) gaps(name string) []string {
	says := []string{"What is missing for " + name, "Every gap closes by itself"}
	for _, r := range n.Roles {
		if r.Expected && r.Held == 0 {
			says = append(says, strings.ToUpper(string(r.Role[:1]))+string(r.Role[1:])+": nobody yet.")
		}
	}
	return says
}

// says runs a command of the CLI, which must not fail, and looks for parts in what it prints.
func (u *product) says(t *testing.T, command []string, parts ...string) {
	t.Helper()
	out, code := u.kith(t, command...)
	if code != 0 {
		t.Errorf("kith %s: exit code %d", strings.Join(command, " "), code)
	}
	for _, part := range parts {
		if !strings.Contains(out, part) {
			t.Errorf("kith %s does not say %q:\n%s", strings.Join(command, " "), part, out)
		}
	}
}

// gitProject reads the largest ties, and of whom most is known.
func (o organizations) gitProject(t *testing.T, u *product) {
	type tie struct{ recipient, supporter string }
	acts := map[tie]int{}
	for _, row := range o.rows(t, "gitproject/acts.csv.gz") {
		acts[tie{"git:" + row[2], "git:" + row[3]}]++
	}
	var ties []tie
	for one := range acts {
		ties = append(ties, one)
	}
	slices.SortFunc(ties, func(a, b tie) int {
		return cmp.Or(cmp.Compare(acts[b], acts[a]), cmp.Compare(a.recipient, b.recipient), cmp.Compare(a.supporter, b.supporter))
	})
	for _, one := range append(ties[:5:5], ties[len(ties)/2], ties[len(ties)-1]) {
		want := fmt.Sprintf("%d acts between the two, the latest first", acts[one])
		if acts[one] == 1 {
			want = "1 act between the two"
		}
		u.says(t, []string{"explain", one.recipient, one.supporter}, strings.ToUpper(want[:1])+want[1:], "Rules: version ")
	}
	u.says(t, []string{"network", ties[0].recipient}, "Sponsor: ", "This rests on acts of support")
	u.says(t, []string{"network", ties[0].supporter}, "Supports: ", " and 1176 others.") // 1,181 people in all
	u.says(t, []string{"gaps"}, "to the nearest five percent")
	u.says(t, []string{"coverage", "--by", "level"}, "Everybody ", "have a mentor who is active")
}

// rows are the rows of a file, without its header.
func (o organizations) rows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(o.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		r = csv.NewReader(z)
	}
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}
