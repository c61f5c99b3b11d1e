package sketch

// renamer gives the words of a column numbers in the order in which they first appear. It keeps its room.
type renamer struct {
	numbers []uint32 // by the old number; zero between calls
	seen    []uint32 // the old numbers, in order of the new ones
}

// rename changes ids, and returns the words that they then speak of. Number 0 is the empty word, and stays it.
func (r *renamer) rename(ids []uint32, words []string) []string {
	if len(r.numbers) < len(words) {
		r.numbers = make([]uint32, 2*len(words))
	}
	r.seen = r.seen[:0]
	for i, id := range ids {
		if id == 0 {
			continue
		}
		n := r.numbers[id]
		if n == 0 {
			r.seen = append(r.seen, id)
			n = uint32(len(r.seen))
			r.numbers[id] = n
		}
		ids[i] = n
	}
	used := make([]string, 1+len(r.seen))
	for i, id := range r.seen {
		used[1+i] = words[id]
		r.numbers[id] = 0
	}
	return used
}
