// Package exporter makes collectors of client_golang from the table of meters. It stands apart from the table so that what has no /metrics, as the Lambda functions,
// links no Prometheus.
package exporter
