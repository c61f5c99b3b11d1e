package plan

import (
	"fmt"
	"math"

	"github.com/streamgauge/streamgauge/aggregate"
)

// Plan is what traffic needs and costs.
type Plan struct {
	Traffic
	Sizing
	PricesAsOf string   `json:"prices_as_of"`
	Region     string   `json:"region"`
	Ways       []Way    `json:"ways"`
	Advice     []string `json:"advice"`
}

// Way is one of those that events come in by, with its bill.
type Way struct {
	Name        string  `json:"name"` // http, direct or stream
	Title       string  `json:"title"`
	Concurrency int     `json:"door_concurrency"` // of the function at the door, at the peak
	Lines       []Line  `json:"lines"`
	USD         float64 `json:"usd"`            // a month, at list prices
	AfterFree   float64 `json:"usd_after_free"` // where nothing else in the account uses up what AWS gives for nothing
	Dominates   string  `json:"dominates"`
}

// Line is one line of the bill of a month.
type Line struct {
	Service  string  `json:"service"`
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	USD      float64 `json:"usd"`

	price string // its name in the table
}

// reckoner has what is reckoned with.
type reckoner struct {
	prices *Prices
	m      *measured
	stack  Stack
}

// Make reckons with a table of prices.
func Make(t Traffic, prices *Prices) (*Plan, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	m, err := readMeasured()
	if err != nil {
		return nil, err
	}
	r := &reckoner{prices, m, Deployed}
	p := r.plan(t)
	p.Advice = r.advise(p)
	return p, nil
}

// plan takes as many shards as the traffic needs, or as many more as make a power of two if that costs less: then no batch touches two cells.
func (r *reckoner) plan(t Traffic) *Plan {
	needed := shardsFor(t.atPeak())
	p := r.with(t, needed)
	cells := aggregate.CellsFor(needed)
	if cells < needed { // there are no more
		return p
	}
	if even := r.with(t, cells); even.Way("stream").USD < p.Way("stream").USD {
		return even
	}
	return p
}

func (r *reckoner) with(t Traffic, shards int) *Plan {
	p := &Plan{Traffic: t, Sizing: r.size(t, shards), PricesAsOf: r.prices.AsOf, Region: r.prices.Region}
	p.Ways = []Way{r.http(p), r.direct(p), r.straight(p)}
	for i := range p.Ways {
		r.sum(&p.Ways[i])
	}
	return p
}

// Way finds one by its name.
func (p *Plan) Way(name string) Way {
	for _, w := range p.Ways {
		if w.Name == name {
			return w
		}
	}
	return Way{}
}

func (r *reckoner) http(p *Plan) Way {
	w := Way{Name: "http", Title: "HTTP API, collect"}
	took := r.stack.duration("collect", r.m.collectCPU, r.prices.Latencies["kinesis_put"])
	w.Concurrency = concurrency(p.Traffic, took)
	r.requests(&w, p)
	r.stream(&w, p, p.record())
	r.invocations(&w, "collect", p.month(p.records()), took)
	// Each environment writes accounts of its sites every five seconds, and what it noted of the pipeline every fifteen.
	environments := math.Ceil(p.records() * took)
	r.notes(&w, "accounts of collect", p.month(min(p.records(), environments*float64(p.Sites)/5)))
	r.notes(&w, "pipeline view, of collect", p.month(min(p.records(), environments/15)))
	r.common(&w, p)
	return w
}

func (r *reckoner) direct(p *Plan) Way {
	w := Way{Name: "direct", Title: "direct integration"}
	took := r.stack.duration("authorize", r.m.authorizeCPU, 0)
	w.Concurrency = concurrency(p.Traffic, took)
	r.requests(&w, p)
	r.stream(&w, p, p.record())
	r.invocations(&w, "authorize", p.month(p.records()), took)
	r.common(&w, p)
	return w
}

// straight is the way of one's own servers with package producer, which packs what it has into records of the size that is billed as one.
func (r *reckoner) straight(p *Plan) Way {
	w := Way{Name: "stream", Title: "straight to Kinesis"}
	r.stream(&w, p, max(p.record(), putUnit))
	r.common(&w, p)
	return w
}

func concurrency(t Traffic, took float64) int {
	return max(1, int(math.Ceil(t.records()*t.Peak*took)))
}

// notes are items that one environment writes over and over: each time one unit (TestAccountUnits, TestMinuteUnits in store/dynamo), and one of reading what it replaces.
func (r *reckoner) notes(w *Way, what string, n float64) {
	r.line(w, "DynamoDB", what, "dynamodb_write", n)
	r.line(w, "DynamoDB", what+", reads", "dynamodb_read", n)
}

// firstRequests is how many requests of a month have the first price.
const firstRequests = 300e6

// requests is what every request over HTTP costs: itself, its line in the access log, its answer.
func (r *reckoner) requests(w *Way, p *Plan) {
	n := p.month(p.records()) * math.Ceil(p.record()/(512<<10))
	r.line(w, "API Gateway", "requests", "api_request", min(n, firstRequests))
	if n > firstRequests {
		r.line(w, "API Gateway", "requests over 300 million", "api_request_over_300m", n-firstRequests)
	}
	r.logs(w, "access log", "cloudwatch_log_in_infrequent", p.month(p.records())*(r.stack.AccessLogBytes+lineBytes))
	r.line(w, "transfer", "answers", "transfer_out", p.month(p.records())*r.stack.AnswerBytes/1e9)
}

// logs are taken in at the price of their group's class, and kept.
func (r *reckoner) logs(w *Way, what, price string, bytes float64) {
	r.line(w, "CloudWatch", what, price, bytes/1e9)
	r.line(w, "CloudWatch", what+", kept", "cloudwatch_log_kept", bytes/1e9*float64(r.stack.LogDays)/30)
}

func (r *reckoner) invocations(w *Way, role string, n, seconds float64) {
	billed := math.Ceil(seconds*1000) / 1000
	r.line(w, "Lambda", role, "lambda_request", n)
	r.line(w, "Lambda", role, "lambda_gb_second", n*billed*float64(r.stack.Memory[role])/1024)
}

// common is what comes after the stream has the events, and what stands there whether any come or not.
func (r *reckoner) common(w *Way, p *Plan) {
	r.invocations(w, "consume", p.month(p.Invocations), p.batchSeconds)
	rounds := p.month(1.0 / 60)
	r.invocations(w, "rollup", rounds, r.stack.duration("rollup", r.m.collectCPU, 60*p.table.rollRequests*r.prices.Latencies["dynamodb_call"]))
	r.watching(w, p)
	r.line(w, "DynamoDB", "consume, writes", "dynamodb_write", p.month(p.table.consumerWrites))
	r.notes(w, "pipeline view, of consume", p.month(min(p.Invocations, float64(p.Consumers)/15)))
	r.line(w, "DynamoDB", "consume, reads", "dynamodb_read", p.month(p.table.consumerReads))
	r.line(w, "DynamoDB", "roll-ups, writes", "dynamodb_write", p.month(p.table.rollWrites))
	r.line(w, "DynamoDB", "roll-ups, reads", "dynamodb_read", p.month(p.table.rollReads))
	r.line(w, "DynamoDB", "live page, reads", "dynamodb_read", p.month(p.table.pageReads))
	r.line(w, "DynamoDB", "storage", "dynamodb_storage", p.table.stored)
	r.line(w, "DynamoDB", "point-in-time recovery", "dynamodb_backup", p.table.stored)
	r.line(w, "CloudWatch", "metrics", "cloudwatch_metric", float64(r.stack.Metrics))
	r.line(w, "CloudWatch", "alarms", "cloudwatch_alarm", float64(r.stack.Alarms))
	r.line(w, "CloudWatch", "dashboard", "cloudwatch_dashboard", float64(r.stack.Dashboards))
	r.logs(w, "batches", "cloudwatch_log_in", p.month(p.Invocations)*(r.stack.BatchLogBytes+2*lineBytes))
}

// pollSeconds is how often a page asks.
const pollSeconds = 5

func (r *reckoner) watching(w *Way, p *Plan) {
	n := p.Watch * 3600 / pollSeconds
	if n == 0 {
		return
	}
	r.invocations(w, "query", n, r.stack.duration("query", r.m.collectCPU, p.table.pageRequests*r.prices.Latencies["dynamodb_call"]))
	r.line(w, "API Gateway", "live page", "api_request", n)
}

// putUnit is the part of a record that is billed as one, in bytes.
const putUnit = 25 << 10

// stream is the stream with a number of shards, with records of a size.
func (r *reckoner) stream(w *Way, p *Plan, record float64) {
	hours := p.Days * 24 * float64(p.Shards)
	r.line(w, "Kinesis", "shards", "kinesis_shard_hour", hours)
	r.line(w, "Kinesis", "PUT units", "kinesis_put_unit", p.month(p.records())*p.record()/record*math.Ceil(record/putUnit))
	if p.Hours > minRetention {
		r.line(w, "Kinesis", "longer retention", "kinesis_extended_shard_hour", hours)
	}
}

// onDemand is what the stream would cost without a number of shards.
func (r *reckoner) onDemand(p *Plan) float64 {
	gb := p.month(p.records()) * math.Ceil(p.record()/1024) * 1024 / (1 << 30)
	usd := r.prices.of("kinesis_on_demand_hour", p.Days*24) + r.prices.of("kinesis_on_demand_in", gb) + r.prices.of("kinesis_on_demand_out", gb)
	if p.Hours > minRetention {
		usd += r.prices.of("kinesis_on_demand_extended", gb*float64(p.Hours-minRetention)/(p.Days*24))
	}
	return usd
}

func (r *reckoner) line(w *Way, service, what, price string, quantity float64) {
	w.Lines = append(w.Lines, Line{service, what, quantity, r.prices.Prices[price].Unit, r.prices.of(price, quantity), price})
}

// Services are those of the bill, in the order in which it names them.
var Services = []string{"API Gateway", "Kinesis", "Lambda", "DynamoDB", "CloudWatch", "transfer"}

// Of is what a service costs.
func (w Way) Of(service string) (usd float64) {
	for _, l := range w.Lines {
		if l.Service == service {
			usd += l.USD
		}
	}
	return usd
}

// sum adds the lines up, and says which of them is most.
func (r *reckoner) sum(w *Way) {
	most, used := Line{}, map[string]float64{}
	for _, l := range w.Lines {
		w.USD += l.USD
		used[l.price] += l.Quantity
		if l.USD > most.USD {
			most = l
		}
	}
	w.AfterFree = w.USD
	for name, quantity := range used {
		w.AfterFree -= r.prices.of(name, min(quantity, r.prices.Prices[name].Free))
	}
	w.Dominates = fmt.Sprintf("%s, %s: %.0f %%", most.Service, most.What, 100*most.USD/w.USD)
}
