package event

import "fmt"

// maxGrowth is more than canonical JSON can be longer than the JSON it was decoded from: strings and properties never
// grow, a time of 1e12 does.
const maxGrowth = 256

// checkSize checks the size of e as canonical JSON. It writes it only where the sum of its parts leaves a doubt.
func (e *Event) checkSize() []FieldError {
	if e.mostBytes() <= MaxStampedBytes {
		return nil
	}
	if n := len(e.AppendJSON(nil)); n > MaxStampedBytes {
		return []FieldError{tooLarge(n)}
	}
	return nil
}

// mostBytes is at least the size of e as JSON: a byte of a string takes up to six (\u0001).
func (e *Event) mostBytes() int {
	const frame = 1024 // keys, punctuation and numbers
	n := len(e.Site) + len(e.Name) + len(e.ID) + len(e.URL) + len(e.Referrer) + len(e.Title) + len(e.Visitor) + len(e.Session) +
		len(e.User) + len(e.Screen) + len(e.Lang) + len(e.UserAgent) + len(e.Country) + len(e.Region) + len(e.City) +
		len(e.DoorVisitor) + len(e.Bot)
	for i := range e.Props {
		n += len(e.Props[i].Key) + len(e.Props[i].Value) + len(`"":"",`)
	}
	return frame + 6*n
}

func tooLarge(n int) FieldError {
	return FieldError{Code: CodeTooLong, Message: fmt.Sprintf("the event must be at most %d bytes, not %d", MaxStampedBytes, n)}
}
