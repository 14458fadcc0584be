// Command audit answers for the log: what was known when, and why.
package main

import (
	"context"

	"kith.internal/libs/app"
	"kith.internal/services/audit"
	"kith.internal/services/audit/audited"
)

func main() {
	app.Main(audit.Name, func(ctx context.Context, env *app.Env) (app.Service, error) { return audited.New(ctx, env) })
}
