package stream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// tokenLife is how long iterators and page tokens are good for.
const tokenLife = 300 * time.Second

// token is what an iterator or a page token says. To the client it is opaque, and it is authenticated: a client cannot
// make one, and a token of one kind does not pass for the other.
type token struct {
	kind   byte
	issued int64  // Unix ms
	id     uint64 // of the stream, so that a token does not outlive its stream
	shard  uint32 // number
	index  uint64 // position in the shard; 0 in a page token
	stream string
}

const (
	iteratorToken = 'i'
	pageToken     = 'p'
	tokenFixed    = 1 + 8 + 8 + 4 + 8
	tokenMAC      = 16
)

var errToken = errors.New("invalid token")

// encodeToken returns t in at most 512 characters.
func (b *Broker) encodeToken(t token) string {
	raw := make([]byte, 0, tokenFixed+len(t.stream)+tokenMAC)
	raw = append(raw, t.kind)
	raw = binary.BigEndian.AppendUint64(raw, uint64(t.issued))
	raw = binary.BigEndian.AppendUint64(raw, t.id)
	raw = binary.BigEndian.AppendUint32(raw, t.shard)
	raw = binary.BigEndian.AppendUint64(raw, t.index)
	raw = append(raw, t.stream...)
	raw = append(raw, b.mac(raw)...)
	return base64.StdEncoding.EncodeToString(raw)
}

func (b *Broker) mac(data []byte) []byte {
	h := hmac.New(sha256.New, b.key)
	h.Write(data)
	return h.Sum(nil)[:tokenMAC]
}

// decodeToken checks and reads a token of a kind.
func (b *Broker) decodeToken(kind byte, text string) (token, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(raw) < tokenFixed+tokenMAC || raw[0] != kind {
		return token{}, errToken
	}
	body, mac := raw[:len(raw)-tokenMAC], raw[len(raw)-tokenMAC:]
	if !hmac.Equal(mac, b.mac(body)) {
		return token{}, errToken
	}
	return token{
		kind:   body[0],
		issued: int64(binary.BigEndian.Uint64(body[1:])),
		id:     binary.BigEndian.Uint64(body[9:]),
		shard:  binary.BigEndian.Uint32(body[17:]),
		index:  binary.BigEndian.Uint64(body[21:]),
		stream: string(body[tokenFixed:]),
	}, nil
}

// expired reports whether a token is too old at a time in Unix ms.
func (t token) expired(now int64) bool { return now-t.issued > tokenLife.Milliseconds() }

// iterate returns an iterator that stands at an index of a shard.
func (b *Broker) iterate(s *dataStream, sh *shard, index uint64) *string {
	it := b.encodeToken(token{
		kind: iteratorToken, issued: b.now(), id: s.ID, shard: sh.Number, index: index, stream: s.Name,
	})
	return &it
}

// position finds what an iterator stands at.
func (b *Broker) position(iterator string) (s *dataStream, sh *shard, t token, err error) {
	t, err = b.decodeToken(iteratorToken, iterator)
	if err != nil {
		return nil, nil, t, invalidArgument("Invalid ShardIterator.")
	}
	if now := b.now(); t.expired(now) {
		return nil, nil, t, expiredIterator(t.issued, now)
	}
	if s, err = b.stream(t.stream); err == nil && s.ID == t.id {
		if sh = b.listed(s.version(), t.shard); sh != nil {
			return s, sh, t, nil
		}
	}
	return nil, nil, t, b.shardNotFound(shardID(t.shard), t.stream)
}
