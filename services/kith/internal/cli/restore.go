package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"kith.internal/services/kith/internal/backup"
)

const restoreLong = `Restore a backup into a data directory that is not there yet, with which kith up
begins, or with --nats-url into running NATS servers that hold nothing of Kith's
yet, before any service starts. It wants the erasures file as it is today, and
erases everybody in it again: they would be back otherwise. It compares the log
with what was saved and, where there is a signing key, with the signed
checkpoints. What is wrong with any of this leaves nothing behind. Servers are
handed what came of it once all of that is done, in $TMPDIR.

What was said after the backup is lost. The log says of itself that it was
restored, from how many messages, and what the newest checkpoint was that the
file of --checkpoints has; what seals the log from then on covers that too. Keep
that file, and what others have kept: it is the evidence of what is lost, and
contradicts the log now. So do not go on with it: audit begins another one, by
which the log is proven again. Checkpoints of what the backup has hold as before.`

// restoring is where a backup is restored to.
type restoring struct {
	backup.Order
	url, creds string
	replicas   int
}

func (s *shell) restoreCommand() *cobra.Command {
	var to restoring
	replicas, _ := strconv.Atoi(s.Getenv("KITH_REPLICAS"))
	c := &cobra.Command{
		Use: "restore DIR --data-dir NEW --erasures FILE --keys-from KEYS", Short: "Restore a backup, without whoever was erased since", Long: restoreLong, Args: takes(1, "DIR"),
		Example: "  kith restore /backups/monday --data-dir /var/lib/kith --erasures /safe/erasures --keys-from /safe/keys\n" +
			"  kith restore /backups/monday --nats-url nats://127.0.0.1:4222 --replicas 3 --erasures /safe/erasures --keys-from /safe/keys",
	}
	flags := c.Flags()
	flags.StringVar(&to.DataDir, "data-dir", "", "make this data `directory`")
	flags.StringVar(&to.url, "nats-url", "", "restore into the NATS servers at this `URL`")
	flags.StringVar(&to.creds, "nats-creds", s.Getenv("NATS_CREDS"), "authenticate to NATS with this credentials `file` [NATS_CREDS]")
	flags.IntVar(&to.replicas, "replicas", max(replicas, 1), "keep it on this `number` of NATS servers, as the services do: 1 or 3 [KITH_REPLICAS]")
	flags.StringVar(&to.Erasures, "erasures", "", "the erasures `file`, as it is today")
	flags.StringVar(&to.Keys, "keys-from", "", "the `folder` with master.key, tenant.key and signing.key")
	flags.StringVar(&to.Checkpoints, "checkpoints", "", "compare with the checkpoints in this `file` too")
	for _, name := range []string{"erasures", "keys-from"} {
		must(c.MarkFlagRequired(name))
	}
	c.MarkFlagsOneRequired("data-dir", "nats-url")
	c.MarkFlagsMutuallyExclusive("data-dir", "nats-url")
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		to.Backup = args[0]
		return s.restore(ctx, to)
	})
	return c
}

func (s *shell) restore(ctx context.Context, to restoring) error {
	if to.replicas != 1 && to.replicas != 3 {
		return usagef("--replicas is %d, want 1 or 3", to.replicas)
	}
	to.Told = s.counting("comparing")
	r, err := to.restore(ctx)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(r)
	}
	into := to.DataDir
	if into == "" {
		into = to.url
	}
	s.printf("Restored %d messages of %s into %s; %s, %s.\n", r.Messages, s.date(r.Made), into,
		plural(r.Erasures, "erasure was done again", "erasures were done again"), plural(r.Checkpoints, "signed checkpoint agrees", "signed checkpoints agree"))
	if r.Lost > 0 {
		s.printf("%s of more than the backup has: what they sealed is lost. Keep %s as evidence of it, and have audit begin another file.\n",
			plural(r.Lost, "signed checkpoint is", "signed checkpoints are"), quote(to.Checkpoints))
	}
	if to.DataDir != "" {
		s.printf("Start with: kith up --data-dir %s\n", quote(to.DataDir))
	} else {
		s.printf("Put %s where intake writes it, move the old file of checkpoints away from audit, and start the services.\n", quote(to.Erasures))
	}
	return nil
}

func (to restoring) restore(ctx context.Context) (*backup.Restored, error) {
	if to.DataDir != "" {
		return backup.Restore(ctx, to.Order)
	}
	opts := []nats.Option{nats.Name("kith restore")}
	if to.creds != "" {
		opts = append(opts, nats.UserCredentials(to.creds))
	}
	nc, err := nats.Connect(to.url, opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	defer nc.Close()
	return backup.RestoreTo(ctx, nc, to.replicas, to.Order)
}
