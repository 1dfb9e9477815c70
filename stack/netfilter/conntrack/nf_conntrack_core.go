package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What a tracker says of a packet: that it is fine, or INVALID (-NF_ACCEPT),
// or to be dropped, or that the connection is dead and a new one should be made
// (-NF_REPEAT).
type verdict uint8

const (
	valid verdict = iota
	invalid
	drop
	repeat
)

// Incoming is nf_conntrack_in: find or make the packet's connection, and ask its
// protocol's tracker what the packet is in it. Hooks PRE_ROUTING and LOCAL_OUT.
func (t *Table) Incoming(st *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.NfConntrackIn, b).Out()
	ns := t.ns
	tmpl, info := Get(b)
	if tmpl != nil && tmpl.Status&Template == 0 || info == Untracked {
		ns.Why(step.WhyCTSeen, uint64(info)+1)
		return core.Accept
	}
	if tmpl != nil {
		b.NFCT, b.CTInfo = nil, 0 // the template's reference stays with us
	}
	v := t.track(tmpl, st, b)
	if tmpl != nil {
		tmpl.Put()
	}
	return v
}

func (t *Table) track(tmpl *Conn, st *core.HookState, b *core.SKB) core.Verdict {
	ns := t.ns
	off, proto, ok := l4proto(st.Family, b, b.NetworkOffset())
	if !ok {
		t.Stat.Invalid++
		ns.Why(step.WhyCTNoL4)
		return core.Accept
	}
	if p := wire.Proto(proto); p == wire.ProtoICMP || p == wire.ProtoICMPv6 {
		switch t.handleICMP(tmpl, st, b, off, p) {
		case invalid:
			t.Stat.Error++
			return core.Accept
		}
		if b.NFCT != nil || b.CTInfo != 0 {
			return core.Accept
		}
	}
	for {
		if !t.resolve(tmpl, st, b, off, proto) {
			t.Stat.Drop++ // too stressed to deal
			return core.Drop
		}
		c, info := Get(b)
		if c == nil {
			t.Stat.Invalid++
			ns.Why(step.WhyCTNoTuple)
			return core.Accept
		}
		v := c.packet(st, b, off, info)
		if v == valid {
			if info == EstablishedReply && c.Status&SeenReply == 0 {
				c.Status |= SeenReply
				c.cache(EventReply)
			}
			if ns.Listening() {
				ns.Look(c)
				t.whyState(c, info)
			}
			return core.Accept
		}
		b.ResetCT()
		if v == repeat {
			continue
		}
		t.Stat.Invalid++
		if v == drop {
			t.Stat.Drop++
			return core.Drop
		}
		ns.Why(step.WhyCTInvalid)
		return core.Accept
	}
}

// whyState says what the packet is.
func (t *Table) whyState(c *Conn, info Info) {
	why := step.WhyCTEstablished
	switch {
	case info == New && !c.IsConfirmed():
		why = step.WhyCTNew
	case info == New:
		why = step.WhyCTStillNew
	case info == Related:
		why = step.WhyCTExpected
	case info == EstablishedReply:
		why = step.WhyCTReply
	}
	t.ns.Why(why, uint64(c.ID), uint64(c.protoState()), uint64(c.Expires()))
}

// handleICMP is nf_conntrack_handle_icmp: errors belong to the connection that
// they are about.
func (t *Table) handleICMP(tmpl *Conn, st *core.HookState, b *core.SKB, off int, p wire.Proto) verdict {
	switch {
	case st.Family == core.NFIPv4 && p == wire.ProtoICMP:
		return t.icmpv4Error(tmpl, st, b, off)
	case st.Family == core.NFIPv6 && p == wire.ProtoICMPv6:
		return t.icmpv6Error(tmpl, st, b, off)
	}
	return valid
}

// zoneOf is nf_ct_zone_tmpl.
func zoneOf(tmpl *Conn, b *core.SKB) Zone {
	if tmpl == nil {
		return Zone{}
	}
	if tmpl.zone.FromMark {
		return Zone{ID: uint16(b.Mark), Dirs: tmpl.zone.Dirs}
	}
	return tmpl.zone
}

// resolve is resolve_normal_ct: look the packet's tuple up in the table; if
// nobody has it, it begins a connection. It reports false if there is no room.
func (t *Table) resolve(tmpl *Conn, st *core.HookState, b *core.SKB, off int, proto uint8) bool {
	defer t.ns.In(step.ResolveNormalCT, b).Out()
	ns := t.ns
	k, ok := tupleAt(b, b.NetworkOffset(), off, st.Family, proto)
	if !ok {
		ns.Why(step.WhyCTShortL4)
		return true
	}
	z := zoneOf(tmpl, b)
	id := z.in(Original)
	hash := k.hash(t.seed, id)
	h := t.find(&k, z, hash)
	if h == nil {
		if rid := z.in(Reply); rid != id {
			h = t.find(&k, z, k.hash(t.seed, rid))
		}
	}
	if h == nil {
		if ns.Listening() {
			t.nearMisses(&k, z)
		}
		c, full := t.initConn(tmpl, b, &k, z, hash)
		if c == nil {
			return !full
		}
		info := New
		if c.Status&Expected != 0 {
			info = Related
		}
		b.SetCT(c, uint8(info)) // its first reference
		return true
	}
	c := h.ct
	info := New
	switch {
	case h.dir == Reply:
		info = EstablishedReply
	case c.Status&SeenReply != 0:
		info = Established
	case c.Status&Expected != 0:
		info = Related
	}
	ns.Why(step.WhyCTFound, uint64(c.ID), uint64(h.dir))
	Set(b, c, info)
	return true
}

// initConn is init_conntrack: a new connection, with what a template and an
// expectation say about it. nil: the protocol has no answers, or the table is
// full.
func (t *Table) initConn(tmpl *Conn, b *core.SKB, k *Tuple, z Zone, hash uint32) (conn *Conn, full bool) {
	defer t.ns.In(step.InitConntrack, b).Out()
	ns := t.ns
	repl, ok := k.Invert()
	if !ok {
		ns.Why(step.WhyCTNoInverse, uint64(k.Dport>>8))
		return nil, false
	}
	c := t.alloc(b, z, k, &repl, hash)
	if c == nil {
		return nil, true
	}
	if tmpl != nil && tmpl.timeouts() != nil {
		c.extra().timeouts = tmpl.ext.timeouts
	}
	if tmpl != nil && tmpl.ext != nil && tmpl.ext.events != 0 {
		c.SetEventMask(tmpl.ext.events)
		c.ecache = true
	}
	if tmpl != nil && tmpl.Synproxy() != nil {
		c.extra().synproxy = new(Synproxy)
	}
	var exp *Expect
	if len(t.expects) > 0 {
		exp = t.findExpect(k, z, tmpl == nil || tmpl.IsConfirmed())
	}
	switch {
	case exp != nil:
		ns.Why(step.WhyCTWasExpected, uint64(exp.Master.ID))
		c.Status |= Expected
		c.Master = exp.Master
		c.Master.Get()
		c.Mark = c.Master.Mark
		t.Stat.ExpectNew++
		if exp.fn != nil {
			exp.fn.Expected(c, exp)
		}
	case tmpl != nil && tmpl.ext != nil && tmpl.ext.help != nil:
		c.extra().help = &help{def: tmpl.ext.help.def}
		c.Status |= Helper
		fallthrough
	default:
		if ns.Listening() {
			ns.Why(step.WhyCTBegins, uint64(k.Proto), k.Src.Hi, k.Src.Lo, uint64(k.Sport), k.Dst.Hi, k.Dst.Lo, uint64(k.Dport))
		}
	}
	return c, false
}

// nearMisses tells which connections differ from the packet in one thing only.
func (t *Table) nearMisses(k *Tuple, z Zone) {
	n, seen := 0, 0
	for c := t.newest; c != nil && n < 4 && seen < 1000; c = c.prevAll {
		seen++
		for d := Original; d <= Reply; d++ {
			try, want, got := differ(&c.tuples[d].Tuple, k)
			if try == 0 && c.zone.in(d) != z.in(d) {
				t.ns.Tried(step.TryCTZone, uint64(c.ID), uint64(c.zone.in(d)), uint64(z.in(d)))
				n++
			} else if try == step.TryCTSrc || try == step.TryCTDst {
				t.ns.Tried(try, uint64(c.ID), want.Hi, want.Lo, got.Hi, got.Lo)
				n++
			} else if try != 0 && try != tryMany {
				t.ns.Tried(try, uint64(c.ID), want.Lo, got.Lo)
				n++
			}
		}
	}
}

const tryMany = ^step.Try(0)

// differ says in which one thing two tuples differ: 0 in none, tryMany in
// several.
func differ(a, b *Tuple) (try step.Try, x, y wire.Addr) {
	note := func(t step.Try, p, q wire.Addr) {
		if try != 0 {
			try = tryMany
			return
		}
		try, x, y = t, p, q
	}
	if a.L3 != b.L3 {
		return tryMany, x, y
	}
	if a.Src != b.Src {
		note(step.TryCTSrc, a.Src, b.Src)
	}
	if a.Dst != b.Dst {
		note(step.TryCTDst, a.Dst, b.Dst)
	}
	if a.Proto != b.Proto {
		note(step.TryCTProto, wire.Addr{Lo: uint64(a.Proto)}, wire.Addr{Lo: uint64(b.Proto)})
	}
	if a.Sport != b.Sport {
		note(step.TryCTSport, wire.Addr{Lo: uint64(a.Sport)}, wire.Addr{Lo: uint64(b.Sport)})
	}
	if a.Dport != b.Dport {
		note(step.TryCTDport, wire.Addr{Lo: uint64(a.Dport)}, wire.Addr{Lo: uint64(b.Dport)})
	}
	return try, x, y
}

// packet is nf_conntrack_handle_packet: the protocol's tracker.
func (c *Conn) packet(st *core.HookState, b *core.SKB, off int, info Info) verdict {
	switch wire.Proto(c.Proto()) {
	case wire.ProtoTCP:
		return c.tcpPacket(st, b, off, info)
	case wire.ProtoUDP:
		return c.udpPacket(st, b, off, info)
	case wire.ProtoICMP:
		return c.icmpPacket(st, b, info)
	case wire.ProtoICMPv6:
		return c.icmpv6Packet(st, b, info)
	case protoUDPLite:
		return c.udplitePacket(st, b, off, info)
	case wire.ProtoGRE:
		return c.grePacket(b, info)
	case protoSCTP:
		return c.sctpPacket(st, b, off, info)
	}
	return c.genericPacket(b, info)
}

// refresh is nf_ct_refresh_acct: the packet prolongs the connection by so many
// seconds, and is counted.
func (c *Conn) refresh(b *core.SKB, info Info, secs int) {
	if c.Status&FixedTimeout == 0 {
		extra := uint32(secs * hz)
		if c.IsConfirmed() {
			extra += c.t.jiffies()
		}
		c.timeout = extra
	}
	c.count(b, info)
}

// count is nf_ct_acct_update.
func (c *Conn) count(b *core.SKB, info Info) {
	n := &c.Counters[info.Dir()]
	n.Packets++
	n.Bytes += uint64(b.Len() - b.NetworkOffset())
}

// KillAcct is nf_ct_kill_acct: count the packet and delete the connection.
func (c *Conn) KillAcct(b *core.SKB, info Info) bool {
	c.count(b, info)
	return c.t.Delete(c)
}
