package stream

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TestOperations: the wire and the client have every operation of the SDK, or the documentation names it as left out.
func TestOperations(t *testing.T) {
	page, err := os.ReadFile("../docs/KINESIS.md")
	if err != nil {
		t.Fatal(err)
	}
	spoken, leftOut, found := strings.Cut(string(page), "Left out, and answered with")
	leftOut, _, _ = strings.Cut(leftOut, "Where it differs")
	if !found {
		t.Fatal("nothing is named as left out")
	}
	has := func(text, name string) bool { return regexp.MustCompile(`\b` + name + `\b`).MatchString(text) }
	b := &Broker{}
	for m := range reflect.TypeFor[*kinesis.Client]().Methods() {
		if m.Type.NumIn() != 4 { // receiver, context, input, options
			continue
		}
		if _, routed := b.route(m.Name); routed != has(spoken, m.Name) || routed == has(leftOut, m.Name) {
			t.Errorf("%s: on the wire %t, documented %t, documented as left out %t", m.Name, routed, has(spoken, m.Name), has(leftOut, m.Name))
		} else if _, ok := reflect.TypeFor[*Client]().MethodByName(m.Name); ok != routed && m.Name != "SubscribeToShard" {
			t.Errorf("%s: on the wire %t, in process %t", m.Name, routed, ok)
		}
	}
}
