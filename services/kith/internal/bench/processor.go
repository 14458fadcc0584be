package bench

import (
	"os"
	"strings"
	"syscall"
	"time"
)

// processorTime is how long this process has kept processors busy so far.
func processorTime() time.Duration {
	var all syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &all) != nil {
		return 0
	}
	return time.Duration(all.Utime.Nano() + all.Stime.Nano())
}

// processor is what the machine calls its processor, where it says so.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // other systems have no such file
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
