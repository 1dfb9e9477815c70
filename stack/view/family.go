package view

import (
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// familyState is what a Session keeps for the family: the lineage of a stretch,
// and the list of one frame.
type familyState struct {
	log   *trace.Log
	known int
	kin   map[uint32]*kin
	frame int
	list  []Kin
	pkts  []uint32 // of list
	skbs  []uint32 // of list: 0 is any
}

// A kin is what the trace tells of one packet.
type kin struct {
	parent  uint32
	how     string // from its parent
	first   int    // its first event
	seen    bool   // it has events of its own
	bytes   int    // the event with its last bytes, -1 if it was never on a device
	outcome trace.Outcome
	lost    bool
	kids    []uint32 // in order of birth
	clones  []clone
	skbs    []uint32
	now     uint32 // the frame that it turned out to be
}

// A clone is a second buffer of a packet.
type clone struct {
	event int
	skb   uint32 // 0 if it was never seen again
}

// causes are the functions that make packets, and what those are.
var causes = map[string]string{
	"arp_solicit": "caused: ARP request", "arp_process": "caused: ARP reply",
	"ndisc_solicit": "caused: neighbour solicitation", "ndisc_send_ns": "caused: neighbour solicitation", "ndisc_send_na": "caused: neighbour advertisement",
	"ndisc_send_rs": "caused: router solicitation", "ndisc_send_redirect": "caused: redirect",
	"__icmp_send": "caused: ICMP error", "icmp6_send": "caused: ICMP error", "icmp_reply": "caused: reply", "icmpv6_echo_reply": "caused: reply",
	"tcp_v4_send_synack": "caused: SYN-ACK", "tcp_v6_send_synack": "caused: SYN-ACK", "tcp_rtx_synack": "caused: SYN-ACK again",
	"__tcp_send_ack": "caused: ACK", "tcp_send_dupack": "caused: duplicate ACK", "tcp_send_challenge_ack": "caused: challenge ACK",
	"tcp_v4_send_ack": "caused: ACK", "tcp_v6_send_ack": "caused: ACK",
	"tcp_v4_send_reset": "caused: reset", "tcp_v6_send_reset": "caused: reset", "tcp_send_active_reset": "caused: reset",
	"__tcp_retransmit_skb": "caused: retransmission", "tcp_send_loss_probe": "caused: loss probe", "tcp_send_probe0": "caused: window probe",
	"tcp_write_xmit": "caused: data", "tcp_send_fin": "caused: FIN",
	"igmp_send_report": "caused: IGMP report", "igmpv3_sendpack": "caused: IGMP report", "mld_sendpack": "caused: MLD report",
	"ip_do_fragment": "fragment", "ip6_fragment": "fragment", "tcp_fragment": "cut off by TCP", "tso_fragment": "cut off by TCP",
	"skb_segment": "segment, cut by GSO", "__skb_gso_segment": "segment, cut by GSO", "tcp_gso_segment": "segment, cut by GSO",
}

// lineage works out who is whose child in a stretch, once for each.
func (s *Session) lineage() map[uint32]*kin {
	log, st := s.chunk.Events(), &s.kin
	if st.log == log && st.known == len(log.Events) {
		return st.kin
	}
	*st = familyState{log: log, known: len(log.Events), kin: map[uint32]*kin{}, frame: -1}
	var order []uint32
	for i := range log.Events {
		e := &log.Events[i]
		if e.Pkt == 0 {
			continue
		}
		k := st.kin[e.Pkt]
		if k == nil {
			k = &kin{first: i, bytes: -1}
			st.kin[e.Pkt] = k
		}
		if !k.seen {
			k.seen = true
			order = append(order, e.Pkt)
			if k.parent == 0 && e.Parent != 0 && e.Parent != e.Pkt {
				k.parent, k.how = e.Parent, madeBy(log, i)
				if e.Kind == trace.Frame && e.Code != 0 && e.Depth == 0 {
					k.how = "segment, cut by the card (TSO)"
				}
			}
		}
		k.see(st.kin, log, i)
	}
	s.inferred(st.kin)
	for _, pkt := range order {
		k := st.kin[pkt]
		if k.now != 0 {
			continue
		}
		p := st.kin[k.parent]
		for hops := 0; p != nil && p.now != 0 && hops < 4; hops++ {
			k.parent = p.now
			p = st.kin[k.parent]
		}
		if p != nil && k.parent != pkt {
			p.kids = append(p.kids, pkt)
		} else {
			k.parent = 0
		}
	}
	return st.kin
}

// see takes one event of the packet.
func (k *kin) see(all map[uint32]*kin, log *trace.Log, i int) {
	e := &log.Events[i]
	if n := len(k.skbs); e.SKB != 0 && (n == 0 || k.skbs[n-1] != e.SKB) {
		known := false
		for _, id := range k.skbs {
			known = known || id == e.SKB
		}
		if !known {
			k.skbs = append(k.skbs, e.SKB)
			for j := range k.clones {
				if n > 0 && k.clones[j].skb == 0 {
					k.clones[j].skb = e.SKB
					break
				}
			}
		}
	}
	switch e.Kind {
	case trace.Frame:
		k.bytes = i
	case trace.Call:
		if step.Step(e.Code) == step.SkbClone {
			k.clones = append(k.clones, clone{event: i})
		}
	case trace.End:
		if frame, _, ok := adopted(log, e); ok {
			k.now = frame
			if n := all[frame]; n == nil {
				all[frame] = &kin{first: k.first, bytes: -1, parent: k.parent, how: k.how}
			} else if n.parent == 0 {
				n.parent, n.how = k.parent, k.how
			}
			return
		}
		if o := trace.Outcome(e.Code); trace.Outranks(o, k.outcome) {
			k.outcome, k.lost = o, e.Lost()
		}
		if k.parent == 0 {
			k.parent, k.how = merged(log, i)
		}
	}
}

// merged is the packet that an ended one became a part of, and how; 0 if none.
func merged(log *trace.Log, i int) (uint32, string) {
	e := &log.Events[i]
	if trace.Outcome(e.Code) != trace.Consumed {
		return 0, ""
	}
	if e.Why == step.WhyGROInto {
		if a := log.WhyArgs(e); len(a) > 0 {
			for j := i; j >= 0; j-- {
				if o := &log.Events[j]; o.SKB == uint32(a[0]) && o.Pkt != 0 && o.Pkt != e.Pkt {
					return o.Pkt, "merged into it by GRO"
				}
			}
		}
		return 0, ""
	}
	if e.Why == step.WhyPartOf { // told right after the whole's end
		for j := i - 1; j >= 0; j-- {
			if o := &log.Events[j]; o.Kind == trace.End && o.Why != step.WhyPartOf && o.Pkt != e.Pkt {
				return o.Pkt, putTogether
			}
		}
		return 0, ""
	}
	into, reasm := uint32(0), false
	outward(log, i, func(c *trace.Event) bool {
		if c.Pkt != 0 && c.Pkt != e.Pkt && into == 0 {
			into = c.Pkt
		}
		switch step.Step(c.Code) {
		case step.InetFragReasmPrepare, step.IPFragReasm, step.IP6FragReasm:
			reasm = true
		}
		return into == 0 || !reasm
	})
	if into == 0 || !reasm {
		return 0, ""
	}
	return into, putTogether
}

const putTogether = "fragment that it was put together from"

// outward calls f for the calls around an event, the innermost first, until f
// returns false.
func outward(log *trace.Log, i int, f func(*trace.Event) bool) {
	depth := log.Events[i].Depth
	for j := i - 1; j >= 0 && depth > 0; j-- {
		if c := &log.Events[j]; c.Kind == trace.Call && c.Depth < depth {
			depth = c.Depth
			if !f(c) {
				return
			}
		}
	}
}

// madeBy says how a packet came about whose first event this is.
func madeBy(log *trace.Log, i int) string {
	how := "caused"
	look := func(c *trace.Event) bool {
		if c.Kind != trace.Call {
			return true
		}
		if h := causes[step.Step(c.Code).String()]; h != "" {
			how = h
			return false
		}
		return true
	}
	if look(&log.Events[i]) {
		outward(log, i, look)
	}
	return how
}

// maxKin is how many packets of a family are listed.
const maxKin = 64

// family fills sc.Family.
func (b *builder) family() {
	all, st := b.lineage(), &b.kin
	if st.frame != b.frame {
		st.frame, st.list, st.pkts, st.skbs = b.frame, nil, nil, nil
		root := uint32(b.frame + 1)
		for hops := 0; hops < 16; hops++ {
			k := all[root]
			if k == nil || k.parent == 0 {
				break
			}
			root = k.parent
		}
		b.relate(all, root, 0)
	}
	pkt, skb := b.pkt(b.n), b.e.SKB
	if pkt == 0 {
		pkt = uint32(b.frame + 1)
	}
	if k := all[pkt]; k != nil && k.now != 0 {
		pkt = k.now
	}
	list := append([]Kin(nil), st.list...)
	best := -1
	for i := range list {
		if st.pkts[i] == pkt && (st.skbs[i] == 0 && best < 0 || st.skbs[i] != 0 && st.skbs[i] == skb) {
			best = i
		}
	}
	if best >= 0 {
		list[best].Here = true
	}
	b.sc.Family = list
}

// relate lists a packet, its clones and its children.
func (b *builder) relate(all map[uint32]*kin, pkt uint32, depth int) {
	st, k := &b.kin, all[pkt]
	if len(st.list) >= maxKin || depth > 16 {
		return
	}
	add := func(x Kin, skb uint32) {
		x.Depth = depth
		st.list, st.pkts, st.skbs = append(st.list, x), append(st.pkts, pkt), append(st.skbs, skb)
	}
	x := Kin{Who: b.who(int(pkt) - 1), How: "the frame itself", Line: "not on the wire"}
	if _, made := report.Made(pkt); made {
		x.How = "made by the model"
	} else if i := int(pkt) - 1; i < b.k.Indexed() {
		x.Packet, x.Line = int(pkt), b.line(i)
	}
	if k == nil {
		add(x, 0)
		return
	}
	if k.how != "" {
		x.How = k.how
	}
	if x.Packet == 0 && k.bytes >= 0 {
		raw := b.log.Bytes(&b.log.Events[k.bytes])
		x.Line = Clean(wire.Summary(raw, wire.LinkOf(raw), len(raw)))
	}
	x.Outcome, x.Lost = k.outcome.String(), k.lost
	if k.outcome == trace.Dropped && !k.lost {
		x.Outcome = "dropped (no loss)"
	}
	x.Step = b.stepOf(pkt, 0)
	add(x, 0)
	depth++
	for _, c := range k.clones {
		add(Kin{Who: x.Who, Packet: x.Packet, How: "clone", Line: x.Line, Step: b.stepOf(pkt, c.event)}, c.skb)
	}
	for _, kid := range k.kids {
		b.relate(all, kid, depth)
	}
}

// stepOf is the step of this story at which an event of a packet happens, from
// 1: the given one, or its first; 0 if there is none.
func (b *builder) stepOf(pkt uint32, event int) int {
	for n, i := range b.story {
		if i >= event && b.log.Events[i].Pkt == pkt {
			return b.stopOf(n) + 1
		}
	}
	return 0
}
