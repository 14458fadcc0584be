package kit

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"kith.internal/libs/fault"
)

// LimitBody refuses what is longer than limit bytes, as TooLarge, to whoever reads it.
func LimitBody(limit int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// JSON decodes a request's body, which is one JSON value with known fields only. It fails as
// Invalid with a reason that names the place and never the value.
func JSON[T any](r *http.Request) (T, error) {
	var v T
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fault.Wrap(fault.Invalid, "json", reason(err), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, fault.New(fault.Invalid, "json", "the body goes on after its JSON value")
	}
	return v, nil
}

func reason(err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return "the body is empty"
	case errors.As(err, &wrong) && wrong.Field != "":
		return "the field " + wrong.Field + " cannot hold a " + wrong.Value
	}
	return "the body is not the JSON that is expected here"
}
