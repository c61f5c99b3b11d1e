package dynamo

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/store"
)

var (
	logKey  = store.LogKey{Partition: "p", Log: "log"}
	itemAt  = store.Key{Partition: "p", Sort: "s"}
	aNonce  = store.Nonce{1}
	another = store.Nonce{2}
)

// fresh is a store on a table of its own, with the client to look at what is stored.
func fresh(t *testing.T, o Options) (*Store, *dynamodb.Client) {
	t.Helper()
	server := &tables{client: client(npm.Start(t, "dynalite"))}
	o.Table = server.create(t)
	return open(t, server.client, o), server.client
}

// stored returns all items of the store's table.
func (s *Store) stored(t *testing.T, c *dynamodb.Client) []attributes {
	t.Helper()
	var all []attributes
	pages := dynamodb.NewScanPaginator(c, &dynamodb.ScanInput{TableName: &s.opts.Table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
	}
	return all
}

// noise returns bytes of which a frame leaves nothing out.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails, math/rand/v2 says
	return b
}

func appendDelta(t *testing.T, s *Store, n uint32, head, body int, nonce store.Nonce, want store.Appended) {
	t.Helper()
	d := store.Delta{Head: noise(head), Body: noise(body)}
	if got, err := s.Append(t.Context(), logKey, n, d, nonce); err != nil || got != want {
		t.Fatalf("Append(%d) = %v, %v, want %v", n, got, err, want)
	}
}

// What a value is stored as, and what it costs: a delta of one unit is one item; no item has more than 400 KB, whatever the value has.
func TestItemsAndUnits(t *testing.T) {
	s, c := fresh(t, Options{})
	for i, size := range []struct {
		head, body  int
		items       int
		least, most float64 // write units
	}{
		{head: 100, body: 500, items: 1, least: 1, most: 1},
		{head: 100, body: 2000, items: 2, least: 3, most: 4},
		{head: 2000, body: 0, items: 1, least: 2, most: 3},
		{head: 1000, body: 350 << 10, items: 2, least: 351, most: 353},
		{head: 1000, body: 900 << 10, items: 4, least: 901, most: 906},
	} {
		before, used := len(s.stored(t, c)), s.Consumed()
		appendDelta(t, s, uint32(i+1), size.head, size.body, aNonce, store.Won)
		if got := len(s.stored(t, c)) - before; got != size.items {
			t.Errorf("%+v: %d items", size, got)
		}
		now := s.Consumed()
		if got := now.Written - used.Written; got < size.least || got > size.most {
			t.Errorf("%+v: %v write units", size, got)
		}
		if got := now.Requests - used.Requests; got != uint64(size.items) {
			t.Errorf("%+v: %v requests", size, got)
		}
	}
	for _, item := range s.stored(t, c) {
		if size := sizeOf(item); size > 400_000 {
			t.Errorf("an item of %d bytes", size)
		}
	}
	used := s.Consumed()
	if _, err := s.Read(t.Context(), logKey, 4, store.Heads); err != nil {
		t.Fatal(err)
	}
	if got := s.Consumed().Read - used.Read; got != 1 {
		t.Errorf("the head of a large delta costs %v read units", got)
	}
}

// A repeat writes the same items again, and a loser adds none but the chunks of its body.
func TestRepeatsLeaveNothing(t *testing.T) {
	s, c := fresh(t, Options{})
	appendDelta(t, s, 1, 10, 5000, aNonce, store.Won)
	appendDelta(t, s, 1, 10, 5000, aNonce, store.Won)
	if got := len(s.stored(t, c)); got != 2 {
		t.Errorf("%d items after a repeat", got)
	}
	appendDelta(t, s, 1, 10, 5000, another, store.Exists)
	appendDelta(t, s, 1, 10, 50, another, store.Exists)
	if got := len(s.stored(t, c)); got != 3 {
		t.Errorf("%d items after a loser", got)
	}
}

// Chunks of values that were replaced or deleted, and of writes that met a conflict, go.
func TestChunksOfItemsGo(t *testing.T) {
	s, c := fresh(t, Options{})
	large := noise(800 << 10)
	rev, err := s.Put(t.Context(), itemAt, large, store.Write{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), itemAt, large, store.Write{}); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("%v, want ErrConflict", err)
	}
	if got := len(s.stored(t, c)); got != 4 {
		t.Errorf("%d items, want an item of 3 chunks", got)
	}
	large[7]++
	if rev, err = s.Put(t.Context(), itemAt, large, store.Write{Expect: rev}); err != nil {
		t.Fatal(err)
	}
	if got := len(s.stored(t, c)); got != 4 {
		t.Errorf("%d items, want an item of 3 chunks", got)
	}
	if item, err := s.Get(t.Context(), itemAt); err != nil || !bytes.Equal(item.Value, large) {
		t.Errorf("%d bytes are read back, %v", len(item.Value), err)
	}
	if err := s.Delete(t.Context(), itemAt, store.Write{Expect: rev}); err != nil {
		t.Fatal(err)
	}
	if got := s.stored(t, c); len(got) != 0 {
		t.Errorf("%d items are left", len(got))
	}
}

// What is past its time and still there is there: only the table deletes it.
func TestExpiryHidesNothing(t *testing.T) {
	past := time.Unix(1_000_000_000, 0)
	s, c := fresh(t, Options{Expires: func(partition string) time.Time {
		if partition == "p" {
			return past
		}
		return time.Time{}
	}})
	appendDelta(t, s, 1, 10, 5000, aNonce, store.Won)
	if _, err := s.Put(t.Context(), itemAt, []byte("x"), store.Write{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), store.Key{Partition: "stays", Sort: "s"}, []byte("x"), store.Write{}); err != nil {
		t.Fatal(err)
	}
	appendDelta(t, s, 1, 10, 5000, another, store.Exists)
	if entries, err := s.Read(t.Context(), logKey, 0, store.Bodies); err != nil || len(entries) != 1 || len(entries[0].Body) != 5000 {
		t.Errorf("%d deltas, %v", len(entries), err)
	}
	if _, err := s.Get(t.Context(), itemAt); err != nil {
		t.Error(err)
	}
	marked := 0
	for _, item := range s.stored(t, c) {
		if ttl, ok := item[attrExpires].(*types.AttributeValueMemberN); ok && ttl.Value == strconv.FormatInt(past.Unix(), 10) {
			marked++
		}
	}
	if marked != 4 { // a head, two bodies, an item
		t.Errorf("%d items expire", marked)
	}
}

// A body that is not there makes its delta damaged, unless the delta is gone too.
func TestMissingBody(t *testing.T) {
	s, c := fresh(t, Options{})
	for n := uint32(1); n <= 3; n++ {
		appendDelta(t, s, n, 10, 5000, aNonce, store.Won)
	}
	head, err := s.getItem(t.Context(), "p", deltaKey(logKey, 2), "")
	if err != nil {
		t.Fatal(err)
	}
	ref, err := referenceOf(head)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.removeChunks(t.Context(), "p", ref); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), logKey, 0, store.Bodies); !errors.Is(err, errGone) {
		t.Errorf("%v, want errGone", err)
	}
	// A reader that has the page, and then the log is dropped.
	dropping := open(t, &droppingAPI{API: c, drop: func() error { return s.DropLogs(t.Context(), "p") }}, Options{Table: s.opts.Table})
	if entries, err := dropping.Read(t.Context(), logKey, 0, store.Bodies); err != nil || len(entries) != 0 {
		t.Errorf("%d deltas of a log that was dropped, %v", len(entries), err)
	}
}

// droppingAPI drops the logs after the first page was read.
type droppingAPI struct {
	API
	drop func() error
}

func (d *droppingAPI) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	out, err := d.API.Query(ctx, in, o...)
	return out, errors.Join(err, d.drop())
}

func TestElsewhere(t *testing.T) {
	server := &tables{client: client(npm.Start(t, "dynalite"))}
	main, salts := server.create(t), server.create(t)
	s := open(t, server.client, Options{Table: main, Elsewhere: map[string]string{"T": salts}})
	for _, p := range []string{"T", "S"} {
		if _, err := s.Put(t.Context(), store.Key{Partition: p, Sort: "s"}, []byte(p), store.Write{}); err != nil {
			t.Fatal(err)
		}
	}
	only := open(t, server.client, Options{Table: salts})
	if got := only.stored(t, server.client); len(got) != 1 || string(bytesOf(got[0], attrPartition)) != "T" {
		t.Errorf("%d items elsewhere", len(got))
	}
	if item, err := s.Get(t.Context(), store.Key{Partition: "T", Sort: "s"}); err != nil || string(item.Value) != "T" {
		t.Errorf("%+v, %v", item, err)
	}
}
