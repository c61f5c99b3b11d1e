package query

import "math"

// decimals are the places that Plausible shows of each metric, as the SQL of its version 2 API rounds them. Web vitals are milliseconds, but for
// CLS.
var decimals = map[Metric]int{
	ViewsPerVisit: 2, Percentage: 1, ConversionRate: 1, GroupConversion: 1, ExitRate: 1,
	TotalRevenue: 3, AverageRevenue: 3,
}

// zeroOfNothing are the metrics for which Plausible answers 0 where there was nothing to measure, and not null.
var zeroOfNothing = map[Metric]bool{BounceRate: true, VisitDuration: true, ViewsPerVisit: true, ConversionRate: true, GroupConversion: true}

// Decimals is how many decimal places of the metric are shown.
func (m Metric) Decimals() int {
	if vital, _, ok := m.quantile(); ok && vitals[vital] == "cls" {
		return 3
	}
	return decimals[m]
}

// Round returns the value as Plausible shows it: rounded to the metric's places, halves to the even digit as ClickHouse's round does with
// floating numbers. Errors are rounded to one place more.
func (m Metric) Round(v Value) Value {
	if v.Null && zeroOfNothing[m] {
		return Value{}
	}
	places := m.Decimals()
	r := Value{Null: v.Null, X: round(v.X, places), Err: round(v.Err, places+1)}
	for _, one := range v.Money {
		r.Money = append(r.Money, Money{Currency: one.Currency, Amount: round(one.Amount, places), Err: round(one.Err, places+1)})
	}
	return r
}

func round(x float64, places int) float64 {
	scale := math.Pow10(places)
	return math.RoundToEven(x*scale) / scale
}
