package stream

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Hook sees a call before the broker does. Req is the SDK's input, like *kinesis.PutRecordsInput. When handled is true, the
// call answers resp, the SDK's output or nil for an empty one, or err; otherwise it goes on. A hook may be called at the
// same time by many, and may block to delay a call.
type Hook = func(req any) (resp any, err error, handled bool)

// Control makes a hook see every call of an action, like "PutRecords", on both faces: to observe it, or to answer, delay
// or fail it in a test. The action "" stands for all that have no hook of their own. A nil hook removes the one that is
// there. Of SubscribeToShard only the beginning is seen, and a resp is ignored.
func (b *Broker) Control(action string, hook Hook) {
	b.hooks.mu.Lock()
	defer b.hooks.mu.Unlock()
	if hook == nil {
		delete(b.hooks.byAction, action)
		return
	}
	if b.hooks.byAction == nil {
		b.hooks.byAction = map[string]Hook{}
	}
	b.hooks.byAction[action] = hook
}

// hooks are the hooks of a broker, by action.
type hooks struct {
	mu       sync.RWMutex // guards byAction
	byAction map[string]Hook
}

// of finds the hook for an input, nil if there is none.
func (h *hooks) of(in any) Hook {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if len(h.byAction) == 0 {
		return nil
	}
	action := strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
	if hook := h.byAction[action]; hook != nil {
		return hook
	}
	return h.byAction[""]
}

// controlled asks the hook for an input.
func controlled[Out any](b *Broker, in any) (out *Out, err error, handled bool) {
	hook := b.hooks.of(in)
	if hook == nil {
		return nil, nil, false
	}
	resp, err, handled := hook(in)
	if !handled || err != nil {
		return nil, err, handled
	}
	if resp == nil {
		return new(Out), nil, true
	}
	out, ok := resp.(*Out)
	if !ok {
		return nil, fmt.Errorf("hook answered %T, not %T", resp, out), true
	}
	return out, nil, true
}
