package kit_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
)

// What no route takes is a problem like every other, and says which methods would be taken.
func TestWhatNoRouteTakesIsAProblem(t *testing.T) {
	mux := &kit.Mux{}
	mux.Handle("GET /one/v1/people/{person}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("person")) }))
	for _, c := range []struct {
		method, path string
		status       int
		allow, body  string
	}{
		{"GET", "/one/v1/people/ann", 200, "", "ann"},
		{"GET", "/one/v1/peple/ann", 404, "", `"urn:kith:problem:route"`},
		{"POST", "/one/v1/people/ann", 405, "GET, HEAD", `"urn:kith:problem:method"`},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || w.Header().Get("Allow") != c.allow || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %v %s", c.method, c.path, w.Code, w.Header(), w.Body)
		}
		if c.status >= 400 && w.Header().Get("Content-Type") != fault.ContentType {
			t.Errorf("%s %s is no problem: %v", c.method, c.path, w.Header())
		}
	}
}
