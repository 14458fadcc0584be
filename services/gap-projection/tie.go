package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// TieAnswer explains one tie: which acts lie between two people, what they weigh, what follows,
// and what would be needed for more. Weights and scores are numbers like those of the ruleset.
type TieAnswer struct {
	Recipient   events.PersonID  `json:"recipient"`
	Supporter   events.PersonID  `json:"supporter"`
	AsOf        uint64           `json:"asOf"`
	Roles       []TieRoleView    `json:"roles"` // every role, in the order of events.Roles
	Ladder      LadderView       `json:"ladder"`
	Reciprocity *ReciprocityView `json:"reciprocity,omitempty"` // absent where nothing goes back
	Away        []AwayView       `json:"away,omitempty"`        // when either is on leave: silence does not count
	Acts        []ActView        `json:"acts"`                  // the newest first, at most 128 of ActCount
	ActCount    int              `json:"actCount"`
	Ruleset     string           `json:"ruleset"`
	RulesetHash string           `json:"rulesetHash"`
	Rules       string           `json:"rules"` // version of the rules' code
}

// LadderView is how far the supporter has come on Ibarra's ladder, from advice in private to
// advocacy in public.
type LadderView struct {
	Rung int `json:"rung"`           // the highest among the acts that count; 0 none
	Next int `json:"next,omitempty"` // absent at the top
}

// ReciprocityView is what goes the other way.
type ReciprocityView struct {
	Mutual      bool              `json:"mutual"`  // each is the other's mentor
	Roles       []events.RoleName `json:"roles"`   // what the recipient is to the supporter now
	Learned     int               `json:"learned"` // how often the supporter said to have learned from the recipient
	LastLearned time.Time         `json:"lastLearned,omitzero"`
}

// AwayView is a time of leave.
type AwayView struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"` // absent where no end is known
}

// TieRoleView is how one role stands on the tie now.
type TieRoleView struct {
	Role        events.RoleName      `json:"role"`
	Status      readmodel.RoleStatus `json:"status"` // active, at-risk, lapsed, unproven, none
	Subtype     events.Subtype       `json:"subtype,omitempty"`
	Score       float64              `json:"score"` // as of now
	Enter       float64              `json:"enter"`
	Exit        float64              `json:"exit"`
	Short       float64              `json:"short"`    // of the score at which it begins; 0 where it is reached
	Strength    int                  `json:"strength"` // percent
	Since       time.Time            `json:"since,omitzero"`
	SilentSince time.Time            `json:"silentSince,omitzero"`
	AtRiskAt    time.Time            `json:"atRiskAt,omitzero"` // when silence puts it at risk
	LapsesAt    time.Time            `json:"lapsesAt,omitzero"` // when silence ends it
	Next        *NextView            `json:"next,omitempty"`    // what time alone will bring first; absent where it brings nothing
	Rung        int                  `json:"rung,omitempty"`
	Acts        int                  `json:"acts"`                  // how many count for it
	LineManager bool                 `json:"lineManager,omitempty"` // the supporter is the recipient's manager: no sponsor besides them
	Formal      bool                 `json:"formal,omitempty"`      // agreed, by the two or by a program
	Declared    bool                 `json:"declared,omitempty"`
	Declaration *DeclarationView     `json:"declaration,omitempty"`
	Request     *RequestView         `json:"request,omitempty"` // that it was asked for
	Contested   bool                 `json:"contested,omitempty"`
	Contest     *ContestView         `json:"contest,omitempty"`
	AsideUntil  time.Time            `json:"asideUntil,omitzero"` // set aside by one of the two until then
	Evidence    []EvidenceView       `json:"evidence"`            // the heaviest, as they weigh now
	Missing     []string             `json:"missing"`             // what the role takes to begin; empty where it is played
	OneMore     []OneMoreView        `json:"oneMore"`             // what one more act of a kind would do today, the most helpful first
}

// NextView is what time alone will bring.
type NextView struct {
	At     time.Time            `json:"at"`
	Status readmodel.RoleStatus `json:"status"`
}

// DeclarationView is somebody's word that the role is played.
type DeclarationView struct {
	By  events.DeclaredBy `json:"by"`
	At  time.Time         `json:"at"`
	How string            `json:"how,omitempty"` // accepted: after being asked; promoted: from mentor to sponsor
}

// RequestView is that the recipient asked for the role.
type RequestView struct {
	State string    `json:"state"` // asked, accepted, declined
	At    time.Time `json:"at"`
}

// ContestView is somebody's word that the role is not what the acts show.
type ContestView struct {
	By    events.ConfirmingSide `json:"by"`
	At    time.Time             `json:"at"`
	Until time.Time             `json:"until,omitzero"`
}

// OneMoreView is what one more act would do today, if both stand by it: it is tried by the same
// rules, and nothing is stated.
type OneMoreView struct {
	Type    string               `json:"type"`
	Kind    string               `json:"kind,omitempty"`
	Adds    float64              `json:"adds"`  // weight times quality
	Score   float64              `json:"score"` // right after it
	Status  readmodel.RoleStatus `json:"status"`
	Turns   bool                 `json:"turns,omitempty"` // the role would begin, or be at risk no longer
	Short   float64              `json:"short"`           // of the score at which it begins, after it
	Missing []string             `json:"missing"`         // what the role would still take besides
}

// EvidenceView is one act behind a role.
type EvidenceView struct {
	Act     events.FactID `json:"act"`
	Type    string        `json:"type"`
	At      time.Time     `json:"at"`
	Weight  float64       `json:"weight"`
	Quality float64       `json:"quality"`
	Factors []FactorView  `json:"factors"` // what makes the quality: their product
	Decayed float64       `json:"decayed"` // what is left of weight times quality
}

// FactorView is one thing that makes an act's quality.
type FactorView struct {
	Factor string  `json:"factor"` // a code
	Times  float64 `json:"times"`
}

// ActView is one act of the tie.
type ActView struct {
	Act      events.FactID               `json:"act"`
	Type     string                      `json:"type"`
	At       time.Time                   `json:"at"`
	Kind     string                      `json:"kind,omitempty"`
	Topics   []events.Topic              `json:"topics,omitempty"`
	Weights  map[events.RoleName]float64 `json:"weights,omitempty"`  // by role, before quality
	Withheld []events.RoleName           `json:"withheld,omitempty"` // roles it would weigh for if its supporter had the standing
	Quality  float64                     `json:"quality"`
	Factors  []FactorView                `json:"factors"` // what makes the quality: their product
	Counts   []CountView                 `json:"counts"`  // what is left of it, for each role it counts for
	Rung     int                         `json:"rung,omitempty"`
	Stake    events.Stake                `json:"stake,omitempty"`
	Outcome  events.StakeOutcome         `json:"outcome,omitempty"` // of the stake
	Void     bool                        `json:"void,omitempty"`    // disputed, corrected or taken back
	Note     string                      `json:"note,omitempty"`    // why it weighs nothing or less
}

// CountView is what an act counts for one role.
type CountView struct {
	Role    events.RoleName `json:"role"`
	Worth   float64         `json:"worth"`   // weight times quality
	Decayed float64         `json:"decayed"` // what is left of it now
}
