package producer

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets this program also be what some tests start and kill.
func TestMain(m *testing.M) {
	var err error
	switch dir := os.Getenv(childFolder); {
	case dir != "":
		err = putUntilKilled(dir)
	case os.Getenv(sinkMark) != "":
		err = serveSink()
	default:
		goleak.VerifyTestMain(m)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
