package bench

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The stations of the generated capture. The host is the one that it was taken
// on; the other stations on its link are 10.0.0.2 and up, everybody else is
// behind the gateway.
const (
	HostAddr    wire.IP4 = 0x0a000001 // 10.0.0.1
	HostMAC     wire.MAC = 0x020000000001
	GatewayAddr wire.IP4 = 0x0a0000fe // 10.0.0.254
	GatewayMAC  wire.MAC = 0x0200000000fe
	far         wire.IP4 = 0xc6120000 // 198.18.0.0/15, set aside for benchmarks (RFC 2544)
)

// firstFrame is when the first frame is captured: 2026-01-01, ns since 1970.
const firstFrame = 1767225600e9

// meanGap is about how far apart frames are, in ns, when there are enough
// flows to keep the link that busy.
const meanGap = 5000

// openShare says which part of all flows is open at a time: the half. It is what
// makes a checkpoint heavy: the machine has that many sockets.
const openShare = 2

// Stats tell what [Generate] wrote.
type Stats struct {
	Frames int
	Bytes  int64 // of the frames, without the file's own headers
	Flows  int   // conversations: TCP connections, pairs of UDP or ICMP ends, stations that use ARP
	TCP    int   // flows by protocol
	UDP    int
	ICMP   int
	ARP    int
	Closed int   // TCP connections that were closed within the capture
	In     int   // frames that the host received
	Out    int   // frames that it sent
	Nanos  int64 // from the first frame to the last, ns
}

// Generate writes a pcap with times in nanoseconds: the traffic of one server,
// with the given number of frames in the given number of flows. About half of
// the flows are open at any moment; when one closes, the next begins. A capture
// with fewer than about 20 frames a flow ends before all flows have begun.
//
// The server and its peers behave as Linux does on a link that loses nothing:
// handshakes with Linux's options, timestamps that are echoed, windows that are
// kept, quick acknowledgements for a connection's first data and then one for
// each second segment or with the answer. Payloads are what the ports promise
// (HTTP, TLS records, DNS), so that a dissector has its ordinary work. All
// checksums are right.
//
// The same arguments give the same bytes.
func Generate(w io.Writer, frames, flows int, seed uint64) (Stats, error) {
	g := newGenerator(w, frames, max(flows, 4), seed)
	g.header()
	g.run()
	if g.err == nil {
		g.err = g.w.Flush()
	}
	return g.stats, g.err
}

// A generator is the link of the server and everybody on it.
type generator struct {
	w     *bufio.Writer
	err   error
	rand  *sim.Rand
	want  int // frames
	total int // flows
	begun int // flows that have begun
	open  int // how many flows are open at a time
	near  int // stations on the link, with the gateway
	turns int // mean exchanges before a TCP connection closes
	think int64
	last  int64 // time of the last frame, ns
	queue []*flow
	known []bool // stations that have asked for the host's link address
	ipid  uint16 // the host's, for what is not of a connection
	mix   []byte // bytes that look like nothing
	buf   [2048]byte
	hdr   [16]byte
	stats Stats
}

func newGenerator(w io.Writer, frames, flows int, seed uint64) *generator {
	g := &generator{w: bufio.NewWriterSize(w, 1<<20), rand: sim.NewRand(seed + 1), want: frames, total: flows}
	g.near = min(max(flows/100, 1), 200)
	g.open = max(flows/openShare, g.near+1)
	g.known = make([]bool, g.near)
	// Four fifths of a flow's share of the frames, so that nearly all flows
	// have begun when the capture ends.
	g.turns = max((frames*4/5/flows-6)*2/13, 1)
	g.think = int64(g.open) * meanGap * 7 / 2
	g.mix = make([]byte, 1<<16+2048)
	for i := range g.mix {
		g.mix[i] = byte(g.rand.Uint64() >> 33)
	}
	return g
}

// n returns a number from lo to hi.
func (g *generator) n(lo, hi int) int { return lo + int(g.rand.Uint64()>>33)%(hi-lo+1) }

// between returns a time from lo to hi, ns.
func (g *generator) between(lo, hi int64) int64 {
	return lo + int64(g.rand.Uint64()>>33)%(hi-lo+1)
}

// header writes the file header of a pcap with times in nanoseconds.
func (g *generator) header() {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b23c4d)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = le.AppendUint32(b, 1<<18)
	b = le.AppendUint32(b, uint32(wire.LinkEthernet))
	_, g.err = g.w.Write(b)
}

// run lets the flows take their turns until there are enough frames.
func (g *generator) run() {
	g.arp(0, true, true, 1, 0)
	g.arp(0, false, false, 2, g.between(60e3, 300e3))
	g.known[0] = true
	for range g.open {
		g.begin(g.last + g.between(1000, int64(g.open)*4*meanGap))
	}
	for g.stats.Frames < g.want && g.err == nil {
		f := g.queue[0]
		f.act(g)
		g.sift(0)
	}
}

// begin lets the next flow begin, if there is one.
func (g *generator) begin(at int64) {
	if g.begun == g.total {
		return
	}
	f := &flow{at: at}
	g.renew(f)
	g.queue = append(g.queue, f)
	for i := len(g.queue) - 1; i > 0; {
		up := (i - 1) / 2
		if g.queue[up].at <= g.queue[i].at {
			break
		}
		g.queue[up], g.queue[i] = g.queue[i], g.queue[up]
		i = up
	}
}

// sift puts the flow that is first in the queue where its next time belongs.
func (g *generator) sift(i int) {
	q := g.queue
	for {
		c := 2*i + 1
		if c >= len(q) {
			return
		}
		if c+1 < len(q) && q[c+1].at < q[c].at {
			c++
		}
		if q[i].at <= q[c].at {
			return
		}
		q[i], q[c] = q[c], q[i]
		i = c
	}
}

// emit writes the first n bytes of the buffer as a frame, not before its time
// and not before the link is free. It returns when that was.
func (g *generator) emit(n int, out bool, at int64) int64 {
	if g.stats.Frames >= g.want || g.err != nil {
		return at
	}
	if g.stats.Frames > 0 {
		at = max(at, g.last+300+int64(n)*4/5) // 10 Gbit/s
	}
	g.last = at
	g.stats.Nanos = at
	unix := uint64(firstFrame + at)
	le := binary.LittleEndian
	le.PutUint32(g.hdr[0:], uint32(unix/1e9))
	le.PutUint32(g.hdr[4:], uint32(unix%1e9))
	le.PutUint32(g.hdr[8:], uint32(n))
	le.PutUint32(g.hdr[12:], uint32(n))
	if _, g.err = g.w.Write(g.hdr[:]); g.err == nil {
		_, g.err = g.w.Write(g.buf[:n])
	}
	g.stats.Frames++
	g.stats.Bytes += int64(n)
	if out {
		g.stats.Out++
	} else {
		g.stats.In++
	}
	return at
}

// station is the addresses of a station on the link, by number; 0 is the
// gateway.
func station(i int) (wire.IP4, wire.MAC) {
	if i == 0 {
		return GatewayAddr, GatewayMAC
	}
	return HostAddr + wire.IP4(i), HostMAC + wire.MAC(i)
}

// ethernet writes the link header of a frame between the host and a station.
func (g *generator) ethernet(i int, out bool, t wire.EtherType) {
	_, mac := station(i)
	h := wire.Ethernet(g.buf[:])
	if out {
		h.SetDst(mac)
		h.SetSrc(HostMAC)
	} else {
		h.SetDst(HostMAC)
		h.SetSrc(mac)
	}
	h.SetType(t)
}

// arp writes a request (op 1) or an answer (op 2) between the host and a
// station (RFC 826).
func (g *generator) arp(i int, out, everybody bool, op uint16, after int64) {
	ip, mac := station(i)
	sip, smac, tip, tmac := ip, mac, HostAddr, HostMAC
	if out {
		sip, smac, tip, tmac = HostAddr, HostMAC, ip, mac
	}
	g.ethernet(i, out, wire.EtherTypeARP)
	if everybody {
		wire.Ethernet(g.buf[:]).SetDst(wire.Broadcast)
		tmac = 0
	}
	be := binary.BigEndian
	b := g.buf[wire.EthernetLen:]
	clear(b[:46])
	be.PutUint16(b[0:], 1)
	be.PutUint16(b[2:], uint16(wire.EtherTypeIPv4))
	b[4], b[5] = 6, 4
	be.PutUint16(b[6:], op)
	be.PutUint64(b[8:], uint64(smac)<<16)
	be.PutUint32(b[14:], uint32(sip))
	be.PutUint64(b[18:], uint64(tmac)<<16)
	be.PutUint32(b[24:], uint32(tip))
	n := wire.EthernetLen + 28
	if !out {
		n = 60 // received frames have their padding, sent ones do not have it yet
	}
	g.last = g.emit(n, out, g.last+after)
}

// ip writes the IPv4 header of a datagram with n bytes of payload between the
// host and a peer, and closes its checksum.
func (g *generator) ip(f *flow, out bool, p wire.Proto, id uint16, df bool, n int) {
	g.ethernet(f.via, out, wire.EtherTypeIPv4)
	b := g.buf[wire.EthernetLen : wire.EthernetLen+wire.IPv4MinLen]
	be := binary.BigEndian
	b[0], b[1] = 0x45, 0
	be.PutUint16(b[2:], uint16(wire.IPv4MinLen+n))
	be.PutUint16(b[4:], id)
	be.PutUint16(b[6:], 0)
	if df {
		b[6] = 0x40
	}
	b[8], b[9] = f.ttl, byte(p)
	be.PutUint16(b[10:], 0)
	src, dst := f.peer, HostAddr
	if out {
		src, dst = HostAddr, f.peer
		b[8] = 64
	}
	be.PutUint32(b[12:], uint32(src))
	be.PutUint32(b[16:], uint32(dst))
	be.PutUint16(b[10:], wire.Fold(wire.Checksum(b, 0)))
}

// l4 is where the transport header begins in the buffer.
const l4 = wire.EthernetLen + wire.IPv4MinLen

// send closes the transport checksum at offset sum of a segment of n bytes,
// pads a received frame to the link's least length, and emits it.
func (g *generator) send(f *flow, out bool, p wire.Proto, sum, n int) {
	var pseudo uint32
	if p != wire.ProtoICMP {
		pseudo = wire.PseudoHeader4(HostAddr, f.peer, p, n)
	}
	seg := g.buf[l4 : l4+n]
	binary.BigEndian.PutUint16(seg[sum:], 0)
	c := wire.Fold(wire.Checksum(seg, pseudo))
	if c == 0 && p == wire.ProtoUDP {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(seg[sum:], c)
	size := l4 + n
	if !out && size < 60 {
		clear(g.buf[size:60])
		size = 60
	}
	f.at = g.emit(size, out, f.at)
}
