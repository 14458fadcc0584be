package eventlog

import (
	"strconv"
	"strings"
)

// replyTo is the reply subject of the i-th message of a pipeline.
func replyTo(inbox string, i int) string { return inbox + "." + strconv.Itoa(i) }

// indexOf is the inverse of replyTo. The server only ever answers on subjects replyTo made.
func indexOf(inbox, subject string) int {
	i, _ := strconv.Atoi(strings.TrimPrefix(subject, inbox+"."))
	return i
}
