package lab

import (
	"fmt"
	"math"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// read takes one message if there is one.
func (g *pinger) read(p *socket.Program) bool {
	if p.Poll(g.fd)&(socket.PollIn|socket.PollErr) == 0 {
		return false
	}
	c := g.recv
	if g.recv = nil; c == nil {
		c = &socket.Call{Op: socket.OpRecvMsg, FD: g.fd, Iov: [][]byte{g.buf}, Flags: core.MsgDontWait}
	}
	if !p.Do(c) {
		g.recv = c
		return false
	}
	if c.Err != 0 {
		if c.Err == step.EAGAIN {
			return false
		}
		return g.readError(p)
	}
	m := g.buf[:min(c.Ret, len(g.buf))]
	ttl := -1
	var opt []byte
	switch {
	case g.Addr.Is4() && g.dgram:
		ttl = int(c.TTL)
	case g.Addr.Is4():
		q := wire.IPv4(m)
		if !q.Valid() {
			return true
		}
		ttl = int(q.TTL())
		opt = m[wire.IPv4MinLen:min(max(q.IHL(), wire.IPv4MinLen), len(m))]
		m = m[min(q.IHL(), len(m)):]
	default:
		ttl = int(c.TTL)
	}
	if len(m) < wire.ICMPLen {
		return true
	}
	h := wire.ICMP(m)
	reply := g.Addr.Is4() && h.Type() == wire.ICMPEchoReply || !g.Addr.Is4() && m[0] == uint8(wire.ICMPv6EchoReply)
	if reply && (g.dgram || h.ID() == g.ID) {
		g.reply(p, g.from(p, c.From), h.Seq(), len(m), ttl, opt)
		return true
	}
	if !g.dgram {
		g.icmpMessage(c.From, m)
	}
	return true
}

func (g *pinger) reply(p *socket.Program, from string, seq uint16, n, ttl int, opt []byte) {
	g.acknowledge(seq)
	at, known := g.times[seq]
	rtt := float64(p.NS.Clock.Now()-at) / 1e6
	dup := g.seen[seq]
	if dup {
		g.dups++
	} else {
		g.got++
		g.seen[seq] = true
	}
	if known && !dup && g.Size >= 16 {
		if g.got == 1 || rtt < g.min {
			g.min = rtt
		}
		g.max = max(g.max, rtt)
		g.sum += rtt
		if g.got == 1 {
			g.ewma = rtt
		}
		g.ewma += (rtt - g.ewma) / 8
		g.sum2 += rtt * rtt
	}
	if g.Flood && !g.Quiet {
		g.printf("\b \b")
	}
	if g.Quiet || g.Flood {
		return
	}
	if g.Stamp {
		t := p.NS.Clock.Now()
		g.printf("[%d.%06d] ", bootDate.Unix()+int64(t/sim.Second), t%sim.Second/1000)
	}
	g.printf("%d bytes from %s: icmp_seq=%d", n, from, seq)
	if ttl >= 0 {
		g.printf(" ttl=%d", ttl)
	}
	if known && g.Size >= 16 {
		g.printf(" time=%s ms", rttText(rtt))
	}
	if dup {
		g.printf(" (DUP!)")
	}
	g.showOptions(opt)
	g.printf("\n")
	g.flush()
}

// rttText has three digits, as gather_statistics prints.
func rttText(ms float64) string {
	us := int64(math.Round(ms * 1000))
	switch {
	case us >= 100000:
		return strconv.FormatInt((us+500)/1000, 10)
	case us >= 10000:
		return fmt.Sprintf("%d.%01d", (us+50)/1000, (us+50)%1000/100)
	case us >= 1000:
		return fmt.Sprintf("%d.%02d", (us+5)/1000, (us+5)%1000/10)
	}
	return fmt.Sprintf("%d.%03d", us/1000, us%1000)
}

// readError is ping4_receive_error_msg: what the error queue holds.
func (g *pinger) readError(p *socket.Program) bool {
	c := &socket.Call{Op: socket.OpRecvMsg, FD: g.fd, Iov: [][]byte{g.buf}, Flags: core.MsgErrQueue | core.MsgDontWait}
	p.Do(c)
	if c.Err != 0 {
		return false
	}
	x := c.Ext
	m := g.buf[:min(c.Ret, len(g.buf))]
	seq := uint16(0)
	if len(m) >= wire.ICMPLen {
		seq = wire.ICMP(m).Seq()
	}
	switch x.Origin {
	case core.ErrOriginLocal:
		g.errs++
		if x.Errno == step.EMSGSIZE {
			sep := "="
			if !g.Addr.Is4() {
				sep = ": "
			}
			g.complain("ping: local error: message too long, mtu%s%d\n", sep, x.Info)
		} else {
			g.complain("ping: local error: %s\n", errnoWords(x.Errno))
		}
	case core.ErrOriginICMP, core.ErrOriginICMP6:
		g.errs++
		g.acknowledge(seq)
		if x.Origin == core.ErrOriginICMP && !g.dgram { // IP_RECVERR works: from now on errors come by its queue only
			p.SetSockOpt(g.fd, socket.ICMPFilter, int(^uint32(1<<0|1<<4|1<<5)))
		}
		if g.Quiet {
			return true
		}
		g.printf("From %s icmp_seq=%d ", c.Offender, seq)
		if x.Origin == core.ErrOriginICMP {
			g.printf("%s\n", icmpWords(x.Typ, x.Code, x.Info))
		} else {
			g.printf("%s\n", icmp6Words(x.Typ, x.Code, x.Info))
		}
		g.flush()
	}
	return true
}

// icmpMessage tells of an ICMP message that is no reply. With IP_RECVERR the
// errors come by the queue; what is no error comes here only: redirect and
// source quench.
func (g *pinger) icmpMessage(from wire.Addr, m []byte) {
	h := wire.ICMP(m)
	typ := uint8(h.Type())
	if !g.Addr.Is4() || typ != 4 && typ != 5 || g.Quiet || g.Flood || len(m) < wire.ICMPLen+wire.IPv4MinLen {
		return
	}
	q := wire.IPv4(m[wire.ICMPLen:])
	if q.Proto() != wire.ProtoICMP || q.Dst().Addr() != g.Addr || len(q) < q.IHL()+wire.ICMPLen {
		return
	}
	in := wire.ICMP(q[q.IHL():])
	if in.Type() != wire.ICMPEcho || in.ID() != g.ID {
		return
	}
	g.printf("From %s: icmp_seq=%d ", from, in.Seq())
	if typ == 4 {
		g.printf("Source Quench\n")
		return
	}
	word := "Redirect, Bad Code: " + strconv.Itoa(int(m[1]))
	if m[1] < 4 {
		word = [...]string{"Redirect Network", "Redirect Host", "Redirect Type of Service and Network", "Redirect Type of Service and Host"}[m[1]]
	}
	g.printf("%s(New nexthop: %d.%d.%d.%d)\n", word, m[4], m[5], m[6], m[7])
}

// icmpWords is pr_icmph.
func icmpWords(typ, code uint8, info uint32) string {
	switch typ {
	case 3:
		switch code {
		case 0:
			return "Destination Net Unreachable"
		case 1:
			return "Destination Host Unreachable"
		case 2:
			return "Destination Protocol Unreachable"
		case 3:
			return "Destination Port Unreachable"
		case 4:
			return fmt.Sprintf("Frag needed and DF set (mtu = %d)", info)
		case 5:
			return "Source Route Failed"
		case 6:
			return "Destination Net Unknown"
		case 7:
			return "Destination Host Unknown"
		case 9:
			return "Destination Net Prohibited"
		case 10:
			return "Destination Host Prohibited"
		case 11:
			return "Destination Net Unreachable for Type of Service"
		case 12:
			return "Destination Host Unreachable for Type of Service"
		case 13:
			return "Packet filtered"
		case 14:
			return "Precedence Violation"
		case 15:
			return "Precedence Cutoff"
		}
		return fmt.Sprintf("Dest Unreachable, Bad Code: %d", code)
	case 4:
		return "Source Quench"
	case 5:
		return "Redirect"
	case 11:
		if code == 0 {
			return "Time to live exceeded"
		}
		return "Frag reassembly time exceeded"
	case 12:
		return fmt.Sprintf("Parameter problem: pointer = %d", info)
	}
	return fmt.Sprintf("Bad ICMP type: %d", typ)
}

func icmp6Words(typ, code uint8, info uint32) string {
	switch typ {
	case 1:
		switch code {
		case 0:
			return "Destination unreachable: No route"
		case 1:
			return "Destination unreachable: Administratively prohibited"
		case 2:
			return "Destination unreachable: Beyond scope of source address"
		case 3:
			return "Destination unreachable: Address unreachable"
		case 4:
			return "Destination unreachable: Port unreachable"
		}
		return fmt.Sprintf("Destination unreachable: Unknown code %d", code)
	case 2:
		return fmt.Sprintf("Packet too big: mtu=%d", info)
	case 3:
		if code == 0 {
			return "Time exceeded: Hop limit"
		}
		return "Time exceeded: Defragmentation failure"
	case 4:
		return "Parameter problem: "
	}
	return fmt.Sprintf("unknown icmp type: %d", typ)
}
