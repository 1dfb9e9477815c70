package pcaps

import (
	"bufio"
	"bytes"
	"io"
)

// window is the part of a source at hand: a buffer that slides along. Its
// position is where the next record begins. pcapgo reads from the same buffer,
// so a record is looked at in place and then copied once.
type window struct {
	br *bufio.Reader
	in reads
}

// reads is a source as a stream from an offset on.
type reads struct {
	src  source
	off  int64 // of the next Read
	step int   // most bytes of one Read: enough to be quick, and to stay in the processor's cache
}

// Read implements io.Reader.
func (s *reads) Read(p []byte) (int, error) {
	if len(p) > s.step {
		p = p[:s.step]
	}
	n, err := s.src.readAt(p, s.off, 1)
	s.off += int64(n)
	return n, err
}

func (w *window) init(src source, step int) {
	w.in = reads{src: src, step: step}
	w.br = bufio.NewReaderSize(&w.in, maxPacketBlock+step)
}

// pos is the offset of the position.
func (w *window) pos() int64 { return w.in.off - int64(w.br.Buffered()) }

// need returns n bytes from the position on, without moving it. At the end of
// the source it returns what is left: io.EOF when that is nothing,
// io.ErrUnexpectedEOF when it is too little.
func (w *window) need(n int) ([]byte, error) {
	b, err := w.br.Peek(n)
	if err == io.EOF && len(b) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// skip moves the position on by n bytes that need not be at hand.
func (w *window) skip(n int) {
	if n <= w.br.Buffered() {
		w.br.Discard(n)
		return
	}
	w.seek(w.pos() + int64(n))
}

// seek moves the position to off.
func (w *window) seek(off int64) {
	if ahead := off - w.pos(); ahead >= 0 && ahead <= int64(w.br.Buffered()) {
		w.br.Discard(int(ahead))
		return
	}
	w.in.off = off
	w.br.Reset(&w.in)
}

// instead runs do while the buffer holds b in place of the source.
func (w *window) instead(b []byte, do func() error) error {
	pos := w.pos()
	w.br.Reset(bytes.NewReader(b))
	err := do()
	w.in.off = pos
	w.br.Reset(&w.in)
	return err
}
