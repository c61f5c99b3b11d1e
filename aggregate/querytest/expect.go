package querytest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// expect reads what is expected of an answer.
func (a *ask) expect(lines []line) error {
	for _, l := range lines {
		switch {
		case l.text[0] == '|':
			cells := strings.Split(strings.Trim(l.text, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			a.rows = append(a.rows, want{l, cells})
		case l.text[0] == '!':
			a.wantsError = strings.TrimSpace(l.text[1:])
		default:
			if n, err := fmt.Sscanf(l.text, "of %d rows", &a.total); n != 1 || err != nil {
				return l.fault(`%q is no row that begins with |, no error that begins with ! and not "of 3 rows"`, l.text)
			}
		}
	}
	if a.wantsError != "" && len(a.rows) > 0 {
		return lines[0].fault("an error and rows are expected")
	}
	return nil
}

// cell is a place in an answer: a key, a value, or a value with the one of an earlier span.
type cell struct {
	key           *query.Key
	value, before *query.Value
}

func (c cell) String() string {
	switch {
	case c.key != nil:
		if c.key.Time != 0 {
			return c.key.Text + " = " + time.UnixMilli(c.key.Time).UTC().Format(time.RFC3339)
		}
		return c.key.Text
	case c.before != nil:
		return showValue(*c.value) + " (was " + showValue(*c.before) + ")"
	}
	return showValue(*c.value)
}

func showValue(v query.Value) string {
	if v.Null {
		return "-"
	}
	var money []string
	for _, m := range v.Money {
		money = append(money, showNumber(m.Amount)+" "+m.Currency)
	}
	if money != nil {
		return strings.Join(money, " + ")
	}
	return showNumber(v.X)
}

func showNumber(x float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(x, 'f', 6, 64), "0"), ".")
}

// is reports whether the cell holds what is expected.
func (c cell) is(want string) bool {
	if c.key != nil {
		text, at, exact := strings.Cut(want, " = ")
		return text == c.key.Text && (!exact || at == time.UnixMilli(c.key.Time).UTC().Format(time.RFC3339))
	}
	now, before, compared := strings.Cut(want, " (was ")
	if compared != (c.before != nil) {
		return false
	}
	return isValue(now, *c.value) && (!compared || isValue(strings.TrimSuffix(before, ")"), *c.before))
}

func isValue(want string, v query.Value) bool {
	if v.Null || want == "-" {
		return v.Null && want == "-"
	}
	if v.Money == nil {
		return isNumber(want, v.X)
	}
	amounts := strings.Split(want, " + ")
	return slices.EqualFunc(amounts, v.Money, func(want string, m query.Money) bool {
		amount, currency, _ := strings.Cut(want, " ")
		return currency == m.Currency && isNumber(amount, m.Amount)
	})
}

// isNumber compares a number as exactly as it is written.
func isNumber(want string, got float64) bool {
	text, about := strings.CutPrefix(want, "~")
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false
	}
	_, decimals, _ := strings.Cut(text, ".")
	switch {
	case about:
		return math.Abs(got-x) <= 0.01*math.Abs(x)
	case decimals == "":
		return closeTo(got, x)
	}
	return strconv.FormatFloat(got, 'f', len(decimals), 64) == text
}

// closeTo reports whether two numbers that come from the same sums of integers are the same.
func closeTo(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b))
}
