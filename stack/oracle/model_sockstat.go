package oracle

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// sockstat adds what /proc/net/sockstat would say: the sockets that a packet
// can find, and the queues of fragments.
func (m *model) sockstat(mib map[string]int64) {
	set := func(k string, n int) {
		if n != 0 {
			mib["sockstat."+k] = int64(n)
		}
	}
	if t := conntrack.Of(m.host.NS); t != nil {
		for k, n := range map[string]uint64{"invalid": t.Stat.Invalid, "insert_failed": t.Stat.InsertFailed, "drop": t.Stat.Drop, "early_drop": t.Stat.EarlyDrop, "icmp_error": t.Stat.Error} {
			if n != 0 {
				mib["stat.nf_conntrack."+k] = int64(n)
			}
		}
	}
	udp, inuse, tw := 0, 0, 0
	for fd := socket.FirstFD; fd < socket.FirstFD+len(m.agent.fds)+8; fd++ {
		sk := m.prog.Sock(fd)
		switch {
		case sk == nil || sk.Family != core.AFInet || sk.Sport == 0:
		case sk.Type == core.SockDgram && sk.Protocol == uint8(wire.ProtoUDP): // a ping socket is not counted
			udp++
		case sk.Type == core.SockStream && sk.State == core.TCPListen:
			inuse++
		}
	}
	m.host.TCP.Hash.Each(func(n *inet.Node) {
		switch o := n.Owner.(type) {
		case *tcp.Sock:
			if o.Family == core.AFInet {
				inuse++
			}
		case *tcp.TimeWait:
			tw++
		}
	})
	set("UDP.inuse", udp)
	set("TCP.inuse", inuse)
	set("TCP.tw", tw)
	n, mem := m.host.IPv4.FragMem()
	set("FRAG.inuse", n)
	set("FRAG.memory", mem)
}
