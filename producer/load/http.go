package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/streamgauge/streamgauge/event"
)

// HTTP returns a sink for Run that posts events as NDJSON to the address of a front door's POST /v1/events. The door takes the user agent from
// the request's header, so a batch becomes one request for each user agent in it. An event that the door did not accept is an error.
func HTTP(client *http.Client, url string) Sink {
	return func(ctx context.Context, events []*event.Event) error {
		bodies := make(map[string]*bytes.Buffer)
		counts := make(map[string]int)
		for _, e := range events {
			b := bodies[e.UserAgent]
			if b == nil {
				b = new(bytes.Buffer)
				bodies[e.UserAgent] = b
			}
			sent := *e
			sent.UserAgent = ""
			b.Write(append(sent.AppendJSON(b.AvailableBuffer()), '\n'))
			counts[e.UserAgent]++
		}
		for agent, body := range bodies {
			if err := post(ctx, client, url, agent, body, counts[agent]); err != nil {
				return err
			}
		}
		return nil
	}
}

func post(ctx context.Context, client *http.Client, url, agent string, body *bytes.Buffer, events int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return fmt.Errorf("post events: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("User-Agent", agent)
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("post events: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, event.MaxRequestBytes))
	if err != nil {
		return fmt.Errorf("read answer to events: %w", err)
	}
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("post events: %s: %.200s", res.Status, answer)
	}
	var result struct{ Accepted int }
	if err := json.Unmarshal(answer, &result); err != nil {
		return fmt.Errorf("decode answer to events: %w", err)
	}
	if result.Accepted != events {
		return fmt.Errorf("post events: %d of %d accepted: %.200s", result.Accepted, events, answer)
	}
	return nil
}
