package ruleset

import (
	"encoding/json"
	"fmt"
	"math"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// Millionths is a number with at most six decimals, written as such and kept as an integer: 0.7
// is 700,000.
type Millionths int64

// UnmarshalJSON reads a number; it fails on a negative or a huge one.
func (m *Millionths) UnmarshalJSON(raw []byte) error {
	var f float64
	if err := json.Unmarshal(raw, &f); err != nil || f < 0 || f > 1000 {
		return fmt.Errorf("%s is no number between 0 and 1000", raw)
	}
	*m = Millionths(math.Round(float64(f * 1e6)))
	return nil
}

// weights is a number by role as it is written.
type weights map[events.RoleName]Millionths

func (w weights) byIndex(at string) (readmodel.Weights, error) {
	var all readmodel.Weights
	for role, n := range w {
		i := readmodel.RoleIndex(role)
		if i < 0 {
			return all, fmt.Errorf("%s.%s: no such role", at, role)
		}
		all[i] = int64(n)
	}
	return all, nil
}
