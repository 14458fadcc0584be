package events

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// The rules of this file span fields; all others follow from types and tags.

// mostEvidence is how many acts a RoleRecognized names.
const mostEvidence = 20

func (f *PersonErased) check(r *report) {
	if f.FinalAt.Before(f.DestroyedAt) {
		r.add("finalAt", "is before destroyedAt")
	}
}

func (f *IntroductionMade) check(r *report) {
	f.Act.check(r)
	if f.IntroducedTo != "" && (f.IntroducedTo == f.Recipient || f.IntroducedTo == f.Supporter) {
		r.add("introducedTo", "is one of the two: an introduction is to a third person")
	}
}

func (f *FeedbackGiven) check(r *report) {
	f.Act.check(r)
	if f.Discloses != "" && f.unnamed() {
		r.add("discloses", "is given, but feedback passed on without a name is never disclosed")
	}
}

func (f *FeedbackGiven) unnamed() bool { return f.Sharing == "unnamed" || f.Sharing == "summary" }

func (f *ActCorrected) check(r *report) {
	if f.By != "" && f.By == f.Act {
		r.add("by", "is the act that it corrects")
	}
}

func (f *ExternalContactAdded) check(r *report) { checkContact(r, f.Contact) }

func (f *ExternalContactRemoved) check(r *report) { checkContact(r, f.Contact) }

func checkContact(r *report, contact PersonID) {
	if contact.Valid() && !contact.External() {
		r.add("contact", "is a person of the directory, not an external contact")
	}
}

func (f *RoleRecognized) check(r *report) {
	if len(f.Evidence) > mostEvidence {
		r.add("evidence", "has more than "+strconv.Itoa(mostEvidence)+" acts")
	}
	if f.EvidenceCount < len(f.Evidence) {
		r.add("evidenceCount", "is less than the evidence listed")
	}
}

func (f *CoverageMeasured) check(r *report) {
	if f.Suppressed && (f.Value != 0 || f.Margin != 0 || f.People != 0) {
		r.add("value", "is given though the cell is suppressed")
	}
}

func (f *RulesetActivated) check(r *report) {
	if sum := sha256.Sum256([]byte(f.Text)); isSHA256(f.Hash) && f.Hash != hex.EncodeToString(sum[:]) {
		r.add("hash", "is not the SHA-256 of the text")
	}
}

func (f *ReplayPerformed) check(r *report) {
	if f.To < f.From {
		r.add("to", "is before from")
	}
}

func (f *SponsorshipDisclosed) check(r *report) {
	for i, act := range f.Acts {
		if slices.Contains(f.Acts[:i], act) {
			r.add("acts["+strconv.Itoa(i)+"]", "is named twice")
		}
	}
}
