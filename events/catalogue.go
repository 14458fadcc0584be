package events

import (
	"slices"
	"strings"
)

// Entry is a fact of the catalogue.
type Entry struct {
	Name     string      // the wire name
	Contexts []Context   // where it may stand
	Subjects string      // the letters that its subject may begin with: p, x, g or _
	New      func() Fact // a pointer to an empty fact
}

// In reports whether the fact may stand in context c.
func (e Entry) In(c Context) bool { return slices.Contains(e.Contexts, c) }

// About reports whether subject is of a kind that the fact may be about: a person, a program or
// Nobody.
func (e Entry) About(subject string) bool {
	return validToken(subject) && strings.IndexByte(e.Subjects, subject[0]) >= 0
}

// Catalogue lists every fact of the published language, context by context.
func Catalogue() []Entry { return slices.Clone(catalogue) }

// Lookup finds a fact by its wire name.
func Lookup(name string) (Entry, bool) {
	e, ok := byName[name]
	return e, ok
}

var byName = func() map[string]Entry {
	m := make(map[string]Entry, len(catalogue))
	for _, e := range catalogue {
		m[e.Name] = e
	}
	return m
}()

// What the subject of a fact may be.
const (
	aPerson  = "px"
	aProgram = "g"
	nobody   = Nobody
	anyone   = aPerson + aProgram + nobody
)

// Where acts, what is said of acts, and roles may stand: see ContextFor.
var (
	unsealed = []Context{Support, Personal}
	sealable = []Context{Support, Personal, Sealed}
	roles    = []Context{Role, RoleSealed}
)

var catalogue = []Entry{
	{"PersonJoined", []Context{People}, aPerson, func() Fact { return new(PersonJoined) }},
	{"PersonChanged", []Context{People}, aPerson, func() Fact { return new(PersonChanged) }},
	{"PersonWentOnLeave", []Context{People}, aPerson, func() Fact { return new(PersonWentOnLeave) }},
	{"PersonReturned", []Context{People}, aPerson, func() Fact { return new(PersonReturned) }},
	{"PersonLeft", []Context{People}, aPerson, func() Fact { return new(PersonLeft) }},
	{"PersonMerged", []Context{People, Personal}, aPerson, func() Fact { return new(PersonMerged) }},
	{"ErasureRequested", []Context{People}, aPerson, func() Fact { return new(ErasureRequested) }},
	{"PersonErased", []Context{People}, aPerson, func() Fact { return new(PersonErased) }},
	{"PromotionOccurred", []Context{People}, aPerson, func() Fact { return new(PromotionOccurred) }},
	{"AssignmentStarted", []Context{People}, aPerson, func() Fact { return new(AssignmentStarted) }},
	{"ProgramOpened", []Context{People}, aProgram, func() Fact { return new(ProgramOpened) }},
	{"ProgramClosed", []Context{People}, aProgram, func() Fact { return new(ProgramClosed) }},
	{"ImportStarted", []Context{People}, nobody, func() Fact { return new(ImportStarted) }},
	{"ImportFinished", []Context{People}, nobody, func() Fact { return new(ImportFinished) }},
	{"MentorshipRequested", []Context{Personal}, aPerson, func() Fact { return new(MentorshipRequested) }},
	{"MentorshipDeclined", []Context{Personal}, aPerson, func() Fact { return new(MentorshipDeclined) }},
	{"MentorshipStarted", unsealed, aPerson, func() Fact { return new(MentorshipStarted) }},
	{"MentorshipEnded", unsealed, aPerson, func() Fact { return new(MentorshipEnded) }},
	{"MentoringSessionHeld", unsealed, aPerson, func() Fact { return new(MentoringSessionHeld) }},
	{"AdviceGiven", unsealed, aPerson, func() Fact { return new(AdviceGiven) }},
	{"StrategyShared", unsealed, aPerson, func() Fact { return new(StrategyShared) }},
	{"IntroductionMade", unsealed, aPerson, func() Fact { return new(IntroductionMade) }},
	{"ReferralMade", unsealed, aPerson, func() Fact { return new(ReferralMade) }},
	{"OpportunityGiven", unsealed, aPerson, func() Fact { return new(OpportunityGiven) }},
	{"EndorsementGiven", unsealed, aPerson, func() Fact { return new(EndorsementGiven) }},
	{"SponsorEndorsed", sealable, aPerson, func() Fact { return new(SponsorEndorsed) }},
	{"PromotionAdvocated", sealable, aPerson, func() Fact { return new(PromotionAdvocated) }},
	{"AirCoverProvided", sealable, aPerson, func() Fact { return new(AirCoverProvided) }},
	{"KudosGiven", unsealed, aPerson, func() Fact { return new(KudosGiven) }},
	{"CreditGiven", unsealed, aPerson, func() Fact { return new(CreditGiven) }},
	{"FeedbackGiven", sealable, aPerson, func() Fact { return new(FeedbackGiven) }},
	{"AllyActionTaken", []Context{Personal}, aPerson, func() Fact { return new(AllyActionTaken) }},
	{"ReverseLearningGained", unsealed, aPerson, func() Fact { return new(ReverseLearningGained) }},
	{"CollaborationShared", unsealed, aPerson, func() Fact { return new(CollaborationShared) }},
	{"SupportReported", unsealed, aPerson, func() Fact { return new(SupportReported) }},
	{"ThanksGiven", unsealed, aPerson, func() Fact { return new(ThanksGiven) }},
	{"SponsorshipDisclosed", []Context{Sealed}, aPerson, func() Fact { return new(SponsorshipDisclosed) }},
	{"StakeResolved", sealable, aPerson, func() Fact { return new(StakeResolved) }},
	{"ActConfirmed", sealable, aPerson, func() Fact { return new(ActConfirmed) }},
	{"ActDisputed", sealable, aPerson, func() Fact { return new(ActDisputed) }},
	{"ActCorrected", sealable, aPerson, func() Fact { return new(ActCorrected) }},
	{"ActRetracted", sealable, aPerson, func() Fact { return new(ActRetracted) }},
	{"ParticipationChanged", []Context{Personal}, aPerson, func() Fact { return new(ParticipationChanged) }},
	{"GoalSet", []Context{Personal}, aPerson, func() Fact { return new(GoalSet) }},
	{"GoalReached", []Context{Personal}, aPerson, func() Fact { return new(GoalReached) }},
	{"RoleDeclared", []Context{Personal}, aPerson, func() Fact { return new(RoleDeclared) }},
	{"RoleDeclarationWithdrawn", []Context{Personal}, aPerson, func() Fact { return new(RoleDeclarationWithdrawn) }},
	{"SponsorshipAsked", []Context{Personal}, aPerson, func() Fact { return new(SponsorshipAsked) }},
	{"SponsorshipAccepted", []Context{Personal}, aPerson, func() Fact { return new(SponsorshipAccepted) }},
	{"SponsorshipDeclined", []Context{Personal}, aPerson, func() Fact { return new(SponsorshipDeclined) }},
	{"MentorPromotedToSponsor", []Context{Personal}, aPerson, func() Fact { return new(MentorPromotedToSponsor) }},
	{"FeedbackRequested", []Context{Personal}, aPerson, func() Fact { return new(FeedbackRequested) }},
	{"FeedbackRatedHelpful", []Context{Personal}, aPerson, func() Fact { return new(FeedbackRatedHelpful) }},
	{"SessionRated", []Context{Personal}, aPerson, func() Fact { return new(SessionRated) }},
	{"TrustConfirmed", []Context{Personal}, aPerson, func() Fact { return new(TrustConfirmed) }},
	{"RoleContested", []Context{Personal}, aPerson, func() Fact { return new(RoleContested) }},
	{"RoleOverridden", []Context{Personal}, aPerson, func() Fact { return new(RoleOverridden) }},
	{"CapacitySet", []Context{Personal}, aPerson, func() Fact { return new(CapacitySet) }},
	{"ProgramJoined", []Context{Personal}, aPerson, func() Fact { return new(ProgramJoined) }},
	{"ProgramLeft", []Context{Personal}, aPerson, func() Fact { return new(ProgramLeft) }},
	{"PairMatched", []Context{Personal}, aPerson, func() Fact { return new(PairMatched) }},
	{"PairEnded", []Context{Personal}, aPerson, func() Fact { return new(PairEnded) }},
	{"ExternalContactAdded", []Context{Personal}, aPerson, func() Fact { return new(ExternalContactAdded) }},
	{"ExternalContactRemoved", []Context{Personal}, aPerson, func() Fact { return new(ExternalContactRemoved) }},
	{"GroupSelfIdentified", []Context{Personal}, aPerson, func() Fact { return new(GroupSelfIdentified) }},
	{"GroupSelfIdentificationWithdrawn", []Context{Personal}, aPerson, func() Fact { return new(GroupSelfIdentificationWithdrawn) }},
	{"RoleRecognized", roles, aPerson, func() Fact { return new(RoleRecognized) }},
	{"RoleAtRisk", roles, aPerson, func() Fact { return new(RoleAtRisk) }},
	{"RoleLapsed", roles, aPerson, func() Fact { return new(RoleLapsed) }},
	{"ImportRecognized", []Context{Role}, nobody, func() Fact { return new(ImportRecognized) }},
	{"GapOpened", []Context{Gap}, aPerson, func() Fact { return new(GapOpened) }},
	{"GapClosed", []Context{Gap}, aPerson, func() Fact { return new(GapClosed) }},
	{"CoverageMeasured", []Context{Coverage}, aProgram + nobody, func() Fact { return new(CoverageMeasured) }},
	{"NudgePlanned", []Context{Nudge}, aPerson, func() Fact { return new(NudgePlanned) }},
	{"NudgeSuppressed", []Context{Nudge}, aPerson, func() Fact { return new(NudgeSuppressed) }},
	{"NudgeActedOn", []Context{Nudge}, aPerson, func() Fact { return new(NudgeActedOn) }},
	{"NudgeSent", []Context{Delivery}, aPerson, func() Fact { return new(NudgeSent) }},
	{"NudgeFailed", []Context{Delivery}, aPerson, func() Fact { return new(NudgeFailed) }},
	{"NudgeDismissed", []Context{Reply}, aPerson, func() Fact { return new(NudgeDismissed) }},
	{"NudgeSnoozed", []Context{Reply}, aPerson, func() Fact { return new(NudgeSnoozed) }},
	{"NudgeDone", []Context{Reply}, aPerson, func() Fact { return new(NudgeDone) }},
	{"RulesetActivated", []Context{Policy}, nobody, func() Fact { return new(RulesetActivated) }},
	{"PolicyChanged", []Context{Policy}, nobody, func() Fact { return new(PolicyChanged) }},
	{"SubscriptionCreated", []Context{Policy}, nobody, func() Fact { return new(SubscriptionCreated) }},
	{"SubscriptionRevoked", []Context{Policy}, nobody, func() Fact { return new(SubscriptionRevoked) }},
	{"NetworkViewed", []Context{Access}, aPerson, func() Fact { return new(NetworkViewed) }},
	{"AggregateQueried", []Context{Access}, nobody, func() Fact { return new(AggregateQueried) }},
	{"CheckpointSealed", []Context{Audit}, nobody, func() Fact { return new(CheckpointSealed) }},
	{"LogRestored", []Context{Audit}, nobody, func() Fact { return new(LogRestored) }},
	{"ReplayPerformed", []Context{Audit}, nobody, func() Fact { return new(ReplayPerformed) }},
	{"Due", []Context{Clock}, anyone, func() Fact { return new(Due) }},
	{"Parked", []Context{Clock}, anyone, func() Fact { return new(Parked) }},
	{"Retry", []Context{Clock}, anyone, func() Fact { return new(Retry) }},
}
