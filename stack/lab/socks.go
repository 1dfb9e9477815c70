package lab

import (
	"sort"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A sockRow is one socket as ss, netstat and /proc/net see it.
type sockRow struct {
	proto  string // tcp, udp
	six    bool
	state  uint8
	laddr  wire.Addr
	faddr  wire.Addr
	lport  uint16
	fport  uint16
	dev    int
	rq, sq int
	sk     *core.Sock // nil: half-open or TIME_WAIT
	obs    *trace.Obs
	prog   *socket.Program
	pid    int
	fd     int
}

// socks lists the sockets of a namespace: listeners, then connections, in the
// order of their ports; UDP by port.
func (l *Lab) socks(h *stack.Host, proto string) (rows []sockRow) {
	if proto == "udp" {
		h.UDP.Socks(func(u *udp.Sock) { rows = append(rows, l.sockRow(u.Base(), "udp")) })
		sort.SliceStable(rows, func(i, j int) bool { return rows[i].lport < rows[j].lport })
		return rows
	}
	h.TCP.Hash.EachListener(func(sk *core.Sock) { rows = append(rows, l.sockRow(sk, "tcp")) })
	var conns []sockRow
	h.TCP.Hash.Each(func(n *inet.Node) {
		switch o := n.Owner.(type) {
		case *tcp.Sock:
			conns = append(conns, l.sockRow(o.Base(), "tcp"))
		case *tcp.TimeWait:
			conns = append(conns, nodeRow(n, o.Substate))
		case *tcp.Request:
			conns = append(conns, nodeRow(n, core.TCPSynRecv))
		}
	})
	sort.SliceStable(conns, func(i, j int) bool {
		a, b := &conns[i], &conns[j]
		if a.lport != b.lport {
			return a.lport < b.lport
		}
		return a.fport < b.fport
	})
	return append(rows, conns...)
}

func nodeRow(n *inet.Node, state uint8) sockRow {
	k := &n.Key
	return sockRow{proto: "tcp", six: !k.Laddr.Is4(), state: state, laddr: k.Laddr, faddr: k.Faddr, lport: k.Lport, fport: k.Fport, fd: -1}
}

func (l *Lab) sockRow(sk *core.Sock, proto string) sockRow {
	var o trace.Obs
	sk.Observe(&o)
	r := sockRow{proto: proto, six: sk.Family == core.AFInet6, state: sk.State, laddr: sk.RcvSaddr, faddr: sk.Daddr, lport: sk.Sport, fport: sk.Dport,
		dev: int(sk.BoundDev), sk: sk, obs: &o, fd: -1}
	if r.laddr.IsZero() && sk.State != core.TCPListen && !sk.Saddr.IsZero() && proto == "tcp" {
		r.laddr = sk.Saddr
	}
	switch {
	case proto == "udp":
		r.rq, r.sq = int(o[step.SockRmem]), max(0, int(o[step.SockWmem])-1)
	case sk.State == core.TCPListen:
		r.rq, r.sq = int(o[step.SockAcceptQ]), int(o[step.SockAcceptMax])
	default:
		r.rq = max(0, int(int32(uint32(o[step.TCPRcvNxt])-uint32(o[step.TCPCopiedSeq]))))
		r.sq = max(0, int(int32(uint32(o[step.TCPWriteSeq])-uint32(o[step.TCPSndUna]))))
	}
	if p, ok := sk.Waker.(*socket.Program); ok && p != nil {
		r.prog, r.fd = p, p.FD(sk)
		for _, q := range l.procs {
			if q.app == p {
				r.pid = q.pid
			}
		}
	}
	return r
}

var stateNames = map[uint8]string{1: "ESTAB", 2: "SYN-SENT", 3: "SYN-RECV", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "UNCONN", 8: "CLOSE-WAIT",
	9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN-RECV"}

var netstatStates = map[uint8]string{1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSE", 8: "CLOSE_WAIT",
	9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN_RECV"}
