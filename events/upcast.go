package events

import "encoding/json"

// upcaster lifts the body of an older fact to today's name and form, before it is decoded.
type upcaster func(body []byte) (name string, lifted []byte, err error)

// upcasters by the older name. Lifts are chained until a name has none.
var upcasters = map[string]upcaster{
	"MentorshipAccepted": liftMentorshipAccepted,
}

// liftMentorshipAccepted: the older fact said "standard" by saying nothing.
func liftMentorshipAccepted(body []byte) (string, []byte, error) {
	members, err := membersOf(body)
	if err != nil {
		return "", nil, err
	}
	if kind, ok := members["kind"]; !ok || string(kind) == "null" {
		members["kind"] = json.RawMessage(`"standard"`)
	}
	lifted, err := json.Marshal(members)
	return "MentorshipStarted", lifted, err
}

// membersOf reads a body as the JSON object it must be. It fails with a *Problems.
func membersOf(body []byte) (map[string]json.RawMessage, error) {
	r := report{}
	if !json.Valid(body) {
		r.add("", notJSON(body))
		return nil, r.err()
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		r.add("", "is "+kindOfJSON(body)+", not an object")
	}
	return members, r.err()
}

// upcast lifts a body as often as it takes. It fails with a *Problems where the body cannot be
// read.
func upcast(name string, body []byte) (string, []byte, error) {
	for {
		lift, ok := upcasters[name]
		if !ok {
			return name, body, nil
		}
		var err error
		if name, body, err = lift(body); err != nil {
			return name, body, err
		}
	}
}
