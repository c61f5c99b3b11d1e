package aggregate

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/aggregate/query"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// rotten is a store that knows what was put into it, and of which one head or body has other bytes than were written.
type rotten struct {
	store.Store
	mu    sync.Mutex
	items []store.Key
	logs  []store.LogKey
	log   store.LogKey
	part  string
}

// rot is what nothing encodes to.
var rot = []byte{wireVersion, 0xff, '{'}

func (r *rotten) Put(ctx context.Context, key store.Key, value []byte, w store.Write) (store.Revision, error) {
	r.mu.Lock()
	r.items = append(r.items, key)
	r.mu.Unlock()
	return r.Store.Put(ctx, key, value, w)
}

func (r *rotten) Append(ctx context.Context, key store.LogKey, n uint32, d store.Delta, nonce store.Nonce) (store.Appended, error) {
	r.mu.Lock()
	r.logs = append(r.logs, key)
	r.mu.Unlock()
	return r.Store.Append(ctx, key, n, d, nonce)
}

func (r *rotten) spoil(e store.Entry) store.Entry {
	switch {
	case e.Log != r.log:
	case r.part == "head":
		e.Head = rot
	case e.Body != nil:
		e.Body = rot
	}
	return e
}

func (r *rotten) Read(ctx context.Context, key store.LogKey, after uint32, parts store.Parts) ([]store.Entry, error) {
	entries, err := r.Store.Read(ctx, key, after, parts)
	for i, e := range entries {
		entries[i] = r.spoil(e)
	}
	return entries, err
}

func (r *rotten) ScanLogs(ctx context.Context, rng store.Range, parts store.Parts) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for e, err := range r.Store.ScanLogs(ctx, rng, parts) {
			if !yield(r.spoil(e), err) {
				return
			}
		}
	}
}

// spoilItem writes other bytes where an item is.
func (r *rotten) spoilItem(t *testing.T, key store.Key) {
	must(r.Store.Put(t.Context(), key, rot, store.Write{Expect: must(r.Get(t.Context(), key)).Revision}))
}

// town is a store with everything in it, of two sites that are busy.
type town struct {
	*finalsRig
	store    *rotten
	demo     Site
	zoo      Site
	accounts *Accounts
	cursors  *Cursors
	told     []string
	messages map[string]bool
	mu       sync.Mutex // guards messages
	failed   []error
}

// newTown fills a store for 70 minutes, the last twenty of a new day, and leaves marks and notices.
func newTown(t *testing.T) *town {
	c := &town{store: &rotten{Store: storetest.NewMemory()}, messages: make(map[string]bool)}
	c.finalsRig = newFinalsRig(t, c.store, FinalsOptions{Publish: []string{ToLog}, Notify: []string{ToLog}})
	c.now = time.Date(2026, 3, 13, 23, 10, 0, 0, time.UTC)
	rules := []alert.Rule{
		{Name: "Quiet", Kind: alert.Silence, Minutes: 1, Quiet: 1}, {Name: "Busy", Kind: alert.Threshold, Metric: alert.Events, Over: new(1.0), Minutes: 1, Quiet: 1},
		{Name: "Broken", Kind: alert.Errors, Over: new(50.0), Minutes: 1, Quiet: 1, MinVolume: 3},
	}
	c.zoo = must(c.sites.Add(t.Context(), Site{ID: "zoo"}))
	for _, id := range []string{"demo", "zoo"} {
		must(c.sites.Update(t.Context(), id, func(s *Site) { s.Alerts = rules }))
	}
	im := NewImports(c.store, c.sites, c.roller, c.clock)
	imp, _, err := im.Begin(t.Context(), "demo", []ImportFile{{Name: "a", SHA256: strings.Repeat("0a", 32)}}, "")
	mustDo(err)
	must(im.Finish(t.Context(), "demo", imp.ID, 0))
	c.restartAll()
	for m := range 70 {
		c.minute(m, m%20 != 7)
	}
	c.site = must(c.sites.Get(t.Context(), "demo"))
	c.try(event.Event{ID: "late", Visitor: "late", URL: "/", TS: c.now.Add(-20 * time.Minute).UnixMilli()})
	for _, lv := range []level{quarters, days, finals} {
		at := floor(c.now.Add(-30*time.Minute).UnixMilli(), lv.period(time.UTC, 0).to)
		mustDo(raiseMark(t.Context(), c.store, markKey(lv, c.site.Gen, "demo", child{start: at}), 1, &markState{}))
	}
	return c
}

// restartAll makes everything anew that remembers anything.
func (c *town) restartAll() {
	c.sites = NewSites(c.store, c.clock)
	c.restart()
	c.finals = NewFinals(c.store, c.sites, c.clock, c.finals.opts)
	c.roller = NewRoller(c.store, c.sites, c.clock)
	c.roller.Finals = c.finals
	c.roller.OnError = func(err error) { c.told = append(c.told, err.Error()) }
	c.accounts, c.cursors = NewAccounts(c.store, c.clock), NewCursors(c.store, "arn", c.clock)
}

// minute lets a minute pass: demo is visited in each, zoo only where that is said.
func (c *town) minute(m int, zoo bool) {
	ctx := c.t.Context()
	sites := []string{"demo"}
	if zoo {
		sites = append(sites, "zoo")
	}
	for _, id := range sites {
		s, err := c.sites.Get(ctx, id)
		if err != nil {
			continue // it is the one that is spoiled: its events are put aside, which package consumer does
		}
		c.site = s
		for k := range 1 + m%7/6 { // now and then it is busy
			c.try(event.Event{ID: fmt.Sprint(id, m, "-", k), Visitor: fmt.Sprint("v", m%9), URL: "/", TS: c.now.UnixMilli()})
		}
		c.try(event.Event{ID: fmt.Sprint(id, "?", m), Visitor: "w", URL: "/none", ReceivedAt: c.now.UnixMilli()})
		if m%10 == 3 {
			c.try(event.Event{ID: fmt.Sprint(id, "late", m), Visitor: "late", URL: "/", TS: c.now.Add(-20 * time.Minute).UnixMilli()})
		}
		kept := QuarantinedCopy{Site: id, Gen: s.Gen, Reason: "invalid", Position: c.position(), Arrival: c.now.UnixMilli()}
		kept, err = NewQuarantine(c.store, c.clock).Keep(ctx, kept)
		mustDo(err)
		c.commitAny(must(c.committer.PlaceQuarantined(ctx, kept)))
		c.accounts.Accepted(id, 2)
	}
	mustDo(c.accounts.Flush(ctx))
	c.now = c.now.Add(time.Minute)
	c.cursors.Passed("shard", c.now.Add(-2*time.Second))
	mustDo(c.cursors.Flush(ctx))
	c.round()
}

func (c *town) try(e event.Event) {
	e.Site, e.Name = c.site.ID, event.Pageview
	e.ReceivedAt = c.now.UnixMilli()
	p := c.position()
	cp, err := c.committer.Place(c.t.Context(), c.site, &e, p)
	if IsDamage(err) && c.site.ID == "demo" {
		return
	}
	mustDo(err)
	cp.Hit = plainHit(&e, cp.At)
	c.commitAny(cp)
}

func (c *town) commitAny(cp Copy) {
	if _, err := c.committer.Commit(c.t.Context(), []Copy{cp}); err != nil && (c.site.ID != "demo" || !IsDamage(err)) {
		c.t.Fatal(err)
	}
}

func (c *town) round() {
	ctx := c.t.Context()
	n := NewNotifier(c.store, c.sites, c.clock, map[string]Sender{ToLog: func(_ context.Context, m Message) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.messages[m.ID] = true
		return nil
	}})
	c.failed = append(c.failed, c.roller.Round(ctx), c.roller.SumAccounts(ctx))
	if c.now.Minute()%5 == 3 { // so that notices wait
		_, err := n.Round(ctx)
		c.failed = append(c.failed, err)
	}
}

// goOn lets half an hour pass, in a part of which zoo is silent, and a day.
func (c *town) goOn() {
	for m := range 30 {
		c.minute(100+m, m < 10 || m > 20)
	}
	for range 2 {
		c.now = c.now.Add(24 * time.Hour).Truncate(5 * time.Minute).Add(3 * time.Minute)
		c.round()
		c.failed = append(c.failed, c.roller.tidy(c.t.Context()))
	}
}

// state is all that can be known of zoo, and which alerts of demo there were.
func (c *town) state() (zoo map[string]string, demo []string) {
	ctx, s := c.t.Context(), c.zoo
	zoo = make(map[string]string)
	tell := func(what string, v any, err error) {
		if err != nil {
			v = "error: " + err.Error()
		}
		zoo[what] = fmt.Sprintf("%+v", v)
	}
	r := NewReader(c.store, c.sites)
	q := query.Query{From: 0, To: c.now.UnixMilli(), Metrics: []query.Metric{query.Visitors, query.Events}, Dimensions: []query.Dimension{query.TimeHour}}
	res, reading, err := r.Query(ctx, s, q)
	tell("answer", fmt.Sprint(res.Rows, res.Exact, reading.Unreadable), err)
	books, err := r.Books(ctx, "zoo", 0, 0)
	tell("books", books, err)
	for lv := minutes; lv <= days; lv++ {
		var all []string
		err := eachRollup(ctx, c.store, lv, s, span{0, c.now.UnixMilli()}, func(_ string, roll *rollup, _ store.Revision) error {
			all = append(all, fmt.Sprint(roll.span, len(roll.vector), roll.ledger.Counted))
			return nil
		})
		tell(lv.String(), all, err)
	}
	final, err := manifests(ctx, c.store, s.Gen, s.ID, span{0, forEver}, undamaged)
	var values []string
	for _, minute := range slices.Sorted(maps.Keys(final)) {
		values = append(values, fmt.Sprint(minute, final[minute].events, final[minute].ledger.Received))
	}
	tell("finals", values, err)
	events, err := NewAlerts(c.store).Events(ctx, s, time.Time{}, c.now)
	tell("alerts", alertsOf(events), err)
	messages := slices.Sorted(maps.Keys(c.messages))
	tell("messages", slices.DeleteFunc(messages, func(id string) bool { return !strings.HasPrefix(id, "zoo/") }), nil)
	live := NewLive(r, LiveOptions{Now: c.clock})
	defer live.Close()
	_, err = live.Snapshot(ctx, "zoo")
	tell("live", "", err)
	_, err = live.Hour(ctx, "zoo")
	tell("hour", "", err)
	_, _, err = NewImports(c.store, c.sites, c.roller, c.clock).Counted(ctx, "")
	tell("imports", "", err)
	_, err = r.Books(ctx, "", 0, 0)
	tell("all books", "", err)
	_, err = r.RollState(ctx)
	tell("roll state", "", err)
	_, _, err = NewQuarantine(c.store, c.clock).List(ctx, "zoo", "", 1000)
	tell("quarantine", "", err)
	sites, err := c.sites.List(ctx)
	tell("listed", slices.ContainsFunc(sites, func(s Site) bool { return s.ID == "zoo" }), err)
	events, err = NewAlerts(c.store).Events(ctx, c.demo, time.Time{}, c.now)
	mustDo(err)
	return zoo, alertsOf(events)
}

func alertsOf(events []AlertEvent) (all []string) {
	for _, e := range events {
		all = append(all, fmt.Sprint(e.Rule, " ", e.At))
	}
	return all
}

// kinds returns the keys of one item of every kind that is demo's or nobody's: the first that is there, and the last.
func (c *town) kinds() map[string]store.Key {
	kinds := make(map[string]store.Key)
	for _, key := range c.store.items {
		parts := strings.Split(key.Partition, "#")
		kind := parts[0]
		switch {
		case strings.Contains(key.Partition+"#"+key.Sort, "zoo"):
			continue
		case kind == "K":
			kind += " " + key.Sort
		case kind == "X":
			kind += " " + parts[1]
		case kind == "R" || kind == "BR":
			kind += " " + parts[3]
		case kind == "Q":
			it, err := c.store.Get(c.t.Context(), key)
			if q, err2 := decodeQuarantined(it); cmp.Or(err, err2) != nil || q.Site != "demo" {
				continue
			}
		case strings.HasPrefix(kind, "A") && key.Sort == summedKey:
			kind += " " + summedKey
		}
		if _, err := c.store.Get(c.t.Context(), key); err != nil {
			continue
		}
		if _, there := kinds[kind+", the first"]; !there {
			kinds[kind+", the first"] = key
		}
		kinds[kind+", the last"] = key
	}
	return kinds
}

// Whatever of a site, or of nobody, cannot be read: the answers, the roll-ups, the final values, the alerts and the messages of another site are what they would be, no round fails, and
// the site itself is not said to be silent.
func TestDamageStopsNobodyElse(t *testing.T) {
	control := newTown(t)
	keys := control.kinds()
	logs := control.store.logs
	control.restartAll()
	control.goOn()
	want, alerts := control.state()
	for what, text := range want {
		if strings.HasPrefix(text, "error") {
			t.Fatalf("%s: %s", what, text)
		}
	}
	check := func(t *testing.T, c *town, kind string) {
		c.restartAll()
		c.goOn()
		for _, err := range c.failed {
			if err != nil {
				t.Fatalf("a round failed: %v", err)
			}
		}
		got, demo := c.state()
		for what, text := range want {
			if strings.HasPrefix(kind, "K settled") && (what == "alerts" || what == "messages") { // rules then know of no minute before
				continue
			}
			if got[what] != text {
				t.Errorf("%s of the other site: got\n%s\nwant\n%s", what, got[what], text)
			}
		}
		for _, e := range demo {
			if strings.HasPrefix(e, "quiet") && !slices.Contains(alerts, e) {
				t.Errorf("told a silence that was none: %s", e)
			}
		}
	}
	for kind := range keys {
		if strings.HasSuffix(kind, "the first") && os.Getenv("STREAMGAUGE_LONG") == "" {
			continue
		}
		if strings.HasPrefix(kind, "H,") { // how an hour is cut decides where the ids of all sites' events are: without it nothing can be counted there, and is waited for
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := newTown(t)
			c.store.spoilItem(t, c.kinds()[kind])
			check(t, c, kind)
		})
	}
	for _, part := range []string{"head", "body"} {
		for name, at := range map[string]int{"first": 0, "last": len(logs) - 1} {
			t.Run("D "+part+", the "+name, func(t *testing.T) {
				t.Parallel()
				c := newTown(t)
				step := 1 - 2*min(1, at)
				for strings.Contains(logs[at].Partition, "zoo") {
					at += step
				}
				c.store.log, c.store.part = logs[at], part
				check(t, c, part)
			})
		}
	}
}
