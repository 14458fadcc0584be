// Package bench measures what Kith does on the machine it runs on, beside what JetStream itself does
// there in the same run: rates, waiting times, memory and disk, for organizations of several sizes.
package bench
