package tap

import (
	"bytes"
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A real card does two things for its machine: it cuts a large TCP packet into
// frames and works out their checksums (TSO), and it puts frames of one stream
// that come together into one (LRO; the kernel's GRO does the same). The
// outer end of a TAP interface does so here: the kernel hands over and takes large
// packets, told by struct virtio_net_hdr, and the cable carries frames.

// A vnetHdr is struct virtio_net_hdr, of virtio 1.2, section 5.1.6.
type vnetHdr struct {
	flags, gso          uint8
	hdrLen, size        uint16
	csumStart, csumOffs uint16
}

// Values of a vnetHdr.
const (
	vnetLen       = 10
	vnetNeedsCsum = 1
	gsoNone       = 0
	gsoTCPv4      = 1
	gsoTCPv6      = 4
	gsoECN        = 0x80
)

func (h *vnetHdr) read(b []byte) {
	n := binary.NativeEndian
	*h = vnetHdr{b[0], b[1], n.Uint16(b[2:]), n.Uint16(b[4:]), n.Uint16(b[6:]), n.Uint16(b[8:])}
}

func (h *vnetHdr) put(b []byte) {
	n := binary.NativeEndian
	b[0], b[1] = h.flags, h.gso
	n.PutUint16(b[2:], h.hdrLen)
	n.PutUint16(b[4:], h.size)
	n.PutUint16(b[6:], h.csumStart)
	n.PutUint16(b[8:], h.csumOffs)
}

// complete works out the checksum that the kernel left to the card.
func (h *vnetHdr) complete(f []byte) {
	at, end := int(h.csumStart), int(h.csumStart)+int(h.csumOffs)
	if h.flags&vnetNeedsCsum == 0 || end+2 > len(f) {
		return
	}
	v := wire.Fold(wire.Checksum(f[at:], 0))
	if v == 0 && h.csumOffs == udpCsum {
		v = 0xffff
	}
	binary.BigEndian.PutUint16(f[end:], v)
}

// Where the checksums are in their headers.
const (
	tcpCsum = 16
	udpCsum = 6
)

// What a large packet has at least in each frame (TCP_MIN_GSO_SIZE), and at most
// before its TCP header: what is beyond that no kernel hands over.
const (
	minSegment = 8
	maxHeaders = 512
)

// split adds what the kernel handed over to a batch, as frames (tcp_gso_segment).
// What it cannot cut it adds as it is.
func (h *vnetHdr) split(f []byte, to *Batch) {
	l3, l4, ok := h.layers(f)
	if !ok {
		h.complete(f)
		to.Add(f)
		return
	}
	head, body, v4 := f[:l4+wire.TCP(f[l4:]).DataOff()], f[l4+wire.TCP(f[l4:]).DataOff():], h.gso&^gsoECN == gsoTCPv4
	tcp := wire.TCP(head[l4:])
	flags, seq := tcp.Flags(), tcp.Seq()
	partial := uint32(tcp.Checksum()) // of the pseudo header, with the length of the whole
	partial = wire.Sub(partial, uint32(len(f)-l4))
	var id uint16
	if v4 {
		id = wire.IPv4(head[l3:]).ID()
	}
	for len(body) > 0 {
		n := min(len(body), int(h.size))
		at := len(to.buf)
		to.buf = append(append(to.buf, head...), body[:n]...)
		seg := to.buf[at:]
		body = body[n:]
		if v4 {
			ip := wire.IPv4(seg[l3:])
			ip.SetTotalLen(len(seg) - l3)
			ip.SetID(id)
			ip.ComputeChecksum()
			id++
		} else {
			binary.BigEndian.PutUint16(seg[l3+4:], uint16(len(seg)-l3-wire.IPv6Len))
		}
		t := wire.TCP(seg[l4:])
		t.SetSeq(seq)
		seq += uint32(n)
		set := flags
		if len(body) > 0 {
			set &^= wire.TCPFin | wire.TCPPsh
		}
		t.SetFlags(set)
		flags &^= wire.TCPCwr
		t.SetChecksum(0)
		t.SetChecksum(wire.Fold(wire.Checksum(t, wire.Add(partial, uint32(len(t))))))
		to.added(len(seg))
	}
}

// layers is where the IP and the TCP header of a large packet begin; false: it
// is none.
func (h *vnetHdr) layers(f []byte) (l3, l4 int, ok bool) {
	kind, l4 := h.gso&^gsoECN, int(h.csumStart)
	if kind != gsoTCPv4 && kind != gsoTCPv6 || h.flags&vnetNeedsCsum == 0 || h.csumOffs != tcpCsum || h.size < minSegment || l4 > maxHeaders || len(f) < l4+wire.TCPMinLen {
		return 0, 0, false
	}
	l3, typ := wire.EthernetLen, wire.EtherType(0)
	for at := wire.EthernetLen - 2; ; at, l3 = at+4, l3+4 {
		if at+2 > l4 {
			return 0, 0, false
		}
		typ = wire.EtherType(binary.BigEndian.Uint16(f[at:]))
		if typ != wire.EtherTypeVLAN && typ != wire.EtherTypeQinQ {
			break
		}
	}
	min := wire.IPv4MinLen
	if kind == gsoTCPv6 {
		min = wire.IPv6Len
	}
	off := wire.TCP(f[l4:]).DataOff()
	switch {
	case l3+min > l4, off < wire.TCPMinLen, l4+off >= len(f):
		return 0, 0, false
	case kind == gsoTCPv4 && (typ != wire.EtherTypeIPv4 || wire.IPv4(f[l3:]).IHL() != l4-l3):
		return 0, 0, false
	case kind == gsoTCPv6 && typ != wire.EtherTypeIPv6:
		return 0, 0, false
	}
	return l3, l4, true
}

// A merger puts frames of one TCP stream into one large packet.
type merger struct {
	hdr  vnetHdr
	head [wire.EthernetLen + wire.IPv6Len + 60]byte // of the large packet
	len  int
}

// mergeFrames is how many frames are put together at most.
const mergeFrames = 64

// merge reports how many of the frames, from the first on, can be one packet: its
// headers and what is told of it are the merger's then, the rest is what the
// frames carry. One: the first frame goes as it is. What tcp_gro_receive requires
// is required, and that the checksums are right: what is wrong must stay so.
func (m *merger) merge(frames [][]byte) int {
	if len(frames) < 2 {
		return 1
	}
	a := frames[0]
	l4, v4, ok := mergeable(a)
	if !ok || wire.TCP(a[l4:]).Flags().Has(wire.TCPPsh) {
		return 1
	}
	off := l4 + wire.TCP(a[l4:]).DataOff()
	size := len(a) - off
	total, n, push := size, 1, false
	for n < len(frames) && n < mergeFrames && !push {
		b := frames[n]
		if len(b) <= off || len(b) > len(a) || off-wire.EthernetLen+total+len(b)-off > 65535 || !follows(a, b, l4, off, v4, n, total) {
			break
		}
		if _, _, ok := mergeable(b); !ok {
			break
		}
		push = wire.TCP(b[l4:]).Flags().Has(wire.TCPPsh) || len(b) < len(a)
		total += len(b) - off
		n++
	}
	if n == 1 {
		return 1
	}
	m.len = copy(m.head[:], a[:off])
	tcp := wire.TCP(m.head[l4:m.len])
	tcp.SetFlags(wire.TCP(frames[n-1][l4:]).Flags())
	m.hdr = vnetHdr{vnetNeedsCsum, gsoTCPv6, uint16(off), uint16(size), uint16(l4), tcpCsum}
	var pseudo uint32
	if v4 {
		m.hdr.gso = gsoTCPv4
		ip := wire.IPv4(m.head[wire.EthernetLen:])
		ip.SetTotalLen(off - wire.EthernetLen + total)
		ip.ComputeChecksum()
		pseudo = wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, off-l4+total)
	} else {
		ip := wire.IPv6(m.head[wire.EthernetLen:])
		binary.BigEndian.PutUint16(ip[4:], uint16(off-l4+total))
		pseudo = wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoTCP, off-l4+total)
	}
	tcp.SetChecksum(^wire.Fold(pseudo))
	return n
}

// mergeable reports whether a frame is a TCP segment that carries something, and
// nothing else: no options of IP, no fragment, no other flags than ACK and PSH.
func mergeable(f []byte) (l4 int, v4, ok bool) {
	const l3 = wire.EthernetLen
	if len(f) < l3+wire.IPv4MinLen+wire.TCPMinLen {
		return 0, false, false
	}
	var pseudo uint32
	switch wire.Ethernet(f).Type() {
	case wire.EtherTypeIPv4:
		ip := wire.IPv4(f[l3:])
		l4, v4 = l3+wire.IPv4MinLen, true
		if f[l3] != 0x45 || ip.TotalLen() != len(f)-l3 || ip.IsFragment() || ip.Proto() != wire.ProtoTCP || !ip.ChecksumOK() {
			return 0, false, false
		}
		pseudo = wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, len(f)-l4)
	case wire.EtherTypeIPv6:
		ip := wire.IPv6(f[l3:])
		l4 = l3 + wire.IPv6Len
		if len(f) < l4+wire.TCPMinLen || ip.Version() != 6 || ip.PayloadLen() != len(f)-l4 || ip.NextHeader() != wire.ProtoTCP {
			return 0, false, false
		}
		pseudo = wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoTCP, len(f)-l4)
	default:
		return 0, false, false
	}
	t := wire.TCP(f[l4:])
	if off := t.DataOff(); off < wire.TCPMinLen || off >= len(t) || t.Flags()&^wire.TCPPsh != wire.TCPAck || f[l4+12]&0x0e != 0 {
		return 0, false, false
	}
	return l4, v4, wire.Fold(wire.Checksum(t, pseudo)) == 0
}

// follows reports whether frame b, the nth after a in a stream of which total
// bytes came before it, has the same headers but for what must differ.
func follows(a, b []byte, l4, off int, v4 bool, n, total int) bool {
	const l3 = wire.EthernetLen
	if v4 {
		x, y := wire.IPv4(a[l3:]), wire.IPv4(b[l3:])
		if !bytes.Equal(a[:l3+2], b[:l3+2]) || y.ID() != x.ID()+uint16(n) || !bytes.Equal(a[l3+6:l3+10], b[l3+6:l3+10]) || !bytes.Equal(a[l3+12:l4], b[l3+12:l4]) {
			return false
		}
	} else if !bytes.Equal(a[:l3+4], b[:l3+4]) || !bytes.Equal(a[l3+6:l4], b[l3+6:l4]) {
		return false
	}
	s, t := wire.TCP(a[l4:]), wire.TCP(b[l4:])
	return bytes.Equal(s[:4], t[:4]) && t.Seq() == s.Seq()+uint32(total) && bytes.Equal(s[8:13], t[8:13]) &&
		bytes.Equal(s[14:16], t[14:16]) && bytes.Equal(s[18:off-l4], t[18:off-l4])
}
