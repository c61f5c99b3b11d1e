package environment

import (
	"context"
	"errors"
	"sync"
)

// Pool invokes a function in as many environments as there are invocations at a time. What belongs together, such as the batches of one shard, goes to the
// environment that served it last, if that is free.
type Pool struct {
	opts Options

	mu     sync.Mutex // guards the rest
	free   map[string][]*Environment
	all    []*Environment
	closed bool
}

// NewPool checks the options. It starts nothing.
func NewPool(o Options) (*Pool, error) {
	if _, err := New(o); err != nil {
		return nil, err
	}
	return &Pool{opts: o, free: map[string][]*Environment{}}, nil
}

// Invoke invokes the function in an environment of that name, or in a new one if those are busy.
func (p *Pool) Invoke(ctx context.Context, name string, event []byte) (Result, error) {
	e, err := p.take(name)
	if err != nil {
		return Result{}, err
	}
	defer p.put(name, e)
	return e.Invoke(ctx, event)
}

func (p *Pool) take(name string) (*Environment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if n := len(p.free[name]); n > 0 {
		e := p.free[name][n-1]
		p.free[name] = p.free[name][:n-1]
		return e, nil
	}
	e, err := New(p.opts)
	if err == nil {
		p.all = append(p.all, e)
	}
	return e, err
}

func (p *Pool) put(name string, e *Environment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[name] = append(p.free[name], e)
}

// Close ends all environments, when their invocations have.
func (p *Pool) Close() error {
	p.mu.Lock()
	all := p.all
	p.closed, p.all, p.free = true, nil, map[string][]*Environment{}
	p.mu.Unlock()
	var errs []error
	for _, e := range all {
		errs = append(errs, e.Close())
	}
	return errors.Join(errs...)
}
