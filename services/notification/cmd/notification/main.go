// Command notification tells people what is missing in their networks.
package main

import (
	"context"

	"kith.internal/libs/app"
	"kith.internal/services/notification"
)

func main() {
	app.Main(notification.Name, func(ctx context.Context, env *app.Env) (app.Service, error) {
		return notification.New(ctx, env)
	})
}
