package consumer

import (
	"context"
	"errors"

	"github.com/streamgauge/streamgauge/aggregate"
)

// quarantine puts poison aside, and only then places it: what the ledger counts as quarantined can be looked at. A copy that is booked
// elsewhere already, by other rules or before the function failed, is left there: aggregate/withdraw.go says why it is looked for twice.
func (h *Handler) quarantine(ctx context.Context, items []item) error {
	for i := range items {
		it := &items[i]
		if it.poison == "" {
			continue
		}
		if err := h.keep(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

func (h *Handler) keep(ctx context.Context, it *item) (err error) {
	if it.booked, err = h.isBooked(ctx, it); err != nil {
		return err
	}
	if it.booked { // whoever booked it may have died before it left quarantine
		return h.leaveKept(ctx, it)
	}
	kept, err := h.putAside(ctx, it)
	if err != nil {
		return err
	}
	if it.booked, err = h.isBooked(ctx, it); err != nil {
		return err
	}
	if it.booked { // meanwhile; the other may have looked before the copy was kept
		return h.leave(ctx, it, kept.Key())
	}
	it.copy, err = h.committer.PlaceQuarantined(ctx, kept)
	return err
}

// putAside keeps the copy. Where it was kept before, that is what it answers.
func (h *Handler) putAside(ctx context.Context, it *item) (kept aggregate.QuarantinedCopy, err error) {
	site, err := h.siteOfPoison(ctx, it)
	if err != nil {
		return kept, err
	}
	put := aggregate.QuarantinedCopy{
		Site: site.ID, Gen: site.Gen, Reason: it.poison, Message: it.reason, Position: it.pos, Arrival: it.arrival,
		PartitionKey: it.partitionKey, Data: it.data,
	}
	err = h.committer.Retry(ctx, func() (err error) {
		kept, err = h.kept.Keep(ctx, put)
		return err
	})
	return kept, err
}

// isBooked reports whether a copy has an outcome outside of quarantine. One that cannot be read can have none.
func (h *Handler) isBooked(ctx context.Context, it *item) (booked bool, err error) {
	if !it.valid {
		return false, nil
	}
	err = h.committer.Retry(ctx, func() error {
		fate, err := aggregate.NewLookup(h.store, h.sites).Booked(ctx, &it.event, it.pos)
		booked = fate.Outcome != 0
		if it.poison == poisonDamaged && errors.Is(err, aggregate.ErrCorrupt) {
			return nil // that is why it is put aside
		}
		return err
	})
	return booked, err
}

// leaveQuarantine withdraws the bookings of copies that were put aside once, and are booked elsewhere now. It is called when they are.
func (h *Handler) leaveQuarantine(ctx context.Context, items []item) error {
	kept, err := h.keptAmong(ctx, items)
	if err != nil || len(kept) == 0 {
		return err
	}
	for i := range items {
		if key, ok := kept[items[i].pos]; ok && items[i].poison == "" {
			if err := h.leave(ctx, &items[i], key); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaveKept withdraws the booking of a copy if it was put aside.
func (h *Handler) leaveKept(ctx context.Context, it *item) error {
	kept, err := h.keptAmong(ctx, []item{*it})
	if key, ok := kept[it.pos]; ok && err == nil {
		return h.leave(ctx, it, key)
	}
	return err
}

func (h *Handler) keptAmong(ctx context.Context, items []item) (kept map[aggregate.Position]string, err error) {
	err = h.committer.Retry(ctx, func() (err error) {
		kept, err = h.kept.Among(ctx, func(yield func(aggregate.Position) bool) {
			for i := range items {
				if !yield(items[i].pos) {
					return
				}
			}
		})
		return err
	})
	return kept, err
}

// leave withdraws the booking of one copy in quarantine, and notes the outcome that it has instead.
func (h *Handler) leave(ctx context.Context, it *item, key string) error {
	var kept aggregate.QuarantinedCopy
	there := true
	if err := h.committer.Retry(ctx, func() (err error) {
		kept, err = h.kept.Show(ctx, key)
		if errors.Is(err, aggregate.ErrNotKept) {
			there, err = false, nil
		}
		return err
	}); err != nil {
		return err
	}
	if !there || kept.Moved != 0 {
		return nil // about to be kept, by somebody who will look; or noted after it was withdrawn
	}
	if _, err := h.committer.Withdraw(ctx, kept); err != nil {
		return err
	}
	return h.committer.Retry(ctx, func() error {
		fate, err := aggregate.NewLookup(h.store, h.sites).Booked(ctx, &it.event, it.pos)
		if err != nil || fate.Outcome == 0 {
			return err
		}
		return h.kept.Move(ctx, key, fate.Outcome)
	})
}
