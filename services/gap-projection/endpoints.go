package gaps

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"

	"kith.internal/events"
	"kith.internal/services/internal/access"
)

// Query asks for what belongs to one person.
type Query struct {
	Viewer    access.Viewer
	Person    events.PersonID
	Supporter events.PersonID // of a tie
	After     uint64          // answer only once the fact at this sequence is included; 0: at once
	Known     string          // the ETag of what the client has
}

// answer is the response to a query: a body with the position that it includes, and a tag that
// changes only when something besides the position does.
type answer struct {
	body  json.RawMessage
	asOf  uint64
	tag   string
	known bool
}

// MarshalJSON is the body alone.
func (a answer) MarshalJSON() ([]byte, error) { return a.body, nil }

// StatusCode is 304 where the client has the answer already.
func (a answer) StatusCode() int {
	if a.known {
		return http.StatusNotModified
	}
	return http.StatusOK
}

// Headers let a client ask again cheaply, and nobody else keep the answer.
func (a answer) Headers() http.Header {
	return http.Header{
		"Etag":          {a.tag},
		"Cache-Control": {"private, no-cache"},
		"Kith-As-Of":    {strconv.FormatUint(a.asOf, 10)},
		"Vary":          {access.Header + ", " + access.PurposeHeader},
	}
}

// positioned is a body that can be told apart by its content.
type positioned interface {
	at() uint64
	without() any // the same without its position
}

func (a NetworkAnswer) at() uint64     { return a.AsOf }
func (a ListAnswer) at() uint64        { return a.AsOf }
func (a SuggestionsAnswer) at() uint64 { return a.AsOf }
func (a TieAnswer) at() uint64         { return a.AsOf }

func (a NetworkAnswer) without() any     { a.AsOf = 0; return a }
func (a ListAnswer) without() any        { a.AsOf = 0; return a }
func (a SuggestionsAnswer) without() any { a.AsOf = 0; return a }
func (a TieAnswer) without() any         { a.AsOf = 0; return a }

// endpoint makes an endpoint of one of the service's methods.
func endpoint[A positioned](method func(context.Context, Query) (A, error)) func(context.Context, Query) (answer, error) {
	return func(ctx context.Context, q Query) (answer, error) {
		a, err := method(ctx, q)
		if err != nil {
			return answer{}, err
		}
		content, err := json.Marshal(a.without())
		if err != nil {
			return answer{}, err
		}
		body, err := json.Marshal(a)
		if err != nil {
			return answer{}, err
		}
		sum := sha256.Sum256(content)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		return answer{body: body, asOf: a.at(), tag: tag, known: q.Known == tag}, nil
	}
}
