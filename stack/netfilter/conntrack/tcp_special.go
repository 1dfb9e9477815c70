package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/step"
)

// What tcpSpecial decides.
const (
	actCheck   = iota // look at the windows
	actAccept         // it is right: no need to
	actIgnore         // let it pass, believe nothing
	actIgnored        // the same, and the reason is told
	actInvalid
	actResync // as if the SYN that was ignored had opened it
	actRepeat // the connection is dead: make a new one
)

// tcpSpecial is the switch of nf_conntrack_tcp_packet: what the table alone
// does not know.
func (c *Conn) tcpSpecial(s *segment, dir Dir, old, next TCPStateID) (TCPStateID, int) {
	ns, tcp := c.t.ns, &c.TCP
	switch next {
	case TCPSynSent:
		if old < TCPTimeWait {
			return next, actCheck
		}
		// RFC 9293 §3.6.1: a new SYN may reopen what is in TIME-WAIT.
		if (tcp.Seen[0].Flags|tcp.Seen[1].Flags)&TCPFlagCloseInit != 0 || tcp.lastDir == dir && tcp.lastIndex == setRst {
			return next, actRepeat
		}
		return c.tcpIgnored(s, dir, old, next)
	case tcpIgnore:
		return c.tcpIgnored(s, dir, old, next)
	case tcpInvalid:
		if c.keepAlive(s, dir, old) {
			ns.Why(step.WhyCTTCPKeepAlive)
			return next, actIgnored
		}
		ns.Why(step.WhyCTTCPState, uint64(s.flags), uint64(dir), uint64(old))
		return next, actInvalid
	case TCPTimeWait:
		if old == TCPLastAck && s.index == setAck && tcp.lastDir != dir && tcp.lastIndex == setSyn && tcp.lastFlags&tcpExpChallengeAck != 0 {
			tcp.lastFlags &^= tcpExpChallengeAck
			ns.Why(step.WhyCTTCPChallenge)
			return next, actIgnored
		}
	case TCPSynSent2:
		tcp.lastFlags |= tcpSimultaneousOpen
	case TCPSynRecv:
		if dir == Reply && s.index == setAck && tcp.lastFlags&tcpSimultaneousOpen != 0 {
			next = TCPEstablished
		}
	case TCPClose:
		if s.index == setRst {
			return c.tcpReset(s, dir, old, next)
		}
	}
	return next, actCheck
}

// tcpIgnored deals with segments that may be right or wrong: what they say is
// kept in case the other end agrees.
func (c *Conn) tcpIgnored(s *segment, dir Dir, old, next TCPStateID) (TCPStateID, int) {
	tcp := &c.TCP
	if s.index == setSynAck && tcp.lastIndex == setSyn && tcp.lastDir != dir && s.h.Ack() == tcp.lastEnd {
		// It answers a SYN that we ignored: both ends agree, and we do now.
		p := &tcp.Seen[tcp.lastDir]
		p.End, p.MaxEnd = tcp.lastEnd, tcp.lastEnd
		p.MaxWin = max(1, uint32(tcp.lastWin))
		p.Scale = tcp.lastWscale
		tcp.lastFlags &^= tcpExpChallengeAck
		p.Flags = tcp.lastFlags
		tcp.Seen[dir] = TCPSide{Flags: tcp.Seen[dir].Flags & TCPFlagBeLiberal}
		return TCPSynRecv, actResync
	}
	tcp.lastIndex, tcp.lastDir = s.index, dir
	tcp.lastSeq, tcp.lastEnd, tcp.lastWin = s.seq, s.end, s.win
	if s.index == setSyn && dir == Original {
		var seen TCPSide
		tcp.lastFlags, tcp.lastWscale = 0, 0
		seen.setOptions(s.options)
		if seen.Flags&TCPFlagWindowScale != 0 {
			tcp.lastFlags |= TCPFlagWindowScale
			tcp.lastWscale = seen.Scale
		}
		tcp.lastFlags |= seen.Flags & TCPFlagSackPerm
		if old == TCPLastAck {
			tcp.lastFlags |= tcpExpChallengeAck
		}
	}
	if old == TCPSynSent && s.index == setAck && dir == Reply {
		tcp.lastAck = s.h.Ack() // may be a challenge ACK
	}
	return next, actIgnore
}

// tcpReset decides about a RST: only one with the right number closes (RFC 5961
// §3.2).
func (c *Conn) tcpReset(s *segment, dir Dir, old, next TCPStateID) (TCPStateID, int) {
	ns, tcp := c.t.ns, &c.TCP
	if old.closing() {
		return next, actAccept
	}
	other := &tcp.Seen[1-dir]
	if other.Flags&TCPFlagMaxAckSet != 0 && tcp.lastIndex != setSyn {
		established := old == TCPEstablished && c.Status&Assured != 0
		if s.seq == 0 && !established {
			return next, actCheck
		}
		if before(s.seq, other.MaxAck) && ns.Sysctl.CT.TCPNoRST == 0 {
			ns.Why(step.WhyCTTCPRst, uint64(s.seq), uint64(other.MaxAck))
			return next, actInvalid
		}
		if !established || s.seq == other.MaxAck {
			return next, actCheck
		}
		if tcp.lastIndex == setAck && tcp.lastDir == dir && s.seq == tcp.lastEnd {
			return next, actCheck // it follows data of the same sender
		}
		// Not exactly the number expected: the other end may answer with a
		// challenge ACK, so the state stays.
		next = old
	}
	if (c.Status&SeenReply != 0 && tcp.lastIndex == setSyn && tcp.lastDir != dir ||
		c.Status&Assured == 0 && tcp.lastIndex == setAck) && s.h.Ack() == tcp.lastEnd {
		return next, actAccept // it answers a SYN or ACK that we let pass
	}
	if old == TCPSynSent && tcp.lastIndex == setAck && tcp.lastDir == Reply && s.seq == tcp.lastAck {
		return next, actAccept // it answers a challenge ACK
	}
	return next, actCheck
}
