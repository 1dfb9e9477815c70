package wire

// Lengths of a TCP header in bytes.
const (
	TCPMinLen        = 20
	TCPMaxLen        = 60
	TCPMaxOptionsLen = 40
)

// TCPFlags is the nine control bits of a TCP header (RFC 9293 §3.1, RFC 3168,
// RFC 9768).
type TCPFlags uint16

// Control bits.
const (
	TCPFin TCPFlags = 1 << iota
	TCPSyn
	TCPRst
	TCPPsh
	TCPAck
	TCPUrg
	TCPEce
	TCPCwr
	TCPAe
)

// Has reports whether all bits of m are set.
func (f TCPFlags) Has(m TCPFlags) bool { return f&m == m }

// String writes the flags as tcpdump does: S for SYN, a dot for ACK.
func (f TCPFlags) String() string {
	const names = "FSRP.UEWe"
	if f == 0 {
		return "none"
	}
	b := make([]byte, 0, len(names))
	for i := range len(names) {
		if f>>i&1 != 0 {
			b = append(b, names[i])
		}
	}
	return string(b)
}

// TCP is a TCP header (RFC 9293 §3.1; struct tcphdr) and what follows it.
type TCP []byte

// Valid reports whether the header, options too, is whole.
func (h TCP) Valid() bool {
	return len(h) >= TCPMinLen && h.DataOff() >= TCPMinLen && h.DataOff() <= len(h)
}

// SrcPort is the source port.
func (h TCP) SrcPort() uint16 { return be16(h) }

// DstPort is the destination port.
func (h TCP) DstPort() uint16 { return be16(h[2:]) }

// Seq is the sequence number of the first byte, or of the SYN.
func (h TCP) Seq() uint32 { return be32(h[4:]) }

// Ack is the next sequence number the sender of the segment expects.
func (h TCP) Ack() uint32 { return be32(h[8:]) }

// DataOff is the length of the header in bytes: tcp_hdrlen.
func (h TCP) DataOff() int { return int(h[12]>>4) * 4 }

// Flags is the control bits.
func (h TCP) Flags() TCPFlags { return TCPFlags(be16(h[12:]) & 0x1ff) }

// Window is the window as sent, not scaled.
func (h TCP) Window() uint16 { return be16(h[14:]) }

// Checksum is the checksum as sent.
func (h TCP) Checksum() uint16 { return be16(h[16:]) }

// Urg is the urgent pointer.
func (h TCP) Urg() uint16 { return be16(h[18:]) }

// Options is the options with their padding.
func (h TCP) Options() []byte { return h[TCPMinLen:h.DataOff()] }

// Payload is what follows the header.
func (h TCP) Payload() []byte { return h[h.DataOff():] }

// SetSrcPort writes the source port.
func (h TCP) SetSrcPort(p uint16) { put16(h, p) }

// SetDstPort writes the destination port.
func (h TCP) SetDstPort(p uint16) { put16(h[2:], p) }

// SetSeq writes the sequence number.
func (h TCP) SetSeq(v uint32) { put32(h[4:], v) }

// SetAck writes the acknowledgement number.
func (h TCP) SetAck(v uint32) { put32(h[8:], v) }

// SetDataOff writes the length of the header in bytes and keeps the flags.
func (h TCP) SetDataOff(bytes int) { h[12] = h[12]&0x0f | byte(bytes/4)<<4 }

// SetFlags writes the control bits.
func (h TCP) SetFlags(f TCPFlags) { put16(h[12:], be16(h[12:])&0xfe00|uint16(f)&0x1ff) }

// SetWindow writes the window as sent.
func (h TCP) SetWindow(v uint16) { put16(h[14:], v) }

// SetChecksum writes the checksum.
func (h TCP) SetChecksum(v uint16) { put16(h[16:], v) }

// SetUrg writes the urgent pointer.
func (h TCP) SetUrg(v uint16) { put16(h[18:], v) }

// ComputeChecksum writes the checksum over all of h; pseudo is the sum of the
// pseudo header: tcp_v4_send_check.
func (h TCP) ComputeChecksum(pseudo uint32) {
	put16(h[16:], 0)
	put16(h[16:], Fold(Checksum(h, pseudo)))
}
