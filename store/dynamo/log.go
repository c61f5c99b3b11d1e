package dynamo

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamgauge/streamgauge/store"
)

// Append implements [store.Store]. What a writer that lost has written of its body expires with the log.
func (s *Store) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	answer, err := s.append(ctx, key, n, d, nonce)
	if err != nil {
		return 0, fmt.Errorf("append %.100q %d: %w", key, n, err)
	}
	return answer, nil
}

func (s *Store) append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	if err := store.CheckKey(key.Partition, key.Log); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fmt.Errorf("%w: deltas are numbered from 1", store.ErrKey)
	}
	if len(d.Head) > chunkBytes {
		return 0, fmt.Errorf("%w: a head of %d bytes, at most %d are taken", store.ErrKey, len(d.Head), chunkBytes)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	item, err := s.deltaItem(ctx, key, n, d, nonce)
	if err != nil {
		return 0, err
	}
	_, _, err = s.putItem(ctx, key.Partition, item, absent)
	there, failed := conditionFailed(err)
	if !failed {
		return store.Won, err
	}
	// A delta is never changed, so what is there now tells whose it is, whatever became of this call's attempts and of earlier calls.
	if there == nil {
		if there, err = s.getItem(ctx, key.Partition, deltaKey(key, n), attrNonce); err != nil {
			return 0, fmt.Errorf("read back: %w", err)
		}
	}
	if slices.Equal(bytesOf(there, attrNonce), nonce[:]) {
		return store.Won, nil
	}
	return store.Exists, nil
}

// deltaItem makes the item of a delta, and writes the body first if it does not fit into the item's first kilobyte.
func (s *Store) deltaItem(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (attributes, error) {
	at, packed := deltaKey(key, n), frames(0)
	head, body := packed.pack(headFrame, d.Head), packed.pack(valueFrame, d.Body)
	fields := attributes{attrNonce: blob(nonce[:]), attrHead: blob(head)}
	packed.note(fields)
	item := s.with(key.Partition, at, fields)
	if sizeOf(item)+len(attrValue)+len(body) <= unitBytes || len(body) == 0 {
		fields[attrValue] = blob(body)
		return s.with(key.Partition, at, fields), nil
	}
	r := reference{tokenOf(nonce[:], at, body), chunksOf(body)}
	if err := s.putChunks(ctx, key.Partition, r.token, body); err != nil {
		return nil, err
	}
	for name, value := range r.fields() {
		item[name] = value
	}
	return item, nil
}

// Read implements [store.Store].
func (s *Store) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	err := store.CheckKey(key.Partition, key.Log)
	if err == nil {
		err = ctx.Err()
	}
	var entries []store.Entry
	if err == nil && after != ^uint32(0) {
		err = s.eachDelta(ctx, logSpan(key, after), parts, func(e store.Entry) bool {
			entries = append(entries, e)
			return true
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read %.100q after %d: %w", key, after, err)
	}
	return entries, nil
}

// ScanLogs implements [store.Store]. It is no snapshot: each page is read when the loop comes to it.
func (s *Store) ScanLogs(ctx context.Context, r store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		err := r.Check()
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = s.eachDelta(ctx, rangeSpan(spaceHeads, r), parts, func(e store.Entry) bool { return yield(e, nil) })
		}
		if err != nil {
			yield(store.Entry{}, fmt.Errorf("scan logs %.100q: %w", r.Partition, err))
		}
	}
}

// headAttributes is what is read of a delta when nobody wants its body.
const headAttributes = attrSort + "," + attrNonce + "," + attrHead + "," + attrFrames

// eachDelta calls see with the deltas in a span, until it returns false.
func (s *Store) eachDelta(ctx context.Context, sp span, parts store.Parts, see func(store.Entry) bool) error {
	only := headAttributes
	if parts == store.Bodies {
		only = ""
	}
	gone := "" // a log that is being dropped
	for page, err := range s.pages(ctx, sp, only) {
		if err != nil {
			return err
		}
		for part := range slices.Chunk(page, batchKeys) {
			entries, err := s.entries(ctx, sp.partition, part, parts, &gone)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if err := ctx.Err(); err != nil {
					return err
				}
				if !see(e) {
					return nil
				}
			}
		}
	}
	return nil
}

// entries reads the items of deltas, and their bodies if they are wanted. Where a body is gone, its delta was dropped after the item was read, and with
// it or before it all that follow in its log: none of them is taken.
func (s *Store) entries(ctx context.Context, partition string, items []map[string]types.AttributeValue, parts store.Parts, gone *string) ([]store.Entry, error) {
	entries, refs := make([]store.Entry, len(items)), make([]reference, len(items))
	for i, item := range items {
		var err error
		if entries[i], refs[i], err = deltaOf(partition, item); err != nil {
			return nil, err
		}
	}
	if parts == store.Heads {
		return entries, nil
	}
	bodies, err := s.values(ctx, partition, refs)
	if err != nil {
		return nil, err
	}
	kept := entries[:0]
	for i, e := range entries {
		if refs[i].chunks > 0 {
			if bodies[i] == nil {
				if err := s.dropped(ctx, e); err != nil {
					return nil, err
				}
				*gone = e.Log.Log
			}
			e.Body = framesOf(items[i]).unpack(valueFrame, bodies[i])
		}
		if e.Log.Log != *gone {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// dropped answers nil if a delta that was read is not there any more.
func (s *Store) dropped(ctx context.Context, e store.Entry) error {
	now, err := s.getItem(ctx, e.Log.Partition, deltaKey(e.Log, e.N), attrNonce)
	if err == nil && slices.Equal(bytesOf(now, attrNonce), e.Nonce[:]) {
		err = fmt.Errorf("delta %d of %.100q: %w", e.N, e.Log, errGone)
	}
	return err
}

// deltaOf reads an item. A small body is in it.
func deltaOf(partition string, item attributes) (e store.Entry, r reference, err error) {
	log, n, ok := splitDelta(bytesOf(item, attrSort))
	nonce := bytesOf(item, attrNonce)
	if !ok || len(nonce) != len(e.Nonce) {
		return e, r, fmt.Errorf("damaged: a delta under %.100q", bytesOf(item, attrSort))
	}
	r, err = referenceOf(item)
	packed := framesOf(item)
	return store.Entry{
		Log: store.LogKey{Partition: partition, Log: string(log)}, N: n, Nonce: store.Nonce(nonce),
		Head: packed.unpack(headFrame, bytesOf(item, attrHead)), Body: packed.unpack(valueFrame, bytesOf(item, attrValue)),
	}, r, err
}
