package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/natstest"
	"kith.internal/services/intake"
)

// What people say of themselves is theirs: it stands in personal, and what is delicate is sealed.
func TestWhatIsSomebodysOwn(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"))
	me := "person:" + string(u.person("hr:1"))
	t.Run("S2.21 a group is what a person says of themselves, sealed, and theirs to withdraw", func(t *testing.T) {
		identified := line("g", "GroupSelfIdentified", "hr:1", map[string]any{"how": "self", "sealed": map[string]any{"group": "women"}})
		if v := u.post("person:"+string(u.person("hr:2")), identified)[0]; v.Status != 403 {
			t.Errorf("somebody else says it: %v", v)
		}
		for _, group := range []any{"women", map[string]any{}, map[string]any{"group": "Women!"}, map[string]any{"group": "women", "since": 1}} {
			if v := u.post(me, line("n", "GroupSelfIdentified", "hr:1", map[string]any{"how": "self", "sealed": group}))[0]; v.Status != 422 || !strings.Contains(fmt.Sprint(v), "sealed") {
				t.Errorf("%v is no group: %v", group, v)
			}
		}
		e := u.event(u.post(me, identified)[0])
		f, ok := e.Fact.(*events.GroupSelfIdentified)
		if !ok || e.Context != events.Personal || len(f.Details) == 0 || strings.Contains(string(f.Details), "women") {
			t.Errorf("%+v", e)
		}
		e = u.event(u.post(me, line("w", "GroupSelfIdentificationWithdrawn", "hr:1", map[string]any{"how": "self"}))[0])
		if _, ok := e.Fact.(*events.GroupSelfIdentificationWithdrawn); !ok || e.Person() != u.person("hr:1") {
			t.Errorf("%+v", e)
		}
	})
	t.Run("S1.09 an outsider is a contact of one person, who may remove them", func(t *testing.T) {
		added := u.event(u.post(me, line("c", "ExternalContactAdded", "hr:1", map[string]any{"contact": "contact:ben", "relation": "external",
			"sealed": map[string]any{"nickname": "Ben"}}))[0])
		contact := added.Fact.(*events.ExternalContactAdded).Contact
		name := func() string {
			var page struct{ People []intake.Person }
			u.get(me, "/intake/v1/people?ids="+string(contact), &page)
			if len(page.People) != 1 {
				t.Fatalf("%+v", page)
			}
			return page.People[0].Name
		}
		if !contact.External() || name() != "Ben" {
			t.Errorf("the contact %s is called %q", contact, name())
		}
		u.event(u.post(me, line("r", "ExternalContactRemoved", "hr:1", map[string]any{"contact": "contact:ben"}))[0])
		if e := u.facts("kith.personal.*.ExternalContactRemoved")[0]; e.Fact.(*events.ExternalContactRemoved).Contact != contact || name() != "" {
			t.Errorf("the contact that was removed is still called %q", name())
		}
	})
	t.Run("S1.30 who asks for feedback asks one person", func(t *testing.T) {
		e := u.event(u.post(me, line("f", "FeedbackRequested", "hr:1", map[string]any{"supporter": "hr:2", "topics": []string{"daily-feedback"}}))[0])
		if f, ok := e.Fact.(*events.FeedbackRequested); !ok || e.Context != events.Personal || f.Supporter != u.person("hr:2") {
			t.Errorf("%+v", e)
		}
	})
}
