package oracle

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/oracle/real"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A ctEvent is one event of connection tracking, of either kernel.
type ctEvent struct {
	event       string // NEW, UPDATE, DESTROY
	orig, reply ctTuple
	status      uint32
	timeout     int // seconds, -1 if it is not said
	state       int // of TCP, -1 if it is not said
	mark        uint32
	zone        uint16
}

type ctTuple struct {
	src, dst     string
	sport, dport uint16
	typ, code    uint8
	proto        uint8
}

var ctProtos = map[uint8]string{1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp", 47: "gre", 136: "udplite"}

var ctTCPStates = [...]string{"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"}

// String is the event as `conntrack -E` prints it, but for padding and numbers.
func (e ctEvent) String() string {
	w := []string{"[" + e.event + "]", ctProtos[e.orig.proto]}
	if w[1] == "" {
		w[1] = "unknown " + strconv.Itoa(int(e.orig.proto))
	}
	if e.timeout >= 0 {
		w = append(w, "timeout="+strconv.Itoa(e.timeout))
	}
	if e.state >= 0 && e.state < len(ctTCPStates) && e.orig.proto == 6 {
		w = append(w, ctTCPStates[e.state])
	}
	w = append(w, e.orig.String())
	if e.status&2 == 0 {
		w = append(w, "[UNREPLIED]")
	}
	w = append(w, e.reply.String())
	if e.status&4 != 0 {
		w = append(w, "[ASSURED]")
	}
	if e.mark != 0 {
		w = append(w, fmt.Sprintf("mark=%d", e.mark))
	}
	if e.zone != 0 {
		w = append(w, fmt.Sprintf("zone=%d", e.zone))
	}
	return strings.Join(w, " ")
}

func (t ctTuple) String() string {
	s := "src=" + t.src + " dst=" + t.dst
	switch t.proto {
	case 1, 58:
		return s + fmt.Sprintf(" type=%d code=%d id=%d", t.typ, t.code, t.sport)
	case 6, 17, 132, 136:
		return s + fmt.Sprintf(" sport=%d dport=%d", t.sport, t.dport)
	}
	return s
}

// ctLines reads the messages of the real kernel.
func ctLines(list []real.CTMessage) []string {
	var out []string
	for _, m := range list {
		e := ctEvent{event: m.Event, timeout: -1, state: -1}
		be := binary.BigEndian
		real.Attrs(m.Attrs, func(t int, v []byte) {
			switch {
			case t == 1:
				e.orig.attrs(v)
			case t == 2:
				e.reply.attrs(v)
			case t == 3 && len(v) == 4:
				e.status = be.Uint32(v)
			case t == 4:
				real.Attrs(v, func(t int, v []byte) {
					real.Attrs(v, func(u int, v []byte) {
						if t == 1 && u == 1 && len(v) == 1 {
							e.state = int(v[0])
						}
					})
				})
			case t == 7 && len(v) == 4:
				e.timeout = int(be.Uint32(v))
			case t == 8 && len(v) == 4:
				e.mark = be.Uint32(v)
			case t == 18 && len(v) == 2:
				e.zone = be.Uint16(v)
			}
		})
		if e.event == "DESTROY" {
			e.timeout = -1
		}
		out = append(out, e.String())
	}
	return out
}

// attrs reads a tuple (CTA_TUPLE_*).
func (t *ctTuple) attrs(b []byte) {
	be := binary.BigEndian
	real.Attrs(b, func(k int, v []byte) {
		real.Attrs(v, func(n int, v []byte) {
			switch {
			case k == 1 && (n == 1 || n == 3):
				t.src = ipText(v)
			case k == 1:
				t.dst = ipText(v)
			case k == 2 && n == 1 && len(v) == 1:
				t.proto = v[0]
			case k == 2 && (n == 2 || n == 4 || n == 7) && len(v) == 2:
				t.sport = be.Uint16(v)
			case k == 2 && n == 3 && len(v) == 2:
				t.dport = be.Uint16(v)
			case k == 2 && (n == 5 || n == 8) && len(v) == 1:
				t.typ = v[0]
			case k == 2 && (n == 6 || n == 9) && len(v) == 1:
				t.code = v[0]
			}
		})
	})
}

func ipText(b []byte) string {
	if len(b) == 4 {
		return ip4(b)
	}
	return addr6(b)
}

// ctListener hears the model's events.
type ctListener struct{ m *labModel }

// ConntrackEvent is told of an event; see conntrack.Listener.
func (l *ctListener) ConntrackEvent(ns *core.Netns, c *conntrack.Conn, ev conntrack.Events) {
	e := ctEvent{event: "UPDATE", orig: modelTuple(c.Tuple(conntrack.Original)), reply: modelTuple(c.Tuple(conntrack.Reply)), status: uint32(c.Status),
		timeout: int(c.Expires() / sim.Second), state: -1, mark: c.Mark, zone: c.Zone().ID}
	switch {
	case ev&conntrack.EventDestroy != 0:
		e.event, e.timeout = "DESTROY", -1
	case ev&(conntrack.EventNew|conntrack.EventRelated) != 0:
		e.event = "NEW"
	}
	if c.Proto() == 6 && ev&(conntrack.EventProtoInfo|conntrack.EventDestroy) != 0 {
		e.state = int(c.TCP.State)
	}
	h := l.m.of(ns)
	h.CT = append(h.CT, e.String())
}

func modelTuple(k *conntrack.Tuple) ctTuple {
	t := ctTuple{src: k.Src.String(), dst: k.Dst.String(), sport: k.Sport, dport: k.Dport, proto: k.Proto}
	if k.Proto == 1 || k.Proto == 58 {
		t.typ, t.code = uint8(k.Dport>>8), uint8(k.Dport)
	}
	return t
}

var ctTimeout = regexp.MustCompile(`timeout=(\d+)`)

// sameCT compares two events; a timeout may be a second less, because it is read
// back as what is left of it.
func sameCT(want, got string) bool {
	if want == got {
		return true
	}
	w, g := ctTimeout.FindStringSubmatch(want), ctTimeout.FindStringSubmatch(got)
	if w == nil || g == nil || ctTimeout.ReplaceAllString(want, "") != ctTimeout.ReplaceAllString(got, "") {
		return false
	}
	a, _ := strconv.Atoi(w[1])
	b, _ := strconv.Atoi(g[1])
	return a-b <= 1 && b-a <= 1
}

// ctInfos are the names of enum ip_conntrack_info, ctBits those of the bits of a
// connection's status.
var (
	ctInfos = [...]string{"ESTABLISHED", "RELATED", "NEW", "ESTABLISHED_REPLY", "RELATED_REPLY", "5", "6", "UNTRACKED"}
	ctBits  = [...]string{"EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE", "DST_NAT_DONE", "DYING", "FIXED_TIMEOUT", "TEMPLATE", "UNTRACKED", "HELPER", "OFFLOAD", "HW_OFFLOAD"}
)

// tracked adds to a packet that is sent what connection tracking says of it.
// Without a connection it is UNTRACKED or nothing.
func tracked(s *Step, conn bool, info uint8, status uint32, proto, tcp uint8) {
	if !conn {
		if info == 7 {
			s.Fields = append(s.Fields, Field{"ctinfo", "UNTRACKED"})
		}
		return
	}
	var bits []string
	for i, n := range ctBits {
		if status>>i&1 != 0 {
			bits = append(bits, `"`+n+`"`)
		}
	}
	s.Fields = append(s.Fields, Field{"ctinfo", ctInfos[info&7]}, Field{"ctstatus", "[" + strings.Join(bits, ",") + "]"})
	if proto == 6 && int(tcp) < len(ctTCPStates) {
		s.Fields = append(s.Fields, Field{"cttcp", ctTCPStates[tcp]})
	}
}

// ctOf adds what the model's connection tracking says of a packet.
func ctOf(s *Step, b *core.SKB) {
	if s == nil {
		return
	}
	c, info := conntrack.Get(b)
	if c == nil {
		tracked(s, false, uint8(info), 0, 0, 0)
		return
	}
	tracked(s, true, uint8(info), uint32(c.Status), c.Proto(), uint8(c.TCP.State))
}
