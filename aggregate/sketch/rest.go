package sketch

import "encoding/binary"

// How many rows the tables of a rest keep.
const (
	maxPages = 2000
	maxOther = 500
)

// Rest counts the hits that are in no sample: those of visitors above the threshold, and those of one visitor beyond MaxHits. It is exact,
// but for its tables, which say what they miss, its quantiles and the number of its visitors.
type Rest struct {
	Hits      uint64
	Events    uint64 // hits that are no engagement: these are in the tables
	Pageviews uint64
	Names     *TopK
	Pages     *TopK
	Hostnames *TopK
	props     *TopK // by key and value
	Revenue   map[string]Money
	EngagedMS int64
	Vitals    [NumVitals]*Quantiles
	Visitors  *HLL // those that are dropped whole and did more than engage: none of them is in the sample
}

// Money is revenue in one currency.
type Money struct {
	Micros int64  // millionths of the unit
	N      uint64 // hits with revenue
}

// NewRest returns an empty rest.
func NewRest() *Rest {
	r := &Rest{Names: NewTopK(maxOther), Pages: NewTopK(maxPages), Hostnames: NewTopK(maxOther), props: NewTopK(maxPages), Visitors: &HLL{}}
	for v := range r.Vitals {
		r.Vitals[v] = &Quantiles{}
	}
	return r
}

// Empty reports whether nothing was counted.
func (r *Rest) Empty() bool { return r.Hits == 0 }

// Prop returns the rows of a property by its values.
func (r *Rest) Prop(key string) []Row {
	var rows []Row
	for _, row := range r.props.Rows() {
		if k, value := splitProp(row.Key); k == key {
			row.Key = value
			rows = append(rows, row)
		}
	}
	return rows
}

// Props calls yield for every row of every property, in no order.
func (r *Rest) Props(yield func(p Prop, c Counts) bool) {
	r.props.settle()
	for _, row := range r.props.rows {
		key, value := splitProp(row.Key)
		if !yield(Prop{key, value}, row.Counts) {
			return
		}
	}
}

// PropsAbsent returns how many events a value of a property can have that has no row.
func (r *Rest) PropsAbsent() uint64 { return r.props.Absent() }

// joinProp makes one text of a key and a value, and splitProp takes it apart.
func joinProp(key, value string) string {
	b := binary.AppendUvarint(make([]byte, 0, 2+len(key)+len(value)), uint64(len(key)))
	return string(append(append(b, key...), value...))
}

func splitProp(joined string) (key, value string) {
	r := reader{b: []byte(joined)}
	key = r.string()
	return key, string(r.b)
}

// Merge adds everything that o counted. o is not changed.
func (r *Rest) Merge(o *Rest) {
	r.Hits += o.Hits
	r.Events += o.Events
	r.Pageviews += o.Pageviews
	r.EngagedMS += o.EngagedMS
	for i, t := range r.tables() {
		t.Merge(o.tables()[i])
	}
	for currency, m := range o.Revenue {
		r.earn(currency, m)
	}
	for v := range r.Vitals {
		r.Vitals[v].Merge(o.Vitals[v])
	}
	r.Visitors.Merge(o.Visitors)
}

func (r *Rest) tables() [4]*TopK { return [4]*TopK{r.Names, r.Pages, r.Hostnames, r.props} }

func (r *Rest) earn(currency string, m Money) {
	if r.Revenue == nil {
		r.Revenue = make(map[string]Money)
	}
	sum := r.Revenue[currency]
	r.Revenue[currency] = Money{sum.Micros + m.Micros, sum.N + m.N}
}
