package lab

import (
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// How ping begins: its sockets, the source address, the first line.

func (g *pinger) fail(p *socket.Program, e core.Errno) {
	g.complain("ping: connect: %s\n", errnoWords(e))
	g.exit(p, 2)
}

// start opens the sockets, as iputils' ping4_run does.
func (g *pinger) start(p *socket.Program) bool {
	g.buf = make([]byte, 65536)
	fam, proto := uint16(core.AFInet), int(wire.ProtoICMP)
	if !g.Addr.Is4() {
		fam, proto = core.AFInet6, int(wire.ProtoICMPv6)
	}
	var e core.Errno
	if g.fd, e = p.Socket(fam, core.SockDgram, proto); e != 0 {
		g.fd, _ = p.Socket(fam, core.SockRaw, proto)
	}
	g.dgram = e == 0
	if dev := max(g.Dev, g.scope); dev != 0 {
		p.SetSockOpt(g.fd, socket.SOBindToIfindex, dev)
	}
	if g.Mark != 0 {
		p.SetSockOpt(g.fd, socket.SOMark, g.Mark)
	}
	src := g.Src
	if src.IsZero() {
		var ok bool
		if src, ok = g.probe(p, fam); !ok {
			return false
		}
	} else if e := p.Bind(g.fd, g.Src, 0); e != 0 {
		what := "bind"
		if fam == core.AFInet6 {
			what = "bind icmp socket"
		}
		g.complain("ping: %s: %s\n", what, errnoWords(e))
		g.exit(p, 2)
		return false
	}
	if g.Addr == wire.IP4(0).Addr() {
		g.Addr = src
	}
	if g.ttlSet && g.TTL == 0 && fam == core.AFInet {
		g.complain("ping: cannot set unicast time-to-live: Invalid argument\n")
		g.exit(p, 2)
		return false
	}
	if g.DF < 0 && (g.Addr.IsMulticast() || g.Addr.Is4() && g.Addr.IP4().IsMulticast()) {
		g.DF = core.PMTUDiscDo
	}
	p.SetSockOpt(g.fd, socket.IPRecvErr, 1)
	if fam == core.AFInet {
		if !g.dgram {
			p.SetSockOpt(g.fd, socket.ICMPFilter, int(^uint32(1<<0|1<<3|1<<4|1<<5|1<<11|1<<12)))
		} else {
			p.SetSockOpt(g.fd, socket.IPRecvTTL, 1)
		}
		if len(g.Opt) > 0 {
			p.Do(&socket.Call{Op: socket.OpSetSockOpt, FD: g.fd, Opt: socket.IPOptions, Data: g.Opt})
		}
		if g.TTL > 0 {
			p.SetSockOpt(g.fd, socket.IPTTL, g.TTL)
			p.SetSockOpt(g.fd, socket.IPMulticastTTL, g.TTL)
		}
		if g.TOS > 0 {
			p.SetSockOpt(g.fd, socket.IPTOS, g.TOS)
		}
		if g.DF >= 0 {
			p.SetSockOpt(g.fd, socket.IPMTUDiscover, g.DF)
		}
	} else {
		if r, ok := p.Sock(g.fd).Prot.(*raw.Sock); ok {
			for i := range r.Filter6 {
				r.Filter6[i] = ^uint32(0)
			}
			const t = uint8(wire.ICMPv6EchoReply) // errors come by the queue of IPV6_RECVERR
			r.Filter6[t>>5] &^= 1 << (t & 31)
		}
		if g.DF >= 0 {
			p.SetSockOpt(g.fd, socket.IPv6MTUDiscover, g.DF)
		}
		if g.TTL > 0 {
			p.SetSockOpt(g.fd, socket.IPv6UnicastHops, g.TTL)
		}
		if g.TOS > 0 {
			p.SetSockOpt(g.fd, socket.IPv6TClass, g.TOS)
		}
	}
	g.begin = p.NS.Clock.Now()
	g.next = g.begin
	if g.Deadline > 0 {
		g.end = g.begin + g.Deadline
	}
	g.banner(p, src)
	return true
}

// probe asks with a socket of its own which source address packets will have. It
// is not asked if -I gives one.
func (g *pinger) probe(p *socket.Program, fam uint16) (src wire.Addr, ok bool) {
	probe, _ := p.Socket(fam, core.SockDgram, 0)
	if g.Dev != 0 {
		p.SetSockOpt(probe, socket.SOBindToIfindex, g.Dev)
	}
	if g.Mark != 0 {
		p.SetSockOpt(probe, socket.SOMark, g.Mark)
	}
	if g.TOS > 0 && fam == core.AFInet {
		p.SetSockOpt(probe, socket.IPTOS, g.TOS)
	}
	if linkLocal(g.Addr) { // iputils connects to an address of no family here: nothing is looked up
		p.Close(probe)
		if g.Dev != 0 {
			g.errf("ping: Warning: source address might be selected on device other than: %s\n", p.NS.DevByIndex(g.Dev).Name)
		}
		return wire.FromNetip(netip.IPv6Unspecified()), true
	}
	first := g.Addr
	if !g.via.IsZero() {
		first = g.via
	}
	e := p.Connect(probe, first, 1025)
	if e == step.EACCES {
		if !g.Bcast {
			g.complain("ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n")
			g.exit(p, 2)
			return src, false
		}
		g.errf("WARNING: pinging broadcast address\n")
		if g.DF < 0 {
			g.DF = core.PMTUDiscDo
		}
		p.SetSockOpt(probe, socket.SOBroadcast, 1)
		p.SetSockOpt(g.fd, socket.SOBroadcast, 1)
		e = p.Connect(probe, g.Addr, 1025)
	}
	if e != 0 {
		g.fail(p, e)
		return src, false
	}
	if sk := p.Sock(probe); sk != nil {
		src = sk.Saddr
	}
	p.Close(probe)
	if d := p.NS.DevByIndex(g.Dev); d != nil && !hasAddr(p.NS, d, src) {
		g.errf("ping: Warning: source address might be selected on device other than: %s\n", d.Name)
	}
	return src, true
}

func (g *pinger) banner(p *socket.Program, src wire.Addr) {
	from := ""
	if !g.Src.IsZero() || g.Dev != 0 {
		from = " from " + src.String()
		from += " "
		if d := p.NS.DevByIndex(g.Dev); d != nil {
			from += d.Name
		}
		from += ":"
	}
	if g.Addr.Is4() {
		g.printf("PING %s (%s)%s %d(%d) bytes of data.\n", g.Name, g.Addr, from, g.Size, g.Size+28+g.optLen())
		return
	}
	if from != "" {
		from = strings.TrimSuffix(from, ":") + ": "
	} else {
		from = " "
	}
	g.printf("PING %s(%s)%s%d data bytes\n", g.Name, g.host(), from, g.Size)
}

// host is the destination as inet_ntop and its zone write it.
func (g *pinger) host() string {
	if g.scope != 0 {
		return g.Addr.String() + g.Name[strings.IndexByte(g.Name, '%'):]
	}
	return g.Addr.String()
}
