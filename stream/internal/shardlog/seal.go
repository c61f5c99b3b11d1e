package shardlog

import "errors"

// ErrSealed says that the log takes no more records: nothing will come after its end.
var ErrSealed = errors.New("log is sealed")

// Seal says that nothing will be appended any more. Waiting at the end is over, appending fails with ErrSealed, reading goes
// on, and the space that was prepared for more is given back. What is sealed says so nowhere on disk: who opens the log
// anew seals it anew.
func (l *Log) Seal() error {
	l.commit.Lock()
	defer l.commit.Unlock()
	l.mu.Lock()
	l.sealed = true
	l.wake()
	l.mu.Unlock()
	err := l.dropSpare()
	if l.active != nil {
		s, at, _ := l.last()
		err = errors.Join(err, l.sealActive(s, at))
	}
	return err
}

// LastArrival is the arrival time of the newest record, in Unix ms; that of the log's creation if there is none.
func (l *Log) LastArrival() int64 {
	l.commit.Lock()
	defer l.commit.Unlock()
	return l.arrival
}
