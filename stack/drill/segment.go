package drill

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// ttlAny is the TTL that stands for any, and that packets get which come in
// (TTL_CHECK_NONE).
const ttlAny = 255

// Bits of a TCP header's fourth word, as they are on the wire.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
	flagURG
	flagECE
	flagCWR
	flagAE
)

// A segment is a packet's headers as numbers, so that a script's packet and a
// real one can be compared field by field (struct packet).
type segment struct {
	v6       bool
	src, dst wire.Addr
	ihl      int // 32-bit words
	total    int // IPv4: total length; IPv6: payload length
	tos, ttl uint8
	flow     uint32
	proto    uint8

	l4           Proto
	sport, dport uint16
	seq, ack     uint32
	doff         int
	flags        uint16 // flag…
	res          uint8
	win, urg     uint16
	opts         []TCPOption
	optLen       int
	badOpts      string // why the options cannot be read

	udpLen     int
	icmp       [2]uint8 // type and code
	payload    []byte   // nil with payloadLen > 0: zeros
	payloadLen int
	spec       *Packet // of the script, nil for a real one
	parseACE   bool
	winAny     bool
	optsAny    bool
}

// ace is the ACE field of AccECN (tcp_ace_field).
func (s *segment) ace() uint32 {
	return uint32(s.flags>>8&1<<2 | s.flags>>7&1<<1 | s.flags>>6&1)
}

func (s *segment) bit(f uint16) uint32 {
	if s.flags&f != 0 {
		return 1
	}
	return 0
}

// decode reads a packet that begins with its IP header, nil if it is none that
// is understood (parse_packet).
func decode(b []byte) *segment {
	s := &segment{}
	var l4 []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		h := wire.IPv4(b)
		s.ihl = int(b[0] & 15)
		s.tos, s.ttl, s.proto, s.total = b[1], b[8], b[9], int(binary.BigEndian.Uint16(b[2:]))
		s.src, s.dst = h.Src().Addr(), h.Dst().Addr()
		if s.ihl < 5 || s.ihl*4 > len(b) || s.total < s.ihl*4 || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
			return nil
		}
		l4 = b[s.ihl*4:]
	case len(b) >= 40 && b[0]>>4 == 6:
		w := binary.BigEndian.Uint32(b)
		s.v6, s.ihl = true, 10
		s.tos, s.flow, s.ttl, s.proto, s.total = uint8(w>>20), w&0xfffff, b[7], b[6], int(binary.BigEndian.Uint16(b[4:]))
		s.src, s.dst = wire.AddrFrom16(b[8:]), wire.AddrFrom16(b[24:])
		l4 = b[40:]
	default:
		return nil
	}
	return s.transport(l4)
}

// transport reads the header behind the IP header.
func (s *segment) transport(b []byte) *segment {
	be := binary.BigEndian
	switch {
	case s.proto == 6 && len(b) >= 20:
		s.l4 = TCP
		s.sport, s.dport, s.seq, s.ack = be.Uint16(b), be.Uint16(b[2:]), be.Uint32(b[4:]), be.Uint32(b[8:])
		w := be.Uint16(b[12:])
		s.doff, s.res, s.flags = int(w>>12), uint8(w>>9&7), w&0x1ff
		s.win, s.urg = be.Uint16(b[14:]), be.Uint16(b[18:])
		if s.doff < 5 || s.doff*4 > len(b) {
			return nil
		}
		s.optLen = s.doff*4 - 20
		s.opts, s.badOpts = tcpOptions(b[20 : s.doff*4])
		s.payload = b[s.doff*4:]
	case s.proto == 17 && len(b) >= 8:
		s.l4 = UDP
		s.sport, s.dport, s.udpLen = be.Uint16(b), be.Uint16(b[2:]), int(be.Uint16(b[4:]))
		s.payload = b[8:]
	case s.proto == 1 && !s.v6 && len(b) >= 8, s.proto == 58 && s.v6 && len(b) >= 8:
		s.l4 = ICMP
		s.icmp = [2]uint8{b[0], b[1]}
		s.payload = b[8:]
	default:
		return nil
	}
	s.payloadLen = len(s.payload)
	return s
}

// tcpOptions reads options; nothing comes behind EOL but what follows it is
// read all the same, byte by byte.
func tcpOptions(b []byte) (list []TCPOption, bad string) {
	for len(b) > 0 {
		if b[0] <= optNOP {
			list = append(list, TCPOption{Kind: b[0]})
			b = b[1:]
			continue
		}
		switch {
		case len(b) < 2:
			return list, "TCP option without a length"
		case b[1] < 2:
			return list, "TCP option length too short"
		case int(b[1]) > len(b):
			return list, "TCP option overflows the header"
		}
		list = append(list, TCPOption{b[0], b[2:b[1]]})
		b = b[b[1]:]
	}
	return list, ""
}

// build is a script's packet as headers (new_tcp_packet, new_udp_packet,
// new_icmp_packet).
func (c *Config) build(k *Packet) (*segment, error) {
	s := &segment{spec: k, v6: c.Version == IPv6, tos: k.IP.TOS, ttl: k.IP.TTL, flow: k.IP.FlowLabel, ihl: 5}
	if s.ttl == 0 {
		s.ttl = ttlAny
	}
	s.sport, s.dport, s.l4 = k.Src, k.Dst, k.Proto
	size := 0
	switch k.Proto {
	case TCP:
		s.proto = 6
		s.tcp(k.TCP)
		size = 20 + s.optLen + s.payloadLen
	case UDP:
		s.proto, s.payloadLen, s.udpLen = 17, k.Len, 8+k.Len
		size = s.udpLen
	default:
		s.proto = 1
		if s.v6 {
			s.proto = 58
		}
		var err error
		if s.icmp, size, err = c.icmp(k.ICMP); err != nil {
			return nil, err
		}
		s.payloadLen = size - 8
	}
	s.total = size
	if s.v6 {
		s.ihl = 10
	} else {
		s.total += 20
	}
	return s, nil
}

// tcp fills in the header of a segment.
func (s *segment) tcp(t *TCPSpec) {
	s.seq, s.ack, s.payloadLen = t.Seq, t.Ack, t.Len
	s.winAny, s.win = t.Win < 0, uint16(max(t.Win, 0))
	s.urg = t.Urg
	for i, c := range "FSRP.UEWA" {
		for _, f := range t.Flags {
			if f == c {
				s.flags |= 1 << i
			}
		}
	}
	for _, f := range t.Flags {
		if f >= '1' && f <= '7' {
			s.parseACE = true
			n := uint16(f - '0')
			s.flags |= n&1*flagECE | n>>1&1*flagCWR | n>>2&1*flagAE
		}
	}
	s.optsAny, s.opts = t.AnyOptions, t.Opts
	for i := range t.Opts {
		s.optLen += t.Opts[i].size()
	}
	s.doff = 5 + s.optLen/4
}

// wire writes the packet as bytes, checksums and all (checksum_packet).
func (s *segment) wire() []byte {
	be := binary.BigEndian
	var l4 []byte
	switch s.l4 {
	case TCP:
		l4 = make([]byte, s.doff*4+s.payloadLen)
		be.PutUint16(l4, s.sport)
		be.PutUint16(l4[2:], s.dport)
		be.PutUint32(l4[4:], s.seq)
		be.PutUint32(l4[8:], s.ack)
		be.PutUint16(l4[12:], uint16(s.doff)<<12|s.flags)
		be.PutUint16(l4[14:], s.win)
		be.PutUint16(l4[18:], s.urg)
		p := l4[20:20]
		for _, o := range s.opts {
			p = append(p, o.Kind)
			if o.Kind > optNOP {
				p = append(append(p, uint8(o.size())), o.Data...)
			}
		}
		s.sum(l4, 16)
	case UDP:
		l4 = make([]byte, 8+s.payloadLen)
		be.PutUint16(l4, s.sport)
		be.PutUint16(l4[2:], s.dport)
		be.PutUint16(l4[4:], uint16(s.udpLen))
		s.sum(l4, 6)
		if be.Uint16(l4[6:]) == 0 {
			be.PutUint16(l4[6:], 0xffff)
		}
	default:
		l4 = append([]byte{s.icmp[0], s.icmp[1], 0, 0}, s.payload...)
		s.sum(l4, 2)
	}
	return append(s.ipHeader(len(l4)), l4...)
}

// sum fills in the checksum at off.
func (s *segment) sum(l4 []byte, off int) {
	init := uint32(0)
	switch {
	case s.v6:
		init = wire.PseudoHeader6(s.src, s.dst, wire.Proto(s.proto), len(l4))
	case s.l4 != ICMP:
		init = wire.PseudoHeader4(s.src.IP4(), s.dst.IP4(), wire.Proto(s.proto), len(l4))
	}
	binary.BigEndian.PutUint16(l4[off:], wire.Fold(wire.Checksum(l4, init)))
}

// ipHeader is the IP header in front of n bytes.
func (s *segment) ipHeader(n int) []byte {
	be := binary.BigEndian
	if s.v6 {
		h := make([]byte, 40)
		be.PutUint32(h, 6<<28|uint32(s.tos)<<20|s.flow)
		be.PutUint16(h[4:], uint16(n))
		h[6], h[7] = s.proto, s.ttl
		s.src.Put16(h[8:])
		s.dst.Put16(h[24:])
		return h
	}
	h := make([]byte, 20)
	h[0], h[1], h[8], h[9] = 0x45, s.tos, s.ttl, s.proto
	be.PutUint16(h[2:], uint16(20+n))
	be.PutUint32(h[12:], uint32(s.src.IP4()))
	be.PutUint32(h[16:], uint32(s.dst.IP4()))
	be.PutUint16(h[10:], wire.Fold(wire.Checksum(h, 0)))
	return h
}
