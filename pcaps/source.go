package pcaps

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"
)

// Limits on what a stream (standard input, gzip) may cost. They are variables
// so that a test can make them small; a program leaves them alone.
var (
	// SpoolMemory is how many bytes of a stream stay in memory before the
	// whole goes to a temporary file.
	SpoolMemory int64 = 64 << 20
	// SpoolMemoryJS is the limit where there are no files (a browser).
	SpoolMemoryJS int64 = 256 << 20
	// MaxUncompressed is the most bytes taken from a gzip file.
	MaxUncompressed int64 = 16 << 30
	// MaxRatio is the highest gain by compression believed once more than
	// MaxRatioAfter bytes have come out. gzip cannot gain more than 1032; a
	// flood of the largest frames, all zeros, gains 950.
	MaxRatio      int64 = 1000
	MaxRatioAfter int64 = 1 << 30
)

// source gives the bytes of a capture by offset.
type source interface {
	// readAt fills p from offset off. It may stop early after min bytes; with
	// fewer than min it returns why, io.EOF at the end of the capture.
	readAt(p []byte, off int64, min int) (int, error)
	close() error
}

// fileSource reads what can be read at any offset.
type fileSource struct {
	r io.ReaderAt
	c io.Closer // nil when there is nothing to close
}

func (s *fileSource) readAt(p []byte, off int64, min int) (int, error) {
	n, err := s.r.ReadAt(p, off)
	if n >= min {
		return n, nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return n, err
}

func (s *fileSource) close() error {
	if s.c == nil {
		return nil
	}
	return s.c.Close()
}

// spool makes a stream readable by offset: it keeps what has come so far, in
// memory and then in a temporary file, and pulls more when asked for more.
type spool struct {
	in    io.Reader
	c     io.Closer // of the stream, may be nil
	mem   []byte    // the first bytes, until there is a file
	file  *os.File  // then all of them
	path  string    // of the file, while it must still be removed
	have  int64
	err   error // why the stream ended
	limit func(have int64) error
	chunk []byte

	mu   sync.Mutex
	live bool // somebody else pulls: what has not come is not waited for
}

// ErrLater tells that what is asked for has not come yet. It may be asked for
// again.
var ErrLater = errors.New("it has not come yet")

// follow pulls the stream as it comes, until it ends.
func (s *spool) follow() {
	s.live = true
	go func() {
		chunk := make([]byte, 256<<10)
		for {
			n, err := readSome(s.in, chunk)
			s.mu.Lock()
			if s.err == nil {
				s.keep(chunk[:n], err)
			}
			over := s.err != nil
			s.mu.Unlock()
			if over {
				return
			}
		}
	}()
}

var errNoFiles = errors.New("too large to keep in memory, and there are no temporary files here")

func (s *spool) readAt(p []byte, off int64, min int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.have < off+int64(min) && s.err == nil {
		if s.live {
			return 0, ErrLater
		}
		s.pull()
	}
	n := 0
	if off < s.have {
		p = p[:clamp(s.have-off, len(p))]
		if s.file == nil {
			n = copy(p, s.mem[off:])
		} else if m, err := s.file.ReadAt(p, off); m < len(p) && err != nil {
			return m, err
		} else {
			n = m
		}
	}
	if n < min {
		return n, s.err
	}
	return n, nil
}

// pull takes one chunk from the stream and puts it away.
func (s *spool) pull() {
	if s.chunk == nil {
		s.chunk = make([]byte, 256<<10)
	}
	n, err := readSome(s.in, s.chunk)
	s.keep(s.chunk[:n], err)
}

// keep puts away what was read, and why no more was.
func (s *spool) keep(b []byte, err error) {
	if len(b) > 0 {
		if e := s.put(b); e != nil {
			err = e
		} else if s.limit != nil {
			if e := s.limit(s.have); e != nil {
				err = e
			}
		}
	}
	s.err = err
}

func (s *spool) put(b []byte) error {
	if s.file == nil && s.have+int64(len(b)) > s.memory() {
		if err := s.toFile(); err != nil {
			return err
		}
	}
	if s.file == nil {
		s.mem = append(s.mem, b...)
	} else if _, err := s.file.WriteAt(b, s.have); err != nil {
		return err
	}
	s.have += int64(len(b))
	return nil
}

func (s *spool) memory() int64 {
	if runtime.GOOS == "js" {
		return SpoolMemoryJS
	}
	return SpoolMemory
}

// toFile moves what is in memory to a temporary file. Where the system allows
// it the file loses its name at once, so that nothing is left behind.
func (s *spool) toFile() error {
	if runtime.GOOS == "js" {
		return errNoFiles
	}
	f, err := os.CreateTemp("", "packetwalk-*.spool")
	if err != nil {
		return err
	}
	s.file, s.path = f, f.Name()
	if os.Remove(s.path) == nil {
		s.path = ""
	}
	_, err = f.WriteAt(s.mem, 0)
	s.mem = nil
	return err
}

func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.file != nil {
		err = s.file.Close()
		if s.path != "" {
			os.Remove(s.path)
		}
	}
	if s.c != nil {
		if e := s.c.Close(); err == nil {
			err = e
		}
	}
	s.err, s.mem, s.have = os.ErrClosed, nil, 0
	return err
}

// counter counts the compressed bytes, for the ratio.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// bombError ends a gzip stream that grows beyond all measure.
type bombError string

func (e bombError) Error() string { return string(e) }

// gunzip returns the uncompressed bytes of r as a source.
func gunzip(r io.Reader, c io.Closer) (*spool, error) {
	in := &counter{r: r}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	s := &spool{in: z, c: c}
	s.limit = func(have int64) error {
		switch {
		case have > MaxUncompressed:
			return bombError("the gzip file unpacks to more than " + strconv.FormatInt(MaxUncompressed, 10) + " bytes")
		case have > MaxRatioAfter && have/MaxRatio > in.n:
			return bombError("the gzip file unpacks to more than " + strconv.FormatInt(MaxRatio, 10) + " times its size")
		}
		return nil
	}
	return s, nil
}

// clamp returns the smaller of a length in the capture and one in memory.
func clamp(a int64, b int) int {
	if a < int64(b) {
		return int(a)
	}
	return b
}

// readSome reads until a byte or an error comes.
func readSome(r io.Reader, p []byte) (int, error) {
	for range 100 {
		if n, err := r.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}
