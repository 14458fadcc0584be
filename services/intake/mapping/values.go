package mapping

import (
	"bytes"
	"encoding/json"
)

// Value is a constant, or says where a value comes from.
type Value struct {
	Column  string         `json:"column"`
	CEL     string         `json:"cel"`
	Const   any            `json:"value"`
	Map     map[string]any `json:"map"`
	Default any            `json:"default"`
	Split   string         `json:"split"`
	Slug    bool           `json:"slug"`
	Scheme  string         `json:"scheme"`
	Layout  Layouts        `json:"layout"`
	Zone    string         `json:"zone"`
}

// UnmarshalJSON reads the long form, or a constant as it stands.
func (v *Value) UnmarshalJSON(raw []byte) error {
	type long Value
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return json.Unmarshal(raw, (*long)(v))
	}
	return json.Unmarshal(raw, &v.Const)
}

// Columns are the columns that are read: the mapping's own name for each, and the file's.
type Columns map[string]string

// UnmarshalJSON reads names of one's own, or a list where both names are the same.
func (c *Columns) UnmarshalJSON(raw []byte) error {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return json.Unmarshal(raw, (*map[string]string)(c))
	}
	*c = Columns{}
	for _, name := range list {
		(*c)[name] = name
	}
	return nil
}

// Layouts are the ways in which times are written, tried in turn.
type Layouts []string

// UnmarshalJSON reads one layout or a list.
func (l *Layouts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = Layouts{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}
