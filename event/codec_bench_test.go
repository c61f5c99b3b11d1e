package event

import (
	"encoding/json"
	"testing"
)

// ordinary is an event as a browser sends it and the door stamps it, 423 bytes.
const ordinary = `{"site":"shop.example.com","name":"pageview","id":"0197e2c4-8f3a-7c21-9d55-3b8a1f0e6c42","ts":1751719200123,` +
	`"url":"https://shop.example.com/products/garden/hose-25m?utm_source=mail","referrer":"https://www.google.com/",` +
	`"title":"Garden hose 25 m","visitor":"v-7f3a9c21","props":{"plan":"pro","price":12.5,"member":true},` +
	`"screen":"1920x1080","lang":"de-DE","received_at":1751719200345,"ua":"Mozilla/5.0 (X11; Linux) Firefox"}`

// plainEvent is what a decoder by reflection would fill.
type plainEvent struct {
	Site       string         `json:"site"`
	Name       string         `json:"name"`
	ID         string         `json:"id"`
	TS         int64          `json:"ts"`
	URL        string         `json:"url"`
	Referrer   string         `json:"referrer"`
	Title      string         `json:"title"`
	Visitor    string         `json:"visitor"`
	Props      map[string]any `json:"props"`
	Screen     string         `json:"screen"`
	Lang       string         `json:"lang"`
	ReceivedAt int64          `json:"received_at"`
	UserAgent  string         `json:"ua"`
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(ordinary)
	b.Run("scanner", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		var e Event
		for b.Loop() {
			if problems, err := e.Decode(data); err != nil || problems != nil {
				b.Fatal(problems, err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			var e plainEvent
			if err := json.Unmarshal(data, &e); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	var e Event
	if _, err := e.Decode([]byte(ordinary)); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = e.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}
