package cloudwatch

import "github.com/streamgauge/streamgauge/dashboards/meters"

// Functions are the Lambda functions of the template.
var Functions = []string{"collect", "authorize", "consume", "rollup", "query", "command"}

// alarm is one of CloudWatch's. It goes off when the statistic of periods in a row is beyond the threshold.
type alarm struct {
	name        string
	description string
	runbook     string // the heading in docs/RUNBOOK.md
	metric      metric
	statistic   string
	seconds     int // of a period
	periods     int
	threshold   int
	below       bool // goes off below the threshold, and where there is no data
}

// metric is one of CloudWatch, of ours or of AWS. The value of its dimension is written as the template has it.
type metric struct {
	namespace string
	name      string
	dimension string // name of AWS' dimension; empty for ours: stage and function
	value     string
	function  string // of ours
}

func ours(s meters.Series, function string) metric {
	return metric{namespace: meters.Namespace, name: s.Name, function: function}
}

func lambda(name, function string) metric {
	return metric{"AWS/Lambda", name, "FunctionName", "{ Ref: " + title(function) + "LambdaFunction }", function}
}

func table(name string) metric {
	return metric{"AWS/DynamoDB", name, "TableName", "{ Ref: Windows }", ""}
}

func alarms() []alarm {
	all := []alarm{{
		"IteratorAge", "The consumer is more than a minute behind the stream", "lag",
		lambda("IteratorAge", "consume"), "Maximum", 60, 5, 60_000, false,
	}}
	for _, f := range Functions {
		errorPeriods := 1
		if f == "consume" || f == "rollup" { // what fails there is tried again
			errorPeriods = 2
		}
		all = append(all,
			alarm{title(f) + "Errors", "Invocations of " + f + " failed", "functions-fail", lambda("Errors", f), "Sum", 60, errorPeriods, 0, false},
			alarm{title(f) + "Throttles", f + " was throttled", "throttled", lambda("Throttles", f), "Sum", 60, 2, 0, false})
	}
	return append(all,
		alarm{"DestinationDepth", "Records could not be delivered and wait to be redriven", "quarantine",
			metric{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "{ 'Fn::GetAtt': [Notices, QueueName] }", ""}, "Maximum", 60, 1, 0, false},
		alarm{"DestinationDelivery", "What could not be delivered could not be written to the bucket either", "quarantine",
			lambda("DestinationDeliveryFailures", "consume"), "Sum", 60, 1, 0, false},
		alarm{"StreamThrottles", "The stream refuses writes for the load", "throttled",
			metric{"AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName", "{ Ref: Clicks }", ""}, "Sum", 60, 2, 0, false},
		alarm{"Door", "The API answers 5xx", "door-errors", metric{"AWS/ApiGateway", "5xx", "ApiId", "{ Ref: HttpApi }", ""}, "Sum", 60, 2, 0, false},
		alarm{"Undelivered", "A final value or an event of an alert could not be delivered and was given up", "messages-undelivered",
			ours(meters.GivenUp, meters.Rollup), "Sum", 300, 1, 0, false},
		alarm{"Unfinished", "Batches were not finished within the time limit, or failed", "stuck-shard",
			ours(meters.Unfinished, meters.Consume), "Sum", 60, 5, 0, false},
		alarm{"Quarantined", "Records were quarantined", "quarantine", ours(meters.Quarantined, meters.Consume), "Sum", 300, 1, 0, false},
		alarm{"Imbalance", "The books do not balance; received is not the sum of the outcomes", "imbalance",
			ours(meters.Imbalance, meters.Consume), "Sum", 60, 1, 0, false},
		alarm{"StoreWriteThrottles", "The table refuses writes for the load", "throttled", table("WriteThrottleEvents"), "Sum", 60, 3, 0, false},
		alarm{"StoreReadThrottles", "The table refuses reads for the load", "throttled", table("ReadThrottleEvents"), "Sum", 60, 3, 0, false},
		alarm{"RollupLag", "No round of the roll-up was done for five minutes", "roll-up-lag", ours(meters.Rounds, meters.Rollup), "Sum", 300, 1, 1, true},
		alarm{"Refused", "Many requests on the direct route have no valid token", "refused", ours(meters.Refused, meters.Authorize), "Sum", 300, 1, 1000, false},
	)
}

func title(function string) string { return string(function[0]-'a'+'A') + function[1:] }
