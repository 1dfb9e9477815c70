package pcaps

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
)

// Limits on what one capture may hold.
const (
	// MaxFrame is the longest frame believed, in bytes (libpcap's
	// MAXIMUM_SNAPLEN). A longer one means that the file is damaged there.
	MaxFrame = 262144
	// MaxInterfaces is the most interfaces of one file, over all sections.
	MaxInterfaces = 1 << 17

	stride    = 64       // every so many frames the index remembers one place
	seqWindow = 32 << 10 // stays in the nearest cache until it has been read
	rndWindow = 64 << 10
)

// Reader gives the frames of a capture, in order by Next and by number by
// Frame. It is for one goroutine at a time.
type Reader struct {
	name   string
	src    source
	ng     bool
	pcap   pcapHeader // when !ng
	ifaces []Interface
	bytes  int64 // memory the interfaces' texts cost
	os     string

	n       int    // frames indexed
	marks   []mark // frame i*stride begins here
	all     bool   // the end is known
	base    int64  // time of the first frame that has one
	hasBase bool

	seq, rnd cursor
	err      error // what ended Next
}

// mark is the state of a cursor at one frame, packed: a capture may have very
// many.
type mark struct {
	off            int64
	no, base, next int32
	be             bool
}

// cursor is a place in the capture and what is needed to decode there.
type cursor struct {
	w   window
	n   int // frame that begins at or after the position
	sec section
	dec decoder
	rec record
}

// record is the packet record at a cursor's position.
type record struct {
	off    int64
	typ    uint32 // block type, pcapng only
	iface  int    // index into Reader.ifaces
	size   int    // bytes, all told
	data   int    // where the captured bytes begin
	caplen int
}

// Name is the capture's name as errors give it.
func (r *Reader) Name() string { return r.name }

// Format is "pcap" or "pcapng".
func (r *Reader) Format() string {
	if r.ng {
		return "pcapng"
	}
	return "pcap"
}

// Interfaces lists the interfaces met so far, in the order of the file. A pcap
// has one, without a name.
func (r *Reader) Interfaces() []Interface { return r.ifaces }

// Len is the number of frames indexed so far: those that Next or Index passed.
func (r *Reader) Len() int { return r.n }

// Complete reports whether Len is the number of frames in the whole capture.
func (r *Reader) Complete() bool { return r.all }

// Start is the time of the first frame in ns since 1970; 0 when no frame has a
// time.
func (r *Reader) Start() int64 { return r.base }

// Close gives back the file, and the temporary file if there is one.
func (r *Reader) Close() error { return r.src.close() }

// Next returns the next frame, io.EOF at the end, or an *Error where the
// capture is damaged; after an error it returns the same again. Data is valid
// until the next call of Next.
func (r *Reader) Next() (f Frame, err error) {
	if r.err != nil {
		return f, r.err
	}
	c := &r.seq
	if c.w.br == nil {
		c.w.init(r.src, seqWindow)
		r.place(c, 0)
	}
	if err = r.find(c); err == nil {
		err = r.take(c, &f)
	}
	if errors.Is(err, ErrLater) {
		return f, ErrLater
	}
	r.err = err
	return f, err
}

// Follow lets a stream (standard input, a pipe) come at its own pace: Next
// returns ErrLater when the next frame has not come yet, and does not wait for
// it. It reports whether the capture is such a stream.
func (r *Reader) Follow() bool {
	s, ok := r.src.(*spool)
	if ok && !s.live {
		s.follow()
	}
	return ok
}

// Rewind makes Next begin again with the first frame.
func (r *Reader) Rewind() {
	if r.seq.w.br != nil {
		r.place(&r.seq, 0)
	}
	r.err = nil
}

// Index passes over the rest of the capture without decoding it, so that Len
// is its length and Frame can fetch all of it. It returns nil at the end, or
// the *Error that Next would end with. Next is not moved.
func (r *Reader) Index() error {
	if r.all {
		return nil
	}
	c := &r.rnd
	if m := len(r.marks) - 1; m >= 0 && c.n < m*stride {
		r.place(c, m)
	}
	for {
		err := r.find(c)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case r.hasBase:
			r.pass(c)
		default:
			var f Frame
			if err := r.take(c, &f); err != nil {
				return err
			}
		}
	}
}

// Frame returns frame i, counted from 0, of those indexed so far. Fetching
// frames in order costs no more than Next. Data is valid until the next call
// of Frame or Index.
func (r *Reader) Frame(i int) (f Frame, err error) {
	if i < 0 || i >= r.n {
		return f, r.fail(-1, "frame "+strconv.Itoa(i)+" is asked for, and "+strconv.Itoa(r.n)+" are indexed", "ask for an earlier frame, or read on first")
	}
	c := &r.rnd
	if c.n > i || c.n < i/stride*stride {
		r.place(c, i/stride)
	}
	for {
		if err = r.find(c); err != nil {
			break
		}
		if c.n == i {
			err = r.take(c, &f)
			break
		}
		r.pass(c)
	}
	if err != nil {
		c.n = r.n + 1 // the place is not to be trusted: find it anew
		if err == io.EOF {
			err = r.fail(-1, "the capture became shorter while it was read", "open it again")
		}
	}
	return f, err
}

// prime looks at the first frame.
func (r *Reader) prime() error {
	r.rnd.w.init(r.src, rndWindow)
	r.place(&r.rnd, 0)
	err := r.find(&r.rnd)
	if err == nil {
		var f Frame
		err = r.take(&r.rnd, &f)
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// place puts a cursor at mark m; mark 0 may be the beginning of the file.
func (r *Reader) place(c *cursor, m int) {
	if m < len(r.marks) {
		k := &r.marks[m]
		c.w.seek(k.off)
		c.sec, c.n = section{no: int(k.no), base: int(k.base), next: int(k.next), be: k.be}, m*stride
		return
	}
	c.w.seek(r.first())
	c.sec, c.n = section{no: -1}, 0
}

// first is the offset of the first record.
func (r *Reader) first() int64 {
	if r.ng {
		return 0
	}
	return 24
}

// find goes to the next record and describes it in c.rec. What is new it adds
// to the index.
func (r *Reader) find(c *cursor) error {
	var err error
	if r.ng {
		err = r.findBlock(c)
	} else {
		err = r.findRecord(c)
	}
	if err != nil {
		if err == io.EOF && c.n == r.n {
			r.all = true
		}
		return err
	}
	if c.n == r.n {
		if r.n%stride == 0 {
			s := &c.sec
			r.marks = append(r.marks, mark{c.rec.off, int32(s.no), int32(s.base), int32(s.next), s.be})
		}
		r.n++
	}
	return nil
}

// pass goes past the record that find found.
func (r *Reader) pass(c *cursor) {
	c.w.skip(c.rec.size)
	c.n++
}

// take decodes the record that find found, and goes past it.
func (r *Reader) take(c *cursor, f *Frame) error {
	c.n++
	f.N, f.Queue, f.Iface = c.n, -1, c.rec.iface
	f.Link = r.ifaces[c.rec.iface].Link
	var err error
	if r.ng {
		err = r.takeBlock(c, f)
	} else {
		err = r.takeRecord(c, f)
	}
	if err != nil {
		c.dec = decoder{}
		*f = Frame{}
		return r.fail(c.rec.off, "the record cannot be decoded: "+err.Error(), "tell packetwalk's authors: this should have been found earlier")
	}
	if f.Dir == DirUnknown && f.Link != LinkEthernet {
		f.Dir = f.Link.direction(f.Data)
	}
	if f.NoTime {
		return nil
	}
	if !r.hasBase {
		r.base, r.hasBase = f.Unix, true
	}
	f.At = subNS(f.Unix, r.base)
	return nil
}

// fail makes an *Error.
func (r *Reader) fail(off int64, what, do string) error {
	return &Error{File: r.name, Offset: off, What: what, Do: do}
}

// broken says that the bytes end, or cannot be had, inside a record.
func (r *Reader) broken(off int64, err error, missing string) error {
	e := &Error{File: r.name, Offset: off, Err: err}
	var bomb bombError
	switch {
	case errors.As(err, &bomb):
		e.What, e.Do = bomb.Error(), "unpack and split it first, with: gunzip, then editcap -c 1000000"
	case err == errNoFiles:
		e.What, e.Do = err.Error(), "split it with: editcap -c 100000 IN OUT"
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		e.What, e.Do = "the capture breaks off"+missing, "what came before it is whole; for the rest capture again"
	case errors.Is(err, fs.ErrClosed):
		e.What, e.Do = "the capture was closed", "open it again"
	default:
		e.What, e.Do = "reading failed: "+err.Error(), "what came before it is whole; get the file again"
	}
	return e
}

// cut is the error for a record of n bytes of which only have are there.
func (r *Reader) cut(off int64, err error, what string, n, have int) error {
	return r.broken(off, err, fmt.Sprintf(" inside %s: %d bytes are needed, %d are left", what, n, have))
}
