package consumer

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
)

// Discard puts records that the poller has given up into quarantine, copy by copy, with a reason (PoisonRetries, PoisonAge) and a message:
// it is the destination of the mapping on one machine. The function may have counted some of their copies before it failed; those
// keep their outcome. A record may be what crashes the function, so nothing of it is trusted: one that cannot be taken apart is kept whole.
//
// Discarding again what was discarded changes nothing. After an error it has to be repeated.
func (h *Handler) Discard(ctx context.Context, batch events.KinesisEvent, reason, message string) error {
	for i := range batch.Records {
		items := unpackCautiously(&batch.Records[i])
		for i := range items {
			readCautiously(&items[i])
			items[i].quarantine(reason, message)
		}
		if err := h.quarantine(ctx, items); err != nil {
			return fmt.Errorf("quarantine discarded record: %w", err)
		}
		tally, err := h.commit(ctx, items)
		if err != nil {
			return fmt.Errorf("book discarded record: %w", err)
		}
		h.opts.Report(Report{Records: 1, Copies: len(items), Tally: tally, Delays: noDelays, Booked: booked(items)})
	}
	return nil
}

// unpackCautiously is unpack for a record that may be the one that unpack panics on.
func unpackCautiously(r *events.KinesisEventRecord) (items []item) {
	defer func() {
		if recover() != nil {
			items = []item{{source: sourceOf(r)}}
		}
	}()
	items, _ = unpack(nil, r)
	return items
}

// readCautiously decodes an event if it can, so that it is known where the copy may be booked, and for which site.
func readCautiously(it *item) {
	read := []item{*it}
	defer func() { _ = recover() }() // then it stays unread
	readEvents(read)
	if read[0].valid {
		it.event, it.valid = read[0].event, true
	}
}
