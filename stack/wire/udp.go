package wire

// UDPLen is the length of a UDP header in bytes.
const UDPLen = 8

// UDP is a UDP header (RFC 768; struct udphdr) and what follows it.
type UDP []byte

// SrcPort is the source port.
func (h UDP) SrcPort() uint16 { return be16(h) }

// DstPort is the destination port.
func (h UDP) DstPort() uint16 { return be16(h[2:]) }

// Len is the length of header and data in bytes.
func (h UDP) Len() int { return int(be16(h[4:])) }

// Checksum is the checksum as sent; 0 is "none".
func (h UDP) Checksum() uint16 { return be16(h[6:]) }

// Payload is the data, up to the length or the end of h.
func (h UDP) Payload() []byte { return h[UDPLen:max(UDPLen, min(len(h), h.Len()))] }

// SetSrcPort writes the source port.
func (h UDP) SetSrcPort(p uint16) { put16(h, p) }

// SetDstPort writes the destination port.
func (h UDP) SetDstPort(p uint16) { put16(h[2:], p) }

// SetLen writes the length of header and data in bytes.
func (h UDP) SetLen(n int) { put16(h[4:], uint16(n)) }

// SetChecksum writes the checksum.
func (h UDP) SetChecksum(v uint16) { put16(h[6:], v) }

// ComputeChecksum writes the checksum over all of h; pseudo is the sum of the
// pseudo header. A result of zero is sent as 0xffff (RFC 768). udp_set_csum.
func (h UDP) ComputeChecksum(pseudo uint32) {
	put16(h[6:], 0)
	c := Fold(Checksum(h, pseudo))
	if c == 0 {
		c = 0xffff
	}
	put16(h[6:], c)
}
