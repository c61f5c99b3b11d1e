package aggregate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamgauge/streamgauge/aggregate/alert"
	"github.com/streamgauge/streamgauge/store"
)

// Message is something that a target is told.
type Message struct {
	ID     string // the same at every attempt, and of nothing else
	Kind   string // "final" or "alert"
	Site   string
	Target string // as a site or the options name it: for a webhook its URL
	Body   []byte // JSON
	Secret string // of the site, to sign with
}

// Sender tells a target a message. An error means that it may not have been told, and that it may be worth to try again.
type Sender func(ctx context.Context, m Message) error

// The names of senders; a target that is a URL is the webhook's.
const (
	ToWebhook = "webhook"
	ToLog     = "log"
	ToSNS     = "sns"
)

// How a message is sent again.
const (
	sendAttempts = 10
	sendBase     = 5 * time.Second
	sendCap      = 15 * time.Minute
	sendParallel = 8
	sendTick     = time.Second
	// noticeLifeMS is after what time a notice of what does not exist is dropped.
	noticeLifeMS = dayMS
)

// Notifier sends what lies in the outbox. A message is sent at least once: who dies after it was taken, and before that is noted, leaves it to be sent again, with the same
// id. After ten attempts, with full-jitter backoff between, which is about an hour, it is given up.
type Notifier struct {
	store   itemStore
	sites   *Sites
	now     func() time.Time
	senders map[string]Sender
	// OnError is told when a message could not be sent or was given up. It must be set before the first round.
	OnError func(error)
	// OnRound is told what each round did. It must be set before the first round.
	OnRound func(Sent)
}

// NewNotifier returns the notifier of a store with senders by name.
func NewNotifier(s store.Store, sites *Sites, now func() time.Time, senders map[string]Sender) *Notifier {
	return &Notifier{store: s, sites: sites, now: now, senders: senders, OnError: func(error) {}, OnRound: func(Sent) {}}
}

// Sent says what a round did.
type Sent struct {
	Sent, Failed, GivenUp int64
}

// Run sends what is due every second until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	tick := time.NewTicker(sendTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if _, err := n.Round(ctx); err != nil && ctx.Err() == nil {
			n.OnError(err)
		}
	}
}

// Round sends what is due, once. Its error is the store's.
func (n *Notifier) Round(ctx context.Context) (Sent, error) {
	due, bad, err := outbox(ctx, n.store, n.now().UnixMilli())
	if err != nil {
		return Sent{}, err
	}
	var sent Sent
	for _, w := range bad {
		if err := n.giveUp(ctx, w, &sent, fmt.Errorf("give up a notice: %w", w.damage)); err != nil {
			return sent, err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sendParallel)
	for _, w := range due {
		g.Go(func() error { return n.handle(ctx, w, &sent) })
	}
	err = g.Wait()
	n.OnRound(sent)
	return sent, err
}

func (n *Notifier) handle(ctx context.Context, w waiting, sent *Sent) error {
	m, err := n.message(ctx, w.notice)
	switch {
	case errors.Is(err, store.ErrNotFound) && n.now().UnixMilli()-w.Made < noticeLifeMS:
		return nil // it is being created
	case errors.Is(err, store.ErrNotFound), errors.Is(err, ErrNoSite):
		return w.done(ctx, n.store)
	case IsDamage(err): // it does not come right
		return n.giveUp(ctx, w, sent, fmt.Errorf("give up to tell %s of what cannot be read: %w", w.place(), err))
	case err != nil:
		return err
	}
	err = n.send(ctx, m)
	switch {
	case err == nil:
		atomic.AddInt64(&sent.Sent, 1)
		return w.done(ctx, n.store)
	case ctx.Err() != nil:
		return ctx.Err() // it was interrupted, which is no attempt
	case w.Attempts+1 >= sendAttempts:
		return n.giveUp(ctx, w, sent, fmt.Errorf("give up to tell %s of %s after %d attempts: %w", w.place(), m.ID, sendAttempts, err))
	}
	atomic.AddInt64(&sent.Failed, 1)
	n.OnError(fmt.Errorf("tell %s of %s: %w", w.place(), m.ID, err))
	pause := rand.N(min(sendCap, sendBase<<w.Attempts)) + 1
	return w.postpone(ctx, n.store, n.now().Add(pause))
}

// giveUp takes a notice out of the outbox that was not sent, and says why.
func (n *Notifier) giveUp(ctx context.Context, w waiting, sent *Sent, why error) error {
	atomic.AddInt64(&sent.GivenUp, 1)
	n.OnError(why)
	return w.done(ctx, n.store)
}

// place names the target without what may be secret in a URL.
func (n notice) place() string {
	if scheme, rest, ok := strings.Cut(n.Target, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		return scheme + "://" + host
	}
	return n.Target
}

func (n *Notifier) send(ctx context.Context, m Message) error {
	name := m.Target
	if strings.Contains(name, "://") {
		name = ToWebhook
	}
	send := n.senders[name]
	if send == nil {
		return fmt.Errorf("there is no %q here", name)
	}
	return send(ctx, m)
}

// Test sends a sample of an alert's event to the webhooks of a site, and returns what each answered, nil for a success.
func (n *Notifier) Test(ctx context.Context, site Site) (map[string]error, error) {
	secret, err := n.sites.WebhookSecret(ctx, site.ID)
	if err != nil {
		return nil, err
	}
	now := n.now().UnixMilli()
	e := AlertEvent{Event: alert.Event{Rule: "test", Name: "Test", At: now, Message: "this is a test; nothing is wrong"}, Site: site.ID, Gen: site.Gen}
	answers := make(map[string]error)
	for _, target := range site.Webhooks {
		m, err := alertMessage(e, StateFiring, now)
		if err != nil {
			return nil, err
		}
		m.Target, m.Secret = target, secret
		answers[target] = n.send(ctx, m)
	}
	return answers, nil
}

// message makes what is sent of a notice; ErrNotFound where what it refers to does not exist.
func (n *Notifier) message(ctx context.Context, w notice) (m Message, err error) {
	partition := eventPartition(w.Site)
	if w.Kind == aboutFinal {
		partition = manifestPartition(w.Gen, w.Site)
	}
	it, err := n.store.Get(ctx, store.Key{Partition: partition, Sort: w.Object})
	if err != nil {
		return m, fmt.Errorf("read what is to be told: %w", err)
	}
	if w.Kind == aboutFinal {
		m, err = n.finalMessage(ctx, w, it)
	} else {
		var e AlertEvent
		if e, err = decodeEvent(Site{ID: w.Site, Gen: w.Gen}, it); err == nil && w.Phase == StateResolved && e.ResolvedAt == 0 {
			return m, fmt.Errorf("the end of event %s: %w", e.ID(), store.ErrNotFound)
		}
		if err == nil {
			m, err = alertMessage(e, w.Phase, w.Made)
		}
	}
	if err != nil {
		return m, err
	}
	m.Target = w.Target
	if strings.Contains(w.Target, "://") {
		m.Secret, err = n.sites.WebhookSecret(ctx, w.Site)
	}
	return m, err
}

// alertBody is what is sent of an event. docs/ALERTS.md documents it.
type alertBody struct {
	ID         string  `json:"id"`
	Type       string  `json:"type"` // "alert"
	State      string  `json:"state"`
	Event      string  `json:"event"` // id of the event: the same when it fires and when it is resolved
	Site       string  `json:"site"`
	Rule       string  `json:"rule"`
	Name       string  `json:"name"`
	At         int64   `json:"at"`
	ResolvedAt int64   `json:"resolved_at,omitempty"`
	Value      float64 `json:"value"`
	Message    string  `json:"message"`
	Decided    int64   `json:"decided_at"`
}

func alertMessage(e AlertEvent, phase string, decided int64) (Message, error) {
	b := alertBody{
		ID: e.ID() + "/" + phase, Type: string(aboutAlert), State: phase, Event: e.ID(), Site: e.Site, Rule: e.Rule, Name: e.Name,
		At: e.At, Value: e.Value, Message: e.Message, Decided: decided,
	}
	if phase == StateResolved {
		b.ResolvedAt = e.ResolvedAt
	}
	body, err := json.Marshal(b)
	return Message{ID: b.ID, Kind: b.Type, Site: e.Site, Body: body}, err
}

// finalBody is what is sent of a final value.
type finalBody struct {
	ID                string            `json:"id"`
	Type              string            `json:"type"` // "final"
	Site              string            `json:"site"`
	Minute            int64             `json:"minute"`
	Revision          uint32            `json:"revision"`
	SettledBy         string            `json:"settled_by"` // cursors or age
	Events            uint64            `json:"events"`
	Pageviews         uint64            `json:"pageviews"`
	Visitors          uint64            `json:"visitors"`
	VisitorsEstimated bool              `json:"visitors_estimated,omitempty"`
	Names             map[string]uint64 `json:"names,omitempty"`
	Ledger            finalLedger       `json:"ledger"`
	Vector            []vectorEntry     `json:"vector"`
}

// finalLedger is what became of the copies that are booked in the minute.
type finalLedger struct {
	Received    uint64 `json:"received"`
	Counted     uint64 `json:"counted"`
	Duplicate   uint64 `json:"duplicate"`
	Bot         uint64 `json:"bot"`
	Late        uint64 `json:"late"`
	Quarantined uint64 `json:"quarantined"`
}

// vectorEntry says up to which number of a log the value holds its deltas.
type vectorEntry struct {
	Window int64  `json:"window"`
	Cell   int    `json:"cell"`
	N      uint32 `json:"n"`
}

// finalMessage tells of a manifest. Of one that cannot be read the next revision is made, and told.
func (n *Notifier) finalMessage(ctx context.Context, w notice, it store.Item) (Message, error) {
	m, err := readManifest(it)
	if err != nil {
		return Message{}, err
	}
	if m.damage == nil {
		return finalMessage(w.Site, m)
	}
	site, err := n.sites.Get(ctx, w.Site)
	if err == nil && site.Gen == w.Gen {
		err = remakeFinal(ctx, n.store, site, m.minute, n.now())
	}
	return Message{}, cmp.Or(err, m.damage)
}

func finalMessage(site string, m *manifest) (Message, error) {
	l := m.ledger
	b := finalBody{
		ID: fmt.Sprintf("%s/%d/%d", site, m.minute, m.revision), Type: string(aboutFinal), Site: site, Minute: m.minute, Revision: m.revision,
		SettledBy: "cursors", Events: m.events, Pageviews: m.pageviews, Visitors: m.visitors, VisitorsEstimated: m.estimated, Names: m.names,
		Ledger: finalLedger{l.Received, l.Counted, l.Duplicate, l.Bot, l.Late, l.Quarantined},
	}
	if m.byAge {
		b.SettledBy = "age"
	}
	for _, c := range slices.SortedFunc(maps.Keys(m.vector), child.compare) {
		b.Vector = append(b.Vector, vectorEntry{c.start, c.cell, m.vector[c]})
	}
	body, err := json.Marshal(b)
	return Message{ID: b.ID, Kind: b.Type, Site: site, Body: body}, err
}
