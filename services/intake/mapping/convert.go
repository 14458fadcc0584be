package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cel.dev/cel-go/common/types/ref"
)

// item gives one value the form of its field.
func (s *source) item(v any, run Run) (any, error) {
	switch s.shape.form {
	case number:
		return toNumber(v)
	case truth:
		return toTruth(v)
	case moment:
		at, err := s.moment(v)
		return at.Add(run.Shift).UTC().Format(time.RFC3339Nano), err
	case month:
		at, err := s.moment(v)
		return at.Add(run.Shift).Format("2006-01"), err
	case personal:
		return s.person(fmt.Sprint(v)), nil
	}
	if s.slug {
		return slug(fmt.Sprint(v)), nil
	}
	return fmt.Sprint(v), nil
}

// person writes an id as intake knows people: scheme:value.
func (s *source) person(id string) string { return s.scheme + ":" + id }

func toNumber(v any) (any, error) {
	if n, ok := wholeNumber(v); ok {
		return n, nil
	}
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	if err != nil {
		return nil, errors.New("is no whole number")
	}
	return n, nil
}

func toTruth(v any) (any, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	switch strings.ToLower(fmt.Sprint(v)) {
	case "true", "yes", "y", "1":
		return true, nil
	case "false", "no", "n", "0":
		return false, nil
	}
	return nil, errors.New("is neither true nor false")
}

// plain turns a result of CEL into a Go value.
func plain(out ref.Val) (any, error) {
	switch v := out.Value().(type) {
	case string, bool, int64, float64, time.Time:
		return v, nil
	case uint64:
		return int64(v), nil
	case []ref.Val:
		list := make([]any, len(v))
		for i, one := range v {
			list[i] = one.Value()
		}
		return list, nil
	}
	return nil, fmt.Errorf("is %s, which no field holds", out.Type().TypeName())
}

// slug makes a code of a text: "M&A / Tax" becomes m-a-tax.
func slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	code := strings.Join(words, "-")
	return strings.TrimRight(code[:min(len(code), 48)], "-")
}
