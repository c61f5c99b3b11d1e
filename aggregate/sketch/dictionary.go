package sketch

import (
	"encoding/binary"
	"math"
	"strings"
)

const (
	// maxWords is how many words a dictionary keeps from one delta to the next.
	maxWords = 1 << 12
	// recentWords is how many of them are found without the map.
	recentWords = 128
)

// dictionary gives words numbers. Word 0 is the empty one. It outlives the deltas of its builder, so that the words of the hot path are copied
// once, and mostly found without the map: its hash is seeded and slower, but a word that someone chose only to be slow costs no more than it.
type dictionary struct {
	words  []string
	ids    map[string]uint32
	recent [recentWords]uint16 // the last word of its slot, if its number is that small
}

// id returns the number of a word, and copies a word that is new.
func (d *dictionary) id(word string) uint32 {
	id, known := d.find(word)
	if !known {
		id = d.add(strings.Clone(word))
	}
	return id
}

func (d *dictionary) find(word string) (id uint32, known bool) {
	if word == "" {
		return 0, true
	}
	recent := &d.recent[slot(word)]
	if id := *recent; id != 0 && d.words[id] == word {
		return uint32(id), true
	}
	id, known = d.ids[word]
	*recent = uint16(min(id, math.MaxUint16))
	return id, known
}

// slot mixes the length and the ends of a word that is not empty.
func slot(word string) uint64 {
	n := len(word)
	b := []byte(word) // no copy: it is only read
	var x uint64
	switch {
	case n >= 8:
		x = binary.LittleEndian.Uint64(b) ^ binary.LittleEndian.Uint64(b[n-8:])*0x9e3779b97f4a7c15
	case n >= 4:
		x = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	default:
		x = uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
	return (x + uint64(n)) * 0xd6e8feb86659fd93 >> (64 - 7)
}

func (d *dictionary) add(word string) uint32 {
	if d.ids == nil {
		d.ids = make(map[string]uint32)
	}
	if len(d.words) == 0 {
		d.words = append(d.words, "")
	}
	id := uint32(len(d.words))
	d.words = append(d.words, word)
	d.ids[word] = id
	return id
}

// translate returns the number of each word of another dictionary. New ones are not copied.
func (d *dictionary) translate(words []string, numbers []uint32) []uint32 {
	for _, w := range words {
		id, known := d.find(w)
		if !known {
			id = d.add(w)
		}
		numbers = append(numbers, id)
	}
	return numbers
}

// take returns the words, and forgets them.
func (d *dictionary) take() []string {
	words := d.words
	if len(words) == 0 {
		words = []string{""}
	}
	clear(d.ids)
	*d = dictionary{ids: d.ids}
	return words
}

// trim forgets the words if there are too many.
func (d *dictionary) trim() {
	if len(d.words) > maxWords {
		*d = dictionary{}
	}
}

func (d *dictionary) word(id uint32) string {
	if id == 0 {
		return ""
	}
	return d.words[id]
}
