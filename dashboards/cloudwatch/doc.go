// Package cloudwatch is what of CloudWatch is made from the table of meters: the alarms and the dashboard of the template that serverless.yml is made of. It writes
// text; nothing links it but the program that keeps the files, dashboards/generate.
package cloudwatch
