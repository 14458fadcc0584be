// Command gap-projection serves who is in everybody's support network, and who is missing.
package main

import (
	"context"

	"kith.internal/libs/app"
	gaps "kith.internal/services/gap-projection"
)

func main() {
	app.Main(gaps.Name, func(ctx context.Context, env *app.Env) (app.Service, error) { return gaps.New(ctx, env) })
}
