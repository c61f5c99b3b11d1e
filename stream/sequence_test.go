package stream

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// naiveSequence builds the number from its hexadecimal digits.
func naiveSequence(s sequence) string {
	hex := fmt.Sprintf("2%09x%x%016x00%09x%08x2", s.created, s.shard&0xf, s.index, s.seconds, s.shard)
	n, _ := new(big.Int).SetString(hex, 16)
	return n.String()
}

func drawSequence(t *rapid.T) sequence {
	return sequence{
		created: rapid.Int64Range(0, 1<<36-1).Draw(t, "created"),
		shard:   rapid.Uint32().Draw(t, "shard"),
		index:   rapid.Uint64Range(0, 1<<63-1).Draw(t, "index"),
		seconds: rapid.Int64Range(0, 1<<36-1).Draw(t, "seconds"),
	}
}

func TestSequenceAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSequence(t)
		text := s.String()
		if want := naiveSequence(s); text != want || len(text) != sequenceDigits {
			t.Fatalf("%s, want %s", text, want)
		}
		if back, err := parseSequence(text); err != nil || back != s {
			t.Fatalf("%+v came back as %+v: %v", s, back, err)
		}
	})
}

// TestSequenceOrder: of two records of a shard the later index has the greater number, whatever the clock said.
func TestSequenceOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSequence(t), drawSequence(t)
		b.created, b.shard = a.created, a.shard
		if (a.index < b.index) != (a.String() < b.String()) && a.index != b.index {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

func TestParseSequenceRefuses(t *testing.T) {
	good := sequence{created: 1, shard: 2, index: 3, seconds: 4}
	n, _ := new(big.Int).SetString(good.String(), 10)
	add := func(bit uint) string { return new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), bit)).String() }
	for name, text := range map[string]string{
		"empty": "", "short": "5", "sign": "+" + good.String()[1:], "letters": "x" + good.String()[1:],
		"version": add(0), "fixed bits": add(72), "index too high": add(143), "short shard number": add(144), "top": add(185),
	} {
		if _, err := parseSequence(text); err == nil {
			t.Errorf("%s: %s was accepted", name, text)
		}
	}
}

func TestHashKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "shards")
		key := hashKey{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}
		back, err := parseHashKey(key.String())
		if err != nil || back != key {
			t.Fatalf("%v came back as %v: %v", key, back, err)
		}
		var v version
		for i, r := range splitEvenly(n) {
			v.shards = append(v.shards, &shard{shardSettings: shardSettings{Number: uint32(i), StartHashKey: r[0], EndHashKey: r[1]}})
		}
		v.open = openShards(v.shards)
		holders := 0
		for _, sh := range v.shards {
			if sh.StartHashKey.big().Cmp(key.big()) <= 0 && key.big().Cmp(sh.EndHashKey.big()) <= 0 {
				holders++
				if v.open[v.route(key)] != sh {
					t.Fatalf("key %v went to shard %d, not %d", key, v.route(key), sh.Number)
				}
			}
		}
		if holders != 1 {
			t.Fatalf("%d shards hold %v", holders, key)
		}
	})
}
