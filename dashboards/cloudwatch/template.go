package cloudwatch

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// Template returns the alarms and the dashboard as a part of the template, in YAML. Variables of the Serverless Framework and of CloudFormation are left in it.
func Template() []byte {
	var b bytes.Buffer
	b.WriteString("# Alarms for each failure that the code can report, and a dashboard. Made by `go run ./dashboards/generate`; the tables are in dashboards/cloudwatch.\nResources:\n")
	for _, a := range alarms() {
		a.write(&b)
	}
	fmt.Fprintf(&b, "  Dashboard:\n    Type: AWS::CloudWatch::Dashboard\n    Properties:\n      DashboardName: streamgauge-%s\n      DashboardBody:\n        Fn::Sub: >-\n          %s\n",
		stage, compact(dashboard()))
	return b.Bytes()
}

const stage = "${sls:stage}"

func (a alarm) write(b *bytes.Buffer) {
	comparison, missing := "GreaterThanThreshold", "notBreaching"
	if a.below {
		comparison, missing = "LessThanThreshold", "breaching"
	}
	fmt.Fprintf(b, "  %sAlarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n", a.name)
	for _, line := range [][2]string{
		{"AlarmDescription", fmt.Sprintf("%q", a.description+". "+meters.Runbook+"#"+a.runbook)},
		{"Namespace", a.metric.namespace}, {"MetricName", a.metric.name}, {"Dimensions", "[" + strings.Join(a.metric.dimensions(), ", ") + "]"},
		{"Statistic", a.statistic}, {"Period", fmt.Sprint(a.seconds)}, {"EvaluationPeriods", fmt.Sprint(a.periods)},
		{"Threshold", fmt.Sprint(a.threshold)}, {"ComparisonOperator", comparison}, {"TreatMissingData", missing},
		{"AlarmActions", "[{ Ref: Alarms }]"}, {"OKActions", "[{ Ref: Alarms }]"},
	} {
		fmt.Fprintf(b, "      %s: %s\n", line[0], line[1])
	}
}

func (m metric) dimensions() []string {
	if m.dimension != "" {
		return []string{fmt.Sprintf("{ Name: %s, Value: %s }", m.dimension, m.value)}
	}
	return []string{"{ Name: Stage, Value: '" + stage + "' }", "{ Name: Function, Value: " + m.function + " }"}
}
