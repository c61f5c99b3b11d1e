package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	ok, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// run runs go test with args and reports on out. It is false when the tests did not pass, an error when they could not be run.
func run(args []string, out io.Writer) (bool, error) {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stream, err := cmd.StdoutPipe()
	if err != nil {
		return false, fmt.Errorf("open the pipe from go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("start go test: %w", err)
	}
	defer passSignals(cmd.Process.Pid)()

	res := newResults()
	readErr := res.read(stream, out)
	waitErr := cmd.Wait()
	return res.summarize(out, os.Getenv("CI") == "true", errors.Join(readErr, waitErr)), nil
}

// passSignals ends go test when report is told to end, and report stays to say what had finished. The signal goes to the whole
// process group: go test alone would wait for its test binaries, or leave them behind, and theirs would outlive them.
func passSignals(group int) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		defer close(done)
		for s := range signals {
			_ = syscall.Kill(-group, s.(syscall.Signal)) // the group may have ended by itself
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}
