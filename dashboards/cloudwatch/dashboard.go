package cloudwatch

import (
	"bytes"
	"encoding/json"

	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// Dashboard returns the dashboard as indented JSON, as the template has it: ${…} are the stage and what CloudFormation knows.
func Dashboard() []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, compact(dashboard()), "", "  "); err != nil {
		panic(err) // it is JSON
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func compact(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return b
}

type widget struct {
	Type       string     `json:"type"`
	X          int        `json:"x"`
	Y          int        `json:"y"`
	Width      int        `json:"width"`
	Height     int        `json:"height"`
	Properties properties `json:"properties"`
}

type properties struct {
	Title   string     `json:"title"`
	Region  string     `json:"region"`
	View    string     `json:"view"`
	Stat    string     `json:"stat"`
	Period  int        `json:"period"`
	Metrics [][]string `json:"metrics"`
}

const (
	columns = 3
	width   = 24 / columns
	height  = 6
)

func dashboard() any {
	perFunction := func(name string) (rows [][]string) {
		for _, f := range Functions {
			rows = append(rows, ofLambda(name, f))
		}
		return rows
	}
	consume := func(series ...meters.Series) (rows [][]string) {
		for _, s := range series {
			rows = append(rows, ofOurs(s, meters.Consume))
		}
		return rows
	}
	ofTable := func(name string) []string { return []string{"AWS/DynamoDB", name, "TableName", "${Windows}"} }
	var widgets []widget
	for i, p := range []properties{
		{Title: "Outcomes", Stat: "Sum", Metrics: consume(meters.Counted, meters.Duplicate, meters.Bot, meters.Late, meters.Quarantined)},
		{Title: "Behind the stream (ms)", Stat: "Maximum", Metrics: [][]string{ofLambda("IteratorAge", meters.Consume)}},
		{Title: "From the door to the window, the longest (ms)", Stat: "Maximum", Metrics: consume(meters.Delay)},
		{Title: "Imbalance and unfinished", Stat: "Sum", Metrics: consume(meters.Imbalance, meters.Unfinished)},
		{Title: "Errors", Stat: "Sum", Metrics: perFunction("Errors")},
		{Title: "Throttles", Stat: "Sum", Metrics: append(perFunction("Throttles"), ofTable("WriteThrottleEvents"), ofTable("ReadThrottleEvents"))},
		{Title: "Duration (ms)", Stat: "p95", Metrics: perFunction("Duration")},
		{Title: "Roll-up: rounds done", Stat: "Sum", Metrics: [][]string{ofOurs(meters.Rounds, meters.Rollup)}},
		{Title: "Messages given up", Stat: "Sum", Metrics: [][]string{ofOurs(meters.GivenUp, meters.Rollup)}},
		{Title: "Table, units", Stat: "Sum", Metrics: [][]string{ofTable("ConsumedWriteCapacityUnits"), ofTable("ConsumedReadCapacityUnits")}},
		{Title: "Stream", Stat: "Sum", Metrics: [][]string{
			ofStream("IncomingBytes"), ofStream("IncomingRecords"), ofStream("WriteProvisionedThroughputExceeded"),
		}},
		{Title: "Not delivered", Stat: "Maximum", Metrics: [][]string{
			{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${Notices.QueueName}"},
		}},
		{Title: "Direct route: refused", Stat: "Sum", Metrics: [][]string{ofOurs(meters.Refused, meters.Authorize)}},
	} {
		p.Region, p.View, p.Period = "${AWS::Region}", "timeSeries", 60
		widgets = append(widgets, widget{"metric", width * (i % columns), height * (i / columns), width, height, p})
	}
	return map[string]any{"widgets": widgets}
}

func ofOurs(s meters.Series, function string) []string {
	return []string{meters.Namespace, s.Name, "Stage", stage, "Function", function}
}

func ofLambda(name, function string) []string {
	return []string{"AWS/Lambda", name, "FunctionName", "streamgauge-" + stage + "-" + function}
}

func ofStream(name string) []string { return []string{"AWS/Kinesis", name, "StreamName", "${Clicks}"} }
