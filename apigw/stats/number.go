package stats

import (
	"encoding/json"
	"strconv"

	"github.com/streamgauge/streamgauge/aggregate/query"
)

// Number is a value with its standard error, which is left out where it is exact; null where there was nothing to measure.
type Number struct {
	Value json.RawMessage `json:"value"`
	Error *float64        `json:"error,omitempty"`
}

func numberOf(m query.Metric, v query.Value) Number {
	if v.Null {
		return Number{Value: json.RawMessage("null")}
	}
	n := Number{Value: number(m.Round(v).X)}
	if errs := standardErrors([]query.Metric{m}, []query.Value{v}); errs != nil {
		n.Error = errs[0]
	}
	return n
}

// number writes a number without an exponent and, where it is whole, without a fraction.
func number(x float64) json.RawMessage {
	return json.RawMessage(strconv.FormatFloat(x, 'f', -1, 64))
}
