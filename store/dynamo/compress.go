package dynamo

import (
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/klauspost/compress/zstd"
)

// Every kilobyte is paid for when it is written, when it is read and for as long as it lies there, thrice as much as the time that it takes to make it smaller by a fifth. So values are
// frames of Zstandard (RFC 8878) where these are shorter. The words of heads and roll-ups shrink most, ids and tags not at all.

const (
	// compressFrom is the size in bytes from which on a frame can be expected to be shorter.
	compressFrom = 128
	// compressUpTo bounds what is compressed, and with that the memory that reading it can take.
	compressUpTo = 64 << 20
	// frameWindow is how far back a frame refers.
	frameWindow = 1 << 20
)

// frames says which attributes of an item hold frames; see attrFrames.
type frames int64

const (
	headFrame frames = 1 << iota
	valueFrame
)

// pack returns what is to be stored of a value, and notes whether it is a frame.
func (f *frames) pack(what frames, value []byte) []byte {
	if len(value) < compressFrom || len(value) > compressUpTo {
		return value
	}
	frame := encoder().EncodeAll(value, make([]byte, 0, len(value)))
	if len(frame)+len(attrFrames)+2 >= len(value) {
		return value
	}
	*f |= what
	return frame
}

// note adds to fields what f says, where it says anything.
func (f frames) note(fields attributes) {
	if f != 0 {
		fields[attrFrames] = number(int64(f))
	}
}

// framesOf returns what an item says of its frames.
func framesOf(item attributes) frames {
	n, ok := item[attrFrames].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	f, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return headFrame | valueFrame
	}
	return frames(f)
}

// unpack returns the value of what is stored. Of a frame that is damaged nothing is left: who reads values knows that none of his is like that, and what to do then, whereas an error of
// this package would be taken for one of the service, and be waited out.
func (f frames) unpack(what frames, stored []byte) []byte {
	if f&what == 0 || len(stored) == 0 {
		return stored
	}
	value, err := decoder().DecodeAll(stored, nil)
	if err != nil {
		return []byte{}
	}
	return value
}

// Both are made when they are first needed, used for whole frames only and never closed. Options fail only where they contradict each other.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(frameWindow), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(compressUpTo))
		return d
	})
)
