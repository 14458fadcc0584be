package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
)

// The exit codes of every binary.
const (
	exitOK = iota
	exitFailure
	exitUsage
)

// Main is the main function of a service's own binary: it reads flags and environment, serves
// at once, and builds the service when NATS answers. It exits with 0 after a stop that was asked
// for, 1 after a failure, 2 where it was called wrongly.
func Main(name string, build func(context.Context, *Env) (Service, error)) {
	SpendMemory()
	ctx, stop := SignalContext(context.Background())
	code := command(ctx, name, build, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// SignalContext is done at the first SIGINT or SIGTERM. The second one ends the process at once.
func SignalContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func command(ctx context.Context, name string, build func(context.Context, *Env) (Service, error), args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	var s settings
	fs := s.flags(name)
	err := parse(fs, &s, args, getenv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		usage(stdout, fs)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "%s: %v\nRun %s --help for the flags.\n", name, err, name)
		return exitUsage
	case s.version:
		fmt.Fprintf(stdout, "%s %s\n", name, Version())
		return exitOK
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: s.logLevel})).With("service", name, "version", Version())
	if err := serveOne(ctx, name, build, s, log); err != nil {
		log.Error("failed", "error", err)
		return exitFailure
	}
	return exitOK
}

func serveOne(ctx context.Context, name string, build func(context.Context, *Env) (Service, error), s settings, log *slog.Logger) error {
	reg := prometheus.NewRegistry()
	env, err := newEnv(name, s, log, reg)
	if err != nil {
		return err
	}
	cfg := Config{HTTPAddr: s.httpAddr, Log: log, Registry: reg, OnListen: func(addr string) { log.Info("listening", "addr", addr) }}
	return Serve(ctx, cfg, &late{name: name, env: env, build: func(ctx context.Context) (Service, error) {
		if err := env.open(ctx, name, s); err != nil {
			return nil, err
		}
		return build(ctx, env)
	}})
}
