// Command intake runs the service intake by itself.
package main

import (
	"context"

	"kith.internal/libs/app"
	"kith.internal/services/intake"
)

func main() {
	app.Main(intake.Name, func(ctx context.Context, env *app.Env) (app.Service, error) { return intake.New(ctx, env) })
}
