package wire

// ICMPv6Len is the length of an ICMPv6 header in bytes: type, code, checksum
// and four bytes whose meaning depends on the type.
const ICMPv6Len = 8

// An ICMPv6Type is the type of an ICMPv6 message; errors are below 128.
type ICMPv6Type uint8

// ICMPv6 types (RFC 4443, RFC 2710, RFC 4861, RFC 3810).
const (
	ICMPv6DestUnreach   ICMPv6Type = 1
	ICMPv6PacketTooBig  ICMPv6Type = 2
	ICMPv6TimeExceeded  ICMPv6Type = 3
	ICMPv6ParamProblem  ICMPv6Type = 4
	ICMPv6Echo          ICMPv6Type = 128
	ICMPv6EchoReply     ICMPv6Type = 129
	ICMPv6MLDQuery      ICMPv6Type = 130
	ICMPv6MLDReport     ICMPv6Type = 131
	ICMPv6MLDDone       ICMPv6Type = 132
	ICMPv6RouterSolicit ICMPv6Type = 133
	ICMPv6RouterAdvert  ICMPv6Type = 134
	ICMPv6NeighSolicit  ICMPv6Type = 135
	ICMPv6NeighAdvert   ICMPv6Type = 136
	ICMPv6Redirect      ICMPv6Type = 137
	ICMPv6RouterRenum   ICMPv6Type = 138
	ICMPv6NIQuery       ICMPv6Type = 139
	ICMPv6NIReply       ICMPv6Type = 140
	ICMPv6InvNeighSol   ICMPv6Type = 141
	ICMPv6InvNeighAdv   ICMPv6Type = 142
	ICMPv6MLD2Report    ICMPv6Type = 143
	ICMPv6HAADRequest   ICMPv6Type = 144
	ICMPv6HAADReply     ICMPv6Type = 145
	ICMPv6PrefixSolicit ICMPv6Type = 146
	ICMPv6PrefixAdvert  ICMPv6Type = 147
	ICMPv6ExtEcho       ICMPv6Type = 160
	ICMPv6ExtEchoReply  ICMPv6Type = 161
)

// Codes of ICMPv6DestUnreach, ICMPv6TimeExceeded and ICMPv6ParamProblem.
const (
	ICMPv6NoRoute        = 0
	ICMPv6AdmProhibited  = 1
	ICMPv6NotNeighbour   = 2
	ICMPv6AddrUnreach    = 3
	ICMPv6PortUnreach    = 4
	ICMPv6PolicyFail     = 5
	ICMPv6RejectRoute    = 6
	ICMPv6ExcHopLimit    = 0
	ICMPv6ExcFragTime    = 1
	ICMPv6HdrField       = 0
	ICMPv6UnknownNextHdr = 1
	ICMPv6UnknownOption  = 2
	ICMPv6HdrIncomplete  = 3
)

// IsError reports whether t tells of trouble with another packet.
func (t ICMPv6Type) IsError() bool { return t < 128 }

// ICMPv6 is an ICMPv6 message (RFC 4443; struct icmp6hdr) with its data.
type ICMPv6 []byte

// Valid reports whether the header is whole.
func (h ICMPv6) Valid() bool { return len(h) >= ICMPv6Len }

// Type is the type of the message.
func (h ICMPv6) Type() ICMPv6Type { return ICMPv6Type(h[0]) }

// Code says more about the type.
func (h ICMPv6) Code() uint8 { return h[1] }

// Checksum is the checksum as sent.
func (h ICMPv6) Checksum() uint16 { return be16(h[2:]) }

// Rest is the second word of the header.
func (h ICMPv6) Rest() uint32 { return be32(h[4:]) }

// ID is the identifier of an echo.
func (h ICMPv6) ID() uint16 { return be16(h[4:]) }

// Seq is the sequence number of an echo.
func (h ICMPv6) Seq() uint16 { return be16(h[6:]) }

// MTU is the next hop's MTU in "packet too big".
func (h ICMPv6) MTU() uint32 { return be32(h[4:]) }

// Pointer is the offset of the offending byte in a parameter problem.
func (h ICMPv6) Pointer() uint32 { return be32(h[4:]) }

// Data is what follows the header; in an error, the start of the packet.
func (h ICMPv6) Data() []byte { return h[ICMPv6Len:] }

// SetType writes the type.
func (h ICMPv6) SetType(t ICMPv6Type) { h[0] = byte(t) }

// SetCode writes the code.
func (h ICMPv6) SetCode(c uint8) { h[1] = c }

// SetChecksum writes the checksum.
func (h ICMPv6) SetChecksum(v uint16) { put16(h[2:], v) }

// SetRest writes the second word.
func (h ICMPv6) SetRest(v uint32) { put32(h[4:], v) }

// SetID writes the identifier of an echo.
func (h ICMPv6) SetID(v uint16) { put16(h[4:], v) }

// SetSeq writes the sequence number of an echo.
func (h ICMPv6) SetSeq(v uint16) { put16(h[6:], v) }

// ComputeChecksum writes the checksum over all of h and the pseudo header of an
// IPv6 packet from src to dst: csum_ipv6_magic.
func (h ICMPv6) ComputeChecksum(src, dst Addr) {
	put16(h[2:], 0)
	put16(h[2:], Fold(Checksum(h, PseudoHeader6(src, dst, ProtoICMPv6, len(h)))))
}

// ICMPv6Error is the meaning of an ICMPv6 error: what was wrong and, as far as
// it was quoted, with which packet.
type ICMPv6Error struct {
	Type ICMPv6Type
	Code uint8
	Info uint32 // second word: MTU, pointer
	// The quoted packet.
	Src, Dst         Addr
	Proto            Proto
	SrcPort, DstPort uint16 // of TCP, UDP and SCTP; both 0 otherwise
}

// Error reads an ICMPv6 error; ok is false when h is another message or quotes
// less than an IPv6 header and its extension headers.
func (h ICMPv6) Error() (e ICMPv6Error, ok bool) {
	if !h.Valid() || !h.Type().IsError() {
		return e, false
	}
	ip := IPv6(h.Data())
	if !ip.Valid() {
		return e, false
	}
	p, off, frag, ok := SkipExtensions(ip[IPv6Len:], ip.NextHeader())
	if !ok {
		return e, false
	}
	e = ICMPv6Error{Type: h.Type(), Code: h.Code(), Info: h.Rest(),
		Src: ip.Src(), Dst: ip.Dst(), Proto: p}
	t := ip[IPv6Len+off:]
	switch p {
	case ProtoTCP, ProtoUDP, ProtoUDPLite, ProtoSCTP, ProtoDCCP:
		if len(t) >= 4 && frag&^7 == 0 {
			e.SrcPort, e.DstPort = be16(t), be16(t[2:])
		}
	}
	return e, true
}
