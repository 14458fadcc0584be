package sealing

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/patience"
	"kith.internal/libs/translog"
)

const (
	every   = time.Minute     // that a checkpoint is made, where there is anything to seal
	readAll = 24 * time.Hour  // that the log itself is held against the newest checkpoint
	parting = 2 * time.Second // for the last one: less than a service has to stop, of which the next start seals the rest
)

// Notary seals a log. It is safe for concurrent use.
type Notary struct {
	log      *eventlog.Log
	replicas int
	keyFile  string
	kept     kept
	logger   *slog.Logger
	now      func() time.Time
	metrics  *metrics
	shown    atomic.Pointer[view]
	doubted  atomic.Bool // whether the tiles are what they were: a proof could not be made of them

	mu    sync.Mutex // of what follows, and of sealing
	tiles *tiles
	known note.Verifiers // by the keys of the log
	of    string         // the log that the tree is of
	saved uint64         // how far the tiles are known to go
	last  uint64         // the last message that is no checkpoint
	apart uint64         // the size of the newest checkpoint of the file
	view
}

// view is what proofs are made of, while more is being sealed.
type view struct {
	tree   *translog.Tree // nil until it is opened
	newest sealed         // the newest checkpoint by one of the log's own keys
	places []place        // of all checkpoints in the log, whoever made them

	restored place // of how many messages the log was last restored, and where it says so; zero where it never was
}

// sealed is a signed checkpoint; its note is nil where there is none.
type sealed struct {
	translog.Checkpoint
	note []byte
}

// place is where the checkpoint of a size is in the log.
type place struct{ size, seq uint64 }

// New returns a notary that Run starts. Without keys it keeps the tree, and seals nothing.
func New(env *app.Env, now func() time.Time) *Notary {
	logger := env.Log
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Notary{log: env.EventLog, replicas: env.Replicas, keyFile: env.SigningKeyFile, kept: kept(env.CheckpointsFile),
		logger: logger, now: now, metrics: newMetrics(env.Registry)}
}

// Run seals until ctx is done, and then once more. What fails is told and tried again: facts are accepted
// meanwhile.
func (n *Notary) Run(ctx context.Context) error {
	if keys, err := n.keys(); len(keys) == 0 {
		n.logger.Warn("the log is not sealed: there is no signing key", "file", n.keyFile, "error", err)
	}
	n.tell(ctx, n.ReadAll(ctx))
	tick, day := time.NewTicker(every), time.NewTicker(readAll)
	defer tick.Stop()
	defer day.Stop()
	for {
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), parting)
			defer cancel()
			n.tell(ctx, n.Seal(ctx))
			return nil
		case <-tick.C:
			n.tell(ctx, n.Seal(ctx))
		case <-day.C:
			n.tell(ctx, n.ReadAll(ctx))
		}
	}
}

// tell tells operators what went wrong.
func (n *Notary) tell(ctx context.Context, err error) {
	if altered := (*Altered)(nil); errors.As(err, &altered) {
		n.logger.Error("the log is not what was sealed", "error", err)
	} else if err != nil && ctx.Err() == nil {
		n.logger.Warn("the log is not sealed now", "error", err)
	}
}

// Seal makes a checkpoint of the whole log, unless nothing came since the newest one or there is no key. It
// fails with *Altered where the log is not what was sealed, with kind Unavailable where it cannot be
// reached, and where the checkpoint cannot be kept.
func (n *Notary) Seal(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	signers, err := n.signers()
	if err != nil {
		return err
	}
	if err := n.check(ctx, false); err != nil {
		return err
	}
	if n.last > n.newest.Size && len(signers) > 0 {
		if err := n.seal(ctx, signers); err != nil {
			return err
		}
	}
	return n.keep()
}

func (n *Notary) seal(ctx context.Context, signers []note.Signer) (err error) {
	c := translog.Checkpoint{Origin: signers[0].Name(), Size: n.tree.Size()}
	if c.Root, err = n.tree.Root(ctx, c.Size); err != nil {
		return err
	}
	text, err := c.Sign(signers...)
	if err != nil {
		return err
	}
	f := c.Seal(text)
	_, err = n.log.Append(ctx, events.Event{
		ID: events.IncomingID(nil, source, c.Text()), Source: source, Context: events.Audit, Subject: events.Nobody, Time: n.now().UTC(), Actor: "service:audit",
		Fact: &events.CheckpointSealed{Size: f.Size, RootHash: f.RootHash, Signature: f.Signature, Origin: f.Origin, More: f.More},
	})
	if err != nil {
		return err
	}
	n.newest = sealed{c, text}
	n.show()
	n.metrics.sealed(n.now())
	return nil
}

// keep writes the newest checkpoint to the file, if it has only older ones.
func (n *Notary) keep() error {
	if n.newest.Size <= n.apart {
		return nil
	}
	if err := n.kept.append(n.newest.note); err != nil {
		return err
	}
	n.apart = n.newest.Size
	return nil
}

// show has proofs made of what is known by now.
func (n *Notary) show() {
	v := n.view
	n.shown.Store(&v)
}

const source = "/services/audit"

// signers reads the keys anew each time: they change while the service runs.
func (n *Notary) signers() ([]note.Signer, error) {
	text, err := n.keys()
	if err != nil {
		return nil, err
	}
	return translog.Signers(text)
}

// keys are none where no file is named, or none is there yet.
func (n *Notary) keys() ([]byte, error) {
	if n.keyFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(n.keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// Keys are the public keys of the log, one a line, those that sign no more too.
func (n *Notary) Keys() (string, error) {
	text, err := n.keys()
	if err != nil {
		return "", err
	}
	return translog.PublicKeys(text)
}

// verifiers are by which keys checkpoints of this log are signed.
func (n *Notary) verifiers() (note.Verifiers, error) {
	public, err := n.Keys()
	if err != nil || public == "" {
		return note.VerifierList(), err
	}
	return translog.Verifiers([]byte(public))
}

// opened opens what is kept beside the log.
func (n *Notary) opened(ctx context.Context) error {
	if n.tiles != nil {
		return nil
	}
	t, err := patience.Open(ctx, n.logger, "the tiles of the log's tree", func(ctx context.Context) (*tiles, error) {
		return openTiles(ctx, n.log.JetStream(), n.replicas)
	})
	n.tiles = t
	return err
}
