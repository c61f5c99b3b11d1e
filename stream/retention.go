package stream

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/streamgauge/streamgauge/stream/disk"
	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// expireEvery is how often the room of expired records is given back. Readers do not see them from the moment they expire.
const expireEvery = time.Minute

// horizon is the arrival, in Unix ms, before which records have expired.
func (set *settings) horizon(nowMS int64) int64 {
	return max(set.HorizonMS, nowMS-int64(set.RetentionHours)*time.Hour.Milliseconds())
}

// retain sets how long records are kept. What has expired already stays so when that becomes longer, as in Kinesis.
func (set *settings) retain(hours int32, nowMS int64) {
	set.HorizonMS = set.horizon(nowMS)
	set.RetentionHours = hours
}

// read reads a shard from an index on, or from the horizon if that is later. The caller is in use.
func (b *Broker) read(v *version, sh *shard, from uint64, records, bytes int) (shardlog.Batch, error) {
	horizon := v.horizon(b.now())
	batch, err := sh.log.Read(from, records, bytes)
	if err != nil || len(batch.Entries) == 0 || batch.Entries[0].Arrival >= horizon {
		return batch, internalError(err)
	}
	if from, err = sh.log.Find(horizon); err != nil {
		return shardlog.Batch{}, internalError(err)
	}
	batch, err = sh.log.Read(from, records, bytes)
	return batch, internalError(err)
}

// keepRetention gives back the room of expired records, at once and then now and again, until the broker is closed.
func (b *Broker) keepRetention() {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		b.expire()
		select {
		case <-b.closing:
			return
		case <-tick.C:
		}
	}
}

// expire does it once. What fails is told, and tried again the next time.
func (b *Broker) expire() {
	for _, name := range b.streamNames() {
		s, err := b.stream(name)
		if err != nil {
			continue // deleted meanwhile
		}
		if err := b.expireStream(s); err != nil && b.opt.OnError != nil {
			b.opt.OnError(fmt.Errorf("expire records of stream %s: %w", name, err))
		}
	}
}

func (b *Broker) expireStream(s *dataStream) error {
	now := b.now()
	var errs []error
	for _, sh := range s.version().shards {
		if b.isClosing() {
			return nil
		}
		if err := sh.log.Expire(s.version().horizon(now)); !errors.Is(err, shardlog.ErrClosed) { // deleted meanwhile
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, b.forgetShards(s, now))...)
}

// expired tells whether a closed shard has no record within the retention: it vanishes then, as in Kinesis.
func (v *version) expired(sh *shard, nowMS int64) bool {
	return sh.closed() && sh.ClosedMS < v.horizon(nowMS)
}

// forgetShards takes the shards that have expired out of the stream, and removes what is left of their logs. If a crash
// comes between, the folders are removed at the next open.
func (b *Broker) forgetShards(s *dataStream, now int64) error {
	isExpired := func(sh *shard) bool { return s.version().expired(sh, now) }
	if !slices.ContainsFunc(s.version().shards, isExpired) {
		return nil
	}
	var gone []*shard
	err := b.change(s, func(v *version, set *settings) error {
		for _, sh := range v.shards {
			if v.expired(sh, now) {
				gone = append(gone, sh)
			}
		}
		set.Shards = slices.DeleteFunc(set.Shards, func(ss shardSettings) bool {
			return slices.ContainsFunc(gone, func(sh *shard) bool { return sh.Number == ss.Number })
		})
		return nil
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, sh := range gone {
		errs = append(errs, sh.log.Close(), removeShard(b.opt.FS, path.Join(s.dir, sh.id)))
	}
	return errors.Join(errs...)
}

// removeShard removes the folder of a shard, which has one if it ever had a record.
func removeShard(fsys disk.FS, dir string) error {
	if _, err := fsys.List(dir); err != nil {
		return nil
	}
	if err := disk.RemoveAll(fsys, dir); err != nil {
		return fmt.Errorf("remove expired shard: %w", err)
	}
	return fsys.SyncDir(path.Dir(dir))
}

func (b *Broker) isClosing() bool {
	select {
	case <-b.closing:
		return true
	default:
		return false
	}
}
