package drill

import (
	"errors"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A connState is how far a connection of the script is (enum socket_state_t).
type connState uint8

const (
	connInit connState = iota
	connNew
	connListening
	connPacketReceived
	connSynackSent
	connSynackAcked
	connConnecting
	connSynSent
	connSynAcked
)

// An endpoint is an address with a port.
type endpoint struct {
	ip   wire.Addr
	port uint16
}

// A side is a connection as the script names it, or as it really is.
type side struct {
	local, remote       endpoint
	localISN, remoteISN uint32
}

// A conn is a socket of the script: names of the script, and what stands for
// them (struct socket).
type conn struct {
	state        connState
	family, kind int
	proto        int
	script, live side
	fd           *fd

	tsVals               map[uint32]uint32 // timestamps that went out: the script's, and the real one
	firstTS              bool
	scriptVal, liveVal   uint32 // of the first one
	flowScript, flowLive uint32

	lastOut, lastIn segment
}

// Sequence numbers of segments with SYN are absolute in a script; others count
// from the connection's first SYN. These are what is added to a script's number.

func (k *conn) remoteOffset(syn bool) uint32 {
	if syn {
		return 0
	}
	return k.live.remoteISN
}

func (k *conn) localOffset(syn bool) uint32 {
	if syn {
		return k.live.localISN - k.script.localISN
	}
	return k.live.localISN
}

// An fd is a file descriptor: the script's number, and the real one.
type fd struct {
	script, live int
	closed       bool
	conn         *conn // nil: not a socket
}

// scriptFD is find_by_script_fd.
func (r *Runner) scriptFD(n int) *fd {
	for i := len(r.fds) - 1; i >= 0; i-- {
		if f := r.fds[i]; !f.closed && f.script == n {
			return f
		}
	}
	return nil
}

// newConn is socket_new: the script's next packets belong to it.
func (r *Runner) newConn() *conn {
	k := &conn{tsVals: map[uint32]uint32{}}
	k.fd = &fd{script: -1, live: -1, conn: k}
	r.fds = append(r.fds, k.fd)
	return k
}

// connFor is find_or_create_socket_for_script_packet.
func (r *Runner) connFor(s *segment, in bool) (*conn, error) {
	if s.l4 == TCP {
		if k := r.passive(s, in); k != nil {
			return k, nil
		}
		if k := r.active(s, in); k != nil {
			return k, nil
		}
	}
	if k := r.under; k != nil {
		match := s.l4 == ICMP
		switch k.proto {
		case 6:
			match = match || s.l4 == TCP
		case 17:
			match = match || s.l4 == UDP
		case 1:
			match = match && !s.v6
		case 58:
			match = match && s.v6
		default:
			match = false
		}
		if match || s.sport != 0 || s.dport != 0 {
			return k, nil
		}
	}
	return nil, errors.New("no matching socket for script packet")
}

// passive is handle_listen_for_script_packet: a packet that comes in while the
// socket listens begins a connection.
func (r *Runner) passive(s *segment, in bool) *conn {
	if !in || r.under != nil && r.under.state != connListening {
		return nil
	}
	k := r.newConn()
	r.under = k
	k.state, k.proto = connPacketReceived, 6
	k.script.remoteISN, k.live.remoteISN = s.seq, s.seq
	k.script.remote.port, k.script.local.port = s.sport, s.dport
	k.live.remote = endpoint{wire.FromNetip(r.cfg.RemoteIP), r.ephemeral()}
	k.live.local = endpoint{wire.FromNetip(r.cfg.LocalIP), r.cfg.BindPort}
	return k
}

// active is handle_connect_for_script_packet: the SYN of a socket that connects.
func (r *Runner) active(s *segment, in bool) *conn {
	k := r.under
	if in || s.flags&flagSYN == 0 || s.flags&flagACK != 0 || k == nil || k.state != connConnecting {
		return nil
	}
	k.state = connSynSent
	k.script.localISN = s.seq
	k.script.remote.port, k.script.local.port = s.dport, s.sport
	return k
}

// firstEphemeral is the first port that stands for a remote side's: none that
// scripts are likely to name themselves.
const firstEphemeral = 55001

func (r *Runner) ephemeral() uint16 {
	r.ports++
	return firstEphemeral + r.ports - 1
}

// owner is whose packet an outgoing one is: that of the connection under test
// (find_socket_for_live_packet), or the first one of a socket that connects
// (find_connect_for_live_packet). nil: of neither.
func (r *Runner) owner(s *segment) *conn {
	k := r.under
	if k == nil {
		return nil
	}
	from, to := endpoint{s.src, s.sport}, endpoint{s.dst, s.dport}
	echo := s.l4 == ICMP && (k.proto == 1 && !s.v6 || k.proto == 58 && s.v6)
	if from == k.live.local && to == k.live.remote || echo && s.src == k.live.local.ip && s.dst == k.live.remote.ip {
		return k
	}
	udp := s.l4 == UDP && k.proto == 17 && k.state == connConnecting
	icmp := echo && k.state == connConnecting
	tcp := s.l4 == TCP && s.flags&flagSYN != 0 && s.flags&flagACK == 0 && k.proto == 6 && k.state == connSynSent
	switch {
	case !udp && !icmp && !tcp:
		return nil
	case s.dst != k.live.remote.ip, !icmp && s.dport != k.live.remote.port:
		return nil
	}
	k.live.local = from
	if tcp {
		k.live.localISN = s.seq
	}
	return k
}
