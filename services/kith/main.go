// Command kith is the whole product in one process (kith up), and the command line for it.
package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/term"

	"kith.internal/libs/app"
	"kith.internal/services/kith/internal/cli"
)

func main() {
	app.SpendMemory()
	ctx, stop := app.SignalContext(context.Background())
	code := cli.Run(ctx, cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Zone: time.Local,
		Live: term.IsTerminal(int(os.Stderr.Fd())),
	}, os.Args[1:])
	stop()
	os.Exit(code)
}
