// Package evaluation holds the rules against what is known of two real organizations; README.md
// says what came of it. It has no code of its own: its tests replay the organizations' files by
// the pure rules, without a server.
package evaluation
