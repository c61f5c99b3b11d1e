package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/event"
)

// Redrive brings a copy back from quarantine: with its position, its arrival and the id derived from them it goes through the same stages as at
// first, by the rules of now, and its outcome moves from quarantined to its new one. It answers that outcome.
//
// It may be repeated, also while another does the same and after a crash at any point: aggregate/withdraw.go has the argument. A copy that
// was brought back before is answered with the outcome that it has, and nothing changes. One that still cannot be counted, or whose
// window or quarantine log is beyond the horizon, is an *aggregate.RefusedError, and stays where it is.
func (h *Handler) Redrive(ctx context.Context, key string) (aggregate.Outcome, error) {
	kept, err := h.kept.Show(ctx, key)
	if err != nil || kept.Moved != 0 {
		return kept.Moved, err
	}
	items := []item{{source: source{pos: kept.Position, arrival: kept.Arrival, partitionKey: kept.PartitionKey, data: kept.Data}}}
	for _, s := range [...]stage{h.decode, h.lookUpSites, h.filterBots, h.place} {
		if err := s(ctx, items); err != nil {
			return 0, fmt.Errorf("redrive copy %s: %w", key, err)
		}
	}
	if err := h.refuse(&items[0], kept); err != nil {
		return 0, err
	}
	items[0].booked, err = h.isBooked(ctx, &items[0])
	if errors.Is(err, aggregate.ErrCorrupt) {
		return 0, &aggregate.RefusedError{Reason: poisonDamaged, Message: err.Error()}
	}
	if err != nil {
		return 0, fmt.Errorf("redrive copy %s: %w", key, err)
	}
	tally, err := h.commit(ctx, items)
	if err != nil {
		return 0, fmt.Errorf("redrive copy %s: %w", key, err)
	}
	h.opts.Report(Report{Records: 1, Copies: 1, Tally: tally, Delays: noDelays, Booked: booked(items)})
	if err := h.leave(ctx, &items[0], key); err != nil {
		return 0, fmt.Errorf("redrive copy %s: %w", key, err)
	}
	moved, err := h.kept.Show(ctx, key)
	return moved.Moved, err
}

// refuse says why a copy has to stay in quarantine.
func (h *Handler) refuse(it *item, kept aggregate.QuarantinedCopy) error {
	if it.poison != "" {
		return &aggregate.RefusedError{Reason: it.poison, Message: it.reason}
	}
	if event.Expired(event.Window(kept.Kept), h.opts.Now().UnixMilli()) {
		return &aggregate.RefusedError{Reason: poisonExpired, Message: "it was put aside longer ago than the redrive horizon reaches"}
	}
	return nil
}
