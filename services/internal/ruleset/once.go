package ruleset

import "sync"

// compiled keeps a few rulesets by their text: to compile one takes as long as to fold hundreds of facts.
var compiled = struct {
	sync.Mutex
	byText map[string]*Ruleset
}{byText: map[string]*Ruleset{}}

// most is how many are kept: those in force, and what somebody tries out.
const most = 8

// Once is Parse for who asks for the same ruleset again and again. It fails as Parse does.
func Once(source string) (*Ruleset, error) {
	compiled.Lock()
	rs := compiled.byText[source]
	compiled.Unlock()
	if rs != nil {
		return rs, nil
	}
	rs, err := Parse(source)
	if err != nil {
		return nil, err
	}
	compiled.Lock()
	defer compiled.Unlock()
	if len(compiled.byText) >= most {
		clear(compiled.byText)
	}
	compiled.byText[source] = rs
	return rs, nil
}
