package sketch

const (
	// K is how many visitors a sample keeps: above that, a share of the visitors is estimated with a standard error of at most
	// 1/(2·sqrt(K)) = 0.8 % of all visitors.
	K = 4096
	// MaxHits is how many hits of one visitor a sample keeps, the first ones.
	MaxHits = 1000
	// MaxSampleHits is how many hits a sample keeps: beyond it the threshold falls further.
	MaxSampleHits = 1 << 18
	// MaxProps is how many properties of a hit are kept, the first ones.
	MaxProps = 32

	// maxRows is how many hits a builder keeps room for.
	maxRows = 1 << 16
)

// Builder collects the hits of one delta. Its zero value is ready. After Seal and Reset it is used again: it keeps its room and the words
// that it has seen, so that it takes no memory for a hit like those before.
type Builder struct {
	fields  [NumFields]dictionary
	keys    dictionary
	values  []dictionary // of properties, by the number of their key
	table   []int32      // the number of a head, plus one, near where the lowest bits of its hash say; at most half full
	heads   []head
	rows    []row
	cells   []cell
	texts   uint32  // a bit for every field that some hit has
	numbers uint32  // the same for numbers
	order   []int32 // the rows as they stand in the sample
	renamer renamer
}

// head is a visitor of a builder: a list of rows in the order in which they came.
type head struct {
	hash        uint64
	first, last int32
}

// row is a hit of a builder, with numbers for its words.
type row struct {
	at         int64
	revenue    int64
	engaged    int64
	words      [NumFields]uint32
	vitals     [NumVitals]int32
	next       int32 // of the same visitor, -1 at the end
	cell       int32 // its properties are cells[cell : cell+cells]
	cells      uint8
	scroll     uint8
	persistent bool
}

// cell is a property of a hit.
type cell struct{ key, value uint32 }

// Add puts a hit of a visitor into the delta. The visitor's hash must be seeded and evenly spread. h stays the caller's: what is kept of it is copied.
func (b *Builder) Add(visitor uint64, h *Hit) {
	at := int32(len(b.rows))
	like := b.chain(min(visitor, everything-1), at)
	b.rows = append(b.rows, row{
		at: h.At, revenue: h.Revenue, engaged: h.EngagedMS, vitals: h.Vitals, next: -1, cell: int32(len(b.cells)), scroll: h.Scroll, persistent: h.Persistent,
	})
	r := &b.rows[at]
	if like >= 0 {
		r.words = b.rows[like].words
	}
	b.translate(r, h)
	b.note(r)
	for _, p := range h.Props[:min(len(h.Props), MaxProps)] {
		if p.Value != "" {
			b.cells = append(b.cells, b.cell(p))
			r.cells++
		}
	}
}

// translate gives the texts of a hit numbers. The row holds those of a hit that is likely to have the same texts.
func (b *Builder) translate(r *row, h *Hit) {
	for f := range h.Text {
		text := h.Text[f]
		if text == "" {
			r.words[f] = 0
			continue
		}
		if d := &b.fields[f]; text != d.word(r.words[f]) {
			r.words[f] = d.id(text)
			b.texts |= 1 << f
		}
	}
}

// note takes down which numbers there are.
func (b *Builder) note(r *row) {
	b.numbers |= bit(r.revenue != 0, revenueNumber) | bit(r.engaged != 0, engagedNumber) | bit(r.scroll != 0, scrollNumber) | bit(r.persistent, persistentNumber)
	for v, bin := range r.vitals {
		r.vitals[v] = max(bin, NoBin)
		b.numbers |= bit(bin > NoBin, firstVital+number(v))
	}
}

func bit(is bool, n number) uint32 { return uint32(truth(is)) << n }

// chain appends a row to its visitor's, and returns one that is likely to hold the same words: the visitor's last, or else the last of all.
func (b *Builder) chain(visitor uint64, at int32) (like int32) {
	if 2*len(b.heads) >= len(b.table) {
		b.grow()
	}
	slot := b.slot(visitor)
	if *slot == 0 {
		b.heads = append(b.heads, head{hash: visitor, first: at, last: at})
		*slot = int32(len(b.heads))
		return at - 1
	}
	h := &b.heads[*slot-1]
	like = h.last
	b.rows[like].next = at
	h.last = at
	return like
}

// slot returns the slot of a visitor in the table. The hash is evenly spread and seeded, so its lowest bits serve as they are.
func (b *Builder) slot(visitor uint64) *int32 {
	mask := uint64(len(b.table) - 1)
	for i := visitor & mask; ; i = (i + 1) & mask {
		if s := &b.table[i]; *s == 0 || b.heads[*s-1].hash == visitor {
			return s
		}
	}
}

func (b *Builder) grow() {
	b.table = make([]int32, max(1024, 2*len(b.table)))
	for i, h := range b.heads {
		*b.slot(h.hash) = int32(i + 1)
	}
}

// cell returns a property as numbers.
func (b *Builder) cell(p Prop) cell {
	key := b.keys.id(p.Key)
	for int(key) >= len(b.values) {
		b.values = append(b.values, dictionary{})
	}
	return cell{key, b.values[key].id(p.Value)}
}

// Reset forgets the hits.
func (b *Builder) Reset() {
	if len(b.rows) > maxRows {
		b.table, b.heads, b.rows, b.cells, b.order = nil, nil, nil, nil, nil
	}
	clear(b.table)
	b.texts, b.numbers = 0, 0
	b.heads, b.rows, b.cells = b.heads[:0], b.rows[:0], b.cells[:0]
	for f := range b.fields {
		b.fields[f].trim()
	}
	if len(b.values) > maxWords {
		b.keys, b.values = dictionary{}, nil
	}
	for k := range b.values {
		b.values[k].trim()
	}
}

// Hits returns how many hits were added since the last Reset.
func (b *Builder) Hits() int { return len(b.rows) }
