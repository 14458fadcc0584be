package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
)

// settings is what a service's command line and environment say.
type settings struct {
	httpAddr                     string
	natsURL, natsCreds           string
	masterKeyFile, tenantKeyFile string
	signingKeyFile               string
	checkpointsFile              string
	erasuresFile                 string
	replicas                     int
	logLevel                     slog.Level
	version                      bool
}

// port is where a service listens by default: each has its own, as they may share a machine.
func port(service string) string {
	ports := map[string]string{"intake": "8081", "role-classifier": "8082", "gap-projection": "8083", "notification": "8084", "audit": "8085"}
	if p, ok := ports[service]; ok {
		return p
	}
	return "8080"
}

func (s *settings) flags(service string) *flag.FlagSet {
	fs := flag.NewFlagSet(service, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors and help are written by run, each to its own place
	fs.StringVar(&s.httpAddr, "http-addr", ":"+port(service), "listen for HTTP on this `address`")
	fs.StringVar(&s.natsURL, "nats-url", "nats://127.0.0.1:4222", "connect to NATS at this `URL`, or several with commas")
	fs.StringVar(&s.natsCreds, "nats-creds", "", "authenticate to NATS with this credentials `file`")
	fs.IntVar(&s.replicas, "replicas", 1, "keep streams and buckets on this `number` of NATS servers: 1 or 3")
	fs.TextVar(&s.logLevel, "log-level", slog.LevelInfo, "log from this `level` on: debug, info, warn, error")
	fs.StringVar(&s.masterKeyFile, "master-key-file", "", "wrap people's data keys with the key in this `file`: 32 bytes in base64")
	fs.StringVar(&s.tenantKeyFile, "tenant-key-file", "", "look up external ids with the key in this `file`: 32 bytes in base64")
	fs.StringVar(&s.signingKeyFile, "signing-key-file", "", "sign checkpoints of the log with the keys in this `file`")
	fs.StringVar(&s.checkpointsFile, "checkpoints-file", "", "write checkpoints of the log to this `file` as well, apart from the log")
	fs.StringVar(&s.erasuresFile, "erasures-file", "", "write who was erased, and when, to this `file`, apart from every backup")
	fs.BoolVar(&s.version, "version", false, "print the version and exit")
	return fs
}

// envName is the environment variable of a flag, named as the nats tool names its own.
func envName(flag string) string {
	name := strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
	switch {
	case flag == "version":
		return ""
	case strings.HasPrefix(flag, "nats-"):
		return name
	}
	return "KITH_" + name
}

// parse reads flags, then the environment, then defaults. It fails with flag.ErrHelp where help
// is asked for.
func parse(fs *flag.FlagSet, s *settings, args []string, getenv func(string) string) error {
	if err := fromEnv(fs, getenv); err != nil {
		return err
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if s.replicas != 1 && s.replicas != 3 {
		return fmt.Errorf("--replicas is %d, want 1 or 3", s.replicas)
	}
	return nil
}

func fromEnv(fs *flag.FlagSet, getenv func(string) string) error {
	var errs []error
	fs.VisitAll(func(f *flag.Flag) {
		name := envName(f.Name)
		if value := getenv(name); name != "" && value != "" {
			if err := fs.Set(f.Name, value); err != nil {
				errs = append(errs, fmt.Errorf("%s is %q: %w", name, value, err))
			}
		}
	})
	return errors.Join(errs...)
}

func usage(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: %s [flags]\n\nRuns the service %s of Kith until it gets SIGTERM or SIGINT. Flags win over the environment.\n\n", fs.Name(), fs.Name())
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		if env := envName(f.Name); env != "" {
			text += " [" + env + "]"
		}
		if f.DefValue != "" && value != "" {
			text += " (default " + strings.ToLower(f.DefValue) + ")"
		}
		fmt.Fprintf(table, "  --%s %s\t%s\n", f.Name, value, text)
	})
	fmt.Fprintf(table, "  --help\tprint this and exit\n")
	table.Flush() //nolint:errcheck // the terminal has gone
}
