package conntrack

import (
	"hash/crc32"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: RFC 9260 §8.4 and §8.5, nf_conntrack_proto_sctp.c.

// An SCTPStateID is enum sctp_conntrack: what the host in the middle believes of
// an SCTP association.
type SCTPStateID uint8

// The states.
const (
	SCTPNone SCTPStateID = iota
	SCTPClosed
	SCTPCookieWait
	SCTPCookieEchoed
	SCTPEstablished
	SCTPShutdownSent
	SCTPShutdownRecd
	SCTPShutdownAckSent
	SCTPHeartbeatSent
	sctpInvalid SCTPStateID = 10
)

// Chunk types (RFC 9260 §3.2).
const (
	chunkData             = 0
	chunkInit             = 1
	chunkInitAck          = 2
	chunkHeartbeat        = 4
	chunkHeartbeatAck     = 5
	chunkAbort            = 6
	chunkShutdown         = 7
	chunkShutdownAck      = 8
	chunkError            = 9
	chunkCookieEcho       = 10
	chunkCookieAck        = 11
	chunkShutdownComplete = 14
)

// An SCTPState is struct ip_ct_sctp.
type SCTPState struct {
	State   SCTPStateID
	vtag    [2]uint32 // the verification tag that a direction's packets carry
	init    [2]bool
	lastDir Dir
	failed  bool // a heartbeat had another tag (SCTP_FLAG_HEARTBEAT_VTAG_FAILED)
}

// sctpStep is sctp_conntracks: the state after a chunk, by direction, chunk and
// the state before (NONE, CLOSED, COOKIE_WAIT, COOKIE_ECHOED, ESTABLISHED,
// SHUTDOWN_SENT, SHUTDOWN_RECD, SHUTDOWN_ACK_SENT, HEARTBEAT_SENT). Chunks that
// are not in it, such as DATA, change nothing.
func sctpStep(d Dir, s SCTPStateID, chunk uint8) SCTPStateID {
	next, heard := s, true
	switch chunk {
	case chunkInit:
		switch {
		case s == SCTPNone, d == Original && (s == SCTPShutdownSent || s == SCTPShutdownRecd):
			next = SCTPClosed
		case s == SCTPHeartbeatSent:
			next = SCTPCookieWait
		}
	case chunkInitAck:
		if d == Reply && s == SCTPClosed {
			next = SCTPCookieWait
		}
	case chunkAbort:
		next = SCTPClosed
	case chunkShutdown:
		if s == SCTPEstablished {
			next = SCTPShutdownSent
			if d == Reply {
				next = SCTPShutdownRecd
			}
		}
	case chunkShutdownAck:
		if s == SCTPNone || s == SCTPShutdownSent || s == SCTPShutdownRecd || s == SCTPHeartbeatSent {
			next = SCTPShutdownAckSent
		}
	case chunkError:
		if d == Reply && s == SCTPCookieEchoed {
			next = SCTPClosed
		}
	case chunkCookieEcho:
		if s == SCTPCookieWait {
			next = SCTPCookieEchoed
		}
	case chunkCookieAck:
		if s == SCTPCookieEchoed {
			next = SCTPEstablished
		}
	case chunkShutdownComplete:
		if s == SCTPShutdownAckSent {
			next = SCTPClosed
		}
	case chunkHeartbeat:
		if s == SCTPNone {
			next = SCTPHeartbeatSent
		}
	case chunkHeartbeatAck:
		if d == Reply && s == SCTPHeartbeatSent {
			next = SCTPEstablished
		}
	default:
		heard = false
	}
	beat := chunk == chunkHeartbeat || chunk == chunkHeartbeatAck
	switch {
	case !heard:
		return s
	case d == Reply && (s == SCTPNone || s == SCTPHeartbeatSent && !beat):
		return sctpInvalid // the answering side cannot begin
	case d == Original && s == SCTPNone && next == SCTPNone,
		d == Original && s == SCTPHeartbeatSent && next == s && !beat:
		return SCTPClosed
	}
	return next
}

// A chunk is where a chunk of an SCTP packet lies.
type chunk struct {
	typ, flags uint8
	off, n     int
}

// nextChunk is for_each_sctp_chunk: the chunk at off; ok is false at the end.
func nextChunk(b *core.SKB, off int) (c chunk, ok bool) {
	var buf [4]byte
	if off >= b.Len() {
		return c, false
	}
	h := header(b, off, 4, buf[:])
	if h == nil {
		return c, false
	}
	return chunk{h[0], h[1], off, int(be16(h[2:]))}, true
}

func (c chunk) end() int { return c.off + (c.n+3)&^3 }

// sctpChunks is do_basic_checks: which chunks are there? INIT, INIT ACK and
// SHUTDOWN COMPLETE stand alone, COOKIE ECHO and COOKIE ACK first.
func sctpChunks(b *core.SKB, off int) (seen [4]uint64, ok bool) {
	alone, n := false, 0
	for c, more := nextChunk(b, off+12); more; c, more = nextChunk(b, c.end()) {
		if c.typ == chunkInit || c.typ == chunkInitAck || c.typ == chunkShutdownComplete {
			alone = true
		}
		if (c.typ == chunkCookieAck || c.typ == chunkCookieEcho || alone) && n != 0 || c.n == 0 {
			return seen, false
		}
		seen[c.typ>>6] |= 1 << (c.typ & 63)
		n++
	}
	return seen, n > 0
}

// tag reads the initiate tag of an INIT or INIT ACK.
func (c chunk) tag(b *core.SKB) (uint32, bool) {
	var buf [16]byte
	h := header(b, c.off+4, 16, buf[:])
	if h == nil {
		return 0, false
	}
	return be32(h), true
}

// sctpNew is sctp_new: may an association begin with this packet?
func (c *Conn) sctpNew(b *core.SKB, off int, vtag uint32) bool {
	s := c.sctp()
	*s = SCTPState{}
	for k, more := nextChunk(b, off+12); more; k, more = nextChunk(b, k.end()) {
		if sctpStep(Original, SCTPNone, k.typ) == SCTPNone {
			return false
		}
		switch k.typ {
		case chunkInit:
			tag, ok := k.tag(b)
			if vtag != 0 || !ok {
				return false
			}
			s.vtag[Reply] = tag
		case chunkHeartbeat:
			s.vtag[Original] = vtag
		case chunkShutdownAck:
			s.vtag[Reply] = vtag
		}
	}
	return true
}

// sctp is the connection's SCTP part, kept with what few connections have.
func (c *Conn) sctp() *SCTPState {
	x := c.extra()
	if x.sctp == nil {
		x.sctp = new(SCTPState)
	}
	return x.sctp
}

// SCTP is the state of an SCTP association.
func (c *Conn) SCTP() SCTPStateID {
	if c.ext == nil || c.ext.sctp == nil {
		return SCTPNone
	}
	return c.ext.sctp.State
}

// sctpPacket is nf_conntrack_sctp_packet: are the verification tags right, and
// what state follows from the chunks?
func (c *Conn) sctpPacket(st *core.HookState, b *core.SKB, off int, info Info) verdict {
	defer c.t.ns.In(step.NfConntrackSCTPPacket, c).Out()
	t := c.t
	ns := t.ns
	var buf [12]byte
	h := header(b, off, 12, buf[:])
	if h == nil {
		ns.Why(step.WhyCTShortL4)
		return invalid
	}
	if st.Hook == core.PreRouting && ns.Sysctl.CT.Checksum != 0 && b.IPSummed == core.ChecksumNone && !b.Truncated {
		if CRC32C(b, off) != uint32(h[8])|uint32(h[9])<<8|uint32(h[10])<<16|uint32(h[11])<<24 {
			ns.Why(step.WhyCTChecksum)
			return invalid
		}
		b.IPSummed = core.ChecksumUnnecessary
	}
	vtag, d := be32(h[4:]), info.Dir()
	seen, ok := sctpChunks(b, off)
	if !ok {
		ns.Why(step.WhyCTSCTPChunks)
		return invalid
	}
	has := func(l ...uint8) bool {
		for _, k := range l {
			if seen[k>>6]>>(k&63)&1 != 0 {
				return true
			}
		}
		return false
	}
	if !c.IsConfirmed() && (has(chunkAbort, chunkShutdownComplete, chunkCookieAck) || !c.sctpNew(b, off, vtag)) {
		ns.Why(step.WhyCTSCTPNoStart)
		return invalid
	}
	s := c.sctp()
	if vtag != s.vtag[d] && !has(chunkInit, chunkShutdownComplete, chunkCookieEcho, chunkAbort, chunkShutdownAck, chunkHeartbeat, chunkHeartbeatAck) {
		ns.Why(step.WhyCTSCTPTag, uint64(vtag), uint64(s.vtag[d]))
		return invalid
	}
	first, ignore := s.State, false
	for k, more := nextChunk(b, off+12); more; k, more = nextChunk(b, k.end()) {
		next, skip, ok := c.sctpChunk(b, k, d, vtag, has(chunkData) || ignore)
		if !ok {
			ns.Why(step.WhyCTSCTPState, uint64(k.typ), uint64(d), uint64(s.State))
			return invalid
		}
		if skip {
			ignore = true
			if next == sctpInvalid {
				continue
			}
		}
		if old := s.State; old != next {
			s.State = next
			c.cache(EventProtoInfo)
			if next == SCTPEstablished && c.Status&Assured == 0 {
				c.Status |= Assured
				c.cache(EventAssured)
			}
		}
	}
	if ignore {
		ns.Why(step.WhyCTSCTPIgnored)
		return valid
	}
	secs := 0
	if s.State > SCTPNone {
		secs = ns.Sysctl.CT.SCTPTimeouts[s.State-1]
		if p := c.timeouts(); p != nil {
			secs = p.Secs[s.State-1]
		}
	}
	ns.Why(step.WhyCTSCTP, uint64(first), uint64(s.State), uint64(secs))
	c.refresh(b, info, secs)
	return valid
}

// sctpChunk is one turn of the loop of nf_conntrack_sctp_packet. busy says that
// a heartbeat with another tag is not to be borne. skip: the packet passes, but
// prolongs nothing; with the state sctpInvalid the chunk is not looked at.
func (c *Conn) sctpChunk(b *core.SKB, k chunk, d Dir, vtag uint32, busy bool) (next SCTPStateID, skip, ok bool) {
	s := c.ext.sctp
	mine, other := s.vtag[d], s.vtag[1-d]
	switch k.typ {
	case chunkInit:
		if vtag != 0 {
			return 0, false, false
		}
	case chunkAbort, chunkShutdownComplete:
		// With the T flag the tag is the other side's.
		if k.flags&1 == 0 && vtag != mine || k.flags&1 != 0 && vtag != other {
			return 0, false, false
		}
	case chunkCookieEcho:
		if vtag != mine {
			return 0, false, false
		}
	case chunkCookieAck:
		s.init = [2]bool{}
	case chunkHeartbeat:
		switch {
		case mine == 0:
			s.vtag[d] = vtag
		case vtag != mine:
			if busy {
				return 0, false, false
			}
			s.failed, s.lastDir = true, d
			return sctpInvalid, true, true
		default:
			s.failed = false
		}
	case chunkHeartbeatAck:
		switch {
		case mine == 0:
			s.vtag[d] = vtag
		case vtag != mine:
			if busy || !s.failed || s.lastDir == d {
				return 0, false, false
			}
			s.failed = false
			s.vtag[d], s.vtag[1-d] = vtag, 0
		default:
			s.failed = false
		}
	}
	old := s.State
	next = sctpStep(d, old, k.typ)
	if next == sctpInvalid {
		return 0, false, false
	}
	switch k.typ {
	case chunkInit:
		tag, ok := k.tag(b)
		if !ok {
			return 0, false, false
		}
		if old == SCTPNone || s.vtag[1-d] != tag {
			if s.init[d] && s.init[1-d] {
				s.init[1-d] = false
			}
			s.init[d] = true
		}
		s.vtag[1-d] = tag
		// A repeated INIT prolongs nothing.
		skip = next == SCTPClosed && old == SCTPClosed && c.IsConfirmed()
	case chunkInitAck:
		tag, ok := k.tag(b)
		v := s.vtag[1-d]
		if !ok || !s.init[1-d] && v != 0 && v != tag || s.init[d] && s.init[1-d] && v != tag {
			return 0, false, false
		}
		s.vtag[1-d] = tag
	}
	return next, skip, true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CRC32C is sctp_compute_cksum: the checksum of the SCTP packet that begins at
// off, its field taken as zero.
func CRC32C(b *core.SKB, off int) uint32 {
	p := make([]byte, b.Len()-off)
	b.CopyBits(off, p)
	p[8], p[9], p[10], p[11] = 0, 0, 0, 0
	return crc32.Checksum(p, castagnoli)
}
