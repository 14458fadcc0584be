package events

// RecordedBy is who recorded an act.
type RecordedBy string

// Codes lists every RecordedBy.
func (RecordedBy) Codes() []string {
	return []string{"recipient", "supporter", "third-party", "system"}
}

// Topic is what an act of support was about.
type Topic string

// Codes lists every Topic.
func (Topic) Codes() []string {
	return []string{
		"politics", "career-path", "daily-feedback", "skills", "visibility", "opportunity", "wellbeing",
		"industry-insight", "soft-skills",
	}
}

// Relation is how the supporter stands to the recipient.
type Relation string

// Codes lists every Relation.
func (Relation) Codes() []string {
	return []string{"peer", "manager", "skip", "report", "senior", "external", "friend", "family"}
}

// Confirmation is who has confirmed an act.
type Confirmation string

// Codes lists every Confirmation.
func (Confirmation) Codes() []string {
	return []string{"none", "recipient", "supporter", "both", "disputed"}
}

// MentorshipKind is the kind of a mentorship.
type MentorshipKind string

// Codes lists every MentorshipKind.
func (MentorshipKind) Codes() []string {
	return []string{"standard", "reverse", "peer"}
}

// Cadence is how often people mean to meet.
type Cadence string

// Codes lists every Cadence.
func (Cadence) Codes() []string {
	return []string{"weekly", "biweekly", "monthly", "quarterly", "unknown"}
}

// ReportedCadence is how often a survey says that people talk.
type ReportedCadence string

// Codes lists every ReportedCadence.
func (ReportedCadence) Codes() []string {
	return []string{"weekly", "monthly", "quarterly", "unknown"}
}

// EndReason is why a mentorship or a pair ended, or was declined.
type EndReason string

// Codes lists every EndReason.
func (EndReason) Codes() []string {
	return []string{"completed", "early", "unresponsive", "no-capacity", "no-fit", "other"}
}

// Format is how a session was held.
type Format string

// Codes lists every Format.
func (Format) Codes() []string {
	return []string{"in-person", "video", "phone", "chat", "unknown"}
}

// OpportunityKind is the kind of an opportunity.
type OpportunityKind string

// Codes lists every OpportunityKind.
func (OpportunityKind) Codes() []string {
	return []string{"stretch", "presentation", "committee", "client", "job"}
}

// Visibility is who sees an opportunity or a thank-you.
type Visibility string

// Codes lists every Visibility.
func (Visibility) Codes() []string {
	return []string{"private", "team", "organization", "public"}
}

// Audience is who heard words of support.
type Audience string

// Codes lists every Audience.
func (Audience) Codes() []string {
	return []string{"small-group", "public"}
}

// Forum is where a decision about people is made.
type Forum string

// Codes lists every Forum.
func (Forum) Codes() []string {
	return []string{"calibration", "succession", "staffing", "executive", "client"}
}

// Stake is what a supporter put at risk.
type Stake string

// Codes lists every Stake.
func (Stake) Codes() []string {
	return []string{"none", "reputation", "political-capital", "budget", "headcount", "own-role"}
}

// Awareness is whether the recipient knows of an act.
type Awareness string

// Codes lists every Awareness.
func (Awareness) Codes() []string {
	return []string{"aware", "unaware"}
}

// CoverKind is the kind of protection given.
type CoverKind string

// Codes lists every CoverKind.
func (CoverKind) Codes() []string {
	return []string{"criticism", "politics", "failure", "overload", "other"}
}

// StakeOutcome is what came of a stake.
type StakeOutcome string

// Codes lists every StakeOutcome.
func (StakeOutcome) Codes() []string {
	return []string{"paid-off", "neutral", "cost"}
}

// Valence is the tone of feedback.
type Valence string

// Codes lists every Valence.
func (Valence) Codes() []string {
	return []string{"constructive", "appreciative", "mixed"}
}

// Sharing is how feedback is passed on.
type Sharing string

// Codes lists every Sharing.
func (Sharing) Codes() []string {
	return []string{"named", "unnamed", "summary"}
}

// AllyKind is the kind of an ally act.
type AllyKind string

// Codes lists every AllyKind.
func (AllyKind) Codes() []string {
	return []string{"amplify", "credit", "intervene", "advocate", "educate", "include"}
}

// ConfirmedBy is who confirms an ally act.
type ConfirmedBy string

// Codes lists every ConfirmedBy.
func (ConfirmedBy) Codes() []string {
	return []string{"recipient", "witness"}
}

// SupportKind is the kind of support a survey reports.
type SupportKind string

// Codes lists every SupportKind.
func (SupportKind) Codes() []string {
	return []string{"advice", "trust", "shared-work"}
}

// ReasonClass is a class of reasons, never a text.
type ReasonClass string

// Codes lists every ReasonClass.
func (ReasonClass) Codes() []string {
	return []string{
		"mistake", "duplicate", "wrong-person", "wrong-time", "not-helpful", "resignation", "retirement",
		"end-of-contract", "dismissal", "other",
	}
}

// Purpose is what personal data may be used for.
type Purpose string

// Codes lists every Purpose.
func (Purpose) Codes() []string {
	return []string{"own-network", "program", "org-aggregate", "inclusion-analysis", "integration"}
}

// InOut is taking part or not.
type InOut string

// Codes lists every InOut.
func (InOut) Codes() []string {
	return []string{"in", "out"}
}

// GoalKind is the kind of a career goal.
type GoalKind string

// Codes lists every GoalKind.
func (GoalKind) Codes() []string {
	return []string{"advance", "move", "learn", "lead", "settle-in"}
}

// DeclaredBy is who declares a role.
type DeclaredBy string

// Codes lists every DeclaredBy.
func (DeclaredBy) Codes() []string {
	return []string{"recipient", "supporter", "both"}
}

// RoleName is a role one person plays for another.
type RoleName string

// Codes lists every RoleName.
func (RoleName) Codes() []string {
	return []string{"mentor", "advocate", "sponsor", "truth-teller", "ally"}
}

// Subtype is the subtype of a role.
type Subtype string

// Codes lists every Subtype.
func (Subtype) Codes() []string {
	return []string{"standard", "reverse-mentor", "peer-mentor", "internal", "external"}
}

// ProgramKind is the kind of a program.
type ProgramKind string

// Codes lists every ProgramKind.
func (ProgramKind) Codes() []string {
	return []string{"mentoring", "reverse", "peer", "sponsorship"}
}

// MoveKind is the kind of a promotion or an assignment.
type MoveKind string

// Codes lists every MoveKind.
func (MoveKind) Codes() []string {
	return []string{"promotion", "lateral", "stretch", "project"}
}

// Requester is who asked for an erasure.
type Requester string

// Codes lists every Requester.
func (Requester) Codes() []string {
	return []string{"person", "organization", "retention"}
}

// GroupSource is how somebody identified with a group.
type GroupSource string

// Codes lists every GroupSource.
func (GroupSource) Codes() []string {
	return []string{"self", "survey"}
}

// GapKind is what is missing in a network.
type GapKind string

// Codes lists every GapKind.
func (GapKind) Codes() []string {
	return []string{
		"missing-role", "thin-role", "no-internal-sponsor", "mostly-external", "at-risk",
		"single-point-of-failure", "supporter-leaving", "narrow-network", "small-network",
		"only-line-manager", "over-mentored-under-sponsored", "declared-not-enacted", "stalled-pair",
		"one-sided", "isolation", "overloaded-supporter",
	}
}

// GapReason is why a gap is open.
type GapReason string

// Codes lists every GapReason.
func (GapReason) Codes() []string {
	return []string{
		"none-active", "below-target", "at-risk-only-holder", "silent", "declared-without-acts", "other",
		"supporter-left", "supporter-leaves", "only-outside", "mostly-outside", "one-holds-many", "one-line",
		"one-arena", "few-supporters", "manager-only", "mentors-only", "not-met-yet", "not-met-lately",
		"one-side-only", "over-capacity",
	}
}

// ChannelName is where a nudge is shown.
type ChannelName string

// Codes lists every ChannelName.
func (ChannelName) Codes() []string {
	return []string{"inbox", "mail", "slack", "teams", "webhook"}
}

// NudgeAction is the one action a nudge offers.
type NudgeAction string

// Codes lists every NudgeAction.
func (NudgeAction) Codes() []string {
	return []string{
		"ask", "promote-mentor", "rekindle", "introduce", "declare", "review", "ask-feedback", "hand-over", "thank", "make-room",
	}
}

// SuppressReason is why a nudge is not sent.
type SuppressReason string

// Codes lists every SuppressReason.
func (SuppressReason) Codes() []string {
	return []string{"weekly-cap", "quiet-hours", "opted-out", "repeated", "ignored-thrice", "left", "snoozed"}
}

// ErrorClass is why a delivery failed.
type ErrorClass string

// Codes lists every ErrorClass.
func (ErrorClass) Codes() []string {
	return []string{"temporary", "permanent"}
}

// LegalMode is how sealed acts are treated on an access request.
type LegalMode string

// Codes lists every LegalMode.
func (LegalMode) Codes() []string {
	return []string{"disclose-existence", "exempt-reference", "full"}
}

// AccessPurpose is why personal data is read.
type AccessPurpose string

// Codes lists every AccessPurpose.
func (AccessPurpose) Codes() []string {
	return []string{"own-network", "support-given", "program", "audit", "access-request", "operation"}
}

// DueFor is the service that a point in time matters to.
type DueFor string

// Codes lists every DueFor.
func (DueFor) Codes() []string {
	return []string{"role-classifier", "gap-projection", "notification"}
}

// ConfirmingSide is one of the two sides of a tie.
type ConfirmingSide string

// Codes lists every ConfirmingSide.
func (ConfirmingSide) Codes() []string { return []string{"recipient", "supporter"} }

// Codes that rules name.
const (
	Mentor      RoleName = "mentor"
	Advocate    RoleName = "advocate"
	Sponsor     RoleName = "sponsor"
	TruthTeller RoleName = "truth-teller"
	Ally        RoleName = "ally"

	Standard      Subtype = "standard"
	ReverseMentor Subtype = "reverse-mentor"
	PeerMentor    Subtype = "peer-mentor"
	Internal      Subtype = "internal"
	External      Subtype = "external"

	MissingRole        GapKind = "missing-role"
	ThinRole           GapKind = "thin-role"
	NoInternalSponsor  GapKind = "no-internal-sponsor"
	MostlyExternal     GapKind = "mostly-external"
	AtRisk             GapKind = "at-risk"
	SinglePoint        GapKind = "single-point-of-failure"
	SupporterLeaving   GapKind = "supporter-leaving"
	NarrowNetwork      GapKind = "narrow-network"
	SmallNetwork       GapKind = "small-network"
	OnlyLineManager    GapKind = "only-line-manager"
	OverMentored       GapKind = "over-mentored-under-sponsored"
	DeclaredNotEnacted GapKind = "declared-not-enacted"
	StalledPair        GapKind = "stalled-pair"
	OneSided           GapKind = "one-sided"
	Isolation          GapKind = "isolation"
	Overloaded         GapKind = "overloaded-supporter"
)

// Roles lists every role, in the order people speak of them.
func Roles() []RoleName { return []RoleName{Mentor, Advocate, Sponsor, TruthTeller, Ally} }
