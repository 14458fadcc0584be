package intake_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/libs/natstest"
	"kith.internal/services/internal/apitest"
)

// described is openapi.yaml, as far as the test needs it.
type described struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct{ Content map[string]any }
	}
}

func TestAnswersAreAsDescribed(t *testing.T) {
	api := apitest.Read(t)
	var d described
	api.Decode(t, &d)
	apart := filepath.Join(t.TempDir(), "apart")
	u := startWith(t, natstest.Fast(t), filepath.Join(apart, "erasures"))
	u.accepted(joined("1"), joined("2"))
	done := string(u.person("hr:2"))
	looked := seen(strict, u.last(), time.Now())
	long := strings.Repeat("x", 70_000)
	answered := map[string]bool{}
	for _, c := range []struct{ route, path, media, body, viewer string }{
		{"POST /events", "", "application/cloudevents+json", advice("a", "1", "2"), ""},
		{"POST /events", "", "application/cloudevents+json", advice("a", "1", "2"), ""},
		{"POST /events", "", "application/cloudevents+json", advice("b", "1", "1"), ""},
		{"POST /events", "", "application/cloudevents+json", long, ""},
		{"POST /events", "", "application/cloudevents+json", advice("b", "1", "2"), "person:" + string(u.person("hr:1")) + "x"},
		{"POST /events", "", "text/plain", "", ""},
		{"POST /events", "", "application/cloudevents-batch+json", "[" + advice("a", "1", "2") + "," + advice("c", "1", "2") + "]", ""},
		{"POST /events", "", "application/cloudevents-batch+json", "[" + advice("a", "1", "2") + "," + advice("d", "1", "1") + "]", ""},
		{"POST /events", "", "application/x-ndjson", advice("a", "1", "2") + "\n{\n" + advice("e", "1", "1"), ""},
		{"POST /rulesets", "", "application/json", activation(strict, seen(strict, 1, time.Now().AddDate(0, 0, -2))), "service:x"},
		{"POST /rulesets", "", "application/json", activation(strict, looked), "service:x"},
		{"POST /rulesets", "", "application/json", activation(strict, looked), "service:x"},
		{"POST /rulesets", "", "application/json", activation(strict, looked), "integration:x"},
		{"POST /rulesets", "", "application/json", activation(strict, "looked"), "service:x"},
		{"POST /rulesets", "", "application/json", "{", "service:x"},
		{"POST /rulesets", "", "application/json", strings.Repeat("x", 2<<20), "service:x"},
		{"GET /people", "?limit=1", "", "", "integration:x"},
		{"GET /people", "?limit=x", "", "", "integration:x"},
		{"GET /people", "", "", "", ""},
		{"GET /people/{person}", "hr:1", "", "", "integration:x"},
		{"GET /people/{person}", "hr:9", "", "", "integration:x"},
		{"GET /people/{person}", "hr:1", "", "", ""},
		{"GET /people/{person}/erasure", "hr:1", "", "", "integration:x"},
		{"POST /people/{person}/erasure", "hr:1", "application/json", "{", "integration:x"},
		{"POST /people/{person}/erasure", "hr:1", "application/json", `{"requestedBy": "nobody"}`, "integration:x"},
		{"POST /people/{person}/erasure", "hr:1", "", "", "person:" + string(u.person("hr:2"))},
		{"POST /people/{person}/erasure", "hr:9", "", "", "integration:x"},
		{"POST /people/{person}/erasure", "hr:1", "application/json", `{"requestedBy": "retention"}`, "integration:x"},
		{"GET /people/{person}/erasure", "hr:1", "", "", "integration:x"},
		{"GET /people/{person}/erasure", "hr:1", "", "", ""},
		{"POST /people/{person}/erasure", done, "", "", "integration:x"},
		{"GET /people/{person}/erasure", done, "", "", "integration:x"},
	} {
		if c.path == done {
			erasable(t, u, apart, c.viewer, done)
		}
		method, path, _ := strings.Cut(c.route, " ")
		at := "/intake/v1" + path + c.path
		if strings.Contains(path, "{person}") {
			at = "/intake/v1" + strings.Replace(path, "{person}", c.path, 1)
		}
		resp := u.request(c.viewer, method, at, c.media, strings.NewReader(c.body))
		answer, _ := io.ReadAll(resp.Body)
		media := resp.Header.Get("Content-Type")
		if _, ok := d.Paths[path][strings.ToLower(method)].Responses[fmt.Sprint(resp.StatusCode)].Content[media]; !ok {
			t.Errorf("%s answers an undescribed %d as %s: %s", c.route, resp.StatusCode, media, answer)
			continue
		}
		answered[fmt.Sprint(c.route, " ", resp.StatusCode)] = true
		ref := strings.NewReplacer("/", "~1", "{", "%7B", "}", "%7D").Replace(path)
		at = fmt.Sprintf("#/paths/%s/%s/responses/%d/content/%s/schema", ref, strings.ToLower(method), resp.StatusCode, strings.Replace(media, "/", "~1", 1))
		api.Check(t, at, string(answer))
	}
	importsAreAsDescribed(t, u, api)
	for path, methods := range d.Paths {
		for method, op := range methods {
			for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
				route := fmt.Sprint(strings.ToUpper(method), " ", path, " ", status)
				if status != "503" && path != "/imports" && !answered[route] {
					t.Errorf("%s is described and never answered", route)
				}
			}
		}
	}
}

// erasable makes the folder for which the erasures have waited, and waits until somebody is erased.
func erasable(t *testing.T, u *server, dir, viewer, who string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	u.erased(viewer, who)
}

func importsAreAsDescribed(t *testing.T, u *server, api *apitest.API) {
	t.Helper()
	files := []file{{"people.csv", hrPeople}, {"acts.csv", "at,what,to,by,about\n2024-01-01,advice,1,2,\n2024-01-01,advice,1,1,\n"}}
	for _, got := range []imported{u.imports(hrMapping, files...), u.imports(hrMapping, file{"none.csv", ""})} {
		if got.code != http.StatusOK {
			t.Errorf("%d %s", got.code, got.body)
		}
		api.Check(t, "ImportRecord", got.body)
	}
}
