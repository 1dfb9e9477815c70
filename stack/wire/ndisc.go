package wire

// Lengths of neighbour discovery messages without options, in bytes, counted
// from the ICMPv6 header.
const (
	NDSolicitLen       = 24 // neighbour solicitation and advertisement
	NDRouterSolicitLen = 8
	NDRouterAdvertLen  = 16
	NDRedirectLen      = 40
)

// Flags of a neighbour advertisement (RFC 4861 §4.4), the top bits of Rest.
const (
	NAFlagRouter    uint32 = 1 << 31
	NAFlagSolicited uint32 = 1 << 30
	NAFlagOverride  uint32 = 1 << 29
)

// Flags of a router advertisement (RFC 4861 §4.2).
const (
	RAFlagManaged = 0x80
	RAFlagOther   = 0x40
)

// ND is a neighbour solicitation or advertisement with its ICMPv6 header
// (RFC 4861 §4.3, §4.4; struct nd_msg).
type ND []byte

// Valid reports whether the message is whole up to its options.
func (h ND) Valid() bool { return len(h) >= NDSolicitLen }

// ICMP is the message's ICMPv6 header.
func (h ND) ICMP() ICMPv6 { return ICMPv6(h) }

// Flags is the second word: NAFlagRouter and so on.
func (h ND) Flags() uint32 { return be32(h[4:]) }

// Target is whose link address is asked or told.
func (h ND) Target() Addr { return AddrFrom16(h[8:24]) }

// SetFlags writes the second word.
func (h ND) SetFlags(v uint32) { put32(h[4:], v) }

// SetTarget writes the target.
func (h ND) SetTarget(a Addr) { a.Put16(h[8:24]) }

// Options is the options.
func (h ND) Options() []byte { return h[NDSolicitLen:] }

// RouterAdvert is a router advertisement with its ICMPv6 header (RFC 4861
// §4.2; struct ra_msg).
type RouterAdvert []byte

// Valid reports whether the message is whole up to its options.
func (h RouterAdvert) Valid() bool { return len(h) >= NDRouterAdvertLen }

// HopLimit is the hop limit hosts should use, 0 for "no word".
func (h RouterAdvert) HopLimit() uint8 { return h[4] }

// Flags is RAFlagManaged and so on.
func (h RouterAdvert) Flags() uint8 { return h[5] }

// Lifetime is how long the router is a default router, in seconds.
func (h RouterAdvert) Lifetime() uint16 { return be16(h[6:]) }

// Reachable is the reachable time in milliseconds, 0 for "no word".
func (h RouterAdvert) Reachable() uint32 { return be32(h[8:]) }

// Retrans is the time between solicitations in milliseconds, 0 for "no word".
func (h RouterAdvert) Retrans() uint32 { return be32(h[12:]) }

// Put writes the fields behind the ICMPv6 header's checksum.
func (h RouterAdvert) Put(hops, flags uint8, lifetime uint16, reachable, retrans uint32) {
	h[4], h[5] = hops, flags
	put16(h[6:], lifetime)
	put32(h[8:], reachable)
	put32(h[12:], retrans)
}

// Options is the options.
func (h RouterAdvert) Options() []byte { return h[NDRouterAdvertLen:] }

// NDRedirect is a redirect with its ICMPv6 header (RFC 4861 §4.5; struct
// rd_msg).
type NDRedirect []byte

// Valid reports whether the message is whole up to its options.
func (h NDRedirect) Valid() bool { return len(h) >= NDRedirectLen }

// Target is the better first hop.
func (h NDRedirect) Target() Addr { return AddrFrom16(h[8:24]) }

// Dst is the destination that is redirected.
func (h NDRedirect) Dst() Addr { return AddrFrom16(h[24:40]) }

// SetTarget writes the better first hop.
func (h NDRedirect) SetTarget(a Addr) { a.Put16(h[8:24]) }

// SetDst writes the destination.
func (h NDRedirect) SetDst(a Addr) { a.Put16(h[24:40]) }

// Options is the options.
func (h NDRedirect) Options() []byte { return h[NDRedirectLen:] }

// Neighbour discovery options (RFC 4861 §4.6, RFC 8106, RFC 4191, RFC 3971).
const (
	NDOptSourceLinkAddr = 1
	NDOptTargetLinkAddr = 2
	NDOptPrefix         = 3
	NDOptRedirected     = 4
	NDOptMTU            = 5
	NDOptNonce          = 14
	NDOptRoute          = 24
	NDOptRDNSS          = 25
	NDOptDNSSL          = 31
)

// NDOption is one neighbour discovery option with its two leading bytes.
type NDOption []byte

// NextNDOption splits the first option off opts. ok is false at the end, and
// when the option has length zero or does not fit, which makes the whole
// message invalid (RFC 4861 §4.6; ndisc_parse_options).
func NextNDOption(opts []byte) (o NDOption, rest []byte, ok bool) {
	if len(opts) < 2 {
		return nil, nil, false
	}
	n := int(opts[1]) * 8
	if n == 0 || n > len(opts) {
		return nil, nil, false
	}
	return NDOption(opts[:n]), opts[n:], true
}

// Type is the option's type.
func (o NDOption) Type() uint8 { return o[0] }

// Len is the length of the option in bytes.
func (o NDOption) Len() int { return int(o[1]) * 8 }

// LinkAddr is the Ethernet address of a source or target link address option.
func (o NDOption) LinkAddr() MAC { return MACFrom(o[2:8]) }

// MTU is the MTU of an MTU option.
func (o NDOption) MTU() uint32 { return be32(o[4:]) }

// PrefixLen is the length in bits of a prefix information option, which is 32
// bytes long.
func (o NDOption) PrefixLen() int { return int(o[2]) }

// OnLink is the L flag of a prefix information option.
func (o NDOption) OnLink() bool { return o[3]&0x80 != 0 }

// Autonomous is the A flag of a prefix information option.
func (o NDOption) Autonomous() bool { return o[3]&0x40 != 0 }

// ValidLifetime is the valid lifetime of a prefix in seconds.
func (o NDOption) ValidLifetime() uint32 { return be32(o[4:]) }

// PreferredLifetime is the preferred lifetime of a prefix in seconds.
func (o NDOption) PreferredLifetime() uint32 { return be32(o[8:]) }

// Prefix is the prefix of a prefix information option.
func (o NDOption) Prefix() Addr { return AddrFrom16(o[16:32]) }

// PutLinkAddrOption writes a link address option of 8 bytes for Ethernet:
// ndisc_fill_addr_option.
func PutLinkAddrOption(b []byte, typ uint8, a MAC) {
	b[0], b[1] = typ, 1
	a.Put(b[2:8])
}

// PutMTUOption writes an MTU option of 8 bytes.
func PutMTUOption(b []byte, mtu uint32) {
	b[0], b[1], b[2], b[3] = NDOptMTU, 1, 0, 0
	put32(b[4:], mtu)
}

// PutPrefixOption writes a prefix information option of 32 bytes; flags is L
// (0x80) and A (0x40), lifetimes are in seconds.
func PutPrefixOption(b []byte, prefix Addr, bits int, flags uint8, valid, preferred uint32) {
	b[0], b[1], b[2], b[3] = NDOptPrefix, 4, byte(bits), flags
	put32(b[4:], valid)
	put32(b[8:], preferred)
	put32(b[12:], 0)
	prefix.Put16(b[16:32])
}
