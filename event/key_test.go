package event

import (
	"crypto/md5"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

func TestKeyAndWho(t *testing.T) {
	assigned := AssignID(noon, "door", 42)
	for _, c := range []struct {
		name     string
		event    Event
		key, who string
	}{
		{"visitor", Event{Visitor: "v", Session: "s", ID: "i", DoorVisitor: "d"}, "v", "v"},
		{"session", Event{Session: "s", ID: "i", DoorVisitor: "d"}, "s", "d"},
		{"session, no address", Event{Session: "s", ID: "i"}, "s", "s"},
		{"id", Event{ID: "i", DoorVisitor: "d"}, "i", "d"},
		{"id alone", Event{ID: "i"}, "i", "i"},
		{"assigned id", Event{ID: assigned, DoorVisitor: "d"}, assigned[13:29], "d"},
		{"an assigned id does not replace a visitor", Event{Visitor: "v", ID: assigned}, "v", "v"},
		{"user is nobody's key", Event{User: "u", ID: "i"}, "i", "i"},
	} {
		if key, who := c.event.Key(), c.event.Who(); key != c.key || who != c.who {
			t.Errorf("%s: Key %q, Who %q, want %q and %q", c.name, key, who, c.key, c.who)
		}
	}
}

// Events of one visitor share a partition key and so a shard, those of one visitor on two sites do not have to.
func TestPartitionKey(t *testing.T) {
	a := Event{Site: "a.example", Visitor: "v", ID: "1", URL: "/x"}
	b := Event{Site: "a.example", Visitor: "v", ID: "2", URL: "/y", TS: noon}
	other := Event{Site: "b.example", Visitor: "v"}
	if a.PartitionKey() != b.PartitionKey() || a.PartitionKey() == other.PartitionKey() {
		t.Errorf("partition keys %q %q %q", a.PartitionKey(), b.PartitionKey(), other.PartitionKey())
	}
	if site := SiteOfPartitionKey(a.PartitionKey()); site != "a.example" {
		t.Errorf("site %q", site)
	}
}

// The assigned ids of one door visitor have one key, so that they pack into one record.
func TestAssignedIDsOfAVisitorShareACell(t *testing.T) {
	a := Event{Site: "a", ID: AssignID(noon, "d", 1)}
	b := Event{Site: "a", ID: AssignID(noon+day, "d", 2)}
	if a.PartitionKey() != b.PartitionKey() {
		t.Errorf("%q and %q", a.PartitionKey(), b.PartitionKey())
	}
}

func TestSiteOfPartitionKey(t *testing.T) {
	for pk, want := range map[string]string{
		"demo/0123456789abcdef": "demo",
		"demo/0123456789abcde":  "",
		"/0123456789abcdef":     "",
		"Demo/0123456789abcdef": "",
		"":                      "",
		"0123456789abcdef":      "",
		"a/b/0123456789abcdef":  "",
		strings.Repeat("x", MaxSite+1) + "/0123456789abcdef": "",
	} {
		if got := SiteOfPartitionKey(pk); got != want {
			t.Errorf("%q: %q, want %q", pk, got, want)
		}
	}
}

// CellOf cuts the hash space as Kinesis does when it cuts a stream into that many shards of the same size.
func TestCellsAreShards(t *testing.T) {
	for n := 1; n <= 256; n *= 4 {
		width := new(big.Int).Div(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(int64(n)))
		used := make(map[int]bool)
		for i := range 2000 {
			pk := fmt.Sprintf("demo/%016x", i)
			sum := md5.Sum([]byte(pk))
			shard := new(big.Int).Div(new(big.Int).SetBytes(sum[:]), width)
			cell := CellOf(pk, n)
			if int64(cell) != shard.Int64() {
				t.Fatalf("%d cells: %q is in cell %d and in shard %d", n, pk, cell, shard)
			}
			used[cell] = true
		}
		if len(used) < n*9/10 {
			t.Errorf("%d of %d cells are used", len(used), n)
		}
	}
}

// What an authorizer made is told from what an event made, and names its site.
func TestAuthorizedKey(t *testing.T) {
	pk := AuthorizedKey("demo", 0x1234)
	if pk != "demo/!0000000000001234" || AuthorizedSite(pk) != "demo" || SiteOfPartitionKey(pk) != "demo" {
		t.Errorf("%q: %q, %q", pk, AuthorizedSite(pk), SiteOfPartitionKey(pk))
	}
	for _, pk := range []string{
		(&Event{Site: "demo", Visitor: "v"}).PartitionKey(), "", "demo", "demo/!", "demo/!0123", "/!0123456789abcdef", "Demo/!0123456789abcdef", "a/!b/!0123456789abcdef",
	} {
		if site := AuthorizedSite(pk); site != "" {
			t.Errorf("%q: %q", pk, site)
		}
	}
}
