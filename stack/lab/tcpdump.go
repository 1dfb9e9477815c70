package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"regexp"
	"strings"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func parseAddr(s string) (wire.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return wire.Addr{}, false
	}
	return wire.FromNetip(a), true
}

var (
	tdService = regexp.MustCompile(`the service "([^"]*)"`)
	tdLookup  = regexp.MustCompile(`the name "([^"]*)"`)
	tdPort    = regexp.MustCompile(`^(\S+) is more than 65535`)
	tdRefused = regexp.MustCompile(`is not supported|gateway|protochain|decnet|iso|mpls|pppoe|geneve|wlan`)
)

// compile reads the filter; what the real program says of a bad one is
// returned. Names of hosts are looked up.
func (c *tdCmd) compile(link uint16) (*filter.Filter, string) {
	if c.expr == "" {
		return nil, ""
	}
	if link == 12 || link == 14 {
		link = 101
	}
	text := c.expr
	for range 16 {
		f, err := filter.Compile(text, wire.LinkKind(link))
		if err == nil {
			return f, ""
		}
		var fe *filter.Error
		if !errors.As(err, &fe) {
			return nil, "can't parse filter expression: syntax error"
		}
		if m := tdLookup.FindStringSubmatch(fe.Msg); m != nil {
			a, e := c.p.resolve(m[1], 0)
			at := max(0, min(fe.Col-1, len(text)))
			if e != "" || !strings.HasPrefix(text[at:], m[1]) {
				return nil, "unknown host '" + m[1] + "'"
			}
			text = text[:at] + a.String() + text[at+len(m[1]):]
			continue
		}
		switch {
		case tdService.MatchString(fe.Msg):
			return nil, "unknown port '" + tdService.FindStringSubmatch(fe.Msg)[1] + "'"
		case tdPort.MatchString(fe.Msg):
			return nil, "illegal port number " + tdPort.FindStringSubmatch(fe.Msg)[1] + " > 65535"
		case tdRefused.MatchString(fe.Msg):
			return nil, "not modelled: " + fe.Msg
		}
		return nil, "can't parse filter expression: syntax error"
	}
	return nil, "can't parse filter expression: syntax error"
}

func (c *tdCmd) refuse(why string) int {
	if strings.HasPrefix(why, "not modelled") {
		c.p.errf("%s\n", why)
		return 1
	}
	return c.fail("%s", why)
}

// pcapHead is the header of a capture file with times in microseconds.
func pcapHead(link uint16, snap int) []byte {
	b := make([]byte, 24)
	binary.LittleEndian.PutUint32(b, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(b[4:], 2)
	binary.LittleEndian.PutUint16(b[6:], 4)
	binary.LittleEndian.PutUint32(b[16:], uint32(snap))
	binary.LittleEndian.PutUint32(b[20:], uint32(link))
	return b
}

// pcapRecord is one frame in such a file.
func pcapRecord(f *tdFrame) []byte {
	b := make([]byte, 16, 16+len(f.data))
	binary.LittleEndian.PutUint32(b, uint32(f.at/1e9))
	binary.LittleEndian.PutUint32(b[4:], uint32(f.at/1000%1e6))
	binary.LittleEndian.PutUint32(b[8:], uint32(len(f.data)))
	binary.LittleEndian.PutUint32(b[12:], uint32(f.orig))
	return append(b, f.data...)
}

// readFile is -r.
func (c *tdCmd) readFile() int {
	p := c.p
	var b []byte
	if c.read == "-" {
		b = p.readAll(0)
	} else {
		var e string
		if b, e = p.readFile(c.read); e != "" {
			return c.fail("%s: %s", c.read, e)
		}
		if st, _ := p.stat(c.read); st.dir {
			return c.fail("error reading dump file: Is a directory")
		}
	}
	if len(b) == 0 {
		return c.fail("truncated dump file; tried to read 4 file header bytes, only got 0")
	}
	r, err := pcaps.New(bytes.NewReader(b), c.read)
	if err != nil {
		return c.fail("unknown file format")
	}
	defer r.Close()
	f, err := r.Next()
	link, snap := uint16(1), 262144
	if l := r.Interfaces(); len(l) > 0 {
		link = uint16(l[0].Link)
		if l[0].SnapLen > 0 {
			snap = l[0].SnapLen
		}
	}
	p.errf("reading from file %s, link-type %s, snapshot length %d\n", c.read, linkName(link), snap)
	flt, why := c.compile(link)
	if why != "" {
		return c.refuse(why)
	}
	out := c.output()
	if out < 0 {
		return 1
	}
	if c.hasWrite {
		p.write(out, pcapHead(link, snap))
	}
	n := 0
	for ; err == nil && (c.max == 0 || n < c.max); f, err = r.Next() {
		if flt != nil && !flt.Match(f.Data, f.OrigLen) {
			continue
		}
		n++
		fr := tdFrame{at: f.Unix, data: clip(f.Data, c.snap), orig: f.OrigLen, link: uint16(f.Link)}
		switch {
		case c.counting:
		case c.hasWrite:
			p.write(out, pcapRecord(&fr))
		default:
			p.out(c.print.frame(&fr))
		}
	}
	if c.hasWrite && c.write != "-" {
		p.close(out)
	}
	if c.counting {
		p.outf("%d packet%s\n", n, plural(n))
	}
	var pe *pcaps.Error
	if errors.As(err, &pe) {
		return c.fail("pcap_loop: %s", pe.What)
	}
	return 0
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// output is where -w goes: a file descriptor.
func (c *tdCmd) output() int {
	if !c.hasWrite || c.write == "-" {
		return 1
	}
	d, e := c.p.open(c.write, 'w')
	if e != "" {
		c.fail("%s: %s", c.write, e)
		return -1
	}
	fd := 10
	for c.p.fds[fd] != nil {
		fd++
	}
	c.p.set(fd, d)
	return fd
}
