package events

// Act is what every act of support has in common. Fields that are left out say nothing.
type Act struct {
	Recipient    PersonID     `json:"recipient"` // whom it helped; the subject of the fact
	Supporter    PersonID     `json:"supporter"` // who helped
	RecordedBy   RecordedBy   `json:"recordedBy"`
	Channel      Code         `json:"channel,omitempty"`                    // where it was recorded, e.g. portal, slack, import
	Topics       []Topic      `json:"topics,omitempty"`                     // what it was about; empty is unknown
	Relation     Relation     `json:"relation,omitempty"`                   // how the supporter stood to the recipient; empty is unknown
	Formality    string       `json:"formality,omitempty" form:"formality"` // "informal" or the id of a program; empty is informal
	Goal         Code         `json:"goal,omitempty"`                       // the recipient's goal that it served: the key of a GoalSet
	EvidenceRef  SealedBytes  `json:"evidenceRef,omitempty"`                // a sealed link to the system that holds the evidence, never its content
	Confirmation Confirmation `json:"confirmation,omitempty"`               // at the time of the act; empty is none, and ActConfirmed may come later
	Discloses    FactID       `json:"discloses,omitempty"`                  // the sealed act that this one makes known
}

// Common returns the common part of an act; facts that embed Act have it.
func (a *Act) Common() *Act { return a }

// ActOf returns the common part of f, or nil where f is no act of support.
func ActOf(f Fact) *Act {
	if a, ok := f.(interface{ Common() *Act }); ok {
		return a.Common()
	}
	return nil
}

func (a *Act) check(r *report) {
	if a.Recipient != "" && a.Recipient == a.Supporter {
		r.add("supporter", "is the recipient: nobody supports themselves")
	}
	if a.Recipient.Valid() && a.Recipient.External() {
		r.add("recipient", "is an external contact: only people in the directory have a network")
	}
}

// Evidence is one act behind a recognized role.
type Evidence struct {
	Act     FactID `json:"act"`
	Type    string `json:"type" form:"fact"` // the wire name of the act
	Weight  int64  `json:"weight"`           // millionths, by the ruleset
	Quality int64  `json:"quality"`          // millionths: who recorded and who confirmed it
	Decayed int64  `json:"decayed"`          // millionths: what is left of weight times quality
}

// Grant is a person-level scope that a PolicyChanged gives to an integration.
type Grant struct {
	Subscription Code     `json:"subscription"`
	Types        []string `json:"types" form:"fact"` // the facts granted, by wire name
	Purpose      Code     `json:"purpose"`           // why the integration may have them
	LegalBasis   Code     `json:"legalBasis"`        // such as works-agreement or consent
}

// PersonDetails is what PersonJoined and PersonChanged seal.
type PersonDetails struct {
	Name              string   `json:"name,omitempty"`
	Email             string   `json:"email,omitempty"`
	ExternalIDs       []string `json:"externalIds,omitempty"` // scheme:value, such as hr:4711
	Location          string   `json:"location,omitempty"`
	TimeZone          string   `json:"timeZone,omitempty"`
	StartDate         string   `json:"startDate,omitempty"` // such as 2024-03-18; only its month stands in clear
	YearsOfExperience *int     `json:"yearsOfExperience,omitempty"`
}

// GroupDetails is what GroupSelfIdentified seals.
type GroupDetails struct {
	Group Code `json:"group"`
}

// ContactDetails is what ExternalContactAdded seals.
type ContactDetails struct {
	Nickname string `json:"nickname,omitempty"`
}
