package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"kith.internal/libs/fault"
	"kith.internal/services/audit"
)

type (
	// WhatIf is what would follow from a ruleset, as audit answers.
	WhatIf = audit.WhatIfAnswer
	// WhatIfChange is one kind of change in it.
	WhatIfChange = audit.Change
	// WhatIfCell is for how many people.
	WhatIfCell = audit.ChangeCell
	// Progress is how far an answer is that takes a while.
	Progress = audit.Progress
)

var errNoEnd = errors.New("the server stopped in the middle of the answer; ask again: nothing has changed")

// WhatIf asks what would follow if a ruleset had been activated when the last week was published, and calls report with how far the answer is.
func (c *Client) WhatIf(ctx context.Context, text string, report func(Progress)) (WhatIf, error) {
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return WhatIf{}, err
	}
	return lines[WhatIf](ctx, c, "/audit/v1/what-if", body, report)
}

// lines sends a document, and calls report with how far the answer is until it comes.
func lines[T any](ctx context.Context, c *Client, path string, body []byte, report func(Progress)) (none T, err error) {
	resp, err := c.do(ctx, "POST", path, nil, "application/json", bytes.NewReader(body))
	if err != nil {
		return none, err
	}
	defer resp.Body.Close()
	for lines := json.NewDecoder(resp.Body); ; {
		var line struct {
			Progress *Progress      `json:"progress"`
			Done     *T             `json:"done"`
			Failed   *fault.Problem `json:"failed"`
		}
		switch err := lines.Decode(&line); {
		case err != nil:
			return none, errors.Join(ctx.Err(), errNoEnd)
		case line.Failed != nil:
			return none, line.Failed.Fault()
		case line.Done != nil:
			return *line.Done, nil
		case line.Progress != nil:
			report(*line.Progress)
		}
	}
}
