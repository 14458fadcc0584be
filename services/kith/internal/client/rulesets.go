package client

import (
	"context"
	"encoding/json"
)

// ActivateRuleset puts a ruleset into force, with the hash of what would follow from it. It fails with
// fault.Invalid where that is another hash, and with fault.Conflict where something else would follow by now.
func (c *Client) ActivateRuleset(ctx context.Context, text, diff string) (Recorded, error) {
	body, err := json.Marshal(map[string]string{"text": text, "diff": diff})
	if err != nil {
		return Recorded{}, err
	}
	return post[Recorded](ctx, c, "/intake/v1/rulesets", "application/json", body)
}
