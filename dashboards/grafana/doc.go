// Package grafana makes the dashboards of Grafana, from the table of meters: a site, the pipeline of one process, and the fleet of all. The files beside it are what it
// makes; dashboards/generate keeps them, and nothing else links this package.
//
// To use one: Grafana, Dashboards, New, Import, and the file. It asks for a Prometheus that scrapes /metrics.
package grafana
