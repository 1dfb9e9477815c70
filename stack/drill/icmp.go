package drill

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// An icmpType is a name of a script for a type, and its codes by name.
type icmpType struct {
	n     uint8
	codes map[string]uint8
}

// icmp4Types and icmp6Types are the names of ICMP types (icmp_packet.c).
var icmp4Types = map[string]icmpType{
	"echo_reply": {0, nil}, "unreachable": {3, icmp4Codes}, "source_quench": {4, nil}, "redirect": {5, nil}, "echo_request": {8, nil},
	"time_exceeded": {11, nil}, "parameter_problem": {12, nil}, "timestamp_request": {13, nil}, "timestamp_reply": {14, nil},
	"information_request": {15, nil}, "information_reply": {16, nil}, "address_mask_request": {17, nil}, "address_mask_reply": {18, nil},
}

var icmp4Codes = map[string]uint8{"net_unreachable": 0, "host_unreachable": 1, "protocol_unreachable": 2, "port_unreachable": 3, "frag_needed": 4,
	"source_route_failed": 5, "net_unknown": 6, "host_unknown": 7, "source_host_isolated": 8, "net_prohibited": 9, "host_prohibited": 10,
	"net_unreachable_for_tos": 11, "host_unreachable_for_tos": 12, "packet_filtered": 13, "precedence_violation": 14, "precedence_cutoff": 15}

var icmp6Types = map[string]icmpType{
	"unreachable":    {1, map[string]uint8{"net_unreachable": 0, "no_route": 0, "admin_prohibited": 1, "not_neighbour": 2, "address_unreachable": 3, "port_unreachable": 4}},
	"packet_too_big": {2, nil}, "time_exceeded": {3, map[string]uint8{"exceeded_hop_limit": 0, "exceeded_frag_time": 1}},
	"parameter_problem": {4, map[string]uint8{"header_field": 0, "unknown_next_header": 1, "unknown_option": 2}},
	"echo_request":      {128, nil}, "echo_reply": {129, nil},
}

// icmpNumbers are type and code by the names of a script
// (parse_icmp_type_and_code).
func (c *Config) icmpNumbers(m *ICMPSpec) (b [2]uint8, err error) {
	types := icmp4Types
	if c.Version == IPv6 {
		types = icmp6Types
	}
	t, ok := types[m.Type]
	if n, is := numbered(m.Type, "type_"); is {
		t, ok = icmpType{n: n}, true
	}
	if !ok {
		return b, fmt.Errorf("bad ICMP type %s", m.Type)
	}
	b[0] = t.n
	if m.Code == "" {
		return b, nil
	}
	b[1], ok = t.codes[m.Code]
	if n, is := numbered(m.Code, "code_"); is {
		b[1], ok = n, true
	}
	if !ok {
		return b, fmt.Errorf("bad ICMP code %s", m.Code)
	}
	return b, nil
}

func numbered(s, prefix string) (uint8, bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(rest, 10, 8)
	return uint8(n), ok && err == nil
}

// icmp is type, code and the length of a message from its header on.
func (c *Config) icmp(m *ICMPSpec) (b [2]uint8, size int, err error) {
	if b, err = c.icmpNumbers(m); err != nil {
		return b, 0, err
	}
	switch {
	case m.Echo == RawProto && m.Len < 8:
		return b, 0, fmt.Errorf("icmp_bytes %d smaller than icmp header length 8", m.Len)
	case m.Echo == RawProto:
		size = int(m.Len)
	case c.Version == IPv6:
		size = 8 + 40 + 8
	default:
		size = 8 + 20 + 8
	}
	if m.HasMTU && m.MTU >= 0 {
		switch v6 := c.Version == IPv6; {
		case !v6 && (b[0] != 3 || b[1] != 4):
			err = fmt.Errorf("ICMPv4 MTU is only valid for unreachable-frag_needed")
		case v6 && (b[0] != 2 || b[1] != 0):
			err = fmt.Errorf("ICMPv6 MTU is only valid for packet_too_big-0")
		case !v6 && m.MTU > 0xffff:
			err = fmt.Errorf("ICMPv4 MTU out of 16-bit range")
		case m.MTU > 0xffffffff:
			err = fmt.Errorf("ICMPv6 MTU out of 32-bit range")
		}
	}
	return b, size, err
}

// icmpBody is an ICMP message behind type, code and checksum: MTU or id, then
// the beginning of the packet that is said to have caused it, as k sent it.
func (s *segment) icmpBody(k *conn) []byte {
	be := binary.BigEndian
	m := s.spec.ICMP
	b := make([]byte, 4+s.payloadLen)
	if m.HasMTU && m.MTU >= 0 {
		if s.v6 {
			be.PutUint32(b, uint32(m.MTU))
		} else {
			be.PutUint16(b[2:], uint16(m.MTU))
		}
	}
	if m.ID > 0 {
		be.PutUint16(b, uint16(m.ID))
	}
	if m.Echo == RawProto {
		return b
	}
	head := 20
	if m.Echo == UDP {
		head = 8
	}
	e := segment{v6: s.v6, ttl: ttlAny, proto: 6, src: k.live.local.ip, dst: k.live.remote.ip}
	if m.Echo == UDP {
		e.proto = 17
	}
	h := e.ipHeader(head + int(m.Len))
	if !s.v6 {
		be.PutUint16(h[10:], 0)
		be.PutUint16(h[10:], wire.Fold(wire.Checksum(h, 0)))
	}
	n := copy(b[4:], h)
	p := b[4+n:]
	be.PutUint16(p, k.live.local.port)
	be.PutUint16(p[2:], k.live.remote.port)
	if m.Echo == TCP {
		be.PutUint32(p[4:], m.Seq+k.localOffset(false))
	}
	return b
}
