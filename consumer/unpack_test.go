package consumer

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/event/kpl"
	producerzstd "github.com/streamgauge/streamgauge/producer/zstd"
)

func compress(data []byte) []byte {
	c, err := producerzstd.New(producerzstd.Fastest)
	if err != nil {
		panic(err)
	}
	return c.Compress(nil, data)
}

// user is a user record of an aggregated one.
type user struct{ key, data string }

func aggregated(users ...user) []byte {
	w := kpl.NewWriter(nil)
	for _, u := range users {
		w.Key(u.key)
	}
	for i, u := range users {
		w.Record(i, []byte(u.data))
	}
	return w.Finish()
}

func unpackData(data []byte) []item {
	items, _ := unpack(nil, &events.KinesisEventRecord{EventID: "shardId-1:17", EventSourceArn: "arn", Kinesis: events.KinesisRecord{
		SequenceNumber: "17", PartitionKey: "outer", Data: data, ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: time.Unix(1, 0)},
	}})
	return items
}

// show is each copy as "key[index] data", with an exclamation mark and the code where it is poison.
func show(items []item) (all []string) {
	for _, it := range items {
		s := fmt.Sprintf("%s[%d] %.40s", it.partitionKey, it.pos.Index, it.data)
		if it.poison != "" {
			s += " !" + it.poison
		}
		all = append(all, s)
	}
	return all
}

func TestUnpack(t *testing.T) {
	const a, b = `{"id":"a"}`, `{"id":"b"}`
	half := string(compress([]byte(strings.Repeat("\n", maxUnpacked/2) + a)))
	for _, c := range []struct {
		name, data string
		want       []string // nil: one copy with the bytes as they came, unreadable
	}{
		{"plain", a + "\n\n" + b, []string{"outer[0] " + a, "outer[1] " + b}},
		{"compressed", string(compress([]byte(a + "\n" + b))), []string{"outer[0] " + a, "outer[1] " + b}},
		{"two frames", string(compress([]byte(a+"\n"))) + string(compress([]byte(b))), []string{"outer[0] " + a, "outer[1] " + b}},
		{"compressed, no JSON", string(compress([]byte("hello"))), []string{"outer[0] hello !not_json"}},
		{"compressed nothing", string(compress(nil)), []string{"outer[0]  !not_json"}},
		{"aggregated", string(aggregated(user{"k", a}, user{"l", b}, user{"k", a + "\n" + b})), []string{"k[0] " + a, "l[1] " + b, "k[2] " + a, "k[3] " + b}},
		{"aggregated, one no JSON", string(aggregated(user{"k", "hello"}, user{"l", b})), []string{"k[0] hello !not_json", "l[1] " + b}},
		{"aggregated nothing", string(aggregated()), []string{"outer[0] \xf3\x89\x9a\xc2\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\t\x98\xec\xf8B~ !not_json"}},
		{"aggregated and compressed", string(aggregated(user{"k", string(compress([]byte(a + "\n" + b)))}, user{"l", a})), []string{"k[0] " + a, "k[1] " + b, "l[2] " + a}},
		{"aggregated twice", string(aggregated(user{"k", string(aggregated(user{"l", a}))})), nil},
		{"as much as is allowed", string(compress([]byte(strings.Repeat("\n", maxUnpacked-len(a)) + a))), []string{"outer[0] " + a}},

		{"a byte more", string(compress([]byte(strings.Repeat("\n", maxUnpacked-len(a)+1) + a))), nil},
		{"a bomb", string(compress(bytes.Repeat([]byte("{"), 20<<20))), nil},
		{"a bomb in parts", string(aggregated(user{"k", half}, user{"l", half})), nil},
		{"cut", string(compress([]byte(a))[:12]), nil},
		{"only the magic", zstdMagic, nil},
		{"rubbish after a frame", string(compress([]byte(a))) + "x", nil},
		{"a wrong checksum", string(aggregated(user{"k", a})[:20]), nil},
		{"one of several cannot be read", string(aggregated(user{"k", a}, user{"l", zstdMagic})), nil},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			got := unpackData([]byte(c.data))
			if c.want != nil {
				if !slices.Equal(show(got), c.want) {
					t.Errorf("unpacked\n%q, want\n%q", show(got), c.want)
				}
				return
			}
			if len(got) != 1 || got[0].poison != poisonPacked || string(got[0].data) != c.data || got[0].partitionKey != "outer" || got[0].pos.Index != 0 {
				t.Errorf("unpacked %d: %.300q", len(got), show(got))
			}
		})
	}
}

// A frame that does not say how much it holds, as streaming encoders make them, is stopped as well.
func TestBombWithoutASize(t *testing.T) {
	var bomb bytes.Buffer
	w, err := zstd.NewWriter(&bomb, zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := unpackData(bomb.Bytes())
	runtime.ReadMemStats(&after)
	if len(got) != 1 || got[0].poison != poisonPacked {
		t.Errorf("unpacked %q", show(got))
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 16*maxUnpacked {
		t.Errorf("it took %d bytes to find out", n)
	}
}

// However events are packed, the copies are the same, and have the same positions each time.
func TestPackingDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`(\{"id":"[a-z]{0,40}"\}|  |[a-z]{0,5})`), 1, 30).Draw(t, "lines")
		plain := []byte(strings.Join(lines, "\n"))
		want := show(unpackData(plain))
		for name, data := range map[string][]byte{
			"compressed": compress(plain), "aggregated": aggregated(user{"outer", string(plain)}),
			"both": aggregated(user{"outer", string(compress(plain))}),
		} {
			for range 2 {
				if got := show(unpackData(data)); !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		}
	})
}

// Whatever a record is, it has at least one copy, the copies are numbered, and what comes out is bounded.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte(`{"id":"a"}`))
	f.Add(compress([]byte(`{"id":"a"}`)))
	f.Add(aggregated(user{"k", `{"id":"a"}`}, user{"l", string(compress([]byte(`{}`)))}))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, total := unpackData(data), 0
		for i, it := range got {
			total += len(it.data)
			if it.pos.Index != i || it.pos.SequenceNumber != "17" {
				t.Errorf("copy %d has the position %+v", i, it.pos)
			}
		}
		if len(got) == 0 || total > len(data)+maxUnpacked {
			t.Errorf("%d copies of %d bytes from %d", len(got), total, len(data))
		}
	})
}

// A batch of small records that hold much is worked off in slices that fit into memory.
func TestSlicesAreBoundedInBytes(t *testing.T) {
	big := events.KinesisEventRecord{Kinesis: events.KinesisRecord{Data: compress([]byte("{" + strings.Repeat(" ", maxUnpacked-1)))}}
	batch := make([]events.KinesisEventRecord, 100)
	for i := range batch {
		batch[i] = big
	}
	h := &Handler{opts: Options{}.filled()}
	items, to := h.slice(batch, 0)
	if to < 2 || to > 64 || len(items) != to {
		t.Errorf("a slice of %d records of 1 MiB", to)
	}
}
