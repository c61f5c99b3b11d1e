package environment

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Report is what Lambda's REPORT line says of an invocation.
type Report struct {
	RequestID string
	Duration  time.Duration // until the function had answered, or was ended
	Init      time.Duration // of the start; zero where the environment was warm
	MemoryMB  int           // the limit
	// MaxMemoryMB is the greatest resident set of the process since its start.
	MaxMemoryMB int
	Status      string // of an invocation that came to no answer: the type of its error
}

// measure takes the time since the invocation began, and the memory. The first answer counts for the time.
func (r *Report) measure(began time.Time, p *process) {
	if r.Duration == 0 {
		r.Duration = time.Since(began)
	}
	r.MaxMemoryMB = max(r.MaxMemoryMB, p.peakMB())
}

// Billed is the duration in whole milliseconds, up; with the start, as Lambda bills it.
func (r Report) Billed() time.Duration {
	ms := math.Ceil(float64(r.Duration+r.Init) / float64(time.Millisecond))
	return time.Duration(ms) * time.Millisecond
}

// String is the line, with tabs between its fields.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %s ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB",
		r.RequestID, millis(r.Duration), r.Billed().Milliseconds(), r.MemoryMB, r.MaxMemoryMB)
	if r.Init > 0 {
		fmt.Fprintf(&b, "\tInit Duration: %s ms", millis(r.Init))
	}
	if r.Status != "" {
		fmt.Fprintf(&b, "\tStatus: %s", r.Status)
	}
	return b.String()
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond)) }
