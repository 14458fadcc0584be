// Package client is the Go client of Kith's HTTP APIs: those of intake, gap-projection,
// notification and audit, on one server or behind one address.
//
// Every method fails with a *fault.Error as the server stated it, or with an *Unreachable where
// no server answered.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// Client speaks to one server on behalf of one viewer. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	http    *http.Client
	viewer  string
	purpose events.AccessPurpose
}

// Unreachable is the error of a server that did not answer.
type Unreachable struct {
	Server string
	Err    error
}

// Error says which server was asked.
func (e *Unreachable) Error() string { return "no Kith server answers at " + e.Server }

// Unwrap returns what the connection failed with.
func (e *Unreachable) Unwrap() error { return e.Err }

// New returns a client of the server at an http or https address.
func New(server string) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(server, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a server, such as http://127.0.0.1:8080", server)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 0 // an import answers when it has something to say
	return &Client{base: base, http: &http.Client{Transport: transport}}, nil
}

// Server is the address of the server.
func (c *Client) Server() string { return c.base.String() }

// As returns a client that acts as a viewer: person:<id>, integration:<name>, service:<name> or auditor:<name>.
func (c *Client) As(viewer string) *Client {
	as := *c
	as.viewer = viewer
	return &as
}

// For returns a client that states what for it reads what belongs to others than its viewer.
func (c *Client) For(purpose events.AccessPurpose) *Client {
	stated := *c
	stated.purpose = purpose
	return &stated
}

// quick is how long anything but an import may take: longer than a server waits for ?after.
const quick = 30 * time.Second

// get reads a JSON document.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return call[T](ctx, c, http.MethodGet, path, query, "", nil)
}

// post sends a document and reads the answer.
func post[T any](ctx context.Context, c *Client, path, contentType string, body []byte) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return call[T](ctx, c, http.MethodPost, path, nil, contentType, bytes.NewReader(body))
}

func call[T any](ctx context.Context, c *Client, method, path string, query url.Values, contentType string, body io.Reader) (T, error) {
	var answer T
	resp, err := c.do(ctx, method, path, query, contentType, body)
	if err != nil {
		return answer, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("the answer of %s cannot be read: %w", path, err)
	}
	return answer, nil
}

// do sends a request and returns an answer that is no failure; the caller closes its body.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, contentType string, body io.Reader) (*http.Response, error) {
	at := c.base.JoinPath(path)
	at.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	c.introduce(req)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &Unreachable{Server: c.Server(), Err: err}
	}
	if resp.StatusCode >= http.StatusBadRequest {
		defer resp.Body.Close()
		return nil, fault.Read(resp)
	}
	return resp, nil
}

// introduce says in whose name a request is made, and what for.
func (c *Client) introduce(req *http.Request) {
	if c.viewer != "" {
		req.Header.Set(access.Header, c.viewer)
	}
	if c.purpose != "" {
		req.Header.Set(access.PurposeHeader, string(c.purpose))
	}
}
