package pcaps

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a capture: a file, "-" for standard input, or the name of a
// bundled capture ("ping" or "ping.pcapng"). A file on disk wins when the path
// holds a separator or such a file exists. The error is an *Error.
func Open(path string) (*Reader, error) {
	if path == "-" {
		return openStream(os.Stdin, nil, "standard input")
	}
	if !strings.ContainsRune(path, filepath.Separator) && !strings.Contains(path, "/") {
		if e, ok := Lookup(path); ok {
			if st, err := os.Stat(path); err != nil || st.IsDir() {
				return e.Open()
			}
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, openError(path, err)
	}
	if st.IsDir() {
		f.Close()
		return nil, &Error{File: path, Offset: -1, What: "this is a directory", Do: "name a capture file in it"}
	}
	if !st.Mode().IsRegular() {
		return openStream(f, f, path)
	}
	return openAt(f, f, path)
}

// New reads a capture from r; name is what errors call it. When r can be read
// at any offset (io.ReaderAt and io.Seeker, as bytes.Reader and regular files
// can) it is read in place; any other stream is kept, see SpoolMemory.
func New(r io.Reader, name string) (*Reader, error) {
	if f, ok := r.(*os.File); ok {
		if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
			return openStream(r, nil, name)
		}
	}
	if at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		return openAt(at, nil, name)
	}
	return openStream(r, nil, name)
}

func openAt(r io.ReaderAt, c io.Closer, name string) (*Reader, error) {
	var magic [2]byte
	n, _ := r.ReadAt(magic[:], 0)
	if isGzip(magic[:n]) {
		return openGzip(bufio.NewReaderSize(io.NewSectionReader(r, 0, 1<<62), 256<<10), c, name)
	}
	return newReader(&fileSource{r: r, c: c}, name)
}

func openStream(r io.Reader, c io.Closer, name string) (*Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := b.Peek(2); isGzip(magic) {
		return openGzip(b, c, name)
	}
	return newReader(&spool{in: b, c: c}, name)
}

func openGzip(r io.Reader, c io.Closer, name string) (*Reader, error) {
	s, err := gunzip(r, c)
	if err != nil {
		if c != nil {
			c.Close()
		}
		return nil, &Error{File: name, Offset: 0, What: "the gzip header is damaged", Do: "get the file again", Err: err}
	}
	return newReader(s, name)
}

func isGzip(b []byte) bool { return len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b }

func openError(path string, err error) error {
	e := &Error{File: path, Offset: -1, What: err.Error(), Do: "check the path", Err: err}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		e.What = pe.Err.Error()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.What, e.Do = "no such file, and no bundled capture of that name", "check the path, or list the bundled captures with: packetwalk pcaps"
	case errors.Is(err, fs.ErrPermission):
		e.What, e.Do = "no permission to read it", "ask its owner, or copy it to where you may read it"
	}
	return e
}

// Magic numbers of capture files, as the first four bytes read little endian.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Kuznetzov's: longer record headers
	magicNG       = 0x0a0d0d0a // pcapng Section Header Block
)

// newReader recognises the format by its first bytes and looks at the first
// frame, so that a file that cannot be walked is refused here and not later.
func newReader(src source, name string) (*Reader, error) {
	r := &Reader{name: name, src: src}
	err := r.recognise()
	if err == nil {
		err = r.prime()
	}
	if err != nil {
		src.close()
		return nil, err
	}
	return r, nil
}

func (r *Reader) recognise() error {
	var head [28]byte
	n, err := r.src.readAt(head[:], 0, len(head))
	b := head[:n]
	if n == 0 {
		if err == io.EOF {
			return r.fail(0, "the file is empty", "capture again")
		}
		return r.broken(0, err, "")
	}
	if n >= 4 {
		le, be := binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)
		switch {
		case le == magicNG:
			r.ng = true
		case le == magicMicro, le == magicNano, le == magicModified:
			return r.pcapHeader(b, err, false)
		case be == magicMicro, be == magicNano, be == magicModified:
			return r.pcapHeader(b, err, true)
		default:
			return r.refuse(b)
		}
		return r.ngHeader(b, err)
	}
	return r.refuse(b)
}

// refuse says what a file is that is no capture.
func (r *Reader) refuse(b []byte) error {
	for _, k := range otherKinds {
		if bytes.HasPrefix(b, []byte(k.magic)) {
			return r.fail(0, "this is "+k.what+", not a pcap or pcapng capture", k.do)
		}
	}
	if isText(b) {
		return r.fail(0, "this is text, not a pcap or pcapng capture", "record with: tcpdump -w FILE, or turn a hex dump into a capture with text2pcap")
	}
	return r.fail(0, fmt.Sprintf("the file begins with % x, which is neither pcap nor pcapng", b[:min(len(b), 4)]), "give a capture written by tcpdump, dumpcap or Wireshark")
}

func isText(b []byte) bool {
	for _, c := range b {
		if c >= 0x7f || c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

var otherKinds = []struct{ magic, what, do string }{
	{"\xff\xd8\xff", "a JPEG picture", "name a capture file"},
	{"\x89PNG", "a PNG picture", "name a capture file"},
	{"GIF8", "a GIF picture", "name a capture file"},
	{"%PDF", "a PDF document", "name a capture file"},
	{"\x7fELF", "a program (ELF)", "name a capture file"},
	{"PK\x03\x04", "a zip archive", "unzip it and name the capture inside"},
	{"BZh", "compressed with bzip2", "run bunzip2 on it first"},
	{"\xfd7zXZ", "compressed with xz", "run unxz on it first"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd", "run unzstd on it first"},
	{"\x04\x22\x4d\x18", "compressed with lz4", "run unlz4 on it first"},
	{"7z\xbc\xaf", "a 7-zip archive", "unpack it and name the capture inside"},
	{"\x1f\x8b", "compressed with gzip twice", "run gunzip on it first"},
	{"snoop\x00", "a Solaris snoop capture", "convert it with: editcap -F pcapng IN OUT"},
	{"GMBU", "a Microsoft Network Monitor capture", "convert it with: editcap -F pcapng IN OUT"},
	{"RTSS", "a Microsoft Network Monitor 1 capture", "convert it with: editcap -F pcapng IN OUT"},
	{"XCP\x00", "a Sniffer (Windows) capture", "convert it with: editcap -F pcapng IN OUT"},
	{"TRSNIFF", "a Sniffer (DOS) capture", "convert it with: editcap -F pcapng IN OUT"},
	{"\x1c\x00\x01\xac", "an IXIA capture", "convert it with: editcap -F pcapng IN OUT"},
	{"\x1c\x00\x00\xac", "an IXIA capture", "convert it with: editcap -F pcapng IN OUT"},
}
