// Package schematest holds the published schemas of the facts against a JSON Schema validator.
// It has no code of its own: module events has the schemas, but imports the standard library only.
package schematest
