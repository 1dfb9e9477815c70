package report

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Host is what the head of a trace says of a simulated host.
type Host struct {
	Name  string   `json:"name"`
	Addrs []string `json:"addrs"`
	Devs  []string `json:"devs"`
}

// A Head is the first line of a trace.
type Head struct {
	Input string
	Mode  string
	Hosts []Host
}

// Names resolves numbers of the simulated hosts to names.
type Names interface {
	step.Resolver
	HostName(i uint8) string
}

// React counts what a replay in react mode agreed with, and lists what not.
type React struct {
	Frames, Agree int
	Diffs         []stack.Difference
	More          int // differences that are not in the list
}

// A Sink prints a trace.
type Sink interface {
	Head(h *Head) error
	// Take prints the events of a Log, which it does not keep.
	Take(l *trace.Log) error
	// End prints the summary.
	End(t *Totals) error
}

// A PathCount is one way that packets took, and how many did.
type PathCount struct {
	Packets int    `json:"packets"`
	Path    string `json:"path"`
}

// Totals are counted while the events go by, whatever the format.
type Totals struct {
	Packets  int // packets that came to an end, or are still under way
	Events   uint64
	Outcomes [8]int // by trace.Outcome
	MIB      map[step.MIB]uint64
	React    *React
	Hash     uint64
	Paths    []PathCount
	paths    map[uint64]int
	label    map[uint32]*way
	last     uint32 // the packet that was asked for last, and its way
	lastWay  *way
	spare    []*way
	closed   []uint32 // a ring: packets that came to an end, in the order of it
	next     int      // the oldest in the ring
	resolver Names
}

// way is the path of one packet.
type way struct {
	hash uint64
	fns  [maxMilestones]step.Step
	n    uint8 // of fns
	dev  uint16
	end  trace.Outcome // what became of it, as far as is known; zero: it is under way
	path int           // once it has ended: the index of its path
}

// maxMilestones is how many functions of a path are told.
const maxMilestones = 12

// maxClosed is how many packets are remembered after their end: a clone may
// bring a better one.
const maxClosed = 1 << 16

// NewTotals counts for a trace whose names r resolves.
func NewTotals(r Names) *Totals {
	return &Totals{MIB: map[step.MIB]uint64{}, Hash: 14695981039346656037, paths: map[uint64]int{}, label: map[uint32]*way{}, resolver: r}
}

const prime = 1099511628211

func (t *Totals) mix(v uint64) { t.Hash = (t.Hash ^ v) * prime }

// mixBytes takes eight bytes at a time, in little-endian order.
func (t *Totals) mixBytes(b []byte) {
	t.mix(uint64(len(b)))
	for ; len(b) >= 8; b = b[8:] {
		t.mix(binary.LittleEndian.Uint64(b))
	}
	for _, c := range b {
		t.mix(uint64(c))
	}
}

// Take counts the events of a Log and hashes them.
func (t *Totals) Take(l *trace.Log) {
	for i := range l.Events {
		e := &l.Events[i]
		t.Events++
		t.mix(uint64(e.At))
		t.mix(uint64(e.Kind)<<56 ^ uint64(e.Code)<<32 ^ uint64(e.Pkt))
		t.mix(uint64(e.Subject)<<32 ^ uint64(e.SKB)<<8 ^ uint64(e.Depth))
		t.mix(uint64(e.Why)<<32 ^ uint64(e.Fn)<<16 ^ uint64(e.Reason)<<8 ^ uint64(e.CPU))
		for _, a := range l.Args(e) {
			t.mix(a)
		}
		for _, a := range l.WhyArgs(e) {
			t.mix(a)
		}
		if e.Kind == trace.Frame {
			t.mixBytes(l.Bytes(e))
		}
		t.path(e)
	}
	for i := range l.Changes {
		c := &l.Changes[i]
		t.mix(uint64(c.Obj)<<32 ^ uint64(c.Key)<<8 ^ c.Old)
		t.mix(c.New)
		if c.Key.Kind() == step.KindNS && !c.First {
			t.MIB[step.MIB(c.Key.Index())] += c.New - c.Old
		}
	}
}

// path follows one event's packet and closes its path at its end.
func (t *Totals) path(e *trace.Event) {
	if e.Pkt == 0 {
		return
	}
	switch e.Kind {
	case trace.Call, trace.Frame, trace.End:
	default:
		return
	}
	w := t.way(e.Pkt)
	switch e.Kind {
	case trace.Frame:
		if w.dev == 0 {
			w.dev = e.Dev
		}
	case trace.Call:
		if s := step.Step(e.Code); milestone(s) && (w.n == 0 || w.fns[w.n-1] != s) && w.n < maxMilestones && w.end == trace.NoOutcome {
			w.fns[w.n] = s
			w.n++
			w.hash = (w.hash ^ uint64(s)) * prime
		}
	case trace.End:
		t.close(w, e)
	}
}

// way is the path of a packet so far. Mostly it is asked for the same packet as
// the last time.
func (t *Totals) way(pkt uint32) *way {
	if pkt == t.last {
		return t.lastWay
	}
	w := t.label[pkt]
	if w == nil {
		if n := len(t.spare); n > 0 {
			w, t.spare = t.spare[n-1], t.spare[:n-1]
		} else {
			w = new(way)
		}
		*w = way{hash: 14695981039346656037}
		t.label[pkt] = w
		t.Packets++
	}
	t.last, t.lastWay = pkt, w
	return w
}

// close counts a packet's end. One that has ended already is counted anew if
// this says more about it: a program got the clone of what was freed.
func (t *Totals) close(w *way, e *trace.Event) {
	o := trace.Outcome(e.Code)
	switch {
	case w.end == trace.NoOutcome:
		t.remember(e.Pkt)
	case trace.Outranks(o, w.end):
		t.Outcomes[w.end]--
		t.Paths[w.path].Packets--
	default:
		return
	}
	w.end = o
	t.Outcomes[o]++
	hash := (w.hash ^ uint64(o)<<8 ^ uint64(e.Reason) ^ uint64(w.dev)<<32) * prime
	i, ok := t.paths[hash]
	if !ok {
		i = len(t.Paths)
		t.paths[hash] = i
		t.Paths = append(t.Paths, PathCount{Path: t.pathText(w, e)})
	}
	t.Paths[i].Packets++
	w.path = i
}

// remember puts an ended packet into the ring, and forgets the oldest there.
func (t *Totals) remember(pkt uint32) {
	if len(t.closed) < maxClosed {
		t.closed = append(t.closed, pkt)
		return
	}
	old := t.closed[t.next]
	if w := t.label[old]; w != nil {
		t.spare = append(t.spare, w)
		delete(t.label, old)
	}
	if old == t.last {
		t.last = 0
	}
	t.closed[t.next] = pkt
	t.next = (t.next + 1) % maxClosed
}

func (t *Totals) pathText(w *way, e *trace.Event) string {
	var b strings.Builder
	b.WriteString(step.Dev.Format(0, uint64(w.dev), t.resolver))
	for _, f := range w.fns[:w.n] {
		b.WriteString(" > ")
		b.WriteString(f.String())
	}
	b.WriteString(" > ")
	b.WriteString(trace.Outcome(e.Code).String())
	if e.Reason != 0 {
		b.WriteString(" " + e.Reason.String())
	}
	return b.String()
}

// milestone reports whether a function is one that tells paths apart for a
// person: the doors between the floors.
func milestone(s step.Step) bool { return int(s) < len(milestones) && milestones[s] }

var milestones = func() (m []bool) {
	for _, fn := range []string{"ip_rcv", "ipv6_rcv", "arp_rcv", "ip_forward", "ip6_forward", "ip_local_deliver", "ip6_input", "ip_defrag", "ipv6_frag_rcv",
		"icmp_rcv", "icmpv6_rcv", "igmp_rcv", "__udp4_lib_rcv", "__udp6_lib_rcv", "tcp_v4_rcv", "tcp_v6_rcv", "raw_local_deliver", "ping_rcv", "ip_error", "ndisc_rcv",
		"icmp_reply", "__icmp_send", "icmp6_send", "ip_local_out", "ip6_xmit", "arp_xmit", "ndisc_send_skb", "ip_do_fragment", "ip6_fragment", "__dev_queue_xmit", "loopback_xmit",
		"tcp_connect", "udp_sendmsg", "raw_sendmsg", "__tcp_transmit_skb", "__tcp_retransmit_skb"} {
		if s := step.ByName(fn); s != 0 {
			if n := len(m); int(s) >= n {
				m = append(m, make([]bool, int(s)+1-n)...)
			}
			m[s] = true
		}
	}
	return m
}()

// Unended lists the packets that were seen and have not come to an end yet, in
// order of their numbers.
func (t *Totals) Unended() (pkts []uint32) {
	for pkt, w := range t.label {
		if w.end == trace.NoOutcome {
			pkts = append(pkts, pkt)
		}
	}
	slices.Sort(pkts)
	return pkts
}

// Finish counts what is still under way as queued, and sorts paths by how many
// took them. It is called once, at the end.
func (t *Totals) Finish() {
	for _, w := range t.label {
		if w.end == trace.NoOutcome {
			t.Outcomes[trace.Queued]++
		}
	}
	t.Paths = slices.DeleteFunc(t.Paths, func(p PathCount) bool { return p.Packets == 0 })
	slices.SortStableFunc(t.Paths, func(a, b PathCount) int { return b.Packets - a.Packets })
}

// on are the names as the event's host has them: each host numbers its devices
// itself.
func on(r step.Resolver, e *trace.Event) step.Resolver {
	if h, ok := r.(interface {
		OnHost(uint8) step.Resolver
	}); ok {
		return h.OnHost(e.Host)
	}
	return r
}

// Why renders an event's sentence. An event without one of its own gets the
// catalogue's line about the function, or the drop reason.
func Why(l *trace.Log, e *trace.Event, r step.Resolver) string {
	if e.Why != 0 {
		return step.Render(e.Why.Text(), l.WhyArgs(e), on(r, e))
	}
	switch e.Kind {
	case trace.Call:
		return step.Step(e.Code).Info().What
	}
	return ""
}

// Made reports whether the model made the packet, and its number among those.
func Made(pkt uint32) (n uint32, made bool) {
	if pkt >= core.FirstMade {
		return pkt - core.FirstMade + 1, true
	}
	return pkt, false
}

// summary is the one-line view of a frame.
func summary(b []byte) string { return wire.Summary(b, wire.LinkOf(b), len(b)) }
