package apigw

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/streamgauge/streamgauge/event"
)

// What one request brought never shows in another, though they use the same memory one after the other: every event that was accepted is on the stream as
// it was sent, and every answer is about the events of its own request.
func TestRequestsDoNotMix(t *testing.T) {
	const senders, requests = 8, 40
	r := newRig(t, parts{})
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var mu sync.Mutex // guards sent
	sent := make(map[string]int)
	var group sync.WaitGroup
	for sender := range senders {
		rnd := rand.New(rand.NewPCG(seed, uint64(sender)))
		group.Go(func() {
			for n := range requests {
				var body strings.Builder
				var want []string // the ids of all events, with their ends
				for i := range 1 + rnd.IntN(30) {
					id, props, end := fmt.Sprintf("%d-%d-%d", sender, n, i), rnd.IntN(12), statusAccepted
					name := id
					if rnd.IntN(8) == 0 {
						name, end = "", statusInvalid
					} else {
						mu.Lock()
						sent[id] = props
						mu.Unlock()
					}
					body.WriteString(mixedEvent(id, name, props))
					want = append(want, id+" "+end)
				}
				a := decode[eventsAnswer](t, r.ask(http.MethodPost, "/v1/events?ids=1", body.String()))
				var got []string
				for _, res := range a.Results {
					got = append(got, res.ID+" "+res.Status)
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("answer %v, want %v", got, want)
				}
			}
		})
	}
	group.Wait()
	for _, e := range r.onStream() {
		props, ok := sent[e.ID]
		delete(sent, e.ID)
		if !ok || e.Name != e.ID || e.URL != "/"+e.ID || len(e.Props) != props {
			t.Errorf("on the stream: %+v, with %d properties sent", e, props)
		}
		for k, p := range e.Props {
			if p != (event.Prop{Key: fmt.Sprint("p", k), Value: e.ID}) {
				t.Errorf("event %s has the property %+v", e.ID, p)
			}
		}
	}
	if len(sent) > 0 {
		t.Errorf("not on the stream: %v", sent)
	}
}

// mixedEvent is a line of which everything tells the event that it is of.
func mixedEvent(id, name string, props int) string {
	pairs := make([]string, props)
	for k := range pairs {
		pairs[k] = fmt.Sprintf(`"p%d":"%s"`, k, id)
	}
	return fmt.Sprintf(`{"site":"shop","id":"%s","name":"%s","url":"/%[1]s","visitor":"%[1]s","props":{%[3]s}}`+"\n", id, name, strings.Join(pairs, ","))
}
