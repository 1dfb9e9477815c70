package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An Echo is one echo request that a Ping shall send.
type Echo struct {
	At      sim.Time
	ID, Seq uint16
	Data    []byte `fork:"share"` // behind the ICMP header
}

// A Ping is the ping of iputils: it connects a UDP socket to port 1025 of the
// target to learn the source address, opens a raw socket, sends echo requests,
// and reads replies and errors.
type Ping struct {
	Addr     wire.Addr
	Requests []Echo // in order of time
	From     wire.Addr
	TTL      int // 0: the default
	Broad    bool

	Sent, Got int
	Replies   []Reply
	LastErr   core.Errno

	started bool
	fd      int
	msg     []byte
	buf     []byte
}

// A Reply is an echo reply as the program sees it.
type Reply struct {
	Seq  uint16
	From wire.Addr
	At   sim.Time
}

// Run sends what is due and reads what is there.
func (g *Ping) Run(p *Program) {
	if !g.started {
		g.started = true
		if g.LastErr = g.start(p); g.LastErr != 0 {
			p.Exit()
			return
		}
	}
	for g.Sent < len(g.Requests) {
		r := &g.Requests[g.Sent]
		if r.At > p.NS.Clock.Now() {
			p.Alarm(r.At)
			break
		}
		g.Sent++
		if _, e := p.SendTo(g.fd, g.request(r), g.Addr, 0, 0); e != 0 {
			g.LastErr = e
		}
	}
	for p.Poll(g.fd)&(PollIn|PollErr) != 0 {
		g.read(p)
	}
}

// start is what ping does before the first request.
func (g *Ping) start(p *Program) core.Errno {
	g.buf = make([]byte, bufSize)
	family, proto := uint16(core.AFInet), int(wire.ProtoICMP)
	if !g.Addr.Is4() {
		family, proto = core.AFInet6, int(wire.ProtoICMPv6)
	}
	var e core.Errno
	if g.fd, e = p.Socket(family, core.SockRaw, proto); e != 0 {
		return e
	}
	probe, e := p.Socket(family, core.SockDgram, 0)
	if e != 0 {
		return e
	}
	if g.Broad {
		p.SetSockOpt(probe, SOBroadcast, 1)
		p.SetSockOpt(g.fd, SOBroadcast, 1)
	}
	e = p.Connect(probe, g.Addr, 1025)
	p.Close(probe)
	if e != 0 {
		return e
	}
	p.SetSockOpt(g.fd, IPRecvErr, 1)
	if family == core.AFInet {
		// Let through replies and errors only.
		p.SetSockOpt(g.fd, ICMPFilter, int(^uint32(1<<0|1<<3|1<<4|1<<5|1<<11|1<<12)))
	}
	if g.TTL > 0 {
		p.SetSockOpt(g.fd, IPTTL, g.TTL)
	}
	if !g.From.IsZero() {
		return p.Bind(g.fd, g.From, 0)
	}
	return 0
}

// request is the ICMP message.
func (g *Ping) request(r *Echo) []byte {
	g.msg = append(g.msg[:0], make([]byte, wire.ICMPLen)...)
	g.msg = append(g.msg, r.Data...)
	h := wire.ICMP(g.msg)
	h.SetID(r.ID)
	h.SetSeq(r.Seq)
	if g.Addr.Is4() {
		h.SetType(wire.ICMPEcho)
		h.ComputeChecksum()
	} else {
		h[0] = uint8(wire.ICMPv6Echo) // the kernel fills the checksum in
	}
	return g.msg
}

// read takes one message: a reply of ours, somebody else's, or an error.
func (g *Ping) read(p *Program) {
	c := p.RecvFrom(g.fd, g.buf, 0)
	if c.Err != 0 {
		g.LastErr = c.Err
		p.RecvFrom(g.fd, g.buf, core.MsgErrQueue)
		return
	}
	m := g.buf[:c.Ret]
	if g.Addr.Is4() {
		q := wire.IPv4(m)
		if !q.Valid() {
			return
		}
		m = m[q.IHL():]
	}
	if len(m) < wire.ICMPLen {
		return
	}
	h := wire.ICMP(m)
	reply := h.Type() == wire.ICMPEchoReply
	if !g.Addr.Is4() {
		reply = m[0] == uint8(wire.ICMPv6EchoReply)
	}
	if !reply || !g.mine(h.ID(), h.Seq()) {
		return
	}
	g.Got++
	g.Replies = append(g.Replies, Reply{h.Seq(), c.From, p.NS.Clock.Now()})
}

func (g *Ping) mine(id, seq uint16) bool {
	for i := range g.Requests[:g.Sent] {
		if g.Requests[i].ID == id && g.Requests[i].Seq == seq {
			return true
		}
	}
	return false
}
