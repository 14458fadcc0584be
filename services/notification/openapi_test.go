package notification

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"kith.internal/events"
)

// The service answers, with every status it is said to have, what openapi.yaml says.
func TestAnswersAreAsDescribed(t *testing.T) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	body, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t)
	seq := p.add(events.People, &events.PersonJoined{Level: 3, EffectiveAt: time.Now()})
	nudge := p.inbox(after(seq)).Nudges[0].ID
	seq = p.add(events.Reply, &events.NudgeSnoozed{Nudge: nudge, Until: time.Now().Add(time.Hour)})
	path, me := "/notification/v1/people/"+string(ann)+"/inbox", "person:"+string(ann)
	answered := map[int]bool{}
	for _, ask := range [][2]string{{path + after(seq), me}, {path + "?limit=0", me}, {path, "person:p3333333333333333"}, {path + "?after=99999", me}} {
		code, answer := p.get(ask[0], ask[1])
		answered[code] = true
		valid(t, body, code, answer)
	}
	code, answer := p.get(path, me, "Kith-Purpose", "curiosity")
	answered[code] = true
	valid(t, body, code, answer)
	seq = p.add(events.Reply, &events.NudgeDone{Nudge: nudge})
	code, answer = p.get(path+after(seq)+"&state=past", me)
	valid(t, body, code, answer)
	if !answered[200] || !answered[400] || !answered[422] || !answered[403] || !answered[503] {
		t.Errorf("answered %v", answered)
	}
}

// valid checks an answer against the schema of its status.
func valid(t *testing.T, openapi []byte, code int, answer string) {
	t.Helper()
	var d struct {
		Paths map[string]struct {
			Get struct {
				Responses map[string]struct {
					Content map[string]struct {
						Schema struct {
							Ref string `json:"$ref"`
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(openapi, &d); err != nil {
		t.Fatal(err)
	}
	for _, content := range d.Paths["/people/{person}/inbox"].Get.Responses[fmt.Sprint(code)].Content {
		if err := schemaAt(t, openapi, content.Schema.Ref).Validate(parsed(t, answer)); err != nil {
			t.Errorf("%d %s: %v", code, answer, err)
		}
		return
	}
	t.Errorf("answers an undescribed %d", code)
}

func schemaAt(t *testing.T, openapi []byte, ref string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.json", parsed(t, string(bytes.TrimSpace(openapi)))); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("openapi.json" + ref)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
