package mapping

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// progress knows which records of a shard were read and are not done, and so how far its checkpoint may move: to the last of
// those before which all are done. With several lanes records are done out of order.
type progress struct {
	mu      sync.Mutex // guards pending
	pending []mark     // from the first that is not done, in order

	// turn holds one: who saves a checkpoint. Of two saves at a time the older could come last.
	turn    chan struct{}
	reached mark // of the one whose turn it is: the record that the checkpoint may move to; zero if it is there
}

func newProgress() *progress { return &progress{turn: make(chan struct{}, 1)} }

// mark is a record that was read.
type mark struct {
	sequence string
	arrival  time.Time
	done     bool
}

// began takes note of records that were read, behind all before.
func (p *progress) began(records []types.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range records {
		p.pending = append(p.pending, mark{sequence: aws.ToString(records[i].SequenceNumber), arrival: aws.ToTime(records[i].ApproximateArrivalTimestamp)})
	}
}

// passOver takes note that of the records only those that are kept, in the same order, will be delivered.
func (p *progress) passOver(records, kept []types.Record) {
	dropped := make([]types.Record, 0, len(records)-len(kept))
	for i := range records {
		if len(kept) > 0 && aws.ToString(kept[0].SequenceNumber) == aws.ToString(records[i].SequenceNumber) {
			kept = kept[1:]
			continue
		}
		dropped = append(dropped, records[i])
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mark(dropped)
}

// finish takes note that records, in order, are done, and calls save if the checkpoint may move. After an error of save the next
// finish tries that again.
func (p *progress) finish(records []types.Record, save func(mark) error) error {
	p.mu.Lock()
	p.mark(records)
	p.mu.Unlock()
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	if last := p.advance(); last.sequence != "" {
		p.reached = last
	}
	if p.reached.sequence == "" {
		return nil // whoever had the turn before has saved what these records allow
	}
	if err := save(p.reached); err != nil {
		return err
	}
	p.reached = mark{}
	return nil
}

// advance forgets the records before which all are done, and returns the last of them, or a zero mark.
func (p *progress) advance() (last mark) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.pending) && p.pending[n].done {
		n++
	}
	if n > 0 {
		last, p.pending = p.pending[n-1], p.pending[n:]
	}
	return last
}

// mark finds records among the pending ones. Nearly always they stand there side by side.
func (p *progress) mark(records []types.Record) {
	at := 0
	for i := range records {
		sequence := aws.ToString(records[i].SequenceNumber)
		if at >= len(p.pending) || p.pending[at].sequence != sequence {
			at, _ = slices.BinarySearchFunc(p.pending, sequence, func(m mark, s string) int { return compareSequences(m.sequence, s) })
		}
		if at < len(p.pending) && p.pending[at].sequence == sequence {
			p.pending[at].done = true
			at++
		}
	}
}

func (p *progress) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pending)
}

// compareSequences compares sequence numbers, which are decimal.
func compareSequences(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
