package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/patience"
)

// StreamName is the log; TimersName holds one scheduled message for each document that time
// alone will change.
const (
	StreamName = "KITH"
	TimersName = "KITH_TIMERS"
)

// dedupWindow is how long the server itself drops a message whose id it knows. It settles
// publishes whose answer was lost, and two intakes at once.
const dedupWindow = 10 * time.Minute

// codeNoCluster is how a server that stands alone refuses replicas: waiting changes nothing about it.
const codeNoCluster jetstream.ErrorCode = 10074

func logConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamName, Description: "The log of facts: the only truth.",
		Subjects: []string{events.StreamSubjects}, Storage: jetstream.FileStorage, Compression: compression(replicas),
		Replicas: replicas, Duplicates: dedupWindow,
		DenyDelete: true, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true,
		RePublish: &jetstream.RePublish{Source: events.StreamSubjects, Destination: events.LivePrefix + events.StreamSubjects},
	}
}

// compression is how blocks are kept that are full. Of several replicas not at all: a server that begins
// anew after a crash cuts its copy back to replay the rest, and compresses the block that it then goes on
// writing to (nats-server 2.15.2, fileStore.Truncate); after the next crash it cannot read it any more.
func compression(replicas int) jetstream.StoreCompression {
	if replicas > 1 {
		return jetstream.NoCompression
	}
	return jetstream.S2Compression
}

// ensure makes a stream where there is none and refuses one that differs from cfg: a stream that
// drifted may have lost what keeps facts.
func ensure(ctx context.Context, log *slog.Logger, js jetstream.JetStream, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	return patience.Open(ctx, log, "the stream "+cfg.Name, func(ctx context.Context) (jetstream.Stream, error) { return create(ctx, js, cfg) })
}

func create(ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := js.Stream(ctx, cfg.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if s, err = js.CreateStream(ctx, cfg); errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			s, err = js.Stream(ctx, cfg.Name) // another service was faster
		}
	}
	if api := (*jetstream.APIError)(nil); errors.As(err, &api) && api.ErrorCode == codeNoCluster {
		return nil, fault.Wrap(fault.Conflict, "too-few-servers", fmt.Sprintf("%d replicas need as many NATS servers, and there is but one", cfg.Replicas), err)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "stream", "the stream "+cfg.Name+" cannot be opened", err)
	}
	if drift := drifted(cfg, s.CachedInfo().Config); len(drift) > 0 {
		return nil, fault.New(fault.Conflict, "stream-drift", fmt.Sprintf(
			"the stream %s differs from what Kith needs in %s: restore these settings (nats stream edit %s), then start again",
			cfg.Name, strings.Join(drift, ", "), cfg.Name))
	}
	return s, nil
}

func drifted(want, have jetstream.StreamConfig) []string {
	var names []string
	differ := func(name string, is bool) {
		if is {
			names = append(names, name)
		}
	}
	differ("subjects", strings.Join(want.Subjects, ",") != strings.Join(have.Subjects, ","))
	differ("storage", want.Storage != have.Storage)
	differ("compression", want.Compression != have.Compression)
	differ("replicas", want.Replicas != have.Replicas)
	differ("retention", want.Retention != have.Retention)
	differ("limits (max msgs, bytes, age)", have.MaxMsgs > 0 || have.MaxBytes > 0 || have.MaxAge > 0)
	differ("max msgs per subject", max(want.MaxMsgsPerSubject, 0) != max(have.MaxMsgsPerSubject, 0))
	differ("deny delete", want.DenyDelete != have.DenyDelete)
	differ("deny purge", want.DenyPurge != have.DenyPurge)
	differ("allow direct", want.AllowDirect != have.AllowDirect)
	differ("atomic publish", want.AllowAtomicPublish != have.AllowAtomicPublish)
	differ("message schedules", want.AllowMsgSchedules != have.AllowMsgSchedules)
	differ("duplicate window", want.Duplicates != 0 && want.Duplicates != have.Duplicates)
	differ("republish", (want.RePublish == nil) != (have.RePublish == nil) || want.RePublish != nil && *want.RePublish != *have.RePublish)
	differ("rollup", have.AllowRollup != want.AllowRollup)
	return names
}
