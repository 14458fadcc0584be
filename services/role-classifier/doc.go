// Package classifier is the service role-classifier: acts of support become roles.
//
// Consumes people, support, personal, sealed, policy (RulesetActivated) and clock (Due).
// Decides who is whose mentor, advocate, sponsor, truth-teller or ally, from when to when.
// Publishes RoleRecognized, RoleAtRisk and RoleLapsed, in role and in role-sealed, and ImportRecognized.
// Serves the ruleset in force; the ties themselves stand in the bucket kith_ties.
package classifier
