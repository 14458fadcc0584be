package cli

import (
	"strings"

	"kith.internal/events"
)

// role is how one role is spoken of.
type role struct {
	title string
	does  string // what somebody in it does, after "Nobody "
}

var roles = map[events.RoleName]role{
	events.Mentor:      {"Mentor", "shares advice and experience"},
	events.Advocate:    {"Advocate", "speaks well of you to others"},
	events.Sponsor:     {"Sponsor", "puts something at stake for you where it is decided"},
	events.TruthTeller: {"Truth-teller", "tells you honestly what you could do better"},
	events.Ally:        {"Ally", "uses their position for you"},
}

func title(r events.RoleName) string {
	if known, ok := roles[r]; ok {
		return known.title
	}
	return string(r)
}

// subtypes are added to a role in brackets; what is usual goes without saying.
var subtypes = map[events.Subtype]string{
	events.ReverseMentor: "more junior: reverse mentoring",
	events.PeerMentor:    "a peer",
	events.External:      "outside the organization",
}

// gapWords says what is missing, in words that blame nobody.
func gapWords(kind events.GapKind, r events.RoleName) string {
	name := title(r)
	switch kind {
	case events.MissingRole:
		return name + ": nobody yet"
	case events.ThinRole:
		return name + ": one more would help"
	case events.AtRisk:
		return name + ": at risk, because it has been quiet for a while"
	case events.DeclaredNotEnacted:
		return name + ": named, and not seen yet"
	case events.SupporterLeaving:
		return name + ": going to leave, and nobody beside them yet"
	case events.Overloaded:
		return "A " + strings.ToLower(name) + " for more people than there is room for"
	}
	if said, ok := lacks[kind]; ok {
		return said
	}
	return strings.TrimSuffix(capital(strings.ReplaceAll(string(kind), "-", " "))+": "+name, ": ")
}

// lacks says of gaps that are about a network as a whole what is missing.
var lacks = map[events.GapKind]string{
	events.Isolation:         "No support of any kind has been seen lately",
	events.NoInternalSponsor: "Sponsor: nobody inside the organization yet",
	events.OverMentored:      "Sponsor: good advice for a long time, and nobody yet who speaks up where it is decided",
	events.MostlyExternal:    "Most support comes from outside the organization",
	events.SinglePoint:       "Much rests on few: somebody else beside them would make it safer",
	events.SmallNetwork:      "A few more supporters would help",
	events.NarrowNetwork:     "Everybody is in the same place: somebody from elsewhere would widen the view",
	events.OnlyLineManager:   "Nobody but the line manager yet",
	events.StalledPair:       "A mentorship is waiting for its next meeting",
	events.OneSided:          "A mentorship of which only one side says what it is worth",
}

// reasons say why a gap is open; since when may follow.
var reasons = map[events.GapReason]string{
	"none-active":           "Nobody has been seen in this role",
	"below-target":          "It has been less than what most careers rest on",
	"at-risk-only-holder":   "Nobody has been active in it",
	"silent":                "No act of support has been seen",
	"declared-without-acts": "Somebody has been named, and no act has shown it,",
	"supporter-left":        "Whoever was there has left the organization, and nobody has been seen",
	"supporter-leaves":      "It has been known",
	"only-outside":          "All sponsors have been outside",
	"mostly-outside":        "Fewer than half have been inside",
	"one-holds-many":        "One person alone has held several roles",
	"one-line":              "All sponsors have stood in one line of reporting",
	"one-arena":             "All supporters have been of one place",
	"few-supporters":        "There have been fewer than most careers rest on",
	"manager-only":          "Nobody else has been seen",
	"mentors-only":          "There have been mentors and no sponsor",
	"not-met-yet":           "The two have not met",
	"not-met-lately":        "The two have not met",
	"one-side-only":         "Only one of the two has rated their sessions",
	"over-capacity":         "There has been more to carry than there is room for",
}

// doing says what a nudge or a suggestion asks for; WHOM stands for who it is about.
func doing(action events.NudgeAction, r events.RoleName, whom string) string {
	as := strings.ToLower(title(r))
	switch action {
	case "ask":
		if r == "" {
			return "ask " + whom + " for a conversation"
		}
		return "ask " + whom + " to be your " + as
	case "promote-mentor":
		return "ask your mentor " + whom + " to become your sponsor"
	case "rekindle":
		return "get in touch with " + whom + " again"
	case "introduce":
		return "ask " + whom + " for an introduction"
	case "declare":
		return "say who supports you already, where it is only not recorded"
	case "review":
		return "talk to " + whom + " about what you expect of each other"
	case "ask-feedback":
		return "ask " + whom + " what you could do better"
	case "hand-over":
		return "ask " + whom + " whom to turn to from now on"
	case "thank":
		return "thank " + whom
	case "make-room":
		return "hand one of those you support on to somebody else, or say for how many you have room"
	}
	return string(action) + " " + whom
}

// anybody is doing without a name: a nudge never names a third person.
func anybody(action events.NudgeAction, r events.RoleName) string {
	switch action {
	case "ask":
		return doing(action, r, "somebody you trust")
	case "promote-mentor":
		return "ask a mentor of yours to become your sponsor"
	case "introduce":
		return doing(action, r, "somebody you work with")
	case "declare", "make-room":
		return doing(action, r, "")
	}
	return doing(action, r, "them")
}

// because says why somebody is suggested.
var because = map[string]string{
	"senior-enough":         "senior enough",
	"shares-strategy":       "shares how things really work",
	"opens-doors":           "has introduced you to others",
	"gives-opportunities":   "has given you opportunities",
	"speaks-for-you":        "has spoken for you",
	"works-with-you":        "works with you often",
	"supports-you-already":  "supports you already",
	"quiet-for-a-while":     "it has been quiet for a while",
	"supported-you-before":  "supported you before",
	"works-where-it-counts": "works where people are senior enough",
	"you-named-them":        "you named them",
	"nobody-known-yet":      "nobody is known yet",
	"works-elsewhere":       "works elsewhere",
	"is-going-to-leave":     "is going to leave",
	"your-pair-waits":       "you have not met for a while",
	"one-of-you-is-silent":  "only one of you says what it is worth",
	"more-people-than-room": "you support more people than you have room for",
}

// notes say why an act weighs nothing, or less.
var notes = map[string]string{
	"managers-routine":       "an ordinary talk with the manager",
	"not-to-somebody-senior": "not to somebody more senior",
	"no-stake":               "nothing was put at stake",
	"not-named":              "passed on without a name",
	"appraisal":              "an appraisal on duty",
	"worked-together":        "shared work: a reason to ask, no support yet",
	"too-soon-after-another": "too soon after another of its kind",
	"not-here":               "the supporter had left by then",
}

// qualities say what an act's quality is made of.
var qualities = map[string]string{
	"system":      "by a system",
	"confirmed":   "both say so",
	"one-sided":   "one side says so",
	"own-benefit": "only who benefits says so",
	"an-answer":   "an answer, not an act",
	"solicited":   "asked for",
	"late":        "recorded late",
	"disputed":    "disputed",
	"retracted":   "taken back",
	"corrected":   "another act stands in its place",
}

// spaced turns SponsorEndorsed into sponsor endorsed.
func spaced(fact string) string {
	var b strings.Builder
	for i, r := range fact {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

func words(codes map[string]string, keys []string) (said []string) {
	for _, k := range keys {
		if w, ok := codes[k]; ok {
			said = append(said, w)
		} else {
			said = append(said, strings.ReplaceAll(k, "-", " "))
		}
	}
	return said
}
