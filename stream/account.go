package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// account is what is kept beside the streams, as JSON in the data folder.
type account struct {
	Format     int        `json:"format"`
	Commitment commitment `json:"commitment"`
}

// commitment is the minimum throughput billing commitment. It can be given up, but it ends a day after it began at the
// earliest.
type commitment struct {
	StartedMS int64 `json:"started_ms,omitempty"` // 0: there never was one
	EndedMS   int64 `json:"ended_ms,omitempty"`   // 0: not given up; may lie ahead
}

const accountName = "account.json"

// leastCommitment is how long a commitment lasts at least.
const leastCommitment = 24 * time.Hour

// loadAccount reads the account's settings; they need not be there.
func (b *Broker) loadAccount() error {
	name := path.Join(b.opt.Dir, accountName)
	data, err := disk.ReadFile(b.opt.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		b.account.Format = settingsFormat
		return nil
	}
	if err != nil {
		return fmt.Errorf("read account settings: %w", err)
	}
	if err := json.Unmarshal(data, &b.account); err != nil || b.account.Format != settingsFormat {
		return &CorruptError{File: name, Reason: fmt.Sprintf("not account settings of format %d: %v", settingsFormat, err)}
	}
	return nil
}

// commit changes the commitment as asked, on disk first. The caller holds mu.
func (b *Broker) commit(enabled bool) error {
	next, now := b.account, b.now()
	c := &next.Commitment
	switch on := c.StartedMS > 0 && (c.EndedMS == 0 || c.EndedMS > now); {
	case enabled && !on:
		*c = commitment{StartedMS: now}
	case enabled:
		c.EndedMS = 0
	case on && c.EndedMS == 0:
		c.EndedMS = max(now, c.earliestEnd())
	}
	data, err := json.MarshalIndent(next, "", "\t")
	if err != nil {
		return internalError(err)
	}
	if err := disk.WriteFile(b.opt.FS, path.Join(b.opt.Dir, accountName), data); err != nil {
		return internalError(fmt.Errorf("write account settings: %w", err))
	}
	b.account = next
	return nil
}

func (c *commitment) earliestEnd() int64 { return c.StartedMS + leastCommitment.Milliseconds() }

// describe returns the commitment as the API shows it at a time in Unix ms.
func (c *commitment) describe(now int64) *types.MinimumThroughputBillingCommitmentOutput {
	out := &types.MinimumThroughputBillingCommitmentOutput{Status: types.MinimumThroughputBillingCommitmentOutputStatusDisabled}
	if c.StartedMS == 0 {
		return out
	}
	out.StartedAt = timeOf(c.StartedMS)
	switch {
	case c.EndedMS == 0:
		out.Status, out.EarliestAllowedEndAt = types.MinimumThroughputBillingCommitmentOutputStatusEnabled, timeOf(c.earliestEnd())
	case c.EndedMS > now:
		out.Status = types.MinimumThroughputBillingCommitmentOutputStatusEnabledUntilEarliestAllowedEnd
		out.EarliestAllowedEndAt = timeOf(c.earliestEnd())
	default:
		out.EndedAt = timeOf(c.EndedMS)
	}
	return out
}

func timeOf(ms int64) *time.Time {
	t := time.UnixMilli(ms).UTC()
	return &t
}
