package environment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type task struct {
	Do string `json:"do"`
	N  int    `json:"n"`
}

var (
	served int
	kept   [][]byte
	ticks  int
)

// serve is the test binary as a bootstrap: it does what the event says.
func serve() {
	switch os.Getenv("_HANDLER") {
	case "exits":
		os.Exit(3)
	case "hangs":
		<-time.After(time.Hour)
	case "fails":
		fail()
	}
	go func() {
		for range time.Tick(time.Millisecond) {
			ticks++
		}
	}()
	lambda.Start(handle)
}

// fail reports an error of the start by itself: the library panics instead.
func fail() {
	body := `{"errorType":"NoConfig","errorMessage":"there is no configuration"}`
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
	if resp, err := http.Post(url, "application/json", strings.NewReader(body)); err == nil {
		_ = resp.Body.Close()
	}
	os.Exit(1)
}

func handle(ctx context.Context, t task) (any, error) {
	served++
	switch t.Do {
	case "panic":
		panic("no more")
	case "error":
		return nil, errors.New("it is wrong")
	case "exit":
		os.Exit(t.N)
	case "sleep":
		<-time.After(time.Duration(t.N) * time.Millisecond)
	case "alloc":
		block := make([]byte, t.N<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		kept = append(kept, block)
	case "big":
		return strings.Repeat("x", t.N), nil
	case "ticks":
		return ticks, nil
	case "env":
		return os.Environ(), nil
	case "print":
		fmt.Println("hello from the function")
	case "tmp":
		entries, err := os.ReadDir(os.TempDir())
		if err != nil {
			return nil, err
		}
		return map[string]any{"dir": os.TempDir(), "entries": len(entries)}, write(t.N)
	}
	deadline, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	return map[string]any{
		"served": served, "id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "left_ms": time.Until(deadline).Milliseconds(),
	}, nil
}

// write writes so many MiB to a temporary file.
func write(mib int) error {
	f, err := os.CreateTemp("", "scratch")
	if err != nil {
		return err
	}
	defer f.Close()
	block, _ := json.Marshal(strings.Repeat("x", 1<<20-2))
	for range mib {
		if _, err := f.Write(block); err != nil {
			return err
		}
	}
	return nil
}
