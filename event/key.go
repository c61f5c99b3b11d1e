package event

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/zeebo/xxh3"
)

// Key returns the bytes that choose the event's cell: what the client itself sent as visitor, else session, else id. An id
// that was assigned stands for the part of it that was made of the event's key. It never depends on the address, the
// shard or the partition key under which a copy came.
func (e *Event) Key() string {
	switch {
	case e.Visitor != "":
		return e.Visitor
	case e.Session != "":
		return e.Session
	}
	if k, ok := assignedKey(e.ID); ok {
		return k
	}
	return e.ID
}

// Who returns the bytes that stand for the visitor when visitors are counted: the client's own visitor id, else the
// cookieless visitor that the door found, else the session, else the id (so that an event nobody can be told for is a visitor
// of its own).
func (e *Event) Who() string {
	for _, s := range [...]string{e.Visitor, e.DoorVisitor, e.Session} {
		if s != "" {
			return s
		}
	}
	return e.ID
}

// PartitionKey returns the Kinesis partition key of the event: its site, a slash, 16 hex digits of a hash of Key. Events of one visitor so
// share a shard, and a batch of them packs into one record.
func (e *Event) PartitionKey() string {
	b := make([]byte, 0, MaxSite+17)
	b = append(b, e.Site...)
	b = append(b, '/')
	return string(appendHex(b, xxh3.HashString(e.Key()), 16))
}

// Cell returns which of n cells the event belongs to; n is a power of two. Cells cut the hash space of Kinesis (the MD5 of the partition
// key) evenly, so that with as many shards as cells each cell is written by one shard.
func (e *Event) Cell(n int) int { return CellOf(e.PartitionKey(), n) }

// CellOf returns which of n cells a partition key made by PartitionKey falls into; n is a power of two.
func CellOf(partitionKey string, n int) int {
	if n <= 1 {
		return 0
	}
	sum := md5.Sum([]byte(partitionKey))
	return int(binary.BigEndian.Uint64(sum[:8]) >> (64 - bits.TrailingZeros(uint(n))))
}

// SiteOfPartitionKey returns the site that a partition key made by PartitionKey or AuthorizedKey names, or "".
func SiteOfPartitionKey(pk string) string {
	if site := AuthorizedSite(pk); site != "" {
		return site
	}
	if len(pk) < 18 || pk[len(pk)-17] != '/' {
		return ""
	}
	if site := pk[:len(pk)-17]; ValidSite(site) {
		return site
	}
	return ""
}

// authorizedMark stands between site and hash in the partition key of a record whose sender had a token of that site, and nothing else: no client can choose the key there.
const authorizedMark = "/!"

// AuthorizedKey is the partition key of a record whose sender may send events of one site only: the site, a mark, and 16 hex digits that spread such records over
// the shards. No event's PartitionKey has this form.
func AuthorizedKey(site string, hash uint64) string {
	b := make([]byte, 0, MaxSite+18)
	b = append(b, site...)
	b = append(b, authorizedMark...)
	return string(appendHex(b, hash, 16))
}

// AuthorizedSite returns the site of a partition key made by AuthorizedKey, or "": then whoever wrote the record may send events of any site.
func AuthorizedSite(pk string) string {
	site, hash, marked := strings.Cut(pk, authorizedMark)
	if !marked || len(hash) != 16 || !ValidSite(site) {
		return ""
	}
	return site
}
