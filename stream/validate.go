package stream

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// pattern is a constraint of the API reference, as messages quote it.
type pattern struct {
	text  string
	match *regexp.Regexp
}

func newPattern(text string) pattern { return pattern{text, regexp.MustCompile(`^(?:` + text + `)$`)} }

var (
	namePattern     = newPattern(`[a-zA-Z0-9_.-]+`)
	sequencePattern = newPattern(`0|([1-9]\d{0,128})`)
	hashKeyPattern  = newPattern(`0|([1-9]\d{0,38})`)
	arnPattern      = newPattern(`arn:aws.*:kinesis:.*:\d{12}:stream/\S+`)
	resourcePattern = newPattern(`arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+`)
	consumerPattern = newPattern(`^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`)
	anyPattern      = newPattern(`(?s).*`)
)

// violations gathers what is wrong with the fields of a request, in the wording of AWS.
type violations []string

// maxViolations is how many AWS names at most.
const maxViolations = 10

func (v *violations) add(value, field, constraint string) {
	if len(*v) < maxViolations {
		*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, field, constraint))
	}
}

// err is the ValidationException that names all violations, nil if there are none.
func (v violations) err() error {
	if len(v) == 0 {
		return nil
	}
	plural := ""
	if len(v) > 1 {
		plural = "s"
	}
	message := fmt.Sprintf("%d validation error%s detected: %s", len(v), plural, strings.Join(v, "; "))
	return &types.ValidationException{Message: &message}
}

// required notes a field that is absent.
func (v *violations) required(field string, present bool) {
	if !present {
		v.add("null", field, "Member must not be null")
	}
}

// text checks a string that may be absent; its length is counted in characters.
func (v *violations) text(field string, s *string, minLen, maxLen int, p pattern) {
	if s == nil {
		return
	}
	if !p.match.MatchString(*s) {
		v.add("'"+*s+"'", field, "Member must satisfy regular expression pattern: "+p.text)
	}
	v.length("'"+*s+"'", field, utf8.RuneCountInString(*s), minLen, maxLen)
}

func (v *violations) length(value, field string, n, minLen, maxLen int) {
	if n < minLen {
		v.add(value, field, fmt.Sprintf("Member must have length greater than or equal to %d", minLen))
	}
	if n > maxLen {
		v.add(value, field, fmt.Sprintf("Member must have length less than or equal to %d", maxLen))
	}
}

// number checks a number that may be absent.
func (v *violations) number(field string, n *int32, least, most int32) {
	if n == nil {
		return
	}
	value := fmt.Sprintf("'%d'", *n)
	if *n < least {
		v.add(value, field, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	}
	if *n > most {
		v.add(value, field, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
}

// blob checks the length of bytes.
func (v *violations) blob(field string, data []byte, maxLen int) {
	if len(data) > maxLen {
		v.length(fmt.Sprintf("'java.nio.HeapByteBuffer[pos=0 lim=%d cap=%[1]d]'", len(data)), field, len(data), 0, maxLen)
	}
}

// enum checks a value that may be absent.
func enum[T ~string](v *violations, field string, value T, allowed []T) {
	if value == "" || slices.Contains(allowed, value) {
		return
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	v.add("'"+string(value)+"'", field, "Member must satisfy enum value set: ["+strings.Join(names, ", ")+"]")
}

// stream checks the two fields that name a stream.
func (v *violations) stream(name, arn *string) {
	v.text("streamName", name, 1, 128, namePattern)
	v.text("streamARN", arn, 1, 2048, arnPattern)
}

// shard checks the id of a shard that must be named.
func (v *violations) shard(field string, id *string) {
	v.required(field, id != nil)
	v.text(field, id, 1, 128, namePattern)
}

// streamName is the stream that a request means by its name, its ARN, or both.
func streamName(name, arn *string) (string, error) {
	switch {
	case name == nil && arn == nil:
		return "", invalidArgument("Either StreamARN or StreamName must be provided.")
	case arn == nil:
		return *name, nil
	}
	_, fromARN, _ := strings.Cut(*arn, ":stream/")
	if name != nil && *name != fromARN {
		return "", invalidArgument("StreamName %s does not match StreamARN %s.", *name, *arn)
	}
	return fromARN, nil
}
