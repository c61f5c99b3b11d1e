package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/consumer"
)

const robot = "Googlebot/2.1 (+http://www.google.com/bot.html)"

// putClicks puts so many events of the shop on the stream, every other one a robot's, with records that nobody asked about between them, and has them counted.
func putClicks(t *testing.T, c *cloud, clicks, between int) {
	t.Helper()
	var entries []types.PutRecordsRequestEntry
	flush := func() {
		if len(entries) == 0 {
			return
		}
		out, err := c.broker.Client().PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: aws.String(streamName), Records: entries})
		if err != nil || *out.FailedRecordCount > 0 {
			t.Fatal(out, err)
		}
		entries = entries[:0]
	}
	put := func(data string) {
		entries = append(entries, types.PutRecordsRequestEntry{Data: []byte(data), PartitionKey: aws.String("p")})
		if len(entries) == 500 {
			flush()
		}
	}
	for i := range clicks {
		agent := robot
		if i%2 == 0 {
			agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
		}
		put(fmt.Sprintf(`{"site":"shop","name":"pageview","id":"click-%d","visitor":"v%[1]d","url":"/tea","ts":%d,"ua":%q}`, i, time.Now().UnixMilli(), agent))
		for range between {
			put(`{"site":"elsewhere"}`)
		}
	}
	flush()
	consume, mine := newFunction(t, "consume", c.env()...), events.KinesisEvent{}
	for _, r := range c.allOnStream(t) {
		if strings.Contains(string(r.Kinesis.Data), "shop") {
			mine.Records = append(mine.Records, r)
		}
	}
	for len(mine.Records) > 0 {
		n := min(10, len(mine.Records))
		must[verdict](t, consume, events.KinesisEvent{Records: mine.Records[:n]})
		mine.Records = mine.Records[n:]
	}
	must[rolledUp](t, newFunction(t, "rollup", c.env()...), tick{})
}

// countBots has the shop count robots, from now on.
func countBots(t *testing.T, c *cloud) {
	t.Helper()
	query := newFunction(t, "query", c.env()...)
	if got := must[httpAnswer](t, query, request("PATCH", "/api/v1/sites/shop", "", c.ssm.secrets(t).Access[0], `{"bots":"count"}`)); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.Body)
	}
}

type shopBooks struct{ Received, Counted, Bot int }

// The function makes a site's figures anew from the stream.
func TestRebuildByFunction(t *testing.T) {
	c := newCloud(t)
	putClicks(t, c, 12, 0)
	command := newFunction(t, "command", c.env()...)
	if got := must[shopBooks](t, command, order{Command: "ledger", Site: "shop"}); got != (shopBooks{12, 6, 6}) {
		t.Fatalf("before: %+v", got)
	}
	countBots(t, c)
	for range 2 { // the second finds nothing that would change
		if got := must[rebuilt](t, command, order{Command: "rebuild", Site: "shop"}); got.Phase != consumer.RebuildDone || got.Cursor != "" || got.Records != 12 {
			t.Errorf("rebuilt: %+v", got)
		}
		if got := must[shopBooks](t, command, order{Command: "ledger", Site: "shop"}); got != (shopBooks{12, 12, 0}) {
			t.Errorf("after: %+v", got)
		}
	}
	list := must[struct {
		State string
		Done  []struct{ Moved int }
	}](t, command, order{Command: "rebuild-list", Site: "shop"})
	if list.State != "none" || len(list.Done) != 2 || list.Done[0].Moved != 6 || list.Done[1].Moved != 0 {
		t.Errorf("list: %+v", list)
	}
	for bad, want := range map[string]string{
		`{"command":"rebuild"}`: "is no site id", `{"command":"rebuild","site":"nowhere"}`: "no such site", `{"command":"rebuild","site":"shop","cursor":"x"}`: "is none that a rebuild has answered",
		`{"command":"rebuild","site":"shop","seconds":-1}`: "seconds: 1 or more", `{"command":"rebuild-give-up","site":"shop"}`: "no_rebuild",
	} {
		if out, err := command.invoke(t.Context(), []byte(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v; want %q", bad, out, err, want)
		}
	}
}

// What takes longer than an invocation is done in parts, and nothing is seen of it before the last: in a process each, and also when a part is done twice.
func TestRebuildInParts(t *testing.T) {
	c := newCloud(t)
	const clicks, between = 100, 299
	putClicks(t, c, clicks, between)
	countBots(t, c)
	var o order
	if err := json.Unmarshal([]byte(`{"command":"rebuild","site":"shop"}`), &o); err != nil {
		t.Fatal(err)
	}
	answers, last := 0, ""
	for done := false; !done; answers++ {
		command := c.hurried(t)
		if answers == 1 {
			o.Cursor = last // the answer was lost
		}
		out, err := command.rebuild(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		got := out.(rebuilt)
		last, o.Cursor = o.Cursor, got.Cursor
		if done = got.Cursor == ""; done {
			if got.Phase != consumer.RebuildDone || got.Kept != 0 || got.Moved > clicks/2 || got.Records < clicks*(1+between) {
				t.Errorf("rebuilt: %+v", got)
			}
			break
		}
		books, err := command.ledger(t.Context(), order{Site: "shop"})
		if text, _ := json.Marshal(books); err != nil || !strings.Contains(string(text), fmt.Sprintf(`"counted":%d,`, clicks/2)) {
			t.Errorf("after part %d: %s, %v", answers, text, err)
		}
	}
	if answers < 2 {
		t.Errorf("done in %d parts", answers+1)
	}
	command := newFunction(t, "command", c.env()...)
	if got := must[shopBooks](t, command, order{Command: "ledger", Site: "shop"}); got != (shopBooks{clicks, clicks, 0}) {
		t.Errorf("after: %+v", got)
	}
	// Whoever asks with the last cursor once more, for the answer was lost, does not begin another one.
	if got := must[rebuilt](t, command, order{Command: "rebuild", Site: "shop", Cursor: last}); got.Phase != consumer.RebuildDone || got.Cursor != "" {
		t.Errorf("again: %+v", got)
	}
}

// hurried is the role command in this process, with a clock that goes by a hundredth of a second each time that somebody looks: a part of four minutes is some 24,000 looks.
func (c *cloud) hurried(t *testing.T) *commanding {
	t.Helper()
	env := map[string]string{"_HANDLER": "command", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing"}
	maps.Insert(env, func(yield func(string, string) bool) {
		for _, e := range c.env() {
			if name, value, _ := strings.Cut(e, "="); !yield(name, value) {
				return
			}
		}
	})
	set, err := readSettings(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	began, looks := time.Now(), atomic.Int64{}
	p := &parts{settings: set, now: func() time.Time { return began.Add(time.Duration(looks.Add(1)) * 10 * time.Millisecond) }}
	p.metrics = &metrics{out: io.Discard, now: p.now}
	h := &commanding{parts: p}
	if err := h.open(); err != nil {
		t.Fatal(err)
	}
	return h
}
