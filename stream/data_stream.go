package stream

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamgauge/streamgauge/stream/disk"
	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// dataStream is a stream that exists.
type dataStream struct {
	identity
	dir string
	arn string

	mu      sync.RWMutex // read-held while the stream's shards are written and read, held while the stream is changed
	gone    bool         // deleted, guarded by mu
	current atomic.Pointer[version]
}

// version is a stream as of one moment. A version is never changed: who holds mu of the stream puts another in its place.
type version struct {
	settings
	shards []*shard // by number, closed ones too
	open   []*shard // by hash key: they cover the key space
}

// version is the stream as it is now. Whoever relies on it to stay so holds mu, as use does.
func (s *dataStream) version() *version { return s.current.Load() }

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
	set, err := readSettings(b.opt.FS, path.Join(dir, settingsName))
	if err != nil {
		return nil, err
	}
	if err := b.clearShards(dir, set); err != nil {
		return nil, err
	}
	return b.openStream(dir, set)
}

// clearShards removes the folders of shards that the settings do not know any more.
func (b *Broker) clearShards(dir string, set settings) error {
	names, err := b.opt.FS.List(dir)
	if err != nil {
		return fmt.Errorf("list shards: %w", err)
	}
	for _, name := range names {
		known := slices.ContainsFunc(set.Shards, func(ss shardSettings) bool { return shardID(ss.Number) == name })
		if known || !strings.HasPrefix(name, shardPrefix) {
			continue
		}
		if err := disk.RemoveAll(b.opt.FS, path.Join(dir, name)); err != nil {
			return fmt.Errorf("clear %s: %w", name, err)
		}
	}
	return nil
}

func (b *Broker) openStream(dir string, set settings) (*dataStream, error) {
	s := &dataStream{identity: set.identity, dir: dir}
	s.arn = fmt.Sprintf("arn:aws:kinesis:%s:%s:stream/%s", b.opt.Region, b.opt.Account, s.Name)
	v, err := b.nextVersion(s, &version{}, set)
	if err != nil {
		return nil, err
	}
	s.current.Store(v)
	if err := v.sealClosed(&version{}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// nextVersion is the version after v, with other settings. Shards that v has keep their logs, the logs of others are
// opened.
func (b *Broker) nextVersion(s *dataStream, v *version, set settings) (*version, error) {
	next := &version{settings: set, shards: make([]*shard, 0, len(set.Shards))}
	for _, ss := range set.Shards {
		sh := &shard{shardSettings: ss, id: shardID(ss.Number)}
		if old := v.shard(ss.Number); old != nil {
			sh.log, sh.meter = old.log, old.meter
		} else if err := b.openShard(s, sh); err != nil {
			return nil, errors.Join(err, next.closeShards(v))
		}
		next.shards = append(next.shards, sh)
	}
	next.open = openShards(next.shards)
	return next, nil
}

func (b *Broker) openShard(s *dataStream, sh *shard) (err error) {
	sh.meter = b.newMeter()
	sh.log, err = shardlog.Open(shardlog.Config{
		FS:           b.opt.FS,
		Dir:          path.Join(s.dir, sh.id),
		Created:      sh.CreatedMS / 1000,
		SegmentBytes: b.opt.SegmentBytes,
		Now:          b.now,
		Tail:         b.tail,
	})
	if err != nil {
		return fmt.Errorf("open %s: %w", sh.id, err)
	}
	return nil
}

// sealClosed seals the logs of the shards that are closed in v and were not in the version before it.
func (v *version) sealClosed(before *version) error {
	var errs []error
	for _, sh := range v.shards {
		if old := before.shard(sh.Number); sh.closed() && (old == nil || !old.closed()) {
			errs = append(errs, sh.log.Seal())
		}
	}
	return errors.Join(errs...)
}

// closeShards closes the logs of the shards that another version does not have.
func (v *version) closeShards(except *version) error {
	var errs []error
	for _, sh := range v.shards {
		if except.shard(sh.Number) == nil {
			errs = append(errs, sh.log.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *dataStream) close() error { return s.version().closeShards(&version{}) }

// makeStream puts a new stream on disk: built in a folder that a crash leaves as trash, then named.
func (b *Broker) makeStream(set settings) (*dataStream, error) {
	root := path.Join(b.opt.Dir, streamsDir)
	name := fmt.Sprintf("%016x-%s", set.ID, set.Name)
	temp, dir := path.Join(root, trashPrefix+name), path.Join(root, name)
	if err := b.opt.FS.Mkdir(temp); err != nil {
		return nil, fmt.Errorf("make stream folder: %w", err)
	}
	if err := writeSettings(b.opt.FS, path.Join(temp, settingsName), set); err != nil {
		return nil, errors.Join(err, disk.RemoveAll(b.opt.FS, temp))
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

// use runs f with the stream as it is, which it stays meanwhile: it is not deleted, and no shard is closed.
func (b *Broker) use(s *dataStream, f func(*version) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.gone {
		return b.streamNotFound(s.Name)
	}
	return f(s.version())
}

// change replaces a stream's settings. Edit gets the version that is, and a copy of its settings to work on; what it makes
// of them is on disk before anybody sees it. No put runs meanwhile, so none falls between the shards that a change
// closes and those that it opens.
func (b *Broker) change(s *dataStream, edit func(*version, *settings) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return b.streamNotFound(s.Name)
	}
	v := s.version()
	set := v.settings.clone()
	if err := edit(v, &set); err != nil {
		return err
	}
	next, err := b.nextVersion(s, v, set)
	if err != nil {
		return internalError(err)
	}
	if err := writeSettings(b.opt.FS, path.Join(s.dir, settingsName), set); err != nil {
		return internalError(errors.Join(err, next.closeShards(v)))
	}
	s.current.Store(next)
	return internalError(next.sealClosed(v))
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

func (s *dataStream) created() *time.Time { return timeOf(s.CreatedMS) }
