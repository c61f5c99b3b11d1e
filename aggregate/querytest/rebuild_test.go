package querytest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/querytest"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
	"github.com/streamgauge/streamgauge/store/storetest"
)

// tape is the stream as it can be read again: what was delivered.
type tape []events.KinesisEventRecord

func (t tape) ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	out := &kinesis.ListShardsOutput{}
	seen := make(map[string]bool)
	for _, r := range t {
		if id, _, _ := strings.Cut(r.EventID, ":"); !seen[id] {
			seen[id] = true
			out.Shards = append(out.Shards, types.Shard{ShardId: &id})
		}
	}
	return out, nil
}

func (t tape) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	at := "0"
	if in.Timestamp != nil {
		at = fmt.Sprint(in.Timestamp.UnixMilli())
	}
	it := *in.ShardId + " " + at
	return &kinesis.GetShardIteratorOutput{ShardIterator: &it}, nil
}

func (t tape) GetRecords(_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	out := &kinesis.GetRecordsOutput{}
	var shard string
	var from int64
	if _, err := fmt.Sscan(*in.ShardIterator, &shard, &from); err != nil {
		return nil, err
	}
	for i := range t {
		k := &t[i].Kinesis
		if strings.HasPrefix(t[i].EventID, shard+":") && k.ApproximateArrivalTimestamp.UnixMilli() >= from {
			out.Records = append(out.Records, types.Record{
				SequenceNumber: &k.SequenceNumber, PartitionKey: &k.PartitionKey, Data: k.Data, ApproximateArrivalTimestamp: &k.ApproximateArrivalTimestamp.Time,
			})
		}
	}
	return out, nil
}

const clicksARN = "arn:aws:kinesis:eu-central-1:000000000000:stream/clicks"

func consumedAll(context.Context, string) (consumer.Progress, error) {
	return consumer.Progress{All: true}, nil
}

// past is a pipeline whose figures are made anew.
type past struct {
	*pipeline
	t       *testing.T
	w       querytest.Workload
	after   [][]event.Event // arrives while it is rebuilt, and later
	claimed []event.Event   // arrives when it was rebuilt
	before  *querytest.Naive
	rebuilt *querytest.Naive
	parts   int  // that were followed by another one
	twice   bool // another process has done the same meanwhile
	quiet   bool // nothing happens meanwhile
	stale   int  // how many deliveries were judged by rules of bots that have changed since: until they are made anew, a redelivery would book them once more
}

// blind is an event as rules would see it that know no countries and no referrers.
func blind(e event.Event) event.Event {
	e.Country, e.Referrer = "", ""
	return e
}

func blinded(copies []event.Event) []event.Event {
	all := slices.Clone(copies)
	for i := range all {
		all[i] = blind(all[i])
	}
	return all
}

// open gives the records that were delivered the content that earlier rules did not see.
func (p *past) open() {
	said := make(map[string]event.Event)
	for _, e := range p.w.Copies {
		said[e.ID] = e
	}
	for i := range p.delivered {
		records := slices.Clone(p.delivered[i].Records)
		for j := range records {
			var data []byte
			for line := range bytes.SplitSeq(records[j].Kinesis.Data, []byte("\n")) {
				var e event.Event
				if _, err := e.Decode(line); err != nil {
					p.t.Fatal(err)
				}
				e.Country, e.Referrer = said[e.ID].Country, said[e.ID].Referrer
				data = append(e.AppendJSON(data), '\n')
			}
			records[j].Kinesis.Data = bytes.TrimSuffix(data, []byte("\n"))
		}
		p.delivered[i].Records = records
	}
}

// tape is what was delivered, each record once.
func (p *past) tape() (t tape) {
	for _, d := range p.delivered {
		t = append(t, d.Records...)
	}
	return t
}

// happen is what others do meanwhile: they deliver what is new, deliver again what is old, roll up, and ask.
func (p *past) happen() {
	p.t.Helper()
	ctx := p.t.Context()
	var err error
	switch p.IntN(5) {
	case 0:
		p.arrive()
	case 1, 2:
		from := p.stale
		if len(p.current().Editions) > 0 {
			from = 0
		}
		if from < len(p.delivered) {
			err = handle(ctx, p.consumers[p.IntN(len(p.consumers))], p.delivered[from+p.IntN(len(p.delivered)-from)])
		}
	case 3:
		err = p.roller.Round(ctx)
	default:
		p.check(1)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// arrive delivers a batch, and both oracles learn of it: it is judged by the rules of now.
func (p *past) arrive() {
	if len(p.after) == 0 {
		return
	}
	batch := p.after[0]
	p.after = p.after[1:]
	if err := p.Load(p.t.Context(), batch); err != nil {
		p.t.Fatal(err)
	}
	for _, oracle := range []*querytest.Naive{p.before, p.rebuilt} {
		if err := oracle.Load(p.t.Context(), batch); err != nil {
			p.t.Fatal(err)
		}
	}
}

// current is the site as it is now.
func (p *past) current() aggregate.Site {
	p.t.Helper()
	site, err := aggregate.NewSites(p.store, p.clock).Get(p.t.Context(), querytest.SiteID)
	if err != nil {
		p.t.Fatal(err)
	}
	return site
}

// check asks a process that has just begun. It has the old figures or the new ones.
func (p *past) check(questions int) {
	p.t.Helper()
	sites, site := aggregate.NewSites(p.store, p.clock), p.current()
	reader := *p.pipeline
	reader.site, reader.sites, reader.reader, reader.roll = site, sites, aggregate.NewReader(p.store, sites), 0
	oracle := p.before
	if len(site.Editions) > 0 {
		oracle = p.rebuilt
	}
	asker := querytest.NewAsker(p.Rand, p.w, oracle)
	for range questions {
		ask(p.t, asker.Question(), oracle, &reader)
	}
	checkBooks(p.t, oracle, &reader)
}

// attempt rebuilds in a process whose store works for so many calls, and then never again.
func (p *past) attempt(calls int) error {
	last := []storetest.Fault{storetest.Fail, storetest.LoseAnswer}[p.IntN(2)]
	s := storetest.Faulty(p.store, func(storetest.Op) storetest.Fault {
		calls--
		switch {
		case calls >= 0:
			if p.happens(5) && !p.quiet {
				p.happen()
			}
			if p.happens(2) && !p.quiet && !p.twice {
				p.another()
			}
			return storetest.Pass
		case calls == -1:
			return last
		}
		return storetest.Fail
	})
	sites := aggregate.NewSites(s, p.clock)
	roller := aggregate.NewRoller(s, sites, p.clock)
	r := &consumer.Rebuilder{
		Stream: p.tape(), StreamName: "clicks", StreamARN: clicksARN, Rebuilds: aggregate.NewRebuilds(s, sites, roller, p.clock),
		Committer: aggregate.NewCommitter(s, sites, aggregate.Options{
			Shards: max(p.shards, 1), Parallel: 1, Now: p.clock, Wait: func(context.Context, time.Duration) error { return errDead },
		}),
		Consumed: consumedAll, Now: p.clock, BatchSize: max(1, p.batch),
	}
	if p.IntN(2) == 0 {
		_, err := r.Run(p.t.Context(), querytest.SiteID, nil)
		return err
	}
	return p.inParts(r)
}

// inParts rebuilds a part at a time, each from where the one before says, or from where that one began: its answer was lost.
func (p *past) inParts(r *consumer.Rebuilder) error {
	ticks, began := 0, p.clock()
	r.Now = func() time.Time { ticks++; return began.Add(time.Duration(ticks)) }
	var from *consumer.RebuildPoint
	for more := 0; ; {
		deadline := r.Now().Add(time.Duration(p.batch + p.IntN(400) + more))
		if from != nil && from.Rolling {
			deadline = time.Time{} // rolling up goes by the real clock
		}
		done, next, err := r.Stretch(p.t.Context(), querytest.SiteID, from, deadline, nil)
		if errors.Is(err, consumer.ErrRebuildTime) {
			more = 2*more + 100
			continue
		}
		if err != nil || next == nil {
			if err == nil && done.Phase != consumer.RebuildDone {
				p.t.Errorf("no next part, and it is %+v", done)
			}
			return err
		}
		if p.parts++; p.IntN(4) > 0 {
			from = next
		}
	}
}

// another process does the same rebuild, and dies at some time, or is done.
func (p *past) another() {
	p.t.Helper()
	p.twice, p.quiet = true, true
	if err := p.attempt(p.IntN(4000)); err != nil && !errors.Is(err, storetest.ErrInjected) && !errors.Is(err, errDead) {
		p.t.Fatal(err)
	}
	p.quiet = false
}

// rebuild dies some times before it is done.
func (p *past) rebuild() {
	p.t.Helper()
	for deaths := range 4 {
		calls := p.IntN(100 << (2 * deaths))
		if deaths == 3 {
			calls = 1 << 40
		}
		err := p.attempt(calls)
		switch {
		case err == nil:
			return
		case deaths == 3 || !errors.Is(err, storetest.ErrInjected) && !errors.Is(err, errDead):
			p.t.Fatal(err)
		}
		if !p.quiet {
			p.check(2)
		}
	}
}

// settle lets time pass, and everything that rollers do.
func (p *past) settle() {
	p.t.Helper()
	for range 3 {
		p.now = p.now.Add(11 * time.Minute)
		if err := errors.Join(p.roller.Round(p.t.Context()), p.roller.Repair(p.t.Context()), p.roller.Expire(p.t.Context())); err != nil {
			p.t.Fatal(err)
		}
		p.check(3)
	}
}

// audit looks every copy up that is on the tape.
func (p *past) audit() {
	p.t.Helper()
	sites := aggregate.NewSites(p.store, p.clock)
	a := &consumer.Auditor{Stream: p.tape(), StreamName: "clicks", StreamARN: clicksARN, Store: p.store, Sites: sites, Consumed: consumedAll}
	found, err := a.Run(p.t.Context(), querytest.SiteID)
	if err != nil {
		p.t.Fatal(err)
	}
	want, err := p.rebuilt.Ledger(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	if !found.Agrees || found.Counted != want.Counted || found.Bot != want.Bot || found.Duplicate != want.Duplicate || found.Late != want.Late {
		p.t.Errorf("the audit finds %+v, want %+v", found, want)
	}
}

// newPast loads what arrived before the rules changed, and changes them.
func newPast(t *testing.T, seed uint64, flip bool) *past {
	r := rand.New(rand.NewPCG(seed, 4))
	w := querytest.NewWorkload(r, true)
	bots := make(map[string]string)
	for i := range w.Copies {
		e := &w.Copies[i]
		if _, seen := bots[e.ID]; !seen {
			if bots[e.ID] = e.Bot; r.IntN(5) == 0 {
				bots[e.ID] = "prefetch"
			}
		}
		e.Bot = bots[e.ID]
	}
	how := randomWay(r)
	how.embedded = false
	pl, err := newPipeline(t, how, seed)
	if err != nil {
		t.Fatal(err)
	}
	p := &past{pipeline: pl, t: t, w: w, before: querytest.NewNaive(enriched), rebuilt: querytest.NewNaive(enriched)}
	cut := len(w.Copies) * (2 + r.IntN(3)) / 4
	if err := load(t.Context(), w.Site, querytest.Cut(r, blinded(w.Copies[:cut]), 80), pl); err != nil {
		t.Fatal(err)
	}
	if err := load(t.Context(), w.Site, [][]event.Event{blinded(w.Copies[:cut])}, p.before); err != nil {
		t.Fatal(err)
	}
	p.open()
	if flip {
		w.Site.Bots = map[aggregate.BotRule]aggregate.BotRule{aggregate.DropBots: aggregate.CountBots, aggregate.CountBots: aggregate.DropBots}[w.Site.Bots]
		p.w.Site, p.stale, pl.again = w.Site, len(pl.delivered), 0
		if err := errors.Join(pl.SetSite(t.Context(), w.Site), p.before.SetSite(t.Context(), w.Site)); err != nil {
			t.Fatal(err)
		}
		pl.now = pl.now.Add(3 * time.Second) // all consumers know
	}
	if err := load(t.Context(), w.Site, [][]event.Event{w.Copies[:cut]}, p.rebuilt); err != nil {
		t.Fatal(err)
	}
	late := w.Copies[cut:]
	if flip && w.Site.Bots == aggregate.CountBots {
		late, p.claimed = apart(w.Copies[:cut], late)
		for _, e := range w.Copies[:cut] { // one more copy of some
			if e.Bot != "" && r.IntN(2) == 0 {
				p.claimed = append(p.claimed, e)
			}
		}
	}
	p.after = querytest.Cut(r, late, 10)
	return p
}

// apart tells the copies of events that were a bot's from the others. One that arrives before the switch and after the rebuild has claimed its event is a duplicate already, and shows only with
// the switch: neither the old figures nor the new ones.
func apart(before, after []event.Event) (others, bots []event.Event) {
	dropped := make(map[string]bool)
	for _, e := range before {
		dropped[e.ID] = dropped[e.ID] || e.Bot != ""
	}
	for _, e := range after {
		if dropped[e.ID] {
			bots = append(bots, e)
		} else {
			others = append(others, e)
		}
	}
	return others, bots
}

// After a rebuild every figure is what the rules of now make of all that was ever sent, and until then what it was: whenever it dies, whatever arrives, is delivered again and is
// rolled up meanwhile. The books balance and agree with the stream at every moment.
func TestRebuildMakesFiguresAnew(t *testing.T) {
	seeds := uint64(8)
	if long {
		seeds = 500
	}
	parts := 0
	defer func() {
		if parts == 0 {
			t.Error("no rebuild was done in parts")
		}
		t.Attr("rebuild_parts", fmt.Sprint(parts))
	}()
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			p := newPast(t, seed, seed%2 == 1)
			if p.happens(500) {
				if err := p.roller.Round(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			p.check(3)
			p.rebuild()
			parts += p.parts
			p.check(5)
			p.after = append(p.after, p.claimed)
			for len(p.after) > 0 {
				p.arrive()
			}
			for range 5 {
				p.happen()
			}
			p.check(5)
			p.audit()
			p.settle()
			p.audit()
		})
	}
}
