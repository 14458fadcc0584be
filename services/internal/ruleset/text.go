package ruleset

import "kith.internal/events"

// The types of this file are a ruleset as it is written.

type text struct {
	Version    string                       `json:"version"`
	SeniorFrom int                          `json:"seniorFrom"`
	Quality    Quality                      `json:"quality"`
	CountsWhen string                       `json:"countsWhen"`
	Roles      map[events.RoleName]roleText `json:"roles"`
	Acts       map[string][]actText         `json:"acts"`
	Gaps       Gaps                         `json:"gaps"`
}

// Quality is what an act is worth, by who says so.
type Quality struct {
	System     Millionths `json:"system"`
	Confirmed  Millionths `json:"confirmed"`
	OneSided   Millionths `json:"oneSided"`
	OwnBenefit Millionths `json:"ownBenefit"`
	Solicited  Millionths `json:"solicited"`
	Late       Millionths `json:"late"`
	LateAfter  Span       `json:"lateAfter"`
}

type roleText struct {
	HalfLife   Span                     `json:"halfLife"`
	HalfLifeOf map[events.Relation]Span `json:"halfLifeOf"`
	Enter      Millionths               `json:"enter"`
	Window     Span                     `json:"window"`
	Standing   *conditionText           `json:"standing"`
	Gates      []conditionText          `json:"gates"`
	Subtypes   []subtypeText            `json:"subtypes"`
}

type conditionText struct {
	Code  string `json:"code"`
	When  string `json:"when"`
	Needs string `json:"needs"`
}

type subtypeText struct {
	Subtype events.Subtype `json:"subtype"`
	When    string         `json:"when"`
}

type actText struct {
	When     string          `json:"when"`
	Weights  weights         `json:"weights"`
	Helpful  weights         `json:"helpful"`
	Quality  *Millionths     `json:"quality"`
	Rung     int             `json:"rung"`
	Formal   bool            `json:"formal"`
	Declares events.RoleName `json:"declares"`
	Ends     events.RoleName `json:"ends"`
	Once     Span            `json:"atMostOncePer"`
	Kind     string          `json:"kind"`
	Note     string          `json:"note"`
}
