package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/cmd/streamgauge/plan"
	"github.com/streamgauge/streamgauge/dashboards/meters"
)

// What `streamgauge plan` takes for the stack is what the template says.
func TestPlanKnowsTheTemplate(t *testing.T) {
	tpl, stack := packageOnce(t), plan.Deployed
	for what, v := range map[string][2]int{
		"alarms":     {stack.Alarms, len(tpl.of("AWS::CloudWatch::Alarm"))},
		"dashboards": {stack.Dashboards, len(tpl.of("AWS::CloudWatch::Dashboard"))},
		"metrics":    {stack.Metrics, emitted()},
		"batch size": {stack.BatchSize, defaultOf(tpl, "BatchSize")},
	} {
		if v[0] != v[1] {
			t.Errorf("%s: the plan takes %d, the template has %d", what, v[0], v[1])
		}
	}
	for role, memory := range stack.Memory {
		f := tpl.of("AWS::Lambda::Function")[strings.ToUpper(role[:1])+role[1:]+"LambdaFunction"]
		wantAt(t, role+"'s", f, text(memory), "MemorySize")
	}
	for name, g := range tpl.of("AWS::Logs::LogGroup") {
		wantAt(t, name, g, text(stack.LogDays), "RetentionInDays")
	}
	wantAt(t, "the access log's group", tpl.of("AWS::Logs::LogGroup")["HttpApiLogGroup"], "INFREQUENT_ACCESS", "LogGroupClass")
	format, _ := in(tpl.Resources["HttpApiStage"].Properties, "AccessLogSettings", "Format").(string)
	line := regexp.MustCompile(`\$context\.[\w.]+`).ReplaceAllStringFunc(format, func(v string) string {
		return map[string]string{"$context.requestId": "JKJaXmPLvHcESHA=", "$context.routeKey": "ANY /v1/{proxy+}", "$context.status": "202", "$context.responseLatency": "21"}[v] + "-"[:btoi(strings.HasSuffix(v, "essage"))]
	})
	if !json.Valid([]byte(line)) || float64(len(line)) > stack.AccessLogBytes {
		t.Errorf("a line of the access log has %d bytes, the plan takes %v: %s", len(line), stack.AccessLogBytes, line)
	}
}

// emitted is how many metrics of ours there are.
func emitted() (n int) {
	for _, s := range meters.AllSeries() {
		if s.Unit != meters.Aside {
			n += len(s.Functions)
		}
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// defaultOf is what the stack is given for a parameter where nobody says otherwise.
func defaultOf(tpl *template, name string) int {
	n, _ := tpl.Parameters[name]["Default"].(float64)
	return int(n)
}

// What it takes for what the functions write and answer is what they do.
func TestPlanKnowsTheFunctions(t *testing.T) {
	c := newCloud(t)
	consume, n := newFunction(t, "consume", c.env()...), 0
	must[verdict](t, consume, bulk(400, &n))
	must[verdict](t, consume, bulk(400, &n)) // the first one creates the site, and says so
	lines := strings.SplitAfter(strings.TrimSpace(consume.output.String()), "\n")
	batch := strings.Join(lines[len(lines)-2:], "")
	if got, want := float64(len(batch)), plan.Deployed.BatchLogBytes; got > want || got < want/2 {
		t.Errorf("a batch writes %v bytes of logs, the plan takes %v: %s", got, want, batch)
	}

	collect := newFunction(t, "collect", c.env()...)
	got := must[httpAnswer](t, collect, request("POST", "/v1/events", "key="+c.ssm.secrets(t).SiteKey("shop"), "", pageview("1", time.Now())))
	const ofTheAPI = "HTTP/1.1 202 Accepted\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 100\r\nConnection: keep-alive\r\nApigw-Requestid: JKJaXmPLvHcESHA=\r\n\r\n"
	size := len(ofTheAPI) + len(got.Body)
	for name, value := range got.Headers {
		size += len(http.CanonicalHeaderKey(name)+": \r\n") + len(value)
	}
	if want := plan.Deployed.AnswerBytes; got.StatusCode != 202 || float64(size) > want || float64(size) < want/2 {
		t.Errorf("an answer has %d bytes, the plan takes %v: %+v", size, want, got)
	}
}
