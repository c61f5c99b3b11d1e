package query

// table adds up whole numbers by row and column, visitor by visitor. Where the visitors are a share of all, it keeps beside the sums what the
// standard errors of totals and ratios are made of: sums over visitors of the squares and products of each visitor's numbers.
type table struct {
	width   int
	ratios  []ratio
	sampled bool
	rows    int
	sums    []int64
	// Of a share of the visitors alone: the numbers of the visitor at hand in the rows that are touched, and for each ratio three sums
	// of products.
	now      []int64
	touched  []int32
	isIn     []bool
	products []products
}

// ratio is a pair of columns: of what is divided, and of what it is divided by, which is -1 for a total.
type ratio struct{ num, den int }

// products are the sums over visitors of a², a·b and b².
type products struct{ aa, ab, bb float64 }

func newTable(width int, ratios []ratio, sampled bool) *table {
	return &table{width: width, ratios: ratios, sampled: sampled}
}

// grow makes room for that many rows.
func (t *table) grow(rows int) {
	if rows <= t.rows {
		return
	}
	more := rows - t.rows
	t.rows = rows
	t.sums = append(t.sums, make([]int64, more*t.width)...)
	if t.sampled {
		t.now = append(t.now, make([]int64, more*t.width)...)
		t.isIn = append(t.isIn, make([]bool, more)...)
		t.products = append(t.products, make([]products, more*len(t.ratios))...)
	}
}

// add adds n for the visitor at hand.
func (t *table) add(row int32, column int, n int64) {
	i := int(row)*t.width + column
	if !t.sampled {
		t.sums[i] += n
		return
	}
	if !t.isIn[row] {
		t.isIn[row] = true
		t.touched = append(t.touched, row)
	}
	t.now[i] += n
}

// settle ends the visitor at hand.
func (t *table) settle() {
	for _, row := range t.touched {
		t.settleRow(int(row))
		t.isIn[row] = false
	}
	t.touched = t.touched[:0]
}

func (t *table) settleRow(row int) {
	now, sums := t.now[row*t.width:(row+1)*t.width], t.sums[row*t.width:]
	for i, r := range t.ratios {
		p := &t.products[row*len(t.ratios)+i]
		a := float64(now[r.num])
		p.aa += a * a
		if r.den >= 0 {
			b := float64(now[r.den])
			p.ab += a * b
			p.bb += b * b
		}
	}
	for i, n := range now {
		sums[i] += n
	}
	clear(now)
}

func (t *table) sum(row, column int) int64 { return t.sums[row*t.width+column] }

// productsOf returns those of a ratio in a row; zero where all visitors are there.
func (t *table) productsOf(row, i int) products {
	if !t.sampled {
		return products{}
	}
	return t.products[row*len(t.ratios)+i]
}
