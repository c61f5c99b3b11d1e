package environment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Environment is one execution environment. Invocations at a time wait for each other.
type Environment struct {
	opts      Options
	sandboxed bool
	scratch   int           // MiB for temporary files
	turn      chan struct{} // holds one: who invokes, or closes
	logs      *lines

	// The rest belongs to the one whose turn it is.
	api     *api
	process *process // nil: none runs
	waiting *ask     // of the process, which is frozen
	closed  bool
}

// Result is an invocation that succeeded, or was at least made: where the function has failed the error is a *FunctionError.
type Result struct {
	Payload []byte // the function's response
	Report  Report
}

// New checks the options. The process is started by the first invocation.
func New(o Options) (*Environment, error) {
	o = o.filled()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("configure environment: %w", err)
	}
	return &Environment{opts: o, sandboxed: canSandbox(), scratch: scratchMiB, turn: make(chan struct{}, 1), logs: &lines{out: o.Logs}}, nil
}

// Sandboxed reports whether /tmp is a file system of the function's own. Otherwise it has an empty folder in TMPDIR.
func (e *Environment) Sandboxed() bool { return e.sandboxed }

// Invoke gives the function an event and waits for what it answers. Where ctx ends first the process is killed. The error is a
// *FunctionError if the function failed; anything else is that it could not be invoked.
func (e *Environment) Invoke(ctx context.Context, event []byte) (Result, error) {
	if len(event) > MaxRequest {
		return Result{}, ErrRequestTooLarge
	}
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	if e.closed {
		return Result{}, ErrClosed
	}
	report := Report{RequestID: uuid.NewString(), MemoryMB: e.opts.MemoryMB}
	if err := e.forgetEnded(); err != nil {
		return Result{Report: report}, err
	}
	if e.process == nil {
		began := time.Now()
		if err := e.boot(ctx, report.RequestID); err != nil {
			return Result{Report: report}, err
		}
		report.Init = time.Since(began)
	}
	e.logs.printf("START RequestId: %s Version: $LATEST", report.RequestID)
	v, err := e.serve(ctx, event, &report)
	e.logs.printf("END RequestId: %s", report.RequestID)
	e.logs.printf("%s", report)
	if err != nil {
		return Result{Report: report}, err
	}
	return Result{Payload: v.payload, Report: report}, nil
}

// boot starts the process and waits until it asks for its first invocation.
func (e *Environment) boot(ctx context.Context, requestID string) (err error) {
	if e.api == nil {
		if e.api, err = newAPI(e.opts.arn()); err != nil {
			return err
		}
	}
	if e.process, err = start(e.opts, e.api.addr, e.sandboxed, e.scratch, e.logs); err != nil {
		return fmt.Errorf("start bootstrap: %w", err)
	}
	limit := time.NewTimer(maxInit)
	defer limit.Stop()
	select {
	case e.waiting = <-e.api.asks:
		return nil
	case v := <-e.api.verdicts:
		err = v.err
	case <-e.process.exited:
		err = newFunctionError(requestID, "Runtime.ExitError", e.process.ending())
	case <-limit.C:
		err = newFunctionError(requestID, "Sandbox.Timedout", fmt.Sprintf("the start took longer than %v", maxInit))
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, e.kill())
}

// sampling is how often the memory of a process that serves is read: of one that has ended nothing can be read any more.
const sampling = 20 * time.Millisecond

// serve lets the process serve one invocation, and freezes it when it asks for the next.
func (e *Environment) serve(ctx context.Context, event []byte, report *Report) (v verdict, err error) {
	began := time.Now()
	inv := &invocation{id: report.RequestID, payload: event, deadline: began.Add(e.opts.Timeout)}
	e.api.setCurrent(inv.id)
	defer e.api.setCurrent("")
	if err := e.process.thaw(); err != nil {
		return v, errors.Join(fmt.Errorf("thaw: %w", err), e.kill())
	}
	e.waiting.give <- inv
	e.waiting = nil
	limit := time.NewTimer(e.opts.Timeout)
	defer limit.Stop()
	sample := time.NewTicker(sampling)
	defer sample.Stop()
	answered := false
	end := func(kind, message string) (verdict, error) {
		report.measure(began, e.process)
		if err := e.kill(); err != nil {
			return v, err
		}
		if !answered {
			report.Status = kind
			return v, newFunctionError(inv.id, kind, message)
		}
		return v, asError(v.err) // what it said before it came to an end stands
	}
	for {
		select {
		case <-sample.C:
			report.MaxMemoryMB = max(report.MaxMemoryMB, e.process.peakMB())
		case v = <-e.api.verdicts:
			answered = true
			report.measure(began, e.process)
		case e.waiting = <-e.api.asks:
			if !answered {
				return end("Runtime.Unknown", "the runtime asked for the next invocation before it had answered this one")
			}
			report.measure(began, e.process)
			return v, errors.Join(asError(v.err), e.process.freeze())
		case <-e.process.exited:
			return end("Runtime.ExitError", "Runtime exited with error: "+e.process.ending())
		case <-limit.C:
			return end("Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", e.opts.Timeout.Seconds()))
		case <-ctx.Done():
			_, _ = end("", "")
			return v, ctx.Err()
		}
	}
}

// asError keeps a nil *FunctionError from becoming an error.
func asError(err *FunctionError) error {
	if err == nil {
		return nil
	}
	return err
}

// kill ends the process, with all that it has started, and forgets it.
func (e *Environment) kill() error {
	p := e.process
	e.process, e.waiting = nil, nil
	return p.kill()
}

// forgetEnded forgets a process that has ended between two invocations.
func (e *Environment) forgetEnded() error {
	if e.process == nil {
		return nil
	}
	select {
	case <-e.process.exited:
		return e.kill()
	default:
		return nil
	}
}

// Close ends the process. It waits for an invocation in hand.
func (e *Environment) Close() error {
	e.turn <- struct{}{}
	defer func() { <-e.turn }()
	e.closed = true
	var errs []error
	if e.process != nil {
		errs = append(errs, e.kill())
	}
	if e.api != nil {
		errs = append(errs, e.api.close())
		e.api = nil
	}
	return errors.Join(errs...)
}

// lines writes whole lines, one at a time, and what the process writes.
type lines struct {
	mu  sync.Mutex
	out interface{ Write([]byte) (int, error) }
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lines) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(l, format+"\n", args...) // logs are nobody's reason to fail
}

func removeAll(dir string) error {
	if dir == "" {
		return nil
	}
	return os.RemoveAll(dir)
}
