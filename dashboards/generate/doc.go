// Command generate writes the files that are made from the table of meters: Grafana's dashboards, the alarms and the dashboard of the CloudFormation template, and
// docs/METRICS-OPS.md. Its test fails where one of them is not what it would write.
//
//	go run ./dashboards/generate
package main
