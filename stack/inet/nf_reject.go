package inet

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What IPv4 and IPv6 share when a rule refuses a packet: include/net/netfilter/
// nf_reject.h.

// RejectVerifies is nf_reject_verify_csum: is there a checksum over all of what the
// packet carries, which must be right before the sender is told? The transport
// header stands at off from the data pointer.
func RejectVerifies(b *core.SKB, off int, p wire.Proto) bool {
	switch p {
	case wire.ProtoUDP:
		var buf [wire.UDPLen]byte
		if off < 0 || off+wire.UDPLen > b.Len() {
			return true
		}
		b.CopyBits(off, buf[:])
		return buf[6]|buf[7] != 0
	case wire.ProtoGRE, wire.ProtoAH, wire.ProtoESP, 132, 136: // SCTP, UDP-Lite
		return false
	}
	return true
}

// RejectTCP is nf_reject_ip_tcphdr_put: the TCP header of a RST that answers h,
// whose segment has so many bytes with its header; the checksum is left 0.
func RejectTCP(dst []byte, h wire.TCP, segment int) {
	clear(dst)
	r := wire.TCP(dst)
	r.SetSrcPort(h.DstPort())
	r.SetDstPort(h.SrcPort())
	r.SetDataOff(wire.TCPMinLen)
	if h.Flags()&wire.TCPAck != 0 {
		r.SetSeq(h.Ack())
		r.SetFlags(wire.TCPRst)
		return
	}
	n := uint32(segment - h.DataOff())
	if h.Flags()&wire.TCPSyn != 0 {
		n++
	}
	if h.Flags()&wire.TCPFin != 0 {
		n++
	}
	r.SetAck(h.Seq() + n)
	r.SetFlags(wire.TCPRst | wire.TCPAck)
}
