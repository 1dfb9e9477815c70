package oracle

import (
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A listener turns the model's tracepoints into the steps of a recording.
type listener struct {
	m     *model
	lab   *labModel // instead of m: the listener of a whole lab
	open  []frame
	calls map[string]*rowRef // the last system call of each name
	last  *Step              // the route lookup whose result is being explained
	// entered are the functions that have run since the set-up.
	entered map[step.Step]bool
}

// A frame is one running function, and the row that its steps belong to.
type frame struct {
	fn  step.Step
	by  string
	row *rowRef // nil: that of the function outside
}

// A rowRef is where a row stands in Facts.Rows, once it has a step.
type rowRef struct {
	n    int   // index+1
	last int64 // time of the last step
	done bool  // a call that has moved data
}

// sameCall is how close system calls of one name are taken together by the
// recorder, in ns: it does not see where one ends that moves no data.
const sameCall = 2000000

// ns is the namespace in which the model is working.
func (l *listener) ns() *core.Netns {
	if l.lab != nil {
		return l.lab.current()
	}
	return l.m.host.NS
}

// begin opens a row by hand: a system call. Leave closes it.
func (l *listener) begin(by string) {
	row := l.calls[by]
	if row == nil || row.done || l.m.now()-row.last > sameCall {
		row = &rowRef{last: l.m.now()}
		if l.calls == nil {
			l.calls = map[string]*rowRef{}
		}
		l.calls[by] = row
	}
	l.open = append(l.open, frame{by: by, row: row})
}

// Enter is the entry into a kernel function. One that takes a packet from a
// device opens a row, and so does a timer.
func (l *listener) Enter(s step.Step, on trace.Subject) {
	f := frame{fn: s}
	if l.entered == nil {
		l.entered = map[step.Step]bool{}
	}
	l.entered[s] = true
	if b, ok := on.(*core.SKB); ok && l.lab != nil && s == step.NetifReceiveSkbCore {
		l.lab.merged(b)
	}
	switch s {
	case step.NetifReceiveSkbOneCore, step.NetifReceiveSkbListCore, step.NapiGroReceive:
		if !l.inside(step.TunGetUser) { // what a program writes into a tun device is its call's
			f.by, f.row = "packet", new(rowRef)
		}
	case step.NetTxAction:
		f.by, f.row = "softirq:NET_TX", new(rowRef)
	default:
		if len(l.open) == 0 {
			f.by, f.row = s.String(), new(rowRef)
			switch {
			case timers[f.by]:
				f.by = "timer " + f.by
			case s == step.RcuCore:
				f.by = "softirq:RCU"
			}
		}
	}
	l.open = append(l.open, f)
}

// inside reports whether a function is running.
func (l *listener) inside(fn step.Step) bool {
	for i := range l.open {
		if l.open[i].fn == fn {
			return true
		}
	}
	return false
}

// timers are functions that a timer calls.
var timers = map[string]bool{"neigh_timer_handler": true, "tcp_delack_timer": true, "tcp_write_timer": true, "tcp_keepalive_timer": true, "reqsk_timer_handler": true,
	"tw_timer_handler": true, "ip_expire": true, "ip6_frag_expire": true, "igmp_ifc_timer_expire": true, "igmp_gq_timer_expire": true, "igmp_timer_expire": true}

// Leave is the return from it.
func (l *listener) Leave() { l.open = l.open[:len(l.open)-1] }

// add adds a step to the row of the innermost function that has one.
func (l *listener) add(s Step) *Step {
	ref, by := new(rowRef), "nothing"
	for i := len(l.open) - 1; i >= 0; i-- {
		if f := &l.open[i]; f.row != nil {
			ref, by = f.row, f.by
			break
		}
	}
	if l.lab != nil {
		return l.lab.add(s)
	}
	f := &l.m.facts
	if ref.n == 0 {
		f.Begin(l.m.now(), by)
		ref.n = len(f.Rows)
	}
	ref.last, ref.done = l.m.now(), s.Kind == "ret"
	r := &f.Rows[ref.n-1]
	r.Steps = append(r.Steps, s)
	return &r.Steps[len(r.Steps)-1]
}

// by is the innermost function that is not one of those named: who asked.
func (l *listener) by(not ...string) string {
	for i := len(l.open) - 1; i >= 0; i-- {
		fn := l.open[i].fn.String()
		found := fn != ""
		for _, n := range not {
			found = found && fn != n
		}
		if found {
			return fn
		}
	}
	return ""
}

// Why completes a route lookup: the tracepoint of the model does not say all
// that the recorder saw.
func (l *listener) Why(w step.Why, v []uint64) {
	s := l.last
	if s == nil {
		return
	}
	l.last = nil
	r := &s.Fields[len(s.Fields)-2]
	switch w {
	case step.WhyRouteLocal:
		r.Value = strings.Replace(r.Value, "scope 254", "scope 255", 1)
	case step.WhyFib6Found:
		p := netip.PrefixFrom(wire.Addr{Hi: v[3], Lo: v[4]}.Netip(), int(v[5]))
		r.Value = strings.Replace(r.Value, "::/0", prefix6(p, wire.Addr{Hi: v[3], Lo: v[4]}), 1)
	default:
		l.last = s
	}
}

// prefix6 writes a prefix of IPv6; the mapped form is an address like any other.
func prefix6(p netip.Prefix, a wire.Addr) string {
	var b [16]byte
	a.Put16(b[:])
	return netip.PrefixFrom(netip.AddrFrom16(b), p.Bits()).String()
}

// inlined has no address of its own in the recorded kernel: its caller shows.
const inlined = "tcp_rcv_synsent_state_process"

// Point is a tracepoint.
func (l *listener) Point(tp step.TP, on trace.Subject, v []uint64) {
	if l.m != nil && l.m.now() < 0 {
		return // the set-up is not compared
	}
	b, _ := on.(*core.SKB)
	sk, _ := on.(*core.Sock)
	if l.lab != nil && tp == step.SkDataReady && sk != nil && sk.Family == core.AFUnspec {
		return // a tun device's socket is in no namespace
	}
	if ofTap(tp, sk, v) || l.inTap(tp) || l.m != nil && unplaced(tp, b, v) {
		return
	}
	switch tp {
	case step.NetifReceiveSkb:
		l.gso(l.add(Rx(l.dev(v[2]), PacketLine(b.Protocol, linear(b, b.Offset())), pktTypes[b.PktType])), b)
	case step.NapiGroReceiveEntry:
		l.add(Step{"gro", []Field{{"gro", l.dev(v[0])}, {"pkt", line(b)}}})
	case step.NetDevQueue:
		s := l.add(Tx(l.dev(v[2]), line(b), b.Mark))
		ctOf(s, b)
		l.gso(s, b)
	case step.NetDevStartXmit:
		if d := l.ns().DevByIndex(int(v[1])); l.m != nil && d != nil {
			l.m.facts.Send(l.m.now(), d.Name, linear(b, b.Offset()))
		}
	case step.KfreeSkb:
		l.add(Drop(step.DropReason(v[3]).String(), step.Step(v[1]).String(), line(b)))
	case step.ConsumeSkb:
		if b.PktType != core.PacketOutgoing {
			l.add(Consumed(step.Step(v[1]).String(), line(b)))
		}
	case step.FibTableLookup:
		f := FibLookup{Table: int(v[0]), Err: int(int64(v[1])), OIF: int(v[2]), IIF: int(v[3]), Proto: int(v[4]), TOS: int(v[5]), Src: wire.IP4(v[7]).String(), Dst: wire.IP4(v[8]).String(),
			Sport: int(v[10]), Dport: int(v[11]), Dev: l.dev(v[12]), NextHopScope: 254, By: l.by("fib_table_lookup", "__fib_lookup", "fib_lookup", "fib4_rule_action")}
		if len(v) > 13 {
			f.Mark = uint32(v[13])
		}
		if v[9] != 0 {
			f.Gateway, f.NextHopScope = wire.IP4(v[9]).String(), 253
		}
		l.last = l.add(f.Step())
	case step.Fib6TableLookup:
		f := Fib6Lookup{Table: int(v[0]), OIF: int(v[2]), IIF: int(v[3]), Src: ip(v[6:]), Dst: ip(v[8:]), Proto: int(v[12]), Type: int(v[13]), Prefix: "::/0", Dev: l.dev(v[14]),
			By: l.by("fib6_table_lookup", "ip6_pol_route", "fib6_rule_lookup", "ip6_pol_route_output", "ip6_pol_route_input")}
		if len(v) > 17 {
			f.Mark = uint32(v[17])
		}
		if g := (wire.Addr{Hi: v[15], Lo: v[16]}); !g.IsZero() {
			f.Gateway = g.String()
		}
		l.last = l.add(f.Step())
	case step.NeighCreate, step.NeighUpdate, step.NeighUpdateDone, step.NeighTimerHandler, step.NeighEventSendDone, step.NeighEventSendDead:
		l.neigh(tp, on, v)
	case step.InetSockSetState:
		l.add(State(tcpStates[v[1]], tcpStates[v[2]], l.end(sk, true), l.end(sk, false), l.by("tcp_set_state", "inet_sk_state_store", "inet_sk_set_state", inlined)))
	case step.IcmpSend:
		l.add(ICMPSend(int(v[1]), int(v[2]), line(b), l.by("__icmp_send", "icmp_send", "__icmp_ndo_send", "nf_send_unreach")))
	case step.TcpSendReset:
		l.add(Reset(rstReasons[min(int(v[3]), len(rstReasons)-1)]))
	case step.BrFdbUpdate:
		l.add(Step{"fdb", []Field{{"fdb", wire.MAC(v[2]).String()}, {"dev", l.dev(v[1])}}})
	case step.QdiscEnqueue:
		l.queue("enqueue", v[1])
	case step.QdiscDequeue:
		l.queue("dequeue", v[2])
	case step.SkDataReady:
		l.add(Ready(l.end(sk, true)))
	case step.InetSkErrorReport:
		l.add(SockError(int(v[0]), l.end(sk, true)))
	case step.TcpCongStateSet:
		l.add(CongState(caStates[v[len(v)-1]]))
	case step.TcpRetransmitSkb:
		l.add(Retransmit(l.end(sk, true)))
	case step.TcpRetransmitSynack:
		if q, ok := on.(*tcp.Request); ok && q.Listener() != nil {
			l.add(Step{"retransmit_synack", []Field{{"retransmit_synack", l.end(q.Listener(), true)}}})
		}
	case step.SockSendLength, step.SockRecvLength:
		l.add(Ret(int(int64(v[3]))))
	case step.SkbCopyDatagramIovec:
		l.add(Copy(int(v[1])))
	}
}

// ofTap reports whether a point is about a packet socket. Those who recorded had
// such sockets themselves, on every device, and left out what happened in them.
func ofTap(tp step.TP, sk *core.Sock, v []uint64) bool {
	switch tp {
	case step.KfreeSkb, step.ConsumeSkb:
		at := step.Step(v[1])
		return at == step.PacketRecvmsg || at == step.PacketRelease || at == step.PacketRcv
	case step.SkDataReady:
		return sk != nil && sk.Family == core.AFPacket
	}
	return false
}

// inTap is the same for the pieces of a packet that a packet socket lets go.
func (l *listener) inTap(tp step.TP) bool {
	return (tp == step.KfreeSkb || tp == step.ConsumeSkb) && (l.inside(step.PacketRecvmsg) || l.inside(step.PacketRelease) || l.inside(step.PacketRcv))
}

// unplaced reports whether a point is about the clone of the fragment that came
// last (inet_frag_reasm_prepare). It has neither device nor socket, and those who
// recorded the hosts could not tell whose it was.
func unplaced(tp step.TP, b *core.SKB, v []uint64) bool {
	return (tp == step.KfreeSkb || tp == step.ConsumeSkb) && b != nil && b.Cloned && step.Step(v[1]) == step.SkbReleaseData
}

// queue is a packet that a queueing discipline takes or gives; a lab compares
// what the disciplines count instead.
func (l *listener) queue(what string, index uint64) {
	if d := l.ns().DevByIndex(int(index)); l.m != nil && d != nil && d.Qdisc != nil {
		l.add(Step{what, []Field{{what, d.Qdisc.Name()}, {"qlen", itoa(d.Qdisc.Len())}}})
	}
}

// gso adds what a packet that stands for several has.
func (l *listener) gso(s *Step, b *core.SKB) {
	if s != nil && b.GSOSize != 0 {
		s.Fields = append(s.Fields, Field{"gso", "[" + itoa(b.GSOSize) + "," + itoa(b.GSOSegs) + "," + itoa(int(b.GSOType)) + "]"})
	}
}

// neigh is one of the tracepoints about neighbours.
func (l *listener) neigh(tp step.TP, on trace.Subject, v []uint64) {
	n, ok := on.(*core.Neighbour)
	if !ok {
		return
	}
	_, ev, _ := strings.Cut(tp.String(), ":")
	fresh := ""
	if tp == step.NeighUpdate {
		fresh = nudStates[v[7]]
	}
	l.add(Neigh(ev, ip(v[4:]), nudStates[uint64(n.State)], fresh, n.Queue.Len()))
}

// dev is a device's name; an index of 0 is the loopback's null route.
func (l *listener) dev(index uint64) string {
	if d := l.ns().DevByIndex(int(index)); d != nil {
		return d.Name
	}
	return "lo"
}

// end is one end of a socket. The recorder had no addresses of IPv6 sockets.
func (l *listener) end(sk *core.Sock, local bool) string {
	if sk == nil || sk.Family == core.AFUnspec { // that of a tun device has no ends
		return ""
	}
	a, p := sk.Daddr, sk.Dport
	if local {
		a, p = sk.RcvSaddr, sk.Sport
		if a.IsZero() {
			a = sk.Saddr
		}
		if sk.Type == core.SockRaw {
			p = uint16(sk.Protocol)
		}
	}
	if sk.Family == core.AFInet6 && l.m != nil {
		return ":" + itoa(int(p))
	}
	switch {
	case sk.Family == core.AFInet6 && a.IsZero():
		return "[::]:" + itoa(int(p))
	case sk.Family == core.AFInet6 && a.Is4():
		return "[::ffff:" + a.String() + "]:" + itoa(int(p))
	}
	return end(a, p)
}

func ip(v []uint64) string { return wire.Addr{Hi: v[0], Lo: v[1]}.String() }

// line is the packet line of a buffer, from its network header on.
func line(b *core.SKB) string {
	if b.Network < 0 {
		return PacketLine(b.Protocol, nil)
	}
	return PacketLine(b.Protocol, linear(b, b.Network))
}

// linear is a buffer's memory from an offset on, with the pieces behind it.
func linear(b *core.SKB, off int) []byte {
	if off > b.Offset()+b.HeadLen() {
		return nil
	}
	p := append([]byte(nil), b.From(off)...)
	for _, f := range b.Frags {
		p = append(p, f.B...)
	}
	return p
}

var pktTypes = [...]string{"host", "broadcast", "multicast", "otherhost", "outgoing", "loopback"}

var tcpStates = [...]string{1: "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"}

var nudStates = map[uint64]string{0: "NONE", 1: "INCOMPLETE", 2: "REACHABLE", 4: "STALE", 8: "DELAY", 16: "PROBE", 32: "FAILED", 64: "NOARP", 128: "PERMANENT"}

var caStates = [...]string{"Open", "Disorder", "CWR", "Recovery", "Loss"}

// rstReasons are enum sk_rst_reason.
var rstReasons = [...]string{"NOT_SPECIFIED", "NO_SOCKET", "TCP_INVALID_ACK_SEQUENCE", "TCP_RFC7323_PAWS", "TCP_TOO_OLD_ACK", "TCP_ACK_UNSENT_DATA", "TCP_FLAGS", "TCP_OLD_ACK", "TCP_ABORT_ON_DATA",
	"TCP_TIMEWAIT_SOCKET", "INVALID_SYN", "TCP_ABORT_ON_CLOSE", "TCP_ABORT_ON_LINGER", "TCP_ABORT_ON_MEMORY", "TCP_STATE", "TCP_KEEPALIVE_TIMEOUT", "TCP_DISCONNECT_WITH_DATA", "other"}
