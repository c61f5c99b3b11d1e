package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/streamgauge/streamgauge/apigw"
)

// What becomes of copies in a running node has examples: one of each kind of outcome, with where it lies on the stream.
func TestNodeKeepsSamples(t *testing.T) {
	n := startNode(t, 1, nil)
	for range 2 {
		post(t, n, `{"site":"shop","name":"pageview","url":"https://shop.example/tea","id":"one","visitor":"v","ts":`+fmt.Sprint(time.Now().UnixMilli()/10_000*10_000)+`}`)
	}
	post(t, n, fmt.Sprintf(`{"site":"shop","name":"late","id":"two","visitor":"v","ts":%d}`, time.Now().Add(-48*time.Hour).UnixMilli()))
	post(t, n, `{"site":"shop","name":"","id":"three"}`)
	for outcome, id := range map[string]string{"counted": "one", "duplicate": "one", "late": "two", "invalid": "three"} {
		var got struct {
			Samples   []apigw.Sample
			Available bool
		}
		await(t, func() bool {
			resp, err := http.Get(n.httpURL() + "/api/v1/ledger/samples?site=shop&outcome=" + outcome)
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			return err == nil && json.Unmarshal(body, &got) == nil && len(got.Samples) > 0
		})
		s := got.Samples[0]
		if !got.Available || s.ID != id || s.At == 0 || s.Event == "" || outcome != "invalid" && (s.SequenceNumber == "" || s.Shard == "" || s.T == 0) {
			t.Errorf("%s: %+v", outcome, got)
		}
	}
}
