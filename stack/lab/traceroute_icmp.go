package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// traceroute -I: echo requests by one socket, told apart by their sequence numbers
// (mod-icmp.c).

// openEcho is icmp_init: a ping socket if the host allows it, else a raw one.
func (t *tracer) openEcho(p *socket.Program) core.Errno {
	fam, proto := uint16(core.AFInet), int(wire.ProtoICMP)
	if !t.Addr.Is4() {
		fam, proto = core.AFInet6, int(wire.ProtoICMPv6)
	}
	var e core.Errno
	if t.fd, e = p.Socket(fam, core.SockDgram, proto); e != 0 {
		if t.fd, e = p.Socket(fam, core.SockRaw, proto); e != 0 {
			return e
		}
	} else {
		t.dgram = true
	}
	p.Bind(t.fd, wire.Addr{}, 0)
	p.SetSockOpt(t.fd, socket.IPMTUDiscover, core.PMTUDiscDont)
	if e = p.Connect(t.fd, t.Addr, 0); e != 0 {
		return e
	}
	p.SetSockOpt(t.fd, socket.IPRecvErr, 1)
	return 0
}

// sendEcho is icmp_send_probe.
func (t *tracer) sendEcho(p *socket.Program, n int) bool {
	x := &t.probes[n]
	if t.fd == 0 {
		if e := t.openEcho(p); e != 0 {
			t.errf("connect: %s\n", errnoWords(e))
			t.exit(p, 1)
			return false
		}
	}
	ttl, head, typ := t.First+n/t.Queries, 20, byte(wire.ICMPEcho)
	if t.Addr.Is4() {
		p.SetSockOpt(t.fd, socket.IPTTL, ttl)
	} else {
		head, typ = 40, byte(wire.ICMPv6Echo)
		p.SetSockOpt(t.fd, socket.IPv6UnicastHops, ttl)
	}
	b := make([]byte, max(wire.ICMPLen, t.Size-head))
	for i := range b {
		b[i] = byte('@' + i&0x3f)
	}
	clear(b[:wire.ICMPLen])
	h := wire.ICMP(b)
	b[0] = typ
	h.SetID(t.id)
	h.SetSeq(uint16(n + 1))
	if t.Addr.Is4() {
		h.ComputeChecksum()
	}
	x.sent, x.sentAt = true, p.NS.Clock.Now()
	_, e := p.Send(t.fd, b, 0)
	return t.sentWell(p, e)
}

// readEcho takes one answer, or one error, and reports whether there was one.
func (t *tracer) readEcho(p *socket.Program) bool {
	ev := p.Poll(t.fd)
	flags := core.MsgDontWait
	switch {
	case ev&socket.PollErr != 0:
		flags |= core.MsgErrQueue
	case ev&socket.PollIn == 0:
		return false
	}
	c := &socket.Call{Op: socket.OpRecvMsg, FD: t.fd, Iov: [][]byte{t.buf}, Flags: flags}
	if !p.Do(c) || c.Err != 0 {
		return flags&core.MsgErrQueue != 0
	}
	m := t.buf[:min(c.Ret, len(t.buf))]
	failed := flags&core.MsgErrQueue != 0
	if t.Addr.Is4() && !t.dgram && !failed {
		q := wire.IPv4(m)
		if !q.Valid() {
			return true
		}
		m = m[min(q.IHL(), len(m)):]
	}
	if len(m) < wire.ICMPLen {
		return true
	}
	h := wire.ICMP(m)
	reply := t.Addr.Is4() && h.Type() == wire.ICMPEchoReply || !t.Addr.Is4() && m[0] == byte(wire.ICMPv6EchoReply)
	n := int(h.Seq()) - 1
	if !failed && !reply || !t.dgram && h.ID() != t.id || n < 0 || n >= len(t.probes) {
		return true
	}
	x := &t.probes[n]
	if !x.sent || x.done {
		return true
	}
	x.took = p.NS.Clock.Now() - x.sentAt
	if failed {
		t.answer(x, c)
	} else {
		x.from, x.final = t.Addr, true
	}
	t.finish(p, x)
	return true
}
