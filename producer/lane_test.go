package producer

import (
	"strings"
	"testing"
)

func TestLanePacks(t *testing.T) {
	cases := []struct {
		name        string
		limit, room int
		want        string // the records that come out one after another, " "-separated; "-" where the room is too small
	}{
		{"all", 100, 100, "aaa|bbb|ccccccccc|d"},
		{"exactly two", 8, 100, "aaa|bbb ccccccccc d"}, // 1 of the key + 3 + 1 + 3
		{"a byte less", 7, 100, "aaa bbb ccccccccc d"},
		{"little room", 100, 8, "aaa|bbb -"},
		{"no room", 100, 3, "-"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var spare lanes
			l := spare.get("k")
			for _, data := range []string{"aaa", "bbb", "ccccccccc", "d"} {
				l.push(&pending{data: []byte(data)})
			}
			var got []string
			for l.head != nil && (len(got) == 0 || got[len(got)-1] != "-") {
				got = append(got, packed(t, l, c.limit, c.room))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("packed %q, want %q", s, c.want)
			}
			if l.head == nil && l.bytes != 0 {
				t.Errorf("an empty lane has %d bytes", l.bytes)
			}
		})
	}
}

func packed(t *testing.T, l *lane, limit, room int) string {
	o := &Options{}
	f, _ := o.framingOf(l.key)
	r := &record{}
	if !l.pack(r, f, limit, room) {
		return "-"
	}
	data := string(r.bytes(o, new([]byte)))
	if r.size != len(l.key)+len(data) || r.items != 1+strings.Count(data, "\n") {
		t.Errorf("%q: size %d, items %d", data, r.size, r.items)
	}
	return strings.ReplaceAll(data, "\n", "|")
}
