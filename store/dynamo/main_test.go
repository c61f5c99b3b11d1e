package dynamo

import (
	"flag"
	"os"
	"testing"
)

// TestMain keeps the random rounds of the suite few: every one is some hundred calls over HTTP, and the same rounds run in thousands on the other stores.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("STREAMGAUGE_LONG") == "" {
		_ = flag.Set("rapid.checks", "25") // the package rapid has it
	}
	os.Exit(m.Run())
}
