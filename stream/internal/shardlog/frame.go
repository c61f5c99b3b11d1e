package shardlog

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

const (
	frameHeader  = 40         // bytes before a frame's records
	frameTarget  = 256 << 10  // a frame is closed when its next record would pass this many bytes
	maxFrame     = 64 << 20   // a longer frame is not one; bounds what a reader allocates for a damaged length
	frameMagic   = 0x314d5246 // "FRM1": lets recovery find frames behind a damaged one
	gapMagic     = 0x31504147 // "GAP1": a frame that stands for records which are lost
	maxFrameRecs = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is a decoded frame. Its payload aliases the buffer that it was read from.
type frame struct {
	at      int64  // offset in the segment
	synced  int64  // the segment was synced up to here when the frame was written
	first   uint64 // index of the first record
	arrival int64  // of all its records, Unix ms
	count   int
	gap     bool // its records are lost
	payload []byte
}

// end is the offset after the frame.
func (f frame) end() int64 { return f.at + frameHeader + int64(len(f.payload)) }

// last is the index after the frame's last record.
func (f frame) last() uint64 { return f.first + uint64(f.count) }

// seal writes the header of the frame whose bytes, header room included, are b. The salt of the segment goes into the
// checksum, so that bytes of another segment, or a record that holds a copy of a frame, never pass for a frame.
func (f frame) seal(b []byte, salt uint32) {
	le := binary.LittleEndian
	le.PutUint32(b[0:], uint32(len(b)-frameHeader))
	le.PutUint64(b[8:], uint64(f.synced))
	le.PutUint64(b[16:], f.first)
	le.PutUint64(b[24:], uint64(f.arrival))
	le.PutUint32(b[32:], uint32(f.count))
	le.PutUint32(b[36:], frameMagic)
	if f.gap {
		le.PutUint32(b[36:], gapMagic)
	}
	le.PutUint32(b[4:], checksum(b, salt))
}

func checksum(b []byte, salt uint32) uint32 {
	return crc32.Update(crc32.Update(salt, castagnoli, b[:4]), castagnoli, b[8:])
}

var (
	errNoFrame  = errors.New("no frame") // zeros, or the end of the file
	errBadFrame = errors.New("bad frame")
)

// frameLength is the length of the frame that starts with header, itself included.
func frameLength(header []byte) (int, error) {
	n := binary.LittleEndian.Uint32(header)
	if n == 0 {
		return 0, errNoFrame
	}
	if magic := binary.LittleEndian.Uint32(header[36:]); n > maxFrame || magic != frameMagic && magic != gapMagic {
		return 0, errBadFrame
	}
	return frameHeader + int(n), nil
}

// parseFrame decodes a whole frame of exactly len(b) bytes.
func parseFrame(b []byte, at int64, salt uint32) (frame, error) {
	le := binary.LittleEndian
	if le.Uint32(b[4:]) != checksum(b, salt) {
		return frame{}, errBadFrame
	}
	f := frame{
		at:      at,
		synced:  int64(le.Uint64(b[8:])),
		first:   le.Uint64(b[16:]),
		arrival: int64(le.Uint64(b[24:])),
		count:   int(le.Uint32(b[32:])),
		gap:     le.Uint32(b[36:]) == gapMagic,
		payload: b[frameHeader:],
	}
	if f.count == 0 || f.count > maxFrameRecs && !f.gap || f.synced < segmentHeader || f.synced > at {
		return frame{}, errBadFrame
	}
	return f, nil
}

// Record is what is appended.
type Record struct {
	Key  string
	Data []byte
}

func appendRecord(b []byte, r Record) []byte {
	b = binary.AppendUvarint(b, uint64(len(r.Key)))
	b = binary.AppendUvarint(b, uint64(len(r.Data)))
	b = append(b, r.Key...)
	return append(b, r.Data...)
}

// recordBound is at least the bytes that r takes in a frame.
func recordBound(r Record) int { return 2*binary.MaxVarintLen32 + len(r.Key) + len(r.Data) }

// cutRecord splits the first record off a payload. Key and data alias it.
func cutRecord(p []byte) (key, data, rest []byte, err error) {
	klen, n := binary.Uvarint(p)
	if n <= 0 {
		return nil, nil, nil, errBadFrame
	}
	p = p[n:]
	dlen, n := binary.Uvarint(p)
	if n <= 0 {
		return nil, nil, nil, errBadFrame
	}
	p = p[n:]
	if klen > uint64(len(p)) || dlen > uint64(len(p))-klen {
		return nil, nil, nil, errBadFrame
	}
	return p[:klen:klen], p[klen : klen+dlen : klen+dlen], p[klen+dlen:], nil
}
