package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamgauge/streamgauge/e2e/faults"
)

// TestKilledInMidInvocation delivers batches to the real bootstrap as the mapping does: again until one is done, from where it says. A fifth of the calls to DynamoDB
// fail, half of them after they were applied, and the environment is killed at any moment; batches overlap and come twice. In the end every event is
// counted once, and the books balance.
func TestKilledInMidInvocation(t *testing.T) {
	batches, perBatch := 12, 500
	if os.Getenv("STREAMGAUGE_LONG") != "" {
		batches = 200 // 100,000 events
	}
	c := newCloud(t)
	proxy := faults.Start(t, c.dynalite, false)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	env := append(c.env(), "AWS_ENDPOINT_URL_DYNAMODB="+proxy.URL)
	f := newFunction(t, "consume", env...)
	n, kills := 0, 0
	var last events.KinesisEvent
	for i := range batches {
		batch := bulk(perBatch, &n)
		if len(last.Records) > 0 && rng.IntN(3) == 0 { // a part of the one before comes again
			batch.Records = append(last.Records[rng.IntN(perBatch):len(last.Records):len(last.Records)], batch.Records...)
		}
		last = batch
		kills += deliver(t, f, batch, i == 0, rng)
	}
	f.kill()

	command := newFunction(t, "command", c.env()...)
	books := must[struct {
		Received, Counted, Duplicate, Bot, Late, Quarantined int
		Balanced                                             bool
	}](t, command, order{Command: "ledger", Site: "shop"})
	if want := batches * perBatch; books.Counted != want || books.Received != want || books.Duplicate != 0 {
		t.Errorf("%d events: %+v", want, books)
	}
	before, after := proxy.Failed()
	t.Attr("killed_in_mid_invocation", fmt.Sprintf("%d times, %d calls failed before they were applied and %d after", kills, before, after))
	if kills == 0 || before == 0 || after == 0 {
		t.Errorf("%d kills, %d calls failed before they were applied and %d after", kills, before, after)
	}
}

// deliver invokes the function with a batch until it is done, and kills it in the middle half of the times; if early, the first time too, before any
// answer can come. It returns how often.
func deliver(t *testing.T, f *function, batch events.KinesisEvent, early bool, rng *rand.Rand) (kills int) {
	t.Helper()
	for len(batch.Records) > 0 {
		event, err := json.Marshal(batch)
		if err != nil {
			t.Fatal(err)
		}
		if f.cmd == nil {
			f.start()
		}
		after := time.Duration(rng.IntN(60)) * time.Millisecond
		if early {
			after = time.Millisecond
		}
		if early || kills < 3 && rng.IntN(2) == 0 {
			early = false
			process := f.cmd.Process
			timer := time.AfterFunc(after, func() { _ = process.Kill() })
			defer timer.Stop()
		}
		out, err := f.invoke(t.Context(), event)
		if err != nil {
			if strings.Contains(err.Error(), errDied.Error()) {
				kills++
			}
			continue
		}
		var v verdict
		if err := json.Unmarshal(out, &v); err != nil {
			t.Fatal(err)
		}
		batch.Records = rest(batch.Records, v)
	}
	return kills
}

// rest is what a verdict leaves to be delivered again.
func rest(records []events.KinesisEventRecord, v verdict) []events.KinesisEventRecord {
	if len(v.BatchItemFailures) == 0 {
		return nil
	}
	for i, r := range records {
		if r.Kinesis.SequenceNumber == v.BatchItemFailures[0].ItemIdentifier {
			return records[i:]
		}
	}
	return records
}
