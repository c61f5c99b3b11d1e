package shardlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// Damage is a place in a segment that does not hold what was written. Repair gives up the records from First on and
// before After.
type Damage struct {
	File   string
	Offset int64
	Reason string

	First, After uint64
	// Since and Until are the arrivals of the records before and behind those that are lost, in Unix ms; 0 if there is none.
	Since, Until int64
	// Unknown says that nobody knows how many records stood there: After is above all that may have.
	Unknown bool
}

// Report is what a log was found to hold.
type Report struct {
	Segments int
	Bytes    int64 // of the segments' files
	Records  uint64
	Lost     uint64 // records that an earlier repair gave up
	Torn     []Torn
	Damage   []Damage
}

// Torn is what a crash left behind the last good frame. It was never acknowledged, and the next Open cuts it off.
type Torn struct {
	File   string
	Offset int64
}

// Verify reads the log in cfg.Dir from its first byte to its last, and changes nothing. Nobody may write to it meanwhile.
// Of cfg it takes FS, Dir and Created.
func Verify(cfg Config) (Report, error) {
	segments, err := listSegments(cfg)
	if err != nil {
		return Report{}, err
	}
	var rep Report
	for i, s := range segments {
		err := inspect(cfg, segments, i, func(in *inspection) { rep.add(s, in) })
		if err != nil {
			return rep, err
		}
	}
	return rep, nil
}

func (rep *Report) add(s *segment, in *inspection) {
	rep.Segments++
	rep.Bytes += in.size
	rep.Records += in.records
	rep.Lost += in.lost
	rep.Damage = append(rep.Damage, in.damage...)
	if in.torn {
		rep.Torn = append(rep.Torn, Torn{File: s.name, Offset: in.end})
	}
}

func listSegments(cfg Config) ([]*segment, error) {
	names, err := cfg.FS.List(cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	var segments []*segment
	for _, name := range names {
		if base, ok := parseSegmentName(name); ok {
			segments = append(segments, &segment{name: path.Join(cfg.Dir, name), base: base})
		}
	}
	return segments, nil
}

// inspect reads the i-th segment and calls done while its file is open.
func inspect(cfg Config, segments []*segment, i int, done func(*inspection)) error {
	s := segments[i]
	f, err := cfg.FS.Open(s.name)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	in := &inspection{file: f, seg: s, next: s.base, end: segmentHeader}
	if i+1 < len(segments) {
		in.limit = segments[i+1].base
	}
	if in.size, err = f.Size(); err != nil {
		return fmt.Errorf("size of segment %s: %w", s.name, err)
	}
	if err := in.run(cfg.Created); err != nil {
		return fmt.Errorf("read segment %s: %w", s.name, err)
	}
	done(in)
	return nil
}

// inspection goes through one segment and gathers what is good and what is not.
type inspection struct {
	file  disk.File
	seg   *segment
	size  int64
	limit uint64 // where the next segment begins, 0 in the last one
	salt  uint32
	good  []run // in order

	next    uint64 // index of the next record
	end     int64  // offset after the last good frame
	arrival int64  // of the last good frame

	records, lost uint64
	damage        []Damage
	torn          bool
}

// run is a stretch of good frames, one directly after the other.
type run struct {
	at, end int64
	first   uint64 // index of its first record
}

func (in *inspection) run(created int64) error {
	if err := in.readHeader(created); err != nil {
		return err
	}
	for at := int64(segmentHeader); ; {
		if err := in.readRun(at); err != nil {
			return err
		}
		later, found, err := in.search()
		if err != nil {
			return err
		}
		if !found {
			in.finish()
			return nil
		}
		in.giveUp(later.first, later.arrival)
		in.next, at = later.first, later.at
	}
}

func (in *inspection) readHeader(created int64) error {
	x, err := readSegmentHeader(in.file, in.seg, created)
	in.salt = x.salt
	corrupt, damaged := errors.AsType[*CorruptError](err)
	if !damaged {
		return err
	}
	in.damage = append(in.damage, Damage{File: in.seg.name, Reason: corrupt.Reason, First: in.next, After: in.next})
	in.salt, err = salvageSalt(in.file, in.size)
	return err
}

// readRun reads good frames from an offset on.
func (in *inspection) readRun(at int64) error {
	r := frameReader{src: in.file, at: at, limit: in.size, salt: in.salt, ahead: readAhead}
	this := run{at: at, first: in.next}
	for in.limit == 0 || in.next < in.limit {
		fr, err := r.next()
		if errors.Is(err, errNoFrame) || errors.Is(err, errBadFrame) || err == nil && (fr.first != in.next || !fr.whole()) {
			break
		}
		if err != nil {
			return err
		}
		if fr.gap {
			in.lost += uint64(fr.count)
		} else {
			in.records += uint64(fr.count)
		}
		in.next, in.end, in.arrival = fr.last(), fr.end(), fr.arrival
	}
	if this.end = in.end; this.end > this.at {
		in.good = append(in.good, this)
	}
	return nil
}

// whole tells whether the frame's records can be told apart.
func (f frame) whole() bool {
	if f.gap {
		return true
	}
	rest, err := f.payload, error(nil)
	for range f.count {
		if _, _, rest, err = cutRecord(rest); err != nil {
			return false
		}
	}
	return len(rest) == 0
}

// search looks behind the last good frame for another one that belongs to the log. In the last segment that is one which
// shows that what is damaged was synced once; else it is part of what a crash tore.
func (in *inspection) search() (frame, bool, error) {
	if in.limit != 0 && in.next >= in.limit {
		return frame{}, false, nil
	}
	wanted := func(fr frame) bool {
		belongs := fr.first >= in.next && fr.whole()
		if in.limit != 0 {
			return belongs && fr.last() <= in.limit
		}
		return belongs && fr.synced > in.end
	}
	window := make([]byte, readAhead+frameHeader)
	for at := in.end; at < in.size; at += readAhead {
		n, err := in.file.ReadAt(window, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return frame{}, false, err
		}
		if allZero(window[:n]) {
			continue
		}
		in.torn = true
		if fr, found := findFrame(in.file, in.salt, window[:n], at, in.size, wanted); found {
			in.torn = false
			return fr, true, nil
		}
	}
	return frame{}, false, nil
}

// finish judges the end of a segment. In one without a salt no frame can be told from garbage: if it is the last one, it
// may have held as many records as fit into its bytes, or into those that a segment may have.
func (in *inspection) finish() {
	switch {
	case in.limit != 0:
		in.torn = false
		if in.next < in.limit {
			in.giveUp(in.limit, 0)
		}
	case in.salt == 0:
		in.torn = false
		in.giveUp(in.next+uint64(max(in.size, maxSegment))/minRecord, 0)
		in.damage[len(in.damage)-1].Unknown = true
	}
}

const (
	maxSegment = 64 << 20 // what a full-grown segment usually has
	minRecord  = 3        // the fewest bytes of a record in a frame: two lengths and a key
)

// giveUp notes that the records before an index are lost, and how the next good frame can be told in time.
func (in *inspection) giveUp(after uint64, until int64) {
	reason := errBadFrame.Error()
	if in.end >= in.size {
		reason = fmt.Sprintf("ends with record %d, and the next segment begins with %d", in.next-1, after)
	}
	lost := Damage{
		File: in.seg.name, Offset: in.end, Reason: reason, First: in.next, After: after, Since: in.arrival, Until: until,
	}
	if n := len(in.damage); n > 0 && in.damage[n-1].Offset == 0 && len(in.good) == 0 { // the header's own
		lost.Offset, lost.Reason = 0, in.damage[n-1].Reason
		in.damage = in.damage[:n-1]
	}
	in.damage = append(in.damage, lost)
	in.next = after
}
