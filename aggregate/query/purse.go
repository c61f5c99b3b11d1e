package query

import (
	"cmp"
	"slices"

	"github.com/streamgauge/streamgauge/aggregate/sketch"
)

// micros is how many parts a currency's unit has.
const micros = 1e6

// The columns and ratios of a purse.
const (
	amount = iota
	payments
)

var purseRatios = []ratio{{amount, -1}, {amount, payments}}

// purse adds up money by row and currency. A row and currency holds up to 9.2e12 units.
type purse struct {
	currencies column
	revenue    []int64
	slots      pairing // of row and currency
	sums       *table
}

func newPurse(h *hits, sampled bool) *purse {
	return &purse{
		currencies: h.column(place{kind: ofHit, field: sketch.Currency}),
		revenue:    h.sample.Revenue(),
		slots:      pairing{known: make(map[pair]uint32)},
		sums:       newTable(2, purseRatios, sampled),
	}
}

// add adds the money of a hit; one that has a currency has an amount, be it zero.
func (p *purse) add(row int32, h int) {
	currency := p.currencies.ids[h]
	if currency == 0 {
		return
	}
	slot := int32(p.slots.number(pair{uint32(row), currency}))
	p.sums.grow(len(p.slots.pairs))
	if len(p.revenue) > 0 {
		p.sums.add(slot, amount, p.revenue[h])
	}
	p.sums.add(slot, payments, 1)
}

func (p *purse) settle() { p.sums.settle() }

// values returns the values of all rows, as averages of the payments or their totals.
func (p *purse) values(rows int, e estimator, average bool) []Value {
	all := make([]Value, rows)
	for i := range all {
		all[i].Null = true
	}
	for slot, rc := range p.slots.pairs {
		row := &all[rc[0]]
		row.Null = false
		row.Money = append(row.Money, p.money(slot, p.currencies.words[rc[1]], e, average))
	}
	for _, row := range all {
		sortMoney(row.Money)
	}
	return all
}

func sortMoney(m []Money) {
	slices.SortFunc(m, func(a, b Money) int { return cmp.Compare(a.Currency, b.Currency) })
}

func (p *purse) money(slot int, currency string, e estimator, average bool) Money {
	sum, n := p.sums.sum(slot, amount), p.sums.sum(slot, payments)
	if average {
		v := e.ratio(sum, n, p.sums.productsOf(slot, 1), 1/micros)
		return Money{Currency: currency, Amount: float64(sum) / micros / float64(n), Err: v.Err}
	}
	v := e.total(sum, p.sums.productsOf(slot, 0))
	return Money{Currency: currency, Amount: v.X / micros, Err: v.Err / micros}
}
