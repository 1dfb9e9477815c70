package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nf_conntrack_seqadj.c.

// A seqadj is struct nf_ct_seqadj: by how much the numbers of a direction have
// moved because a helper changed the length of what was sent.
type seqadj struct {
	pos           uint32 // from here on after holds
	before, after int32
}

// SeqAdd is nf_ct_seqadj_set: from the byte seq of the packet's direction on,
// everything moves by off bytes.
func (c *Conn) SeqAdd(info Info, seq uint32, off int32) {
	if off == 0 {
		return
	}
	c.Status |= SeqAdjust
	s := &c.extra().seqadj[info.Dir()]
	if s.before == s.after || before(s.pos, seq) {
		s.pos = seq
		s.before = s.after
		s.after += off
	}
}

// seqOffset is nf_ct_seq_offset.
func (c *Conn) seqOffset(d Dir, seq uint32) int32 {
	if c.ext == nil {
		return 0
	}
	s := &c.ext.seqadj[d]
	if after(seq, s.pos) {
		return s.after
	}
	return s.before
}

// seqAdjust is nf_ct_seq_adjust: correct the numbers of a TCP segment.
func (c *Conn) seqAdjust(b *core.SKB, off int, info Info) bool {
	defer c.t.ns.In(step.NfCTSeqAdjust, b).Out()
	if !b.MayPull(off + wire.TCPMinLen) {
		return false
	}
	b.Unshare()
	h := wire.TCP(b.Data()[off:])
	n := h.DataOff()
	if n < wire.TCPMinLen || !b.MayPull(off+n) {
		return false
	}
	h = wire.TCP(b.Data()[off:])
	d := info.Dir()
	mine, theirs := &c.ext.seqadj[d], &c.ext.seqadj[1-d]
	move := mine.before
	if after(h.Seq(), mine.pos) {
		move = mine.after
	}
	seq := h.Seq()
	summed := b.IPSummed != core.ChecksumPartial // else nobody has summed yet
	fix(h, summed, seq, seq+uint32(move))
	h.SetSeq(seq + uint32(move))
	if h.Flags()&wire.TCPAck != 0 {
		back := theirs.before
		if after(h.Ack()-uint32(theirs.before), theirs.pos) {
			back = theirs.after
		}
		ack := h.Ack()
		fix(h, summed, ack, ack-uint32(back))
		h.SetAck(ack - uint32(back))
		sackAdjust(h, summed, h[wire.TCPMinLen:n], theirs)
	}
	c.t.ns.Why(step.WhyCTSeqAdjust, uint64(int64(move)))
	return true
}

// fix corrects a checksum that is there already (inet_proto_csum_replace4).
func fix(h wire.TCP, summed bool, old, now uint32) {
	if summed {
		h.SetChecksum(wire.Update32(h.Checksum(), old, now))
	}
}

// sackAdjust is nf_ct_sack_adjust.
func sackAdjust(h wire.TCP, summed bool, o []byte, s *seqadj) {
	for len(o) > 0 {
		if o[0] == 0 {
			return
		}
		if o[0] == 1 {
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return
		}
		if n := int(o[1]); o[0] == 5 && n >= 10 && (n-2)%8 == 0 {
			for i := 2; i+4 <= n; i += 4 {
				v := be32(o[i:])
				back := s.before
				if after(v-uint32(s.before), s.pos) {
					back = s.after
				}
				w := v - uint32(back)
				fix(h, summed, v, w)
				o[i], o[i+1], o[i+2], o[i+3] = byte(w>>24), byte(w>>16), byte(w>>8), byte(w)
			}
		}
		o = o[o[1]:]
	}
}
