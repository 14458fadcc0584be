package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/services/intake"
)

// Person is an entry of the directory, as intake answers.
type Person = intake.Person

// PeoplePage is a page of the directory.
type PeoplePage struct {
	People []Person `json:"people"`
	Next   string   `json:"next,omitempty"` // the cursor of the next page
}

// PeopleQuery asks for a page of the directory.
type PeopleQuery struct {
	Query  string            // a part of a name or mail address, or the beginning of an id; empty: everybody
	IDs    []events.PersonID // only these
	Limit  int               // 0: as many as the server likes
	Cursor string            // Next of the page before
}

// People is a page of the directory.
func (c *Client) People(ctx context.Context, q PeopleQuery) (PeoplePage, error) {
	v := url.Values{}
	set(v, "query", q.Query)
	set(v, "cursor", q.Cursor)
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	ids := make([]string, len(q.IDs))
	for i, id := range q.IDs {
		ids[i] = string(id)
	}
	set(v, "ids", strings.Join(ids, ","))
	return get[PeoplePage](ctx, c, "/intake/v1/people", v)
}

// Person finds somebody by pseudonym or external id, such as hr:42. It fails with fault.NotFound.
func (c *Client) Person(ctx context.Context, id string) (Person, error) {
	return get[Person](ctx, c, "/intake/v1/people/"+url.PathEscape(id), nil)
}

// Event is a CloudEvent as senders write it: people by any of their ids, sealed detail in clear.
type Event struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject,omitempty"`
	Time        time.Time       `json:"time"`
	Data        json.RawMessage `json:"data"`
}

// Recorded is the answer to an event: it is on disk.
type Recorded struct {
	ID        events.FactID `json:"id"`
	Seq       uint64        `json:"sequence"`
	Duplicate bool          `json:"duplicate,omitempty"` // it was stored before
}

// Record sends one event.
func (c *Client) Record(ctx context.Context, e Event) (Recorded, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return Recorded{}, err
	}
	return post[Recorded](ctx, c, "/intake/v1/events", "application/cloudevents+json", body)
}
