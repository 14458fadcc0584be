package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"kith.internal/libs/natsembed"
	"kith.internal/services/kith/internal/backup"
	"kith.internal/services/kith/internal/up"
)

const backupLong = `Save the log and the keys of people in DIR, from a running NATS or from a data directory that
nothing runs on. Everything else is made anew from them.

DIR/log may be kept for as long as you like. DIR/keys has to be deleted within thirty days:
until then the key of somebody who is erased today can be found in it; an old log is restored
with the keys of a later backup in place of its own. The master, tenant and signing keys are
in neither: keep them elsewhere. And keep the erasures file elsewhere, as it is today: without
it, nothing is restored. kith up has all of these in its data directory.`

// logSource is where the log is that is saved.
type logSource struct{ url, creds, dataDir string }

func (s *shell) backupCommand() *cobra.Command {
	var from logSource
	c := &cobra.Command{
		Use: "backup DIR", Short: "Save the log and the keys of people", Long: backupLong, Args: takes(1, "DIR"),
		Example: "  kith backup /backups/monday --nats-url nats://127.0.0.1:4222\n  kith backup /backups/monday --data-dir /var/lib/kith",
	}
	c.Flags().StringVar(&from.url, "nats-url", s.Getenv("NATS_URL"), "save the log of the NATS at this `URL` [NATS_URL]")
	c.Flags().StringVar(&from.creds, "nats-creds", s.Getenv("NATS_CREDS"), "authenticate to NATS with this credentials `file` [NATS_CREDS]")
	c.Flags().StringVar(&from.dataDir, "data-dir", "", "save the log in this data `directory`, on which nothing runs")
	c.MarkFlagsMutuallyExclusive("nats-url", "data-dir")
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.backup(ctx, from, args[0]) })
	return c
}

func (s *shell) backup(ctx context.Context, from logSource, dir string) (err error) {
	nc, end, err := from.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	m, err := backup.Make(ctx, nc, dir, s.counting("reading"))
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(m)
	}
	s.printf("Saved %d messages of the log and the keys of people in %s.\n", m.Messages, dir)
	s.printf("The keys of the installation and the erasures file are not in it: keep them elsewhere.\n")
	s.printf("Delete %s by %s: until then nobody who is erased is erased for good.\n", filepath.Join(dir, "keys"), s.date(m.KeysUntil))
	return nil
}

// open connects to the log; end leaves it as it was.
func (from logSource) open() (nc *nats.Conn, end func() error, err error) {
	switch {
	case from.dataDir != "":
		return openDataDir(from.dataDir)
	case from.url == "":
		return nil, nil, usagef("say where the log is: --nats-url or --data-dir")
	}
	opts := []nats.Option{nats.Name("kith backup")}
	if from.creds != "" {
		opts = append(opts, nats.UserCredentials(from.creds))
	}
	nc, err = nats.Connect(from.url, opts...)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return nc, func() error { nc.Close(); return nil }, nil
}

func openDataDir(dir string) (*nats.Conn, func() error, error) {
	if _, err := os.Stat(filepath.Join(dir, up.Store)); err != nil {
		return nil, nil, fmt.Errorf("%s holds no data of Kith", dir)
	}
	server, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(dir, up.Store)})
	if errors.Is(err, natsembed.ErrDirInUse) {
		return nil, nil, fmt.Errorf("kith runs on %s: stop it, or start it with --nats-addr and save with --nats-url", dir)
	}
	if err != nil {
		return nil, nil, err
	}
	nc, err := server.Connect(nats.Name("kith backup"))
	if err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	return nc, func() error { nc.Close(); return server.Close() }, nil
}

// counting tells now and then how many messages have been gone through.
func (s *shell) counting(doing string) backup.Told {
	told := s.Now()
	return func(done, all uint64) {
		if done%1024 == 0 && s.Now().Sub(told) >= every {
			told = s.Now()
			fmt.Fprintf(s.Stderr, "%s: %d of %d messages\n", doing, done, all)
		}
	}
}
