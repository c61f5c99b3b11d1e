package consumer

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxUnpacked is how many bytes may come out of what is compressed in one record: as many as a record can have that is not. So nobody
// gains anything by compressing what he wants to be a burden.
const maxUnpacked = 1 << 20

// maxWindow is how far back a frame may refer, as RFC 8878 recommends decoders to allow (section 3.1.1.1.2). It costs nothing: what is
// referred to is what came out.
const maxWindow = 8 << 20

// zstdMagic begins a frame of Zstandard (RFC 8878, section 3.1.1). No JSON begins like this.
const zstdMagic = "\x28\xb5\x2f\xfd"

func isCompressed(data []byte) bool { return bytes.HasPrefix(data, []byte(zstdMagic)) }

// newDecoder makes a decoder that is made once, when the first compressed record comes: most functions never see one. It is
// used for whole frames only, which it decodes on the goroutine of the caller, so it need not be closed.
var newDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxUnpacked), zstd.WithDecoderMaxWindow(maxWindow))
})

// decompress returns what compressed data hold, which must be at most room bytes.
func decompress(data []byte, room int) ([]byte, error) {
	d, err := newDecoder()
	if err != nil {
		return nil, fmt.Errorf("make decoder: %w", err)
	}
	// The decoder stops where its own bound is exceeded, whatever a frame says of its size.
	plain, err := d.DecodeAll(data, nil)
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded) || err == nil && len(plain) > room:
		return nil, fmt.Errorf("the compressed record holds more than the %d bytes that are allowed", maxUnpacked)
	case err != nil:
		return nil, fmt.Errorf("the compressed record cannot be read: %w", err)
	}
	return plain, nil
}
