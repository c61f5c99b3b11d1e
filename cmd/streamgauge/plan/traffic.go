package plan

import (
	"errors"
	"fmt"
)

// Traffic is what is planned for.
type Traffic struct {
	Rate   float64 `json:"rate"`            // events a second, the mean of the month
	Peak   float64 `json:"peak"`            // how many times the mean the busiest minutes have
	Bytes  int     `json:"bytes"`           // of an event
	Batch  int     `json:"batch"`           // events of a request, which are packed into one record
	Sites  int     `json:"sites"`           // that share the traffic evenly
	Window float64 `json:"window_s"`        // batchWindow of the deployment, seconds
	Hours  int     `json:"retention_hours"` // retentionHours of the deployment
	Days   float64 `json:"days"`            // of the month
	Watch  float64 `json:"live_page_hours"` // in a month that one page stands open, together
}

// What AWS allows, and what a plan makes sense for.
const (
	maxRecord    = 1 << 20
	minRetention = 24
	maxRetention = 168
	maxWindow    = 300
)

// check names everything that is wrong at once.
func (t Traffic) check() error {
	var errs []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	must(t.Rate > 0, "rate: %v events a second, more than 0 are needed", t.Rate)
	must(t.Peak >= 1, "peak: %v times the mean rate, 1 or more is possible", t.Peak)
	must(t.Bytes >= 1 && t.Batch >= 1 && t.Bytes*t.Batch <= maxRecord, "bytes and batch: %d events of %d bytes; a record takes 1 event to %d bytes", t.Batch, t.Bytes, maxRecord)
	must(t.Sites >= 1, "sites: %d, 1 or more are needed", t.Sites)
	must(t.Window >= 0 && t.Window <= maxWindow, "window: %v s, 0 to %d are possible", t.Window, maxWindow)
	must(t.Hours >= minRetention && t.Hours <= maxRetention, "retention: %d hours, %d to %d are possible", t.Hours, minRetention, maxRetention)
	must(t.Days > 0 && t.Days <= 366, "days: %v, 1 to 366 are possible", t.Days)
	must(t.Watch >= 0, "live page: %v hours, 0 or more are possible", t.Watch)
	return errors.Join(errs...)
}

func (t Traffic) seconds() float64 { return t.Days * 86_400 }

func (t Traffic) month(aSecond float64) float64 { return aSecond * t.seconds() }

func (t Traffic) atPeak() Traffic { t.Rate *= t.Peak; return t }

// record is the size of what goes on the stream at a time: a newline stands between events.
func (t Traffic) record() float64 { return float64(t.Batch*(t.Bytes+1) - 1) }

func (t Traffic) records() float64 { return t.Rate / float64(t.Batch) }

// Stack is what the deployment has of itself, whatever passes through it.
type Stack struct {
	Alarms, Dashboards int
	Metrics            int            // of its own
	Memory             map[string]int // of functions, MB
	BatchSize          int            // records
	LogDays            int
	AccessLogBytes     float64 // of a request's line
	BatchLogBytes      float64 // of what consume writes of a batch
	AnswerBytes        float64 // of the answer to a request that brings events, with its head
}

// Deployed is the stack of serverless.yml with the parameters' defaults.
var Deployed = Stack{
	Alarms: 25, Dashboards: 1, Metrics: 11,
	Memory:    map[string]int{"collect": 256, "authorize": 128, "consume": 1024, "rollup": 1024, "query": 1024},
	BatchSize: 1000, LogDays: 30, AccessLogBytes: 110, BatchLogBytes: 1200, AnswerBytes: 330,
}

// lineBytes is what CloudWatch Logs adds to a line when it counts (CloudWatch Logs API Reference, PutLogEvents).
const lineBytes = 26

// fullCPU is the memory in MB with which a function has one processor (Lambda Developer Guide, "Configure Lambda function memory").
const fullCPU = 1769

// share is a function's part of a processor. The functions do not use more than one at a time.
func (s Stack) share(role string) float64 { return min(1, float64(s.Memory[role])/fullCPU) }

// duration of an invocation in seconds: waiting is not computing. It is billed in milliseconds.
func (s Stack) duration(role string, cpuUS, waitMS float64) float64 {
	return (cpuUS/1000/s.share(role) + waitMS) / 1000
}
