// Command role-classifier turns acts of support into roles.
package main

import (
	"context"

	"kith.internal/libs/app"
	classifier "kith.internal/services/role-classifier"
)

func main() {
	app.Main(classifier.Name, func(ctx context.Context, env *app.Env) (app.Service, error) {
		return classifier.New(ctx, env)
	})
}
