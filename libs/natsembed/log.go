package natsembed

import (
	"fmt"
	"log/slog"

	"github.com/nats-io/nats-server/v2/server"
)

var _ server.Logger = (*logger)(nil)

// logger hands the server's log to slog. The server's notices are details here, hence debug;
// a fatal message does not end the process but fails the start.
type logger struct {
	to    *slog.Logger
	fatal chan error // the first fatal message
}

func newLogger(to *slog.Logger) *logger {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	return &logger{to: to.With("part", "nats-server"), fatal: make(chan error, 1)}
}

func (l *logger) Noticef(format string, v ...any) { l.to.Debug(fmt.Sprintf(format, v...)) }

func (l *logger) Warnf(format string, v ...any) { l.to.Warn(fmt.Sprintf(format, v...)) }

func (l *logger) Errorf(format string, v ...any) { l.to.Error(fmt.Sprintf(format, v...)) }

func (l *logger) Debugf(format string, v ...any) { l.to.Debug(fmt.Sprintf(format, v...)) }

func (l *logger) Tracef(format string, v ...any) { l.to.Debug(fmt.Sprintf(format, v...)) }

func (l *logger) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	l.to.Error(err.Error())
	select {
	case l.fatal <- err:
	default:
	}
}
