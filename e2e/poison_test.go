package e2e

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/embedded"
)

// kinesisClient is the AWS SDK's own client, pointed at the embedded stream.
func (s *server) kinesisClient() *kinesis.Client {
	return kinesis.New(kinesis.Options{
		BaseEndpoint: &s.Kinesis, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
}

// put puts a record onto the stream, as a stranger could. All records of a partition key go to one shard, in order.
func (s *server) put(t *testing.T, key, data string) *kinesis.PutRecordOutput {
	t.Helper()
	out, err := s.kinesisClient().PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String("clicks"), PartitionKey: &key, Data: []byte(data),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// kept is a copy in quarantine, as dlq list and dlq show have it.
type kept struct {
	Key, Site, Reason, Message, Shard, Data, Text string
	SequenceNumber                                string `json:"sequence_number"`
	Index                                         int
}

// quarantine lists what is kept, the last that arrived first.
func (s *server) quarantine(t *testing.T) (list []kept) {
	t.Helper()
	for line := range strings.Lines(s.mustRun(t, "dlq", "list", "--json")) {
		list = append(list, decode[kept](t, []byte(line)))
	}
	return list
}

// TestPoison: what cannot be read is put aside, once, and the shard goes on; whatever is delivered again, and however the
// server ended.
func TestPoison(t *testing.T) {
	t.Parallel()
	const key = "shop/0123456789abcdef" // as the door makes them: the site, and a hash of the visitor
	event := func(id string) string {
		return fmt.Sprintf(`{"site":"shop","name":"pageview","url":"/%s","id":"%[1]s","visitor":"v"}`, id)
	}
	h := newHome(t)
	s := h.start(t)
	s.put(t, key, event("a"))
	notJSON := s.put(t, key, "\x00\xffno JSON")
	badLine := s.put(t, key, event("b")+"\n"+`{"site":"shop","name":`+"\n"+event("c"))
	noName := s.put(t, key, `{"site":"shop","id":"d"}`)
	noSite := s.put(t, "x", "nothing of ours")
	s.put(t, key, event("e"))

	shop := books{Received: 7, Counted: 4, Quarantined: 3, Balanced: true}
	all := books{Received: 8, Counted: 4, Quarantined: 4, Balanced: true}
	want := []kept{
		{Site: "", Reason: "not_json", Shard: *noSite.ShardId, SequenceNumber: *noSite.SequenceNumber, Text: "nothing of ours"},
		{Site: "shop", Reason: "invalid", Shard: *noName.ShardId, SequenceNumber: *noName.SequenceNumber, Text: `{"site":"shop","id":"d"}`},
		{Site: "shop", Reason: "not_json", Shard: *badLine.ShardId, SequenceNumber: *badLine.SequenceNumber, Index: 1, Text: `{"site":"shop","name":`},
		{Site: "shop", Reason: "not_json", Shard: *notJSON.ShardId, SequenceNumber: *notJSON.SequenceNumber, Data: "\x00\xffno JSON"},
	}
	check := func(when string) {
		t.Helper()
		s.checkPoison(t, when, want, shop, all)
	}
	check("at first")

	s.kill()
	s = h.start(t)
	check("after a kill")

	checkpoints := s.checkpoints(t)
	s.kill()
	loseItems(t, h, checkpoints)
	s = h.start(t)
	await(t, "everything delivered again", func() bool { return s.ledger(t, "").Redelivered == all.Received })
	check("after a power cut that took the checkpoints back")
	s.put(t, key, event("a"))
	shop.Received, shop.Duplicate = 8, 1
	all.Received, all.Duplicate = 9, 1
	check("with a late copy of a good one")
	s.stop(t)
}

func (s *server) checkPoison(t *testing.T, when string, want []kept, shop, all books) {
	t.Helper()
	for site, want := range map[string]books{"shop": shop, "": all} {
		got := s.awaitReceived(t, site, want.Received)
		got.Reasons, got.Redelivered = nil, 0
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the books of %q are %+v, want %+v", when, site, got, want)
		}
	}
	if got := s.query(t, "shop", lastHours(1), ""); len(got) != 1 || got[0].Metrics != [3]int64{1, 4, 4} {
		t.Errorf("%s: visitors, pageviews, events: %v", when, got)
	}
	list := s.quarantine(t)
	if len(list) != len(want) {
		t.Fatalf("%s: %d copies in quarantine, want %d: %+v", when, len(list), len(want), list)
	}
	for _, k := range list {
		s.checkKept(t, when, k, want)
	}
	s.mustRun(t, "audit", "--site", "shop")
}

// checkKept looks a listed copy up among those that are wanted, and has it shown.
func (s *server) checkKept(t *testing.T, when string, k kept, want []kept) {
	t.Helper()
	for _, w := range want {
		if w.SequenceNumber != k.SequenceNumber || w.Shard != k.Shard {
			continue
		}
		shown := decode[kept](t, []byte(s.mustRun(t, "dlq", "show", "--json", k.Key)))
		if shown.Site != w.Site || shown.Reason != w.Reason || shown.Index != w.Index || shown.Message == "" {
			t.Errorf("%s: kept %+v, want %+v", when, shown, w)
		}
		data := w.Text + w.Data
		if shown.Text != w.Text || shown.Data != base64.StdEncoding.EncodeToString([]byte(data)) {
			t.Errorf("%s: the bytes %q and text %q of %s, want %q", when, shown.Data, shown.Text, k.Key, data)
		}
		return
	}
	t.Errorf("%s: nobody put %+v onto the stream", when, k)
}

// checkpoints is the partition of the store that holds how far the shards were consumed; see docs/FORMATS.md.
func (s *server) checkpoints(t *testing.T) string {
	t.Helper()
	out, err := s.kinesisClient().DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("clicks")})
	if err != nil {
		t.Fatal(err)
	}
	d := out.StreamDescriptionSummary
	return fmt.Sprintf("P#%s#%d", *d.StreamARN, d.StreamCreationTimestamp.UnixMilli())
}

// loseItems deletes a partition from the store of a server that is stopped, as a power cut may take back what was written without
// waiting for the disk.
func loseItems(t *testing.T, h home, partition string) {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Options{Dir: filepath.Join(h.data, "store")})
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for it, err := range db.Scan(t.Context(), store.Range{Partition: partition}) {
		if err == nil {
			err = db.Delete(t.Context(), it.Key, store.Write{Expect: it.Revision})
		}
		if err != nil {
			t.Fatal(err)
		}
		lost++
	}
	if err := db.Close(); err != nil || lost == 0 {
		t.Fatalf("%d items of %s are deleted; %v", lost, partition, err)
	}
}
