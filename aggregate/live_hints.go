package aggregate

import "sync"

// maxHints bounds what is remembered of logs that changed while nobody asks.
const maxHints = 1024

// hints are logs of which somebody said that they have changed.
type hints struct {
	mu   sync.Mutex // guards what follows
	logs map[Log]struct{}
	lost bool // there were more than are remembered
}

func (h *hints) add(log Log) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.logs) >= maxHints {
		h.logs, h.lost = nil, true
	}
	if h.lost {
		return
	}
	if h.logs == nil {
		h.logs = make(map[Log]struct{})
	}
	h.logs[log] = struct{}{}
}

// hinted is what was taken: nothing is known of the logs where some were lost.
type hinted struct {
	logs map[Log]struct{}
	lost bool
}

func (h *hints) take() hinted {
	h.mu.Lock()
	defer h.mu.Unlock()
	taken := hinted{h.logs, h.lost}
	h.logs, h.lost = nil, false
	return taken
}
