package zstd_test

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"

	producerzstd "github.com/streamgauge/streamgauge/producer/zstd"
)

// What is compressed is one frame that says how much it holds, appended to what was there.
func TestCompress(t *testing.T) {
	src := bytes.Repeat([]byte(`{"site":"shop","name":"pageview"}`+"\n"), 1000)
	for _, level := range []producerzstd.Level{producerzstd.Fastest, producerzstd.Better} {
		c, err := producerzstd.New(level)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Compress([]byte("before"), src)
		frame, ok := bytes.CutPrefix(got, []byte("before"))
		var h zstd.Header
		if err := h.Decode(frame); !ok || err != nil || h.FrameContentSize != uint64(len(src)) || !h.HasCheckSum {
			t.Errorf("level %d: %v, %+v", level, err, h)
		}
		d, err := zstd.NewReader(nil)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := d.DecodeAll(frame, nil)
		d.Close()
		if err != nil || !bytes.Equal(plain, src) || len(frame) > len(src)/50 {
			t.Errorf("level %d: %v, %d bytes from %d", level, err, len(frame), len(src))
		}
	}
	if _, err := producerzstd.New(7); err == nil {
		t.Error("a level that there is not")
	}
}
