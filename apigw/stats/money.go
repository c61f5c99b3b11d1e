package stats

import (
	"math"
	"strconv"
	"strings"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// symbols are those of currencies that are commonly written with one; others are written with their code.
var symbols = map[string]string{
	"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "CAD": "CA$", "AUD": "A$",
	"NZD": "NZ$", "MXN": "MX$", "ILS": "₪", "VND": "₫", "HKD": "HK$", "TWD": "NT$", "PHP": "₱",
}

// unitless are currencies without a smaller unit in use (ISO 4217 gives them no decimals).
var unitless = map[string]bool{"JPY": true, "KRW": true, "VND": true, "CLP": true, "ISK": true, "UGX": true, "XAF": true, "XOF": true}

func withSymbol(m query.Money, amount string) string {
	sign := ""
	if m.Amount < 0 {
		sign = "-"
	}
	if s, ok := symbols[m.Currency]; ok {
		return sign + s + amount
	}
	return sign + m.Currency + " " + amount
}

// longMoney writes an amount in full, as €1,234.50.
func longMoney(m query.Money) string {
	decimals := 2
	if unitless[m.Currency] {
		decimals = 0
	}
	digits := strconv.FormatFloat(math.Abs(m.Amount), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(digits, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return withSymbol(m, b.String())
}

// shortMoney writes an amount in four digits at most, as €1.2K.
func shortMoney(m query.Money) string {
	x := math.Abs(m.Amount)
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "B"}, {1e6, "M"}, {1e3, "K"}} {
		if x >= unit.size {
			return withSymbol(m, strconv.FormatFloat(math.Floor(x/unit.size*10)/10, 'f', 1, 64)+unit.name)
		}
	}
	return withSymbol(m, strconv.FormatFloat(x, 'f', 1, 64))
}
