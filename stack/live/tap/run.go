package tap

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A Command is a line that somebody types while the machine runs. What it
// prints goes to Out.
type Command struct {
	Line string
	Out  io.Writer
}

// A Run is a machine in real time. Fill it in, and call Go.
type Run struct {
	Config   live.Config
	Wires    []Wire              // one for each port
	Log      string              // where the log is written; empty: nowhere
	Watch    func(live.Record)   // told of everything, in order; Data is lent for the call
	Commands chan Command        // nil: none come
	Ready    func(*live.Machine) // the machine runs
	Tick     func(sim.Time)      // the machine has come so far

	// What there has been so far.
	Stats Stats

	m       *live.Machine
	start   time.Time
	last    sim.Time // of the last input
	in      chan *Batch
	free    chan *Batch
	out     [][]byte
	log     *logFile
	fail    error
	unsaved int // records that may not be in the file yet
}

// Stats count frames and bytes.
type Stats struct {
	In, Out           int
	BytesIn, BytesOut int64
	Lines             int
	Hash              uint64
	End               sim.Time // of the machine
	Took              time.Duration
}

const (
	// batches is how many batches of frames there are for each wire; more frames
	// wait in the kernel, and what does not fit there is lost, and counted, there.
	batches = 4
	// saveEvery is how many records may wait for the file while there is no rest.
	saveEvery = 512
	// spin is how near the next event must be for not to sleep until then.
	spin = 60 * time.Microsecond
	// cableRate is how fast frames come in that the kernel handed over as one, in
	// bits per second; cableGap is what each takes besides: preamble, checksum and
	// gap (IEEE 802.3).
	cableRate = 10e9
	cableGap  = 24
)

// Go runs until the context is over or something breaks, and closes the wires.
// What was logged so far is a readable capture in any case.
func (r *Run) Go(ctx context.Context) (err error) {
	defer func() {
		for _, w := range r.Wires {
			w.Close()
		}
	}()
	if r.m, err = live.New(r.Config); err != nil {
		return err
	}
	defer r.m.Close()
	r.start = time.Now()
	if r.Log != "" {
		if r.log, err = create(r.Log, r.Config, r.start); err != nil {
			return err
		}
	}
	r.in, r.free = make(chan *Batch, batches*len(r.Wires)), make(chan *Batch, batches*len(r.Wires))
	for range cap(r.free) {
		r.free <- &Batch{}
	}
	stop := make(chan struct{})
	defer close(stop)
	for i, w := range r.Wires {
		go r.read(i, w, stop)
	}
	if r.Ready != nil {
		r.Ready(r.m)
	}
	for r.fail == nil && ctx.Err() == nil {
		r.wait(ctx)
	}
	return r.end()
}

// read hands over the frames of a wire.
func (r *Run) read(port int, w Wire, stop chan struct{}) {
	for {
		var b *Batch
		select {
		case b = <-r.free:
		case <-stop:
			return
		}
		b.Reset()
		b.port, b.err = port, w.ReadFrames(b)
		err := b.err
		select {
		case r.in <- b:
		case <-stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// now is the time of what happens now: never before what happened last.
func (r *Run) now() sim.Time { return max(sim.Time(time.Since(r.start)), r.last) }

// wait lets the machine run up to now, sends what left, and sleeps until
// something comes or is due.
func (r *Run) wait(ctx context.Context) {
	at := r.now()
	r.m.RunTo(at)
	r.drain()
	if r.Tick != nil {
		r.Tick(at)
	}
	select {
	case c := <-r.Commands:
		r.do(c)
		return
	default:
	}
	sleep := time.Second
	if at, ok := r.m.Next(); ok {
		sleep = min(sleep, time.Duration(at)-time.Since(r.start))
	}
	if sleep < spin {
		select {
		case f := <-r.in:
			r.take(f)
		default:
		}
		return
	}
	select { // nothing to do: what was logged may go to the disk
	case f := <-r.in:
		r.take(f)
		return
	default:
		r.flush()
	}
	t := time.NewTimer(sleep)
	defer t.Stop()
	select {
	case f := <-r.in:
		r.take(f)
	case c := <-r.Commands:
		r.do(c)
	case <-t.C:
	case <-ctx.Done():
	}
}

// take gives the frames of a batch to the machine. Those that the kernel handed
// over at one time come one after the other, as fast as a cable carries them.
func (r *Run) take(b *Batch) {
	for i := range b.Len() {
		f := b.Frame(i)
		at := r.now()
		r.m.RunTo(at)
		r.drain()
		r.last = at + sim.Time(float64(len(f)+cableGap)*8e9/cableRate)
		r.Stats.In++
		r.Stats.BytesIn += int64(len(f))
		r.note(live.Record{Kind: live.In, At: at, Port: b.port, Data: f})
		r.m.Frame(at, b.port, f)
	}
	if b.err != nil {
		r.fail = b.err
	}
	r.free <- b
}

func (r *Run) do(c Command) {
	at := r.now()
	r.m.RunTo(at)
	r.drain()
	r.Stats.Lines++
	r.note(live.Record{Kind: live.Line, At: at, Data: []byte(c.Line)})
	out := c.Out
	if out == nil {
		out = io.Discard
	}
	r.m.Do(at, c.Line, out)
}

// drain logs and sends what has left.
func (r *Run) drain() {
	sent := r.m.Sent()
	for i := 0; i < len(sent); {
		port := sent[i].Port
		r.out = r.out[:0]
		for ; i < len(sent) && sent[i].Port == port; i++ {
			s := &sent[i]
			r.Stats.Out++
			r.Stats.BytesOut += int64(len(s.Data))
			r.note(live.Record{Kind: live.Out, At: s.At, Port: port, Data: s.Data})
			r.out = append(r.out, s.Data)
		}
		if err := r.Wires[port].WriteFrames(r.out); err != nil && r.fail == nil {
			r.fail = err
		}
	}
	r.m.Free(sent)
	r.m.Forget()
}

// note logs a record.
func (r *Run) note(x live.Record) {
	if r.Watch != nil {
		r.Watch(x)
	}
	if r.log == nil {
		return
	}
	r.unsaved++
	if r.unsaved >= saveEvery {
		r.flush()
	}
	if err := r.log.write(x); err != nil && r.fail == nil {
		r.fail = err
	}
}

func (r *Run) flush() {
	if r.unsaved == 0 || r.log == nil {
		return
	}
	r.unsaved = 0
	if err := r.log.flush(); err != nil && r.fail == nil {
		r.fail = err
	}
}

// end closes the log.
func (r *Run) end() error {
	at := r.now()
	r.m.RunTo(at)
	r.drain()
	r.Stats.Hash, r.Stats.End, r.Stats.Took = r.m.Hash(), at, time.Since(r.start)
	r.note(live.Record{Kind: live.End, At: at, Hash: r.Stats.Hash})
	if r.log != nil {
		if err := r.log.close(); err != nil && r.fail == nil {
			r.fail = err
		}
	}
	return r.fail
}

// A logFile is a log on disk. When it cannot be written any more, it is cut back
// to the last whole record.
type logFile struct {
	name string
	f    *os.File
	w    *live.Writer
	good int64 // bytes that are whole records
	n    int64 // bytes written
	bad  error
}

func create(name string, c live.Config, start time.Time) (*logFile, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	l := &logFile{name: name, f: f}
	if l.w, err = live.NewWriter(l, c, start.UnixNano()); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, l.flush()
}

// Write counts what the file takes.
func (l *logFile) Write(b []byte) (int, error) {
	n, err := l.f.Write(b)
	l.n += int64(n)
	return n, err
}

func (l *logFile) write(x live.Record) error {
	if l.bad != nil {
		return l.bad
	}
	return l.check(l.w.Write(x))
}

// flush hands all records to the file.
func (l *logFile) flush() error {
	if l.bad != nil {
		return l.bad
	}
	err := l.check(l.w.Flush())
	if err == nil {
		l.good = l.n
	}
	return err
}

// check cuts the file back after an error.
func (l *logFile) check(err error) error {
	if err == nil {
		return nil
	}
	l.bad = fmt.Errorf("%s: %w; it was cut back to its last whole record", l.name, err)
	_ = l.f.Truncate(l.good)
	return l.bad
}

func (l *logFile) close() error {
	err := l.flush()
	if e := l.f.Close(); err == nil {
		err = e
	}
	return err
}
