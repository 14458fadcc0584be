package events

import "time"

// The facts of this file are what is allowed, who looked, and what the log says of itself. Owners:
// intake, every service, audit, the deriving services.

// RulesetActivated puts a ruleset into force: the whole text and its hash.
type RulesetActivated struct {
	Version string `json:"version"`
	Hash    string `json:"hash" form:"sha256"` // SHA-256 of Text, in hex
	Text    string `json:"text" form:"text"`   // YAML
}

// FactName is the wire name.
func (RulesetActivated) FactName() string { return "RulesetActivated" }

// PolicyChanged changes the privacy policy.
type PolicyChanged struct {
	Floor     int       `json:"floor" min:"5"` // the smallest group an aggregate is published for
	LegalMode LegalMode `json:"legalMode"`
	Grants    []Grant   `json:"grants,omitempty"` // person-level scopes
}

// FactName is the wire name.
func (PolicyChanged) FactName() string { return "PolicyChanged" }

// SubscriptionCreated lets an integration subscribe.
type SubscriptionCreated struct {
	Subscription Code   `json:"subscription"`
	Scopes       []Code `json:"scopes"` // what it may read, such as directory or coverage
}

// FactName is the wire name.
func (SubscriptionCreated) FactName() string { return "SubscriptionCreated" }

// SubscriptionRevoked ends an integration's subscription.
type SubscriptionRevoked struct {
	Subscription Code `json:"subscription"`
}

// FactName is the wire name.
func (SubscriptionRevoked) FactName() string { return "SubscriptionRevoked" }

// NetworkViewed says that somebody looked at the data of its subject.
type NetworkViewed struct {
	Viewer  string        `json:"viewer" form:"actor"` // a person, integration:<name>, service:<name> or auditor:<name>
	Purpose AccessPurpose `json:"purpose"`
}

// FactName is the wire name.
func (NetworkViewed) FactName() string { return "NetworkViewed" }

// AggregateQueried says that somebody asked for an aggregate.
type AggregateQueried struct {
	Viewer          string `json:"viewer" form:"actor"` // a person, integration:<name>, service:<name> or auditor:<name>
	Filters         []Code `json:"filters,omitempty"`
	SuppressedCells int    `json:"suppressedCells"` // how many cells of the answer had too few people
}

// FactName is the wire name.
func (AggregateQueried) FactName() string { return "AggregateQueried" }

// CheckpointSealed seals the log up to a size: the fields of a signed note of its transparency log.
type CheckpointSealed struct {
	Size      uint64   `json:"size"`             // how many messages of the log it covers, from the first on
	RootHash  string   `json:"rootHash"`         // of the Merkle tree of them, in base64
	Signature string   `json:"signature"`        // of origin, size and root hash, as it stands in the note
	Origin    string   `json:"origin,omitempty"` // the log's name, which the signing keys bear too
	More      []string `json:"more,omitempty"`   // signatures by other keys of the log, while keys change
}

// FactName is the wire name.
func (CheckpointSealed) FactName() string { return "CheckpointSealed" }

// LogRestored says that the log was restored from a backup. What stood behind the messages of the backup is lost,
// and checkpoints of more messages from before are evidence of it: they contradict what follows here.
type LogRestored struct {
	Messages uint64    `json:"messages"`           // how many the backup has; all of them stand before this fact
	RootHash string    `json:"rootHash"`           // of the Merkle tree of them, in base64
	SavedAt  time.Time `json:"savedAt"`            // when the backup was made
	Lost     uint64    `json:"lost,omitempty"`     // the size of the newest checkpoint that whoever restored it knew of, where that is larger
	LostRoot string    `json:"lostRoot,omitempty"` // and its root hash
}

// FactName is the wire name.
func (LogRestored) FactName() string { return "LogRestored" }

// ReplayPerformed says that a range of the log was replayed.
type ReplayPerformed struct {
	From       uint64 `json:"from"`       // the first sequence
	To         uint64 `json:"to"`         // the last sequence
	Ruleset    string `json:"ruleset"`    // version of the ruleset that was applied
	ResultHash string `json:"resultHash"` // of the facts that the replay derived
}

// FactName is the wire name.
func (ReplayPerformed) FactName() string { return "ReplayPerformed" }

// Due says that a point in time has come at which something may change.
type Due struct {
	For   DueFor    `json:"for"`   // the service that is to look again
	About string    `json:"about"` // the document: a tie, a person or "rebuild"
	At    time.Time `json:"at"`    // the now of the decision
}

// FactName is the wire name.
func (Due) FactName() string { return "Due" }

// Parked says that a service leaves a poisonous fact out, by its sequence: a pointer, never a copy.
type Parked struct {
	For      DueFor `json:"for"` // the service that leaves it out
	Seq      uint64 `json:"seq"` // the sequence of the fact left out
	Reason   Code   `json:"reason"`
	Attempts int    `json:"attempts"` // how often it was tried
}

// FactName is the wire name.
func (Parked) FactName() string { return "Parked" }

// Retry says that a parked fact is to be folded in its turn.
type Retry struct {
	For DueFor `json:"for"` // the service that left it out
	Seq uint64 `json:"seq"` // the sequence of the parked fact
}

// FactName is the wire name.
func (Retry) FactName() string { return "Retry" }
