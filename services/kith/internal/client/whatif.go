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
	// WhatIfProgress is how far the answer is.
	WhatIfProgress = audit.WhatIfProgress
)

var errNoEnd = errors.New("the server stopped in the middle of the answer; ask again: nothing has changed")

// WhatIf asks what would follow if a ruleset were activated now, and calls report with how far the answer is.
func (c *Client) WhatIf(ctx context.Context, text string, report func(WhatIfProgress)) (WhatIf, error) {
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return WhatIf{}, err
	}
	resp, err := c.do(ctx, "POST", "/audit/v1/what-if", nil, "application/json", bytes.NewReader(body))
	if err != nil {
		return WhatIf{}, err
	}
	defer resp.Body.Close()
	for lines := json.NewDecoder(resp.Body); ; {
		var line struct {
			Progress *WhatIfProgress `json:"progress"`
			Done     *WhatIf         `json:"done"`
			Failed   *fault.Problem  `json:"failed"`
		}
		switch err := lines.Decode(&line); {
		case err != nil:
			return WhatIf{}, errors.Join(ctx.Err(), errNoEnd)
		case line.Failed != nil:
			return WhatIf{}, line.Failed.Fault()
		case line.Done != nil:
			return *line.Done, nil
		case line.Progress != nil:
			report(*line.Progress)
		}
	}
}
