package shardlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// Repair gives up what Verify calls damage, and keeps all else: each damaged segment is written anew, with its good frames,
// and with a gap where records are lost, so that no index is given twice. A segment is replaced whole or not at all.
// Nobody else may use the log meanwhile. It returns what Verify would have said.
func Repair(cfg Config) (Report, error) {
	segments, err := listSegments(cfg)
	if err != nil {
		return Report{}, err
	}
	var rep Report
	for i, s := range segments {
		var failed error
		err := inspect(cfg, segments, i, func(in *inspection) {
			rep.add(s, in)
			if len(in.damage) > 0 {
				failed = in.replace(cfg)
			}
		})
		if err := errors.Join(err, failed); err != nil {
			return rep, err
		}
	}
	return rep, nil
}

// replace writes the segment beside itself, synced, and puts it in its own place.
func (in *inspection) replace(cfg Config) error {
	f, err := makeSpare(cfg.FS, cfg.Dir, segmentHeader, atOnce)
	if err != nil {
		return fmt.Errorf("repair segment %s: %w", in.seg.name, full(err))
	}
	spareFile := path.Join(cfg.Dir, spareName)
	if err := in.rewrite(f, cfg.Created); err != nil {
		return errors.Join(fmt.Errorf("repair segment %s: %w", in.seg.name, full(err)), discard(cfg.FS, f, spareFile))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("repair segment %s: %w", in.seg.name, err)
	}
	if err := cfg.FS.Rename(spareFile, in.seg.name); err != nil {
		return fmt.Errorf("repair segment: %w", err)
	}
	return cfg.FS.SyncDir(cfg.Dir)
}

func (in *inspection) rewrite(f disk.File, created int64) error {
	w := frameWriter{to: f, at: segmentHeader, salt: 1 + rand.Uint32N(math.MaxUint32), next: in.seg.base, arrival: created * 1000}
	if _, err := f.WriteAt(encodeSegmentHeader(in.seg.base, created, w.salt), 0); err != nil {
		return err
	}
	for _, r := range in.good {
		if err := w.gap(r.first); err != nil {
			return err
		}
		if err := in.copyRun(&w, r); err != nil {
			return err
		}
	}
	if err := w.gap(in.next); err != nil {
		return err
	}
	return f.Sync()
}

func (in *inspection) copyRun(w *frameWriter, r run) error {
	reader := frameReader{src: in.file, at: r.at, limit: r.end, salt: in.salt, ahead: readAhead}
	for reader.at < r.end {
		fr, err := reader.next()
		if err != nil {
			return fmt.Errorf("read at %d: %w", reader.at, err)
		}
		if err := w.write(fr); err != nil {
			return err
		}
	}
	return nil
}

// frameWriter writes frames one after the other. Each says that all before it is synced, which is true once the file has
// its name.
type frameWriter struct {
	to      disk.File
	at      int64
	salt    uint32
	next    uint64
	arrival int64
}

func (w *frameWriter) write(f frame) error {
	b := append(make([]byte, frameHeader, frameHeader+len(f.payload)), f.payload...)
	f.synced = w.at
	f.seal(b, w.salt)
	if _, err := w.to.WriteAt(b, w.at); err != nil {
		return err
	}
	w.at += int64(len(b))
	w.next, w.arrival = f.last(), f.arrival
	return nil
}

// gap stands for the records before an index.
func (w *frameWriter) gap(before uint64) error {
	for w.next < before {
		lost := min(before-w.next, math.MaxUint32)
		f := frame{first: w.next, arrival: w.arrival, count: int(lost), gap: true, payload: binary.LittleEndian.AppendUint64(nil, lost)}
		if err := w.write(f); err != nil {
			return err
		}
	}
	return nil
}
