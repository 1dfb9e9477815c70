package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A TCPSide is struct ip_ct_tcp_state: what has been seen of one sender.
// Numbers are sequence numbers and bytes.
type TCPSide struct {
	End    uint32 // the highest seq + len that it sent (td_end)
	MaxEnd uint32 // what the other side lets it send up to (td_maxend)
	MaxWin uint32 // the largest window that it offered (td_maxwin)
	MaxAck uint32 // the highest ack that it sent (td_maxack)
	Scale  uint8  // its window scale (td_scale)
	Flags  uint8  // TCPFlag*
}

// Flags of a TCPSide (IP_CT_TCP_FLAG_*).
const (
	TCPFlagWindowScale  = 0x01 // it offered window scaling
	TCPFlagSackPerm     = 0x02 // and SACK
	TCPFlagCloseInit    = 0x04 // it sent the first FIN
	TCPFlagBeLiberal    = 0x08 // its windows are not checked
	TCPFlagUnacked      = 0x10 // what it sent is not acknowledged
	TCPFlagMaxAckSet    = 0x20 // MaxAck is known
	tcpExpChallengeAck  = 0x40 // last: an ACK may be a challenge (RFC 5961)
	tcpSimultaneousOpen = 0x80 // last: both sides sent a SYN
)

// A TCPState is struct ip_ct_tcp.
type TCPState struct {
	Seen       [2]TCPSide
	State      TCPStateID
	lastDir    Dir
	Retrans    uint8 // times that the last segment came again
	lastIndex  uint8
	lastSeq    uint32
	lastAck    uint32
	lastEnd    uint32
	lastWin    uint16
	lastWscale uint8
	lastFlags  uint8
}

// A segment is what the tracker reads of a TCP packet.
type segment struct {
	h       wire.TCP
	flags   wire.TCPFlags
	index   uint8 // setX
	seq     uint32
	end     uint32 // seq + len, SYN and FIN count
	win     uint16
	b       *core.SKB
	off     int
	options []byte
}

// before and after compare sequence numbers, which wrap.
func before(a, b uint32) bool { return int32(a-b) < 0 }
func after(a, b uint32) bool  { return int32(b-a) < 0 }

// parse reads the header and tells whether the segment is broken (tcp_error).
// buf has room for a whole header.
func (t *Table) parse(st *core.HookState, b *core.SKB, off int, buf []byte) (s segment, ok bool) {
	ns := t.ns
	h := wire.TCP(header(b, off, wire.TCPMinLen, buf))
	if h == nil {
		ns.Why(step.WhyCTShortL4)
		return s, false
	}
	n := h.DataOff()
	if n < wire.TCPMinLen || b.Len()-off < n {
		ns.Why(step.WhyCTTCPTruncated, uint64(n), uint64(b.Len()-off))
		return s, false
	}
	if !t.checksumOK(st, b, off, wire.ProtoTCP) {
		ns.Why(step.WhyCTChecksum)
		return s, false
	}
	s.h = wire.TCP(header(b, off, n, buf))
	s.b, s.off = b, off
	s.flags = s.h.Flags() & 0xff
	if !tcpFlagsOK(s.flags) {
		ns.Why(step.WhyCTTCPFlags, uint64(s.flags))
		return s, false
	}
	s.index = tcpIndex(s.flags)
	s.seq, s.win = s.h.Seq(), s.h.Window()
	s.end = s.seq + uint32(b.Len()-off-n)
	if s.flags&wire.TCPSyn != 0 {
		s.end++
	}
	if s.flags&wire.TCPFin != 0 {
		s.end++
	}
	s.options = s.h[wire.TCPMinLen:n]
	return s, true
}

// tcpIndex is get_conntrack_index.
func tcpIndex(f wire.TCPFlags) uint8 {
	switch {
	case f&wire.TCPRst != 0:
		return setRst
	case f&wire.TCPSyn != 0 && f&wire.TCPAck != 0:
		return setSynAck
	case f&wire.TCPSyn != 0:
		return setSyn
	case f&wire.TCPFin != 0:
		return setFin
	case f&wire.TCPAck != 0:
		return setAck
	}
	return setNone
}

// tcpFlagsOK is tcp_valid_flags: PSH, ECE and CWR may be set always.
func tcpFlagsOK(f wire.TCPFlags) bool {
	switch f &^ (wire.TCPPsh | wire.TCPEce | wire.TCPCwr) {
	case wire.TCPSyn, wire.TCPSyn | wire.TCPUrg, wire.TCPSyn | wire.TCPAck, wire.TCPRst, wire.TCPRst | wire.TCPAck,
		wire.TCPFin | wire.TCPAck, wire.TCPFin | wire.TCPAck | wire.TCPUrg, wire.TCPAck, wire.TCPAck | wire.TCPUrg:
		return true
	}
	return false
}

// setOptions is tcp_options: what a SYN offers.
func (s *TCPSide) setOptions(o []byte) {
	if len(o) == 0 {
		return
	}
	s.Scale = 0
	s.Flags &= TCPFlagBeLiberal
	for len(o) > 0 {
		switch o[0] {
		case 0:
			return
		case 1:
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return
		}
		switch {
		case o[0] == 4 && o[1] == 2:
			s.Flags |= TCPFlagSackPerm
		case o[0] == 3 && o[1] == 3:
			s.Scale = min(o[2], 14)
			s.Flags |= TCPFlagWindowScale
		}
		o = o[o[1]:]
	}
}

// sackEdge is tcp_sack: the highest right edge of a SACK block, if above ack.
func sackEdge(o []byte, ack uint32) uint32 {
	for len(o) > 0 {
		switch o[0] {
		case 0:
			return ack
		case 1:
			o = o[1:]
			continue
		}
		n := 0
		if len(o) >= 2 {
			n = int(o[1])
		}
		if n < 2 || n > len(o) {
			return ack
		}
		if o[0] == 5 && n >= 10 && (n-2)%8 == 0 {
			for i := 2; i < n; i += 8 {
				if e := be32(o[i+4:]); after(e, ack) {
					ack = e
				}
			}
			return ack
		}
		o = o[n:]
	}
	return ack
}

// tcpNew is tcp_new: may a connection begin with this segment? A SYN, or with
// nf_conntrack_tcp_loose an ACK out of the middle.
func (c *Conn) tcpNew(s *segment) bool {
	defer c.t.ns.In(step.CTTCPNew, c).Out()
	ns := c.t.ns
	next := tcpStep[Original][s.index][TCPNone]
	if next >= tcpInvalid {
		ns.Why(step.WhyCTTCPNoStart, uint64(s.flags))
		return false
	}
	me := &c.TCP.Seen[Original]
	if next != TCPSynSent && ns.Sysctl.CT.TCPLoose == 0 {
		ns.Why(step.WhyCTTCPNotLoose)
		return false
	}
	c.TCP = TCPState{}
	me.End = s.end
	me.MaxWin = max(1, uint32(s.win))
	me.MaxEnd = me.End
	if next == TCPSynSent {
		me.setOptions(s.options)
		ns.Why(step.WhyCTTCPSyn)
	} else {
		me.MaxEnd += me.MaxWin
		me.Flags = TCPFlagSackPerm | TCPFlagBeLiberal
		c.TCP.Seen[Reply].Flags = me.Flags
		ns.Why(step.WhyCTTCPLoose)
	}
	c.TCP.lastIndex = setNone
	return true
}

// tcpSecs is the timeout of a state, or of retransmissions and unacknowledged
// data, in seconds.
func (c *Conn) tcpSecs(i int) int {
	if p := c.timeouts(); p != nil {
		return p.Secs[i]
	}
	return c.t.ns.Sysctl.CT.TCPTimeouts[i]
}

// tcpPacket is nf_conntrack_tcp_packet: is the segment one that the connection
// can have now, and what follows from it?
func (c *Conn) tcpPacket(st *core.HookState, b *core.SKB, off int, info Info) verdict {
	defer c.t.ns.In(step.NfConntrackTCPPacket, c).Out()
	ns := c.t.ns
	var buf [60]byte
	s, ok := c.t.parse(st, b, off, buf[:])
	if !ok {
		return invalid
	}
	if !c.IsConfirmed() && !c.tcpNew(&s) {
		return invalid
	}
	tcp := &c.TCP
	old, dir := tcp.State, info.Dir()
	next := tcpStep[dir][s.index][old]
	next, act := c.tcpSpecial(&s, dir, old, next)
	if act == actResync {
		old, act = TCPSynSent, actCheck
		ns.Why(step.WhyCTTCPResync)
	}
	switch act {
	case actIgnore:
		ns.Why(step.WhyCTTCPIgnored, uint64(s.flags), uint64(old))
		return valid
	case actIgnored:
		return valid
	case actInvalid:
		return invalid
	case actRepeat:
		ns.Why(step.WhyCTTCPReopen, uint64(old))
		if c.t.Delete(c) {
			return repeat
		}
		return drop
	case actCheck:
		switch c.inWindow(&s, dir) {
		case windowIgnore:
			return valid
		case windowInvalid:
			c.tcpHandleInvalid(dir, s.index)
			return invalid
		}
	}
	return c.tcpAccept(&s, b, info, dir, old, next)
}

// tcpAccept is the end of nf_conntrack_tcp_packet: the segment is right.
func (c *Conn) tcpAccept(s *segment, b *core.SKB, info Info, dir Dir, old, next TCPStateID) verdict {
	ns, tcp := c.t.ns, &c.TCP
	tcp.lastIndex, tcp.lastDir = s.index, dir
	tcp.State = next
	if old != next && next == TCPFinWait {
		tcp.Seen[dir].Flags |= TCPFlagCloseInit
	}
	secs := c.tcpSecs(int(next))
	retrans, unack := c.tcpSecs(core.CTTCPRetrans), c.tcpSecs(core.CTTCPUnack)
	switch {
	case int(tcp.Retrans) >= ns.Sysctl.CT.TCPMaxRetrans && secs > retrans:
		secs = retrans
	case s.index == setRst:
		secs = c.tcpSecs(int(TCPClose)) // even if the state stays
	case (tcp.Seen[0].Flags|tcp.Seen[1].Flags)&TCPFlagUnacked != 0 && secs > unack:
		secs = unack
	case tcp.lastWin == 0 && secs > retrans:
		secs = retrans
	}
	if next != old {
		c.cache(EventProtoInfo)
	}
	if c.Status&SeenReply == 0 {
		if s.flags&wire.TCPRst != 0 {
			// The only answer is a RST: there is no connection.
			ns.Why(step.WhyCTTCPRefused)
			c.KillAcct(b, info)
			return valid
		}
		if s.index == setSyn && old == TCPSynSent {
			ns.Why(step.WhyCTTCPSynAgain)
			return valid // its time is not prolonged
		}
		if next == TCPEstablished && secs > unack {
			secs = unack
		}
	} else if c.Status&Assured == 0 && (old == TCPSynRecv || old == TCPEstablished) && next == TCPEstablished {
		c.Status |= Assured
		c.cache(EventAssured)
	}
	if ns.Listening() {
		if old != next {
			ns.Why(step.WhyCTTCPChange, uint64(s.flags), uint64(old), uint64(next), uint64(secs))
		} else {
			ns.Why(step.WhyCTTCPStays, uint64(s.flags), uint64(next), uint64(secs))
		}
	}
	c.refresh(b, info, secs)
	return valid
}

// SetClosing is nf_ct_set_closing: a rule answered the packet with a RST, so its
// connection is over.
func SetClosing(b *core.SKB) {
	c, _ := Get(b)
	if c == nil || !c.IsConfirmed() || c.Proto() != uint8(wire.ProtoTCP) {
		return
	}
	old := c.TCP.State
	c.TCP.State = TCPClose
	if old == TCPClose || c.Status&FixedTimeout != 0 {
		return
	}
	c.timeout = uint32(c.tcpSecs(int(TCPClose))*hz) + c.t.jiffies()
	c.cache(EventProtoInfo)
}
