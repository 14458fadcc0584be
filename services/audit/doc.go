// Package audit answers for the log: what was known of somebody at a time, and what is known of that time
// now; whether what the other services derived follows from what they were told; what would follow under
// other rules; and that nothing was changed since. It appends nothing that any service derives from, and
// holds nothing that the log does not.
//
// It runs the other services' rules, and none of its own: those are handed to it, as values.
package audit
