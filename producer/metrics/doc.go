// Package metrics shows what a producer does to Prometheus. It stands apart from package producer so that who has no Prometheus does not
// link it.
package metrics
