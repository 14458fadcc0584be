package intake

import (
	"net/http"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// verdict is what became of one line.
type verdict struct {
	Line     int           `json:"line"`
	Status   int           `json:"status"` // as of a request with this line alone: 201, 200, 4xx, 503
	ID       events.FactID `json:"id,omitempty"`
	Sequence uint64        `json:"sequence,omitempty"`
	Errors   []fault.Field `json:"errors,omitempty"`
	Detail   string        `json:"detail,omitempty"`
}

func verdictOf(line int, o Outcome) verdict {
	v := verdict{Line: line, Status: statusOf(o), ID: o.ID, Sequence: o.Seq}
	if o.Err != nil {
		p := fault.ProblemOf(o.Err)
		v.ID, v.Sequence, v.Errors, v.Detail = "", 0, p.Errors, p.Detail
	}
	return v
}

func statusOf(o Outcome) int {
	switch {
	case o.Err != nil:
		return fault.Status(o.Err)
	case o.Duplicate:
		return http.StatusOK
	}
	return http.StatusCreated
}

// numbered are the errors with the line they are about.
func (v verdict) numbered() []fault.Field {
	if len(v.Errors) == 0 {
		return []fault.Field{{Line: v.Line, Reason: v.Detail}}
	}
	var all []fault.Field
	for _, f := range v.Errors {
		f.Line = v.Line
		all = append(all, f)
	}
	return all
}
