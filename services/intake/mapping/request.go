package mapping

import (
	"encoding/json"
	"errors"
	"time"
)

// request fills the fact's fields; say is told of each that cannot be.
func (r *rule) request(in scope, run Run, say func(field, column, reason string)) (Request, bool) {
	req, ok := Request{Fact: r.name, columns: r.columns}, true
	body := map[string]any{}
	for _, f := range r.fields {
		v, err := f.from.get(in, run)
		if errors.Is(err, errNothing) {
			continue // intake says so where the field is required
		}
		if err != nil {
			say(f.name(), r.columns[f.name()], err.Error())
			ok = false
			continue
		}
		f.put(body, v)
	}
	if r.person != nil {
		if who, err := r.person.get(in, run); err == nil {
			req.Person = who.(string)
		} else {
			say("person", r.columns["person"], orRequired(err))
			ok = false
		}
	}
	var err error
	if req.Time, err = r.occurred(in, run, body); err != nil {
		say("time", r.columns["time"], orRequired(err))
		ok = false
	}
	if req.Body, err = json.Marshal(body); err != nil {
		say("", "", "cannot be written as JSON")
		ok = false
	}
	return req, ok
}

func orRequired(err error) string {
	if errors.Is(err, errNothing) {
		return "is required"
	}
	return err.Error()
}

// occurred is the fact's time: what the mapping says, or else from when the fact holds, but never later
// than now.
func (r *rule) occurred(in scope, run Run, body map[string]any) (time.Time, error) {
	if r.time != nil {
		v, err := r.time.get(in, run)
		if err != nil {
			return time.Time{}, err
		}
		return time.Parse(time.RFC3339Nano, v.(string))
	}
	for _, field := range []string{"effectiveAt", "asOf"} {
		if text, ok := body[field].(string); ok {
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil && at.Before(run.Now) {
				return at, nil
			}
		}
	}
	return run.Now, nil
}

func (t target) name() string {
	if len(t.path) == 2 {
		return t.path[0] + "." + t.path[1]
	}
	return t.path[0]
}

func (t target) put(body map[string]any, v any) {
	if len(t.path) == 1 {
		body[t.path[0]] = v
		return
	}
	inner, ok := body[t.path[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		body[t.path[0]] = inner
	}
	inner[t.path[1]] = v
}
