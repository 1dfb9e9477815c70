package oracle

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"sort"
	"strconv"
)

// Ports that the recorded hosts chose by themselves (ip_local_port_range).
const ephLow, ephHigh = 50000, 60999

var ephPort = regexp.MustCompile(`(^|[^0-9.])(5\d{4}|60\d{3})($|[^0-9.])`)

// eph replaces the ports that a kernel chose in a line of text.
func eph(s string) string { return ephPort.ReplaceAllString(s, "${1}eph${3}") }

// idClass is an IPv4 id: 0, the one of frames made by hand, or any other.
func idClass(id uint16) string {
	if id == 0x1234 {
		return "0x1234"
	}
	return set(uint32(id))
}

func set(v uint32) string {
	if v == 0 {
		return "0"
	}
	return "set"
}

// flow is one direction of a connection.
type flow struct {
	src, dst     string
	sport, dport uint16
}

func (k flow) reverse() flow { return flow{k.dst, k.src, k.dport, k.sport} }

// norm makes relative what two kernels draw differently at random: TCP sequence
// numbers of each direction, ping identifiers, chosen ports. One norm belongs
// to one host and sees all its frames in time order.
type norm struct {
	isn   map[flow]uint32
	echos map[uint16]int
	low   uint16            // the first port that the kernel may choose
	nat   map[string]string // ports that NAT has drawn, and their class
	lab   bool              // both directions are a program's own: nothing was recorded elsewhere
}

func newNorm() *norm { return &norm{isn: map[flow]uint32{}, echos: map[uint16]int{}, low: ephLow} }

// learn takes the beginnings of numberings from a frame: a SYN starts a new
// one, the first segment that is seen of a running connection another.
func (n *norm) learn(b []byte) {
	if len(b) < 14 {
		return
	}
	var k flow
	var p []byte
	proto := byte(0)
	switch l3 := b[14:]; binary.BigEndian.Uint16(b[12:]) {
	case typeIPv4:
		if len(l3) < 20 || binary.BigEndian.Uint16(l3[6:])&0x1fff != 0 {
			return
		}
		k, proto, p = flow{src: ip4(l3[12:]), dst: ip4(l3[16:])}, l3[9], l3[min(int(l3[0]&15)*4, len(l3)):]
	case typeIPv6:
		if len(l3) < 40 {
			return
		}
		k, proto, p = flow{src: ip16(l3[8:]), dst: ip16(l3[24:])}, l3[6], l3[40:]
	}
	switch {
	case (proto == 1 && len(p) >= 8 && (p[0] == 0 || p[0] == 8)) || (proto == 58 && len(p) >= 8 && (p[0] == 128 || p[0] == 129)):
		n.echo(binary.BigEndian.Uint16(p[4:]))
	case proto == 6 && len(p) >= 20:
		k.sport, k.dport = binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
		seq, syn, rst, ack := binary.BigEndian.Uint32(p[4:]), p[13]&2 != 0, p[13]&4 != 0, p[13]&16 != 0
		_, known := n.isn[k]
		if syn || !known && (!rst || ack) {
			n.isn[k] = seq
		}
		if _, known := n.isn[k.reverse()]; !known && ack && !syn {
			n.isn[k.reverse()] = binary.BigEndian.Uint32(p[8:]) - 1
		}
	}
}

// seq is a sequence number relative to the first of its direction. bareReset
// says that it stands in a RST without ACK, whose number is the other side's.
func (n *norm) seq(k flow, v uint32, bareReset bool) string {
	first, ok := n.isn[k]
	if !ok {
		if bareReset {
			return "ack of the other side"
		}
		return "raw"
	}
	d := int64(int32(v - first))
	if d > 1<<26 || d < -1<<26 {
		return "far"
	}
	return strconv.FormatInt(d, 10)
}

// echo is the identifier of a ping: ping1, ping2, … in order of appearance.
func (n *norm) echo(id uint16) string {
	if n.echos[id] == 0 {
		n.echos[id] = len(n.echos) + 1
	}
	return fmt.Sprintf("ping%d", n.echos[id])
}

func (n *norm) port(p uint16) string {
	if p >= n.low && p <= ephHigh {
		return "eph"
	}
	if c, ok := n.nat[strconv.Itoa(int(p))]; ok {
		return c
	}
	return strconv.Itoa(int(p))
}

// A described is a frame that was sent, as fields.
type described struct {
	sent   Sent
	fields []Field
}

// describe turns what a host sent into fields, device by device. The frames
// that came in are needed for the numbers they begin.
func describe(inputs []Input, out []Sent) map[string][]described {
	type ev struct {
		at   int64
		dev  string
		b    []byte
		sent bool
	}
	var evs []ev
	for _, in := range inputs {
		if in.Frame != nil {
			evs = append(evs, ev{in.T, in.Dev, in.Frame, false})
		}
	}
	for _, s := range out {
		evs = append(evs, ev{s.At, s.Dev, s.Bytes, true})
	}
	sort.SliceStable(evs, func(i, j int) bool { return evs[i].at < evs[j].at })
	n := newNorm()
	all := map[string][]described{}
	for _, e := range evs {
		n.learn(e.b)
		if e.sent {
			all[e.dev] = append(all[e.dev], described{Sent{e.dev, e.at, e.b}, n.frame(e.b, e.dev == "lo")})
		}
	}
	return all
}
