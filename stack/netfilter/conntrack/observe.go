package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// whole stands for the namespace in functions that work for no packet.
type whole struct{ ns *core.Netns }

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (w whole) Kind() step.Kind            { return step.KindNS }
func (w whole) TraceID() uint32            { return w.ns.ID }
func (w whole) TracePkt() (pkt, id uint32) { return 0, 0 }
func (w whole) Observe(*trace.Obs)         {}

// subject is the packet, or the namespace if there is none.
func (t *Table) subject(b *core.SKB) trace.Subject {
	if b == nil {
		return whole{t.ns}
	}
	return b
}

// Kind is KindCT: see trace.Subject.
func (c *Conn) Kind() step.Kind { return step.KindCT }

// TraceID is its number.
func (c *Conn) TraceID() uint32 { return c.ID }

// TracePkt is none: a connection is no packet.
func (c *Conn) TracePkt() (pkt, id uint32) { return 0, 0 }

// Observe lists what a learner sees of a connection.
func (c *Conn) Observe(o *trace.Obs) {
	if c.t == nil {
		return // freed
	}
	o[step.CTState] = uint64(c.protoState())
	o[step.CTStatus] = uint64(c.Status)
	if c.IsConfirmed() {
		now := c.t.ns.Clock.Now()
		o[step.CTTimeout] = uint64(now - now%jiffy + int64Jiffies(c.timeout-c.t.jiffies()))
	}
	o[step.CTProto] = uint64(c.Proto())
	o[step.CTMark], o[step.CTZone] = uint64(c.Mark), uint64(c.zone.ID)
	for d, at := range [2]int{step.CTOrigSrc, step.CTReplySrc} {
		k := &c.tuples[d].Tuple
		o[at], o[at+1] = k.Src.Hi, k.Src.Lo
		o[at+2], o[at+3] = k.Dst.Hi, k.Dst.Lo
		o[at+4], o[at+5] = uint64(k.Sport), uint64(k.Dport)
	}
	for d, at := range [2]int{step.CTOrigPackets, step.CTReplyPackets} {
		o[at], o[at+1] = c.Counters[d].Packets, c.Counters[d].Bytes
	}
	for d, at := range [2]int{step.CTOrigEnd, step.CTReplyEnd} {
		s := &c.TCP.Seen[d]
		o[at], o[at+1], o[at+2], o[at+3] = uint64(s.End), uint64(s.MaxEnd), uint64(s.MaxWin), uint64(s.MaxAck)
	}
}

// protoState is the state that `conntrack -L` prints, by the numbers of
// step.CTst: TCP's own, SCTP's plus 16, else 0.
func (c *Conn) protoState() uint8 {
	switch c.Proto() {
	case 6:
		return uint8(c.TCP.State)
	case uint8(protoSCTP):
		return 16 + uint8(c.SCTP())
	}
	return 0
}

// String is the helper's name: ftp. NoHelper's is empty.
func (h HelperID) String() string {
	if h == HelperFTP {
		return "ftp"
	}
	return ""
}
