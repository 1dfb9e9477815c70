package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What inWindow says (enum nf_ct_tcp_action).
type window uint8

const (
	windowAccept  window = iota
	windowIgnore         // let it pass, but learn nothing from it
	windowInvalid        // no such segment can be
	windowLiberal        // outside, but windows are not checked: accept, learn nothing
)

// maxAckWindow is MAXACKWINDOW: how far behind an ACK may be.
func (s *TCPSide) maxAckWindow() uint32 { return max(s.MaxWin, 66000) }

// initSender is tcp_init_sender: a SYN says where its sender begins.
func (c *Conn) initSender(s *segment, dir Dir) {
	me, other := &c.TCP.Seen[dir], &c.TCP.Seen[1-dir]
	me.End, me.MaxEnd = s.end, s.end
	me.MaxWin = max(1, uint32(s.win))
	me.setOptions(s.options)
	// RFC 7323 §2.2: both sides must offer window scaling.
	if dir == Reply && me.Flags&other.Flags&TCPFlagWindowScale == 0 {
		me.Scale, other.Scale = 0, 0
	}
}

// inWindow is tcp_in_window: can the other end want this segment? Four bounds
// hold, all from what was seen before:
//
//	I   seq <= what the receiver lets the sender send up to
//	II  end >= the last byte sent less the receiver's largest window
//	III ack <= the last byte that the receiver sent
//	IV  ack >= the same less the largest window
//
// Then what the segment says is learned.
func (c *Conn) inWindow(s *segment, dir Dir) window {
	defer c.t.ns.In(step.CTTCPInWindow, c).Out()
	tcp := &c.TCP
	me, other := &tcp.Seen[dir], &tcp.Seen[1-dir]
	syn, hasAck := s.flags&wire.TCPSyn != 0, s.flags&wire.TCPAck != 0
	seq, end, win := s.seq, s.end, uint32(s.win)
	ack := s.h.Ack()
	sack := ack
	if other.Flags&TCPFlagSackPerm != 0 {
		sack = sackEdge(s.options, sack)
	}
	if c.Status&SeqAdjust != 0 {
		d := c.seqOffset(1-dir, ack-1)
		ack -= uint32(d)
		sack -= uint32(d)
	}
	if me.MaxWin == 0 {
		if syn {
			c.initSender(s, dir)
			if !hasAck {
				return windowAccept // a simultaneous open
			}
		} else {
			// The middle of a connection: take what the segment says.
			me.End = end
			me.MaxWin = max(1, win<<me.Scale)
			me.MaxEnd = end + me.MaxWin
			if other.MaxWin == 0 {
				other.End, other.MaxEnd = sack, sack
			} else if sack == other.End+1 {
				other.End++ // an answer to a keepalive
			}
		}
	} else if syn && after(end, me.End) && (tcp.State == TCPSynSent || tcp.State == TCPSynRecv) {
		// A SYN with other numbers than the one before.
		c.initSender(s, dir)
		if dir == Reply && !hasAck {
			return windowAccept
		}
	}
	if !hasAck || s.flags&wire.TCPRst != 0 && ack == 0 {
		ack, sack = other.End, other.End
	}
	if s.flags&wire.TCPRst != 0 && seq == 0 && tcp.State == TCPSynSent {
		seq, end = me.End, me.End // a RST that answers the SYN
	}
	if w := c.bounds(me, other, seq, end, sack); w != windowAccept {
		return w
	}
	c.learn(s, dir, ack, sack, end, win)
	return windowAccept
}

// bounds checks the four bounds. With nf_conntrack_tcp_be_liberal, and for
// connections taken up in their middle, what is outside passes, too.
func (c *Conn) bounds(me, other *TCPSide, seq, end, sack uint32) window {
	ns := c.t.ns
	low, ackLow := me.End-other.MaxWin-1, other.End-me.maxAckWindow()-1
	w := windowInvalid
	switch {
	case !before(seq, me.MaxEnd+1):
		over := end - me.MaxEnd + 1
		if other.MaxWin != 0 && after(end, low) && after(sack, ackLow) && over <= other.MaxWin && before(sack, other.End+1) {
			// More than the window allows: the receiver may take it.
			me.End = end
			me.Flags |= TCPFlagUnacked
			w = windowIgnore
			ns.Why(step.WhyCTWindowOvershot, uint64(over))
		} else {
			ns.Why(step.WhyCTWindowSeqOver, uint64(seq), uint64(me.MaxEnd+1))
		}
	case !before(sack, other.End+1):
		ns.Why(step.WhyCTWindowAckOver, uint64(sack), uint64(other.End+1))
	case other.MaxWin != 0 && !after(end, low):
		w = windowIgnore
		ns.Why(step.WhyCTWindowSeqUnder, uint64(end), uint64(low))
	case !after(sack, ackLow):
		w = windowIgnore
		ns.Why(step.WhyCTWindowAckUnder, uint64(sack), uint64(ackLow))
	default:
		return windowAccept
	}
	if me.Flags&TCPFlagBeLiberal != 0 || ns.Sysctl.CT.TCPBeLiberal != 0 {
		return windowLiberal
	}
	return w
}

// learn takes over what a segment inside the window says.
func (c *Conn) learn(s *segment, dir Dir, ack, sack, end, win uint32) {
	tcp := &c.TCP
	me, other := &tcp.Seen[dir], &tcp.Seen[1-dir]
	if s.flags&wire.TCPSyn == 0 {
		win <<= me.Scale
	}
	me.MaxWin = max(me.MaxWin, win+(sack-ack))
	if after(end, me.End) {
		me.End = end
		me.Flags |= TCPFlagUnacked
	}
	if s.flags&wire.TCPAck != 0 {
		if me.Flags&TCPFlagMaxAckSet == 0 {
			me.MaxAck = ack
			me.Flags |= TCPFlagMaxAckSet
		} else if after(ack, me.MaxAck) {
			me.MaxAck = ack
		}
	}
	if other.MaxWin != 0 && after(end, me.MaxEnd) {
		other.MaxWin += end - me.MaxEnd
	}
	if after(sack+win, other.MaxEnd-1) {
		other.MaxEnd = sack + win
		if win == 0 {
			other.MaxEnd++
		}
	}
	if ack == other.End {
		other.Flags &^= TCPFlagUnacked
	}
	if s.index != setAck {
		return
	}
	// Is it the last segment again?
	if tcp.lastDir == dir && tcp.lastSeq == s.seq && tcp.lastAck == ack && tcp.lastEnd == end && tcp.lastWin == s.win {
		tcp.Retrans++
		return
	}
	tcp.lastDir, tcp.lastSeq, tcp.lastAck, tcp.lastEnd, tcp.lastWin = dir, s.seq, ack, end, s.win
	tcp.Retrans = 0
}

// tcpHandleInvalid is nf_tcp_handle_invalid: a FIN or RST outside the window, in
// both directions, says that the connection is over though the numbers are not
// ours: it gets a shorter time.
func (c *Conn) tcpHandleInvalid(dir Dir, index uint8) {
	tcp := &c.TCP
	if c.Status&(Assured|FixedTimeout) != Assured || index != setRst && index != setFin {
		return
	}
	if tcp.lastDir == dir || tcp.lastIndex != setFin && tcp.lastIndex != setRst {
		tcp.lastIndex, tcp.lastDir = index, dir
		return
	}
	left := int(c.Expires() / jiffy)
	if secs := c.tcpSecs(core.CTTCPUnack); left >= 120*hz && left > secs*hz {
		c.timeout = uint32(secs*hz) + c.t.jiffies()
	}
}
