package cli

import "strings"

// acts say what each act of support is, for somebody who has never seen the code.
var acts = map[string]string{
	"MentorshipRequested":   "asked for mentoring",
	"MentorshipDeclined":    "declined a request for mentoring",
	"MentorshipStarted":     "a mentorship was agreed",
	"MentorshipEnded":       "a mentorship ended",
	"MentoringSessionHeld":  "a mentoring session",
	"AdviceGiven":           "advice",
	"StrategyShared":        "insider advice on how to advance",
	"IntroductionMade":      "an introduction",
	"ReferralMade":          "a referral",
	"OpportunityGiven":      "an opportunity",
	"EndorsementGiven":      "praised their skills to others",
	"SponsorEndorsed":       "spoke for them where it is decided",
	"PromotionAdvocated":    "argued for their promotion",
	"AirCoverProvided":      "protected them",
	"KudosGiven":            "thanked them before others",
	"CreditGiven":           "gave them credit",
	"FeedbackGiven":         "feedback",
	"AllyActionTaken":       "used their position for them",
	"ReverseLearningGained": "learned from them",
	"CollaborationShared":   "worked together",
	"SupportReported":       "an answer in a survey",
	"ThanksGiven":           "was thanked",
	"TrustConfirmed":        "the word that they are trusted",
	"PairMatched":           "a program made them a pair",
	"PairEnded":             "a program's pair ended",
	"ProgramLeft":           "one of them left the program",
	"ProgramClosed":         "the program closed",
}

// act says what an act was, with its kind.
func act(name, kind string) string {
	said, ok := acts[name]
	if !ok {
		said = spaced(name)
	}
	if kind != "" && kind != "standard" {
		said += " (" + strings.ReplaceAll(kind, "-", " ") + ")"
	}
	return said
}
