package projection

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// beforeBody stands between what is known of a document and the document itself. What is before it is a
// number, a time and a pseudonym, none of which can hold the same.
var beforeBody = []byte(`,"doc":`)

// encode is the record in JSON, as encoding/json writes it, which would read the body once more: for a
// large document that is as much work as to write it.
func (r Record) encode() ([]byte, error) {
	body := r.Body
	r.Body = nil
	head, err := json.Marshal(r)
	if err != nil || body == nil {
		return head, err
	}
	stored := make([]byte, 0, len(head)+len(beforeBody)+len(body))
	stored = append(append(append(stored, head[:len(head)-1]...), beforeBody...), body...)
	return append(stored, '}'), nil
}

// decode reads a record. That its body is JSON is for those to see who read that.
func (r *Record) decode(stored []byte) error {
	head, body, found := bytes.Cut(stored, beforeBody)
	if found {
		head = append(bytes.Clone(head), '}')
		r.Body = bytes.TrimSuffix(body, []byte{'}'})
	}
	if err := json.Unmarshal(head, r); err != nil {
		return fmt.Errorf("decode document: %w", err)
	}
	return nil
}
