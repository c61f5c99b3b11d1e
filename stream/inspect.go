package stream

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/streamgauge/streamgauge/stream/disk"
	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// Damage is a place in a data folder that does not hold what was written. Its records from First on and before After,
// counted from 1 in their shard, cannot be read.
type Damage struct {
	Stream string
	Shard  string // empty if the stream's settings are damaged, which Repair cannot help
	shardlog.Damage
}

// Inspection is what a data folder was found to hold.
type Inspection struct {
	Streams, Shards, Segments int
	Bytes                     int64  // of the segments' files
	Records                   uint64 // that can be read, expired ones too
	GivenUp                   uint64 // by earlier repairs
	// Torn is what a crash left behind the last good frames: never acknowledged, and cut off by the next Open.
	Torn   []shardlog.Torn
	Damage []Damage
}

// Verify reads every record in a data folder and changes nothing. Of the options it takes Dir and FS. The error is ErrLocked
// when a process has the folder, and not damage, which is in the result.
func Verify(opt Options) (Inspection, error) {
	var in Inspection
	err := withFolder(opt, func(fsys disk.FS) (err error) {
		in, err = inspect(fsys, opt.Dir, shardlog.Verify)
		return err
	})
	return in, err
}

// Repair gives up what Verify calls damage and keeps all else. It asks agree before it changes anything, and not at all when
// there is nothing to repair. Sequence numbers of records that are lost are not given again. It returns what was found.
func Repair(opt Options, agree func(Inspection) bool) (Inspection, error) {
	var in Inspection
	err := withFolder(opt, func(fsys disk.FS) (err error) {
		in, err = inspect(fsys, opt.Dir, shardlog.Verify)
		if err != nil || len(in.Damage) == 0 || !agree(in) {
			return err
		}
		_, err = inspect(fsys, opt.Dir, shardlog.Repair)
		return errors.Join(err, in.unrepaired())
	})
	return in, err
}

// unrepaired is the error for settings that are damaged: without them nobody knows what the files of the stream are.
func (in *Inspection) unrepaired() error {
	var errs []error
	for _, d := range in.Damage {
		if d.Shard == "" {
			errs = append(errs, fmt.Errorf("%s cannot be repaired: put it back from a copy, or move its folder away, and with it the stream", d.File))
		}
	}
	return errors.Join(errs...)
}

// withFolder runs f while this process has the data folder.
func withFolder(opt Options, f func(disk.FS) error) error {
	fsys := opt.withDefaults().FS
	if _, err := fsys.List(path.Join(opt.Dir, streamsDir)); err != nil {
		return fmt.Errorf("%s is no data folder of a stream: %w", opt.Dir, err)
	}
	lock, err := fsys.Lock(path.Join(opt.Dir, "lock"))
	if err != nil {
		return fmt.Errorf("take data folder %s: %w", opt.Dir, err)
	}
	return errors.Join(f(fsys), lock.Close())
}

type inspectLog = func(shardlog.Config) (shardlog.Report, error)

func inspect(fsys disk.FS, dir string, look inspectLog) (Inspection, error) {
	var in Inspection
	root := path.Join(dir, streamsDir)
	names, err := fsys.List(root)
	if err != nil {
		return in, fmt.Errorf("list streams: %w", err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, trashPrefix) {
			continue
		}
		if err := in.stream(fsys, path.Join(root, name), look); err != nil {
			return in, fmt.Errorf("inspect stream in %s: %w", name, err)
		}
	}
	return in, nil
}

func (in *Inspection) stream(fsys disk.FS, dir string, look inspectLog) error {
	in.Streams++
	set, err := readSettings(fsys, path.Join(dir, settingsName))
	corrupt, damaged := errors.AsType[*CorruptError](err)
	if errors.Is(err, fs.ErrNotExist) {
		corrupt, damaged = &CorruptError{File: path.Join(dir, settingsName), Reason: "no such file"}, true
	}
	if damaged {
		_, name, _ := strings.Cut(path.Base(dir), "-")
		in.Damage = append(in.Damage, Damage{Stream: name, Damage: shardlog.Damage{File: corrupt.File, Reason: corrupt.Reason, Unknown: true}})
		return nil
	}
	if err != nil {
		return err
	}
	for _, ss := range set.Shards {
		id := shardID(ss.Number)
		rep, err := look(shardlog.Config{FS: fsys, Dir: path.Join(dir, id), Created: ss.CreatedMS / 1000})
		if err != nil {
			return fmt.Errorf("inspect %s: %w", id, err)
		}
		in.add(set.Name, id, rep)
	}
	return nil
}

func (in *Inspection) add(stream, shard string, rep shardlog.Report) {
	in.Shards++
	in.Segments += rep.Segments
	in.Bytes += rep.Bytes
	in.Records += rep.Records
	in.GivenUp += rep.Lost
	in.Torn = append(in.Torn, rep.Torn...)
	for _, d := range rep.Damage {
		in.Damage = append(in.Damage, Damage{Stream: stream, Shard: shard, Damage: d})
	}
}
