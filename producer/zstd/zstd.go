package zstd

import (
	"errors"

	"github.com/klauspost/compress/zstd"
)

// Level says how much time compression may take.
type Level int

// The levels. On click events, Better saves a few per cent and takes twice the time.
const (
	Fastest Level = iota
	Better
)

// Compressor is a producer.Compressor.
type Compressor struct{ encoder *zstd.Encoder }

// window is all that a record can refer back to: a decoder needs no more memory than that.
const window = 1 << 20

// New returns a compressor. It may be shared by producers.
func New(level Level) (*Compressor, error) {
	speed := zstd.SpeedFastest
	switch level {
	case Fastest:
	case Better:
		speed = zstd.SpeedDefault
	default:
		return nil, errors.New("zstd: level is neither Fastest nor Better")
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(speed), zstd.WithWindowSize(window), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	return &Compressor{e}, nil
}

// Compress appends one frame to dst. The frame says how much it holds.
func (c *Compressor) Compress(dst, src []byte) []byte { return c.encoder.EncodeAll(src, dst) }
