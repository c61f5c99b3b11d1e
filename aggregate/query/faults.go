package query

import (
	"fmt"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong with a question.
type Fault struct {
	Field string // as "filter.args[1].values"
	Value string // what stands there, shortened
	Want  string // what may stand there
}

func (f Fault) String() string { return fmt.Sprintf("%s: %s is not %s", f.Field, f.Value, f.Want) }

// Faults is everything that is wrong with a question: an ErrBad.
type Faults []Fault

// maxFaults is how many faults are told at once.
const maxFaults = 20

func (f Faults) Error() string { return ErrBad.Error() + ": " + f.Text() }

// Text is what is wrong, for who asked no question: a site's rules are checked when they are set.
func (f Faults) Text() string {
	texts := make([]string, len(f))
	for i, one := range f {
		texts[i] = one.String()
	}
	return strings.Join(texts, "; ")
}

// Unwrap makes it an ErrBad.
func (f Faults) Unwrap() error { return ErrBad }

func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f *Faults) add(field string, value any, want string) {
	if len(*f) < maxFaults {
		*f = append(*f, Fault{Field: field, Value: shorten(value), Want: want})
	}
}

func (f *Faults) unless(ok bool, field string, value any, want string) {
	if !ok {
		f.add(field, value, want)
	}
}

func shorten(value any) string {
	const limit = 80
	var text string
	switch v := value.(type) {
	case int, int64, uint8:
		text = fmt.Sprint(v)
	default:
		text = strconv.QuoteToGraphic(fmt.Sprint(v))
	}
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + `…"`
	}
	return text
}

// list writes the allowed values of a field.
func list[T ~string](allowed ...T) string {
	texts := make([]string, len(allowed))
	for i, a := range allowed {
		texts[i] = string(a)
	}
	switch len(texts) {
	case 0:
		return "there is none"
	case 1:
		return texts[0]
	}
	return "one of " + strings.Join(texts, ", ")
}

func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }
