package stream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"sync"
	"time"

	"github.com/streamgauge/streamgauge/stream/disk"
	"github.com/streamgauge/streamgauge/stream/internal/shardlog"
)

// Errors of the broker itself, beside the SDK's.
var (
	// ErrFull says that the disk has no room for a put. Nothing of it was kept, and puts work again when there is room.
	// Over HTTP it is a 500 InternalFailure.
	ErrFull = shardlog.ErrFull
	// ErrClosed says that the broker was closed.
	ErrClosed = errors.New("stream broker is closed")
	// ErrLocked says that another process has the data folder.
	ErrLocked = disk.ErrLocked
)

// CorruptError names the file and the offset of data that is not what was written.
type CorruptError = shardlog.CorruptError

// Options configure a broker. Only Dir is required.
type Options struct {
	// Dir is the data folder. It is made if it does not exist.
	Dir string
	// Clock is the time of arrivals and iterators; time.Now by default. It may step back.
	Clock func() time.Time
	// Region and Account stand in ARNs and messages: "us-east-1" and "000000000000" by default.
	Region, Account string
	// SegmentBytes is the size of a full-grown segment file: 64 MiB by default, 4 KiB at least.
	SegmentBytes int64
	// TailBytes is how much memory the newest records of all shards together may take: 32 MiB by default.
	TailBytes int
	// EnforceLimits throttles shards as Kinesis does: 1 MiB and 1,000 records a second in, 2 MiB and 5 reads a second out.
	EnforceLimits bool
	// OnError is told what failed in the background, where nobody waits for an answer, and is tried again. It may be nil.
	OnError func(error)
	// AccessKey and SecretKey are the credentials that requests over HTTP must be signed with (Signature Version 4). By
	// default there are none, and any signature or none will do.
	AccessKey, SecretKey string
	// FS is the file system, the machine's by default.
	FS disk.FS
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "000000000000"
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = 64 << 20
	}
	if o.TailBytes == 0 {
		o.TailBytes = 32 << 20
	}
	if o.FS == nil {
		o.FS = disk.OS{}
	}
	return o
}

var accountPattern = regexp.MustCompile(`^\d{12}$`)

func (o Options) validate() error {
	var errs []error
	if o.Dir == "" {
		errs = append(errs, errors.New("no Dir is given"))
	}
	if !accountPattern.MatchString(o.Account) {
		errs = append(errs, fmt.Errorf("the Account %q is not 12 digits", o.Account))
	}
	if o.SegmentBytes < 4<<10 {
		errs = append(errs, fmt.Errorf("SegmentBytes %d is below 4096", o.SegmentBytes))
	}
	if o.TailBytes < 0 {
		errs = append(errs, fmt.Errorf("TailBytes %d is negative", o.TailBytes))
	}
	errs = append(errs, o.checkKeys())
	return errors.Join(errs...)
}

// Broker holds the streams of one data folder. Its methods may be called at the same time.
type Broker struct {
	opt  Options
	tail *shardlog.Tail
	lock io.Closer
	key  []byte // of iterators and tokens

	calls   sync.RWMutex // read-held by every call, so that Close waits for them
	closed  bool         // guarded by calls
	closing chan struct{}

	background sync.WaitGroup // keepRetention

	mu       sync.RWMutex // guards what follows; taken after calls and after the mu of a stream
	streams  map[string]*dataStream
	account  account // settings of the account
	shutdown sync.Once

	hooks         hooks
	subscriptions subscriptions
}

// Open opens the streams in a data folder and takes it for this process. The error is ErrLocked when another process has
// it, and a *CorruptError when acknowledged records are damaged.
func Open(opt Options) (*Broker, error) {
	opt = opt.withDefaults()
	if err := opt.validate(); err != nil {
		return nil, fmt.Errorf("stream options: %w", err)
	}
	if err := disk.MkdirAll(opt.FS, opt.Dir); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock, err := opt.FS.Lock(path.Join(opt.Dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("take data folder %s: %w", opt.Dir, err)
	}
	b := &Broker{
		opt:     opt,
		tail:    shardlog.NewTail(opt.TailBytes),
		lock:    lock,
		closing: make(chan struct{}),
		streams: map[string]*dataStream{},
	}
	if err := b.load(); err != nil {
		return nil, errors.Join(err, b.closeStreams(), lock.Close())
	}
	b.background.Go(b.keepRetention)
	return b, nil
}

func (b *Broker) load() (err error) {
	if b.key, err = loadKey(b.opt.FS, path.Join(b.opt.Dir, "key")); err != nil {
		return fmt.Errorf("load key: %w", err)
	}
	if err := b.loadAccount(); err != nil {
		return err
	}
	return b.loadStreams()
}

// loadKey returns the secret that authenticates iterators. It is kept, so that iterators outlive a restart.
func loadKey(fsys disk.FS, name string) ([]byte, error) {
	key, err := disk.ReadFile(fsys, name)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key = make([]byte, 32)
	rand.Read(key) // never fails
	return key, disk.WriteFile(fsys, name, key)
}

// Close waits for the calls that run, ends all waiting, and gives the data folder back. Later calls fail with ErrClosed.
func (b *Broker) Close() error {
	var err error
	b.shutdown.Do(func() {
		close(b.closing)
		b.background.Wait()
		b.calls.Lock()
		b.closed = true
		b.calls.Unlock()
		err = errors.Join(b.closeStreams(), b.lock.Close())
	})
	return err
}

func (b *Broker) closeStreams() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, s := range b.streams {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// call runs one API action, for either face.
func call[In, Out any](ctx context.Context, b *Broker, in *In, action func(context.Context, *In) (*Out, error)) (*Out, error) {
	if in == nil {
		in = new(In)
	}
	if out, err, handled := controlled[Out](b, in); handled {
		return out, err
	}
	var out *Out
	err := b.enter(ctx, func() (err error) {
		out, err = action(ctx, in)
		return err
	})
	return out, err
}

// enter runs f unless ctx has ended or the broker is closed; Close waits for it.
func (b *Broker) enter(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.calls.RLock()
	defer b.calls.RUnlock()
	if b.closed {
		return ErrClosed
	}
	return f()
}

// now is the clock in Unix milliseconds.
func (b *Broker) now() int64 { return b.opt.Clock().UnixMilli() }
