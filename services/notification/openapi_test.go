package notification

import (
	"fmt"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/apitest"
)

// The service answers, with every status it is said to have, what openapi.yaml says.
func TestAnswersAreAsDescribed(t *testing.T) {
	api := apitest.Read(t)
	p := start(t)
	seq := p.add(events.People, &events.PersonJoined{Level: 3, EffectiveAt: time.Now()})
	nudge := p.inbox(after(seq)).Nudges[0].ID
	seq = p.add(events.Reply, &events.NudgeSnoozed{Nudge: nudge, Until: time.Now().Add(time.Hour)})
	path, me := "/notification/v1/people/"+string(ann)+"/inbox", "person:"+string(ann)
	answered := map[int]bool{}
	for _, ask := range [][2]string{{path + after(seq), me}, {path + "?limit=0", me}, {path, "person:p3333333333333333"}, {path + "?after=99999", me}} {
		code, answer := p.get(ask[0], ask[1])
		answered[code] = true
		valid(t, api, code, answer)
	}
	code, answer := p.get(path, me, "Kith-Purpose", "curiosity")
	answered[code] = true
	valid(t, api, code, answer)
	seq = p.add(events.Reply, &events.NudgeDone{Nudge: nudge})
	code, answer = p.get(path+after(seq)+"&state=past", me)
	valid(t, api, code, answer)
	if !answered[200] || !answered[400] || !answered[422] || !answered[403] || !answered[503] {
		t.Errorf("answered %v", answered)
	}
}

// valid checks an answer against the schema of its status.
func valid(t *testing.T, api *apitest.API, code int, answer string) {
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
	api.Decode(t, &d)
	for _, content := range d.Paths["/people/{person}/inbox"].Get.Responses[fmt.Sprint(code)].Content {
		api.Check(t, content.Schema.Ref, answer)
		return
	}
	t.Errorf("answers an undescribed %d", code)
}
