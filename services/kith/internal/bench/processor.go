package bench

import (
	"os"
	"strings"
)

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
