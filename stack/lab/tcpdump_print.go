package lab

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A tdPrinter turns frames into text as tcpdump 4.99.3 does. What a frame holds
// is never believed: a read behind the end of what was captured ends the line
// with [|protocol], as there.
type tdPrinter struct {
	v                        int                    // -v, -vv, -vvv
	e, n, q, bigS, K, number bool                   // -e -n -q -S -K -#
	t                        int                    // how many -t
	x, X, A                  int                    // -x -xx, -X -XX, -A -AA
	devName                  func(index int) string // for captures of all devices; nil: unknown

	b        strings.Builder
	full     []byte // the frame
	end      []byte // what is captured from the network header on
	proto    string // that is being read, for [|proto]
	frag     bool   // the packet is a fragment: lengths and sums cannot be right
	count    int
	first    int64 // times in ns since 1970
	prev     int64
	seen     bool
	conns    map[tdConn]tdSeq
	ipDepth  int
	services func(port uint16, udp bool) string
	name     func(wire.Addr) string // nil: numbers
	short    bool                   // what is here is less than what was on the wire
}

// A tdConn and a tdSeq are what tcpdump remembers of a connection, to count
// sequence numbers from 0.
type tdConn struct {
	a, b   wire.Addr
	ap, bp uint16
}

type tdSeq struct{ seq, ack uint32 }

// truncated unwinds the printer at the end of the data.
type truncated struct{}

// A tdFrame is one frame to print.
type tdFrame struct {
	at   int64 // ns since 1970
	data []byte
	orig int
	link uint16 // 1 Ethernet, 12 and 101 raw IP, 276 Linux cooked v2 …
}

func (d *tdPrinter) f(s string, a ...any) { fmt.Fprintf(&d.b, s, a...) }
func (d *tdPrinter) s(s string)           { d.b.WriteString(s) }

// tdNeed ends the line if b has fewer than n bytes.
func tdNeed(b []byte, n int) []byte {
	if n < 0 || len(b) < n {
		panic(truncated{})
	}
	return b
}

func u8(b []byte, i int) int { return int(tdNeed(b, i+1)[i]) }
func u16(b []byte, i int) int {
	return int(binary.BigEndian.Uint16(tdNeed(b, i+2)[i:]))
}
func u32(b []byte, i int) uint32 {
	return binary.BigEndian.Uint32(tdNeed(b, i+4)[i:])
}

// clip is b without what stands behind n bytes.
func clip(b []byte, n int) []byte { return b[:max(0, min(n, len(b)))] }

// from is b from i on; behind the end the line ends.
func from(b []byte, i int) []byte { return tdNeed(b, i)[i:] }

// frame prints one frame.
func (d *tdPrinter) frame(f *tdFrame) string {
	d.b.Reset()
	d.count++
	if d.number {
		d.f("%5d  ", d.count)
	}
	d.stamp(f.at)
	d.full, d.proto, d.ipDepth, d.frag = f.data, "", 0, false
	d.short = len(f.data) < f.orig
	hlen := d.link(f)
	d.dump(f, hlen)
	d.s("\n")
	return d.b.String()
}

// link prints what a frame begins with and all the rest. It returns the length
// of the link header.
func (d *tdPrinter) link(f *tdFrame) (hlen int) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(truncated); !ok {
				panic(r)
			}
			d.f(" [|%s]", d.proto)
		}
	}()
	switch f.link {
	case 1:
		return d.ether(f.data, f.orig)
	case 12, 14, 101, 228, 229:
		return d.raw(f.data, f.orig)
	case 0, 108:
		return d.null(f.data, f.orig, f.link)
	case 276:
		d.cook(f)
		return 20
	}
	d.s("not modelled: this link type")
	return 0
}

func (d *tdPrinter) stamp(at int64) {
	if !d.seen {
		d.first, d.prev, d.seen = at, at, true
	}
	t := time.Unix(0, at).UTC()
	us := at / 1000 % 1e6
	switch d.t {
	case 0:
		d.f("%s.%06d ", t.Format("15:04:05"), us)
	case 2:
		d.f("%d.%06d ", at/1e9, us)
	case 3, 5:
		base := d.prev
		if d.t == 5 {
			base = d.first
		}
		// both are rounded down to microseconds before they are compared
		delta := at/1000 - base/1000
		sign := " "
		if delta < 0 {
			sign, delta = "-", -delta
		}
		d.f("%s%02d:%02d:%02d.%06d ", sign, delta/3600e6, delta/60e6%60, delta/1e6%60, delta%1e6)
	case 4:
		d.f("%s.%06d ", t.Format("2006-01-02 15:04:05"), us)
	}
	d.prev = at
}

// dump is what -x, -X and -A add.
func (d *tdPrinter) dump(f *tdFrame, hlen int) {
	b := f.data
	pick := func(n int) []byte {
		if n > 1 {
			return b
		}
		return b[min(hlen, len(b)):]
	}
	switch {
	case d.X > 0:
		d.hexASCII(pick(d.X), "\n\t")
	case d.x > 0:
		d.hex(pick(d.x), "\n\t")
	case d.A > 0:
		d.s("\n")
		d.ascii(pick(d.A))
	}
}

// hexASCII is hex_and_ascii_print.
func (d *tdPrinter) hexASCII(b []byte, ident string) {
	for i := 0; i < len(b); i += 16 {
		row := b[i:min(i+16, len(b))]
		var hx, as strings.Builder
		for k, c := range row {
			if k%2 == 0 {
				hx.WriteByte(' ')
			}
			fmt.Fprintf(&hx, "%02x", c)
			if c > ' ' && c < 0x7f {
				as.WriteByte(c)
			} else {
				as.WriteByte('.')
			}
		}
		d.f("%s0x%04x: %-40s  %s", ident, i, hx.String(), as.String())
	}
}

// hex is hex_print.
func (d *tdPrinter) hex(b []byte, ident string) {
	for i, c := range b {
		if i%16 == 0 {
			d.f("%s0x%04x: ", ident, i)
		}
		if i%2 == 0 {
			d.s(" ")
		}
		d.f("%02x", c)
	}
}

func (d *tdPrinter) ascii(b []byte) {
	for i, c := range b {
		switch {
		case c == '\r':
			if i+1 < len(b) && b[i+1] != '\n' {
				d.s(".")
			}
		case c == '\n' || c == '\t' || c >= ' ' && c < 0x7f:
			d.b.WriteByte(c)
		default:
			d.s(".")
		}
	}
}
