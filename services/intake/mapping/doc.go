// Package mapping reads the files an organisation already has, by a description in YAML, as
// facts for intake. It is pure: text in, requests with line numbers out; it looks nobody up,
// appends nothing and reads no clock.
//
// Parse checks a mapping and compiles its conditions once. Arrange puts files in order, people
// before acts. Survey reads files ahead where something follows from the whole of them: the shift
// of a rebased import, and derived people. Rows streams one file, row by row.
package mapping
