// Package e2e tests the product as its users run it: real processes, a real NATS server, HTTP.
// The same tests run against all services in one process and against each in its own.
package e2e
