package app

import (
	"os"
	"runtime/debug"
)

// garbage is how much memory may be garbage before it is collected, in percent of what is in use. Much of
// what a service allocates lives for one commit: at Go's 100 a fifth of its time goes into collecting.
const garbage = 400

// SpendMemory lets the process take more memory to have more time, unless GOGC says how much. GOMEMLIMIT
// holds all the same. It is for main functions.
func SpendMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
