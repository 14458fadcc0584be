package cli

import (
	"context"

	"github.com/spf13/cobra"

	"kith.internal/services/kith/internal/backup"
)

const restoreLong = `Restore a backup into a data directory that is not there yet; kith up begins with it. It wants
the erasures file as it is today, and erases everybody in it again: they would be back otherwise.
It compares the log with what was saved and, where there is a signing key, with the signed
checkpoints. What is wrong with any of this leaves nothing behind.`

func (s *shell) restoreCommand() *cobra.Command {
	var o backup.Order
	c := &cobra.Command{
		Use: "restore DIR --data-dir NEW --erasures FILE --keys-from KEYS", Short: "Restore a backup, without whoever was erased since", Long: restoreLong, Args: takes(1, "DIR"),
		Example: "  kith restore /backups/monday --data-dir /var/lib/kith --erasures /safe/erasures --keys-from /safe/keys",
	}
	flags := c.Flags()
	flags.StringVar(&o.DataDir, "data-dir", "", "make this data `directory`")
	flags.StringVar(&o.Erasures, "erasures", "", "the erasures `file`, as it is today")
	flags.StringVar(&o.Keys, "keys-from", "", "the `folder` with master.key, tenant.key and signing.key")
	flags.StringVar(&o.Checkpoints, "checkpoints", "", "compare with the checkpoints in this `file` too")
	for _, name := range []string{"data-dir", "erasures", "keys-from"} {
		must(c.MarkFlagRequired(name))
	}
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		o.Backup = args[0]
		return s.restore(ctx, o)
	})
	return c
}

func (s *shell) restore(ctx context.Context, o backup.Order) error {
	o.Told = s.counting("comparing")
	r, err := backup.Restore(ctx, o)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(r)
	}
	s.printf("Restored %d messages of %s into %s; %s, %s.\n", r.Messages, s.date(r.Made), o.DataDir,
		plural(r.Erasures, "erasure was done again", "erasures were done again"), plural(r.Checkpoints, "signed checkpoint agrees", "signed checkpoints agree"))
	s.printf("Start with: kith up --data-dir %s\n", quote(o.DataDir))
	return nil
}
