package apigw

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestQuarantine(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"n"}`)
	for i, data := range []string{"no JSON \x00\xff", "{", `{"site":"shop","name":7}`, `{"site":"shop"}`, `{"site":"shop","name":""}`} {
		in := &kinesis.PutRecordInput{StreamName: aws.String(streamName), PartitionKey: aws.String(fmt.Sprint(i)), Data: []byte(data)}
		if _, err := r.broker.Client().PutRecord(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	r.consume()
	r.settle()
	type page struct {
		Items []keptView
		Next  string
	}
	seen := map[string]keptView{}
	for cursor := "start"; cursor != ""; {
		query := "/api/v1/dlq?limit=2"
		if cursor != "start" {
			query += "&cursor=" + cursor
		}
		p := decode[page](t, r.ask(http.MethodGet, query, ""))
		for _, it := range p.Items {
			seen[it.Key] = it
		}
		if cursor = p.Next; len(p.Items) == 0 || len(p.Items) > 2 {
			t.Fatalf("a page of %d", len(p.Items))
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d of 5 on the pages", len(seen))
	}
	if p := decode[page](t, r.ask(http.MethodGet, "/api/v1/dlq?site=shop", "")); len(p.Items) != 3 || p.Next != "" {
		t.Errorf("of the site: %+v", p)
	}
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"other"}`, asJSON)
	if got := r.ask(http.MethodGet, "/api/v1/dlq?site=other", ""); got.body != `{"items":[],"next":""}` {
		t.Errorf("of another site: %s", got.body)
	}
	texts := 0
	for key, it := range seen {
		one := decode[struct {
			keptView
			Data []byte
			Text *string
		}](t, r.ask(http.MethodGet, "/api/v1/dlq/"+key, ""))
		if one.keptView != it || len(one.Data) != it.Bytes || it.Reason == "" || it.Shard == "" || it.SequenceNumber == "" {
			t.Errorf("shown as %+v, listed as %+v", one, it)
		}
		if one.Text != nil {
			texts++
		}
	}
	if texts != 4 {
		t.Errorf("%d shown as text, want 4", texts)
	}
	for _, limit := range []string{"0", "-1", "1001", "many"} {
		r.ask(http.MethodGet, "/api/v1/dlq?limit="+limit, "").wantError(t, http.StatusBadRequest, "bad_limit")
	}
	for _, cursor := range []string{"%00", strings.Repeat("x", 65)} {
		r.ask(http.MethodGet, "/api/v1/dlq?cursor="+cursor, "").wantError(t, http.StatusBadRequest, "bad_cursor")
	}
	for _, key := range []string{"nothing", "%00", strings.Repeat("x", 1000)} {
		r.ask(http.MethodGet, "/api/v1/dlq/"+key, "").wantError(t, http.StatusNotFound, "not_found")
	}
	r.wantFaults(0)
}

// The list of a site that there is not was empty, as if nothing of it had ever failed. What is left of a site that was removed is listed.
func TestQuarantineOfNoSite(t *testing.T) {
	r := newRig(t, parts{})
	r.ask(http.MethodPost, "/v1/events", `{"site":"shop","name":"n"}`)
	in := &kinesis.PutRecordInput{StreamName: aws.String(streamName), PartitionKey: aws.String("1"), Data: []byte(`{"site":"shop"}`)}
	if _, err := r.broker.Client().PutRecord(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	r.consume()
	r.settle()
	for _, site := range []string{"shpo", "Not%20one"} {
		r.ask(http.MethodGet, "/api/v1/dlq?site="+site, "").wantError(t, http.StatusNotFound, "unknown_site")
	}
	r.ask(http.MethodDelete, "/api/v1/sites/shop", "")
	if got := r.ask(http.MethodGet, "/api/v1/dlq?site=shop", ""); got.status != http.StatusOK || strings.Count(got.body, `"key"`) != 1 {
		t.Errorf("of a removed site: %d %s", got.status, got.body)
	}
	r.wantFaults(0)
}
