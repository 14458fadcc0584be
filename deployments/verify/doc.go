// Package verify checks what is deployed against what is built: dashboards and alerts against the metrics
// in the code, manifests against the API types, Compose, Tilt and Kubernetes against the services of the
// tree and against each other.
//
// It is a module of its own, outside go.work, because what it takes (the Kubernetes types, the Prometheus
// parser, Starlark) should weigh on nobody who builds Kith:
//
//	GOWORK=off go -C deployments/verify test -count=1 ./...
//
// -count=1, because go test remembers results, and does not notice changes outside of this module.
package verify
