package natsembed_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"kith.internal/libs/natsembed"
)

func start(t *testing.T, cfg natsembed.Config) *natsembed.Server {
	t.Helper()
	s, err := natsembed.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func stream(t *testing.T, s *natsembed.Server) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}}); err != nil {
		t.Fatal(err)
	}
	return nc, js
}

func TestWhatIsStoredSurvivesARestart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	s := start(t, natsembed.Config{Dir: dir})
	nc, js := stream(t, s)
	if _, err := js.Publish(t.Context(), "s.one", []byte("1")); err != nil {
		t.Fatal(err)
	}
	nc.Close()
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatalf("closing twice: %v", err)
	}

	again := start(t, natsembed.Config{Dir: dir})
	nc, js = stream(t, again)
	msg, err := must(js.Stream(t.Context(), "S")).GetMsg(t.Context(), 1)
	if err != nil || string(msg.Data) != "1" {
		t.Fatalf("message 1 after a restart: %v, %v", msg, err)
	}
	nc.Close()
	again.Close()
}

func must(s jetstream.Stream, err error) jetstream.Stream {
	if err != nil {
		panic(err)
	}
	return s
}

func TestADirectoryHasOneServer(t *testing.T) {
	dir := t.TempDir()
	first := start(t, natsembed.Config{Dir: dir})
	_, err := natsembed.Start(natsembed.Config{Dir: dir})
	if !errors.Is(err, natsembed.ErrDirInUse) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("second server: %v, want ErrDirInUse naming %s", err, dir)
	}
	first.Close()
	start(t, natsembed.Config{Dir: dir})
}

func TestConfigIsRefusedWithAReason(t *testing.T) {
	dir := t.TempDir()
	for name, cfg := range map[string]natsembed.Config{
		"no directory": {},
		"no port":      {Dir: dir, Addr: "localhost"},
		"named port":   {Dir: dir, Addr: "localhost:nats"},
	} {
		if s, err := natsembed.Start(cfg); err == nil {
			s.Close()
			t.Errorf("%s: started", name)
		}
	}
}

func TestAYesMeansFsynced(t *testing.T) {
	opts, err := natsembed.Options(natsembed.Config{Dir: t.TempDir()})
	if err != nil || !opts.SyncAlways || !opts.NoSigs || opts.StoreDir == "" {
		t.Fatalf("options %+v, %v: want SyncAlways, NoSigs and a directory", opts, err)
	}
}

func TestListensOnlyWhereAsked(t *testing.T) {
	if url := start(t, natsembed.Config{Dir: t.TempDir()}).URL(); url != "" {
		t.Errorf("URL without an address = %q", url)
	}
	s := start(t, natsembed.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	nc, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatalf("connect to %q: %v", s.URL(), err)
	}
	defer nc.Close()
	if err := nc.FlushTimeout(30 * time.Second); err != nil {
		t.Fatal(err)
	}
}

func TestATakenPortFailsTheStartAndFreesTheDirectory(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	if _, err := natsembed.Start(natsembed.Config{Dir: dir, Addr: taken.Addr().String()}); err == nil {
		t.Fatal("started on a taken port")
	}
	start(t, natsembed.Config{Dir: dir})
}
