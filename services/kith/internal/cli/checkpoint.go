package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/libs/app"
	"kith.internal/libs/disk"
	"kith.internal/libs/translog"
)

const checkpointLong = `Show the newest checkpoint of the log: its size and the root of a Merkle tree over every message
of it, signed. Whoever keeps one can have proven later that the log has only grown since:
kith audit prove --since. The log is sealed once a minute while facts arrive; with --now at once.`

func (s *shell) checkpointCommand() *cobra.Command {
	var now bool
	c := &cobra.Command{
		Use: "checkpoint", Short: "Show what the log was sealed with last", Long: checkpointLong, Args: takes(0),
		Example: "  kith audit checkpoint >> kept.txt\n  kith audit checkpoint --now",
	}
	c.Flags().BoolVar(&now, "now", false, "seal the log first")
	c.RunE = s.run(func(ctx context.Context, _ []string) error {
		ask := s.api.As(operator).Checkpoint
		if now {
			ask = s.api.As(operator).Seal
		}
		a, err := ask(ctx)
		if err != nil {
			return err
		}
		if s.output == "json" {
			return s.json(a)
		}
		s.printf("%s\n", a.Checkpoint)
		return nil
	})
	return c
}

func (s *shell) logCommand() *cobra.Command {
	var as auditor
	c := &cobra.Command{
		Use: "log --as auditor:NAME", Short: "Write out the whole log, to be verified by kith-proof", Args: takes(0),
		Long: "Write every message of the log, a line of JSON each: all that its seal covers. It shows everybody,\n" +
			"so it is for auditors, and everybody sees that they have read it.",
		Example: "  kith audit log --as auditor:dana > export.ndjson\n  kith-proof --key keys.txt --checkpoints kept.txt --log export.ndjson",
	}
	c.Flags().Var(&as, "as", "the auditor who asks, such as auditor:dana")
	must(c.MarkFlagRequired("as"))
	c.RunE = s.run(func(ctx context.Context, _ []string) error {
		return s.api.As(string(as)).For("audit").Log(ctx, s.Stdout)
	})
	return c
}

const newKeyLong = `Add a key to the file of keys that sign the log's checkpoints, and print the public keys of all
of them: publish these. All keys of the file sign while they stand, so those who know only the
old one can go on verifying until they know the new one. Then --retire: only the newest signs
from then on, and of the others the public keys are left, so that what they signed can be
verified for ever. The server reads the file each time it seals.

A file that is not there yet is made; the log is then named by the tenant key.`

func (s *shell) newKeyCommand() *cobra.Command {
	var tenant string
	var retire bool
	c := &cobra.Command{
		Use: "new-key FILE", Short: "Change the keys that sign the log", Long: newKeyLong, Args: takes(1, "FILE"),
		Example: "  kith audit new-key signing.key > keys.txt\n  kith audit new-key signing.key --retire\n  kith audit new-key secrets/signing.key --tenant-key-file secrets/tenant.key",
	}
	c.Flags().StringVar(&tenant, "tenant-key-file", "", "the tenant's key, where FILE is to be made")
	c.Flags().BoolVar(&retire, "retire", false, "add none, and let the newest alone sign")
	c.RunE = s.run(func(_ context.Context, args []string) error {
		file, err := changedKeys(args[0], tenant, retire)
		if err != nil {
			return err
		}
		public, err := translog.PublicKeys([]byte(file))
		if err != nil {
			return err
		}
		if err := replace(args[0], file); err != nil {
			return err
		}
		s.printf("%s", public)
		return nil
	})
	return c
}

// changedKeys is what the file of keys is to be.
func changedKeys(path, tenant string, retire bool) (string, error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !retire && tenant != "":
		return firstKey(tenant)
	case errors.Is(err, fs.ErrNotExist):
		return "", usagef("%s is not there; to make it, name the tenant's key with --tenant-key-file", path)
	case err != nil:
		return "", err
	case retire:
		return translog.Retire(text)
	}
	signers, err := translog.Signers(text)
	if err != nil {
		return "", err
	}
	if len(signers) == 0 {
		return "", usagef("%s holds no signing key", path)
	}
	key, err := translog.NewKey(signers[0].Name())
	return strings.TrimRight(string(text), "\n") + "\n" + key + "\n", err
}

func firstKey(tenant string) (string, error) {
	secret, err := app.ReadKey(tenant)
	if err != nil {
		return "", err
	}
	key, err := translog.NewKey(translog.Origin(secret))
	return key + "\n", err
}

// replace writes a file whole or not at all: a server may be reading it. Who may read it stays as it was.
func replace(path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if before, statErr := os.Stat(path); statErr == nil {
		err = f.Chmod(before.Mode())
	}
	_, writeErr := f.WriteString(text)
	if err = errors.Join(err, writeErr, f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(f.Name(), path), disk.Sync(filepath.Dir(path)))
}
