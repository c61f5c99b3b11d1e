package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/stream/disk"
	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// settings is what is kept of a stream, as JSON in its folder.
type settings struct {
	Format         int              `json:"format"`
	Name           string           `json:"name"`
	ID             uint64           `json:"id"` // random: tells two streams of one name apart
	CreatedMS      int64            `json:"created_ms"`
	Mode           types.StreamMode `json:"mode"`
	RetentionHours int32            `json:"retention_hours"`
	MaxRecordKiB   int32            `json:"max_record_kib"`
	Shards         []shardSettings  `json:"shards"`
}

const settingsFormat = 1

type shardSettings struct {
	Number       uint32  `json:"number"`
	CreatedMS    int64   `json:"created_ms"`
	StartHashKey hashKey `json:"start_hash_key"`
	EndHashKey   hashKey `json:"end_hash_key"`
}

// dataStream is a stream that exists.
type dataStream struct {
	settings
	dir    string
	arn    string
	shards []*shard // by number

	mu   sync.RWMutex // read-held while the stream's shards are written and read
	gone bool         // deleted, guarded by mu
}

// shard is one shard of a stream.
type shard struct {
	shardSettings
	id  string
	log *shardlog.Log
}

const (
	settingsName = "stream.json"
	streamsDir   = "streams"
	trashPrefix  = "trash-" // folders that are half made or half deleted
)

// loadStreams opens every stream, and clears away what a crash left half made or half deleted.
func (b *Broker) loadStreams() error {
	root := path.Join(b.opt.Dir, streamsDir)
	if err := disk.MkdirAll(b.opt.FS, root); err != nil {
		return fmt.Errorf("make streams folder: %w", err)
	}
	names, err := b.opt.FS.List(root)
	if err != nil {
		return fmt.Errorf("list streams: %w", err)
	}
	for _, name := range names {
		dir := path.Join(root, name)
		if strings.HasPrefix(name, trashPrefix) {
			if err := disk.RemoveAll(b.opt.FS, dir); err != nil {
				return fmt.Errorf("clear %s: %w", dir, err)
			}
			continue
		}
		s, err := b.loadStream(dir)
		if err != nil {
			return fmt.Errorf("open stream in %s: %w", dir, err)
		}
		b.streams[s.Name] = s
	}
	return nil
}

func (b *Broker) loadStream(dir string) (*dataStream, error) {
	name := path.Join(dir, settingsName)
	data, err := disk.ReadFile(b.opt.FS, name)
	if err != nil {
		return nil, fmt.Errorf("read stream settings: %w", err)
	}
	var set settings
	if err := json.Unmarshal(data, &set); err != nil || set.Format != settingsFormat {
		return nil, &CorruptError{File: name, Reason: fmt.Sprintf("not settings of format %d: %v", settingsFormat, err)}
	}
	return b.openStream(dir, set)
}

func (b *Broker) openStream(dir string, set settings) (*dataStream, error) {
	s := &dataStream{settings: set, dir: dir}
	s.arn = fmt.Sprintf("arn:aws:kinesis:%s:%s:stream/%s", b.opt.Region, b.opt.Account, s.Name)
	for _, ss := range set.Shards {
		sh := &shard{shardSettings: ss, id: shardID(ss.Number)}
		var err error
		sh.log, err = shardlog.Open(shardlog.Config{
			FS:           b.opt.FS,
			Dir:          path.Join(dir, sh.id),
			Created:      ss.CreatedMS / 1000,
			SegmentBytes: b.opt.SegmentBytes,
			Now:          b.now,
			Tail:         b.tail,
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", sh.id, err), s.close())
		}
		s.shards = append(s.shards, sh)
	}
	return s, nil
}

func (s *dataStream) close() error {
	var errs []error
	for _, sh := range s.shards {
		errs = append(errs, sh.log.Close())
	}
	return errors.Join(errs...)
}

// makeStream puts a new stream on disk: built in a folder that a crash leaves as trash, then named.
func (b *Broker) makeStream(set settings) (*dataStream, error) {
	root := path.Join(b.opt.Dir, streamsDir)
	name := fmt.Sprintf("%016x-%s", set.ID, set.Name)
	temp, dir := path.Join(root, trashPrefix+name), path.Join(root, name)
	data, err := json.MarshalIndent(set, "", "\t")
	if err != nil {
		return nil, err
	}
	if err := b.opt.FS.Mkdir(temp); err != nil {
		return nil, fmt.Errorf("make stream folder: %w", err)
	}
	if err := disk.WriteFile(b.opt.FS, path.Join(temp, settingsName), data); err != nil {
		return nil, errors.Join(fmt.Errorf("write stream settings: %w", err), disk.RemoveAll(b.opt.FS, temp))
	}
	if err := b.opt.FS.Rename(temp, dir); err != nil {
		return nil, fmt.Errorf("name stream folder: %w", err)
	}
	if err := b.opt.FS.SyncDir(root); err != nil {
		return nil, fmt.Errorf("sync streams folder: %w", err)
	}
	return b.openStream(dir, set)
}

// trash makes a stream's folder trash: from then on the stream is gone for every later Open. It returns the new folder.
func (b *Broker) trash(s *dataStream) (string, error) {
	root, name := path.Split(s.dir)
	trash := path.Join(root, trashPrefix+name)
	if err := b.opt.FS.Rename(s.dir, trash); err != nil {
		return "", fmt.Errorf("rename stream folder: %w", err)
	}
	if err := b.opt.FS.SyncDir(root); err != nil {
		return "", fmt.Errorf("sync streams folder: %w", err)
	}
	return trash, nil
}

// lookup finds the stream that a request means.
func (b *Broker) lookup(name, arn *string) (*dataStream, error) {
	n, err := streamName(name, arn)
	if err != nil {
		return nil, err
	}
	return b.stream(n)
}

func (b *Broker) stream(name string) (*dataStream, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.streams[name]
	if s == nil {
		return nil, b.streamNotFound(name)
	}
	return s, nil
}

// use runs f while the stream cannot be deleted.
func (b *Broker) use(s *dataStream, f func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.gone {
		return b.streamNotFound(s.Name)
	}
	return f()
}

// streamNames returns the names of all streams, sorted.
func (b *Broker) streamNames() []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	names := make([]string, 0, len(b.streams))
	for name := range b.streams {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func shardID(number uint32) string { return fmt.Sprintf("shardId-%012d", number) }

// route finds the shard whose hash key range holds h.
func (s *dataStream) route(h hashKey) *shard {
	i := sort.Search(len(s.shards), func(i int) bool { return !s.shards[i].EndHashKey.less(h) })
	return s.shards[i]
}

// describe returns a shard as the API shows it.
func (sh *shard) describe() types.Shard {
	start, end := sh.StartHashKey.String(), sh.EndHashKey.String()
	first := sh.sequence(0, sh.CreatedMS).String()
	return types.Shard{
		ShardId:             &sh.id,
		HashKeyRange:        &types.HashKeyRange{StartingHashKey: &start, EndingHashKey: &end},
		SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: &first},
	}
}

// sequence is the sequence number of a record of the shard. Its index decides the order, so a clock that steps back
// does no harm.
func (sh *shard) sequence(index uint64, arrivalMS int64) sequence {
	return sequence{created: sh.CreatedMS / 1000, shard: sh.Number, index: index, seconds: arrivalMS / 1000}
}

func (s *dataStream) created() *time.Time {
	t := time.UnixMilli(s.CreatedMS).UTC()
	return &t
}
