package wire

// ICMPLen is the length of an ICMP header in bytes: type, code, checksum and
// four bytes whose meaning depends on the type.
const ICMPLen = 8

// An ICMPType is the type of an ICMP message.
type ICMPType uint8

// ICMP types (RFC 792, RFC 950, RFC 1256; linux/icmp.h).
const (
	ICMPEchoReply      ICMPType = 0
	ICMPDestUnreach    ICMPType = 3
	ICMPSourceQuench   ICMPType = 4
	ICMPRedirect       ICMPType = 5
	ICMPEcho           ICMPType = 8
	ICMPRouterAdvert   ICMPType = 9
	ICMPRouterSolicit  ICMPType = 10
	ICMPTimeExceeded   ICMPType = 11
	ICMPParamProblem   ICMPType = 12
	ICMPTimestamp      ICMPType = 13
	ICMPTimestampReply ICMPType = 14
	ICMPInfoRequest    ICMPType = 15
	ICMPInfoReply      ICMPType = 16
	ICMPAddress        ICMPType = 17
	ICMPAddressReply   ICMPType = 18
	ICMPExtEcho        ICMPType = 42
	ICMPExtEchoReply   ICMPType = 43
)

// Codes of ICMPDestUnreach.
const (
	ICMPNetUnreach    = 0
	ICMPHostUnreach   = 1
	ICMPProtUnreach   = 2
	ICMPPortUnreach   = 3
	ICMPFragNeeded    = 4
	ICMPSRFailed      = 5
	ICMPNetUnknown    = 6
	ICMPHostUnknown   = 7
	ICMPHostIsolated  = 8
	ICMPNetAno        = 9
	ICMPHostAno       = 10
	ICMPNetUnrTOS     = 11
	ICMPHostUnrTOS    = 12
	ICMPPktFiltered   = 13
	ICMPPrecViolation = 14
	ICMPPrecCutoff    = 15
)

// Codes of ICMPRedirect and ICMPTimeExceeded.
const (
	ICMPRedirNet     = 0
	ICMPRedirHost    = 1
	ICMPRedirNetTOS  = 2
	ICMPRedirHostTOS = 3
	ICMPExcTTL       = 0
	ICMPExcFragTime  = 1
)

// IsError reports whether t tells of trouble with another packet, which follows
// in part. No ICMP error is ever sent about an ICMP error (RFC 1122 §3.2.2).
func (t ICMPType) IsError() bool {
	switch t {
	case ICMPDestUnreach, ICMPSourceQuench, ICMPRedirect, ICMPTimeExceeded, ICMPParamProblem:
		return true
	}
	return false
}

// ICMP is an ICMP message (RFC 792; struct icmphdr) with its data.
type ICMP []byte

// Valid reports whether the header is whole.
func (h ICMP) Valid() bool { return len(h) >= ICMPLen }

// Type is the type of the message.
func (h ICMP) Type() ICMPType { return ICMPType(h[0]) }

// Code says more about the type.
func (h ICMP) Code() uint8 { return h[1] }

// Checksum is the checksum as sent.
func (h ICMP) Checksum() uint16 { return be16(h[2:]) }

// Rest is the second word of the header.
func (h ICMP) Rest() uint32 { return be32(h[4:]) }

// ID is the identifier of an echo.
func (h ICMP) ID() uint16 { return be16(h[4:]) }

// Seq is the sequence number of an echo.
func (h ICMP) Seq() uint16 { return be16(h[6:]) }

// MTU is the next hop's MTU in "fragmentation needed" (RFC 1191 §4).
func (h ICMP) MTU() uint16 { return be16(h[6:]) }

// Gateway is the better router in a redirect.
func (h ICMP) Gateway() IP4 { return getIP4(h[4:]) }

// Pointer is the offending byte in a parameter problem.
func (h ICMP) Pointer() uint8 { return h[4] }

// Data is what follows the header; in an error, the start of the packet.
func (h ICMP) Data() []byte { return h[ICMPLen:] }

// SetType writes the type.
func (h ICMP) SetType(t ICMPType) { h[0] = byte(t) }

// SetCode writes the code.
func (h ICMP) SetCode(c uint8) { h[1] = c }

// SetChecksum writes the checksum.
func (h ICMP) SetChecksum(v uint16) { put16(h[2:], v) }

// SetRest writes the second word.
func (h ICMP) SetRest(v uint32) { put32(h[4:], v) }

// SetID writes the identifier of an echo.
func (h ICMP) SetID(v uint16) { put16(h[4:], v) }

// SetSeq writes the sequence number of an echo.
func (h ICMP) SetSeq(v uint16) { put16(h[6:], v) }

// ComputeChecksum writes the checksum over all of h.
func (h ICMP) ComputeChecksum() {
	put16(h[2:], 0)
	put16(h[2:], Fold(Checksum(h, 0)))
}

// ICMPError is the meaning of an ICMP error: what was wrong and, as far as it
// was quoted, with which packet.
type ICMPError struct {
	Type ICMPType
	Code uint8
	Info uint32 // second word: MTU, gateway, pointer
	// The quoted packet.
	Src, Dst         IP4
	Proto            Proto
	SrcPort, DstPort uint16 // of TCP, UDP and SCTP; both 0 otherwise
}

// Error reads an ICMP error; ok is false when h is another message or quotes
// less than an IP header and eight bytes (RFC 792; icmp_err's pskb_may_pull).
func (h ICMP) Error() (e ICMPError, ok bool) {
	if !h.Valid() || !h.Type().IsError() {
		return e, false
	}
	ip := IPv4(h.Data())
	if !ip.Valid() || len(ip) < ip.IHL()+8 {
		return e, false
	}
	e = ICMPError{Type: h.Type(), Code: h.Code(), Info: h.Rest(),
		Src: ip.Src(), Dst: ip.Dst(), Proto: ip.Proto()}
	switch e.Proto {
	case ProtoTCP, ProtoUDP, ProtoUDPLite, ProtoSCTP, ProtoDCCP:
		e.SrcPort, e.DstPort = be16(ip[ip.IHL():]), be16(ip[ip.IHL()+2:])
	}
	return e, true
}
