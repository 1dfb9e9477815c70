package wire

// ARPLen is the length of an ARP packet for IPv4 over Ethernet in bytes.
const ARPLen = 28

// An ARPOp is what an ARP packet asks or says.
type ARPOp uint16

// ARP operations (RFC 826, RFC 903, RFC 2390).
const (
	ARPRequest  ARPOp = 1
	ARPReply    ARPOp = 2
	RARPRequest ARPOp = 3
	RARPReply   ARPOp = 4
	InARPReq    ARPOp = 8
	InARPReply  ARPOp = 9
	ARPNak      ARPOp = 10
)

// ARPHTypeEther is the hardware type of Ethernet: ARPHRD_ETHER.
const ARPHTypeEther = 1

// ARP is an ARP packet (RFC 826; struct arphdr). The four addresses are where
// IPv4 over Ethernet has them; see Valid.
type ARP []byte

// Valid reports whether h is a whole packet for IPv4 over Ethernet with the
// address lengths those have.
func (h ARP) Valid() bool {
	return len(h) >= ARPLen && h[4] == 6 && h[5] == 4
}

// HType is the hardware type.
func (h ARP) HType() uint16 { return be16(h) }

// PType is the protocol type.
func (h ARP) PType() EtherType { return EtherType(be16(h[2:])) }

// HLen is the length of a hardware address in bytes.
func (h ARP) HLen() int { return int(h[4]) }

// PLen is the length of a protocol address in bytes.
func (h ARP) PLen() int { return int(h[5]) }

// Op is the operation.
func (h ARP) Op() ARPOp { return ARPOp(be16(h[6:])) }

// SHA is the sender's hardware address.
func (h ARP) SHA() MAC { return MACFrom(h[8:14]) }

// SPA is the sender's protocol address.
func (h ARP) SPA() IP4 { return getIP4(h[14:]) }

// THA is the target's hardware address.
func (h ARP) THA() MAC { return MACFrom(h[18:24]) }

// TPA is the target's protocol address.
func (h ARP) TPA() IP4 { return getIP4(h[24:]) }

// SetHType writes the hardware type.
func (h ARP) SetHType(v uint16) { put16(h, v) }

// SetPType writes the protocol type.
func (h ARP) SetPType(v EtherType) { put16(h[2:], uint16(v)) }

// SetHLen writes the hardware address length in bytes.
func (h ARP) SetHLen(n int) { h[4] = byte(n) }

// SetPLen writes the protocol address length in bytes.
func (h ARP) SetPLen(n int) { h[5] = byte(n) }

// SetOp writes the operation.
func (h ARP) SetOp(op ARPOp) { put16(h[6:], uint16(op)) }

// SetSHA writes the sender's hardware address.
func (h ARP) SetSHA(a MAC) { a.Put(h[8:14]) }

// SetSPA writes the sender's protocol address.
func (h ARP) SetSPA(a IP4) { putIP4(h[14:], a) }

// SetTHA writes the target's hardware address.
func (h ARP) SetTHA(a MAC) { a.Put(h[18:24]) }

// SetTPA writes the target's protocol address.
func (h ARP) SetTPA(a IP4) { putIP4(h[24:], a) }

// ARPRepr is the meaning of an ARP packet for IPv4 over Ethernet.
type ARPRepr struct {
	Op       ARPOp
	SHA, THA MAC
	SPA, TPA IP4
}

// Parse reads the packet; ok is false when it is short or not for IPv4 over
// Ethernet.
func (h ARP) Parse() (r ARPRepr, ok bool) {
	if !h.Valid() || h.HType() != ARPHTypeEther || h.PType() != EtherTypeIPv4 {
		return r, false
	}
	return ARPRepr{h.Op(), h.SHA(), h.THA(), h.SPA(), h.TPA()}, true
}

// Emit writes r to the first ARPLen bytes of h: arp_create.
func (r ARPRepr) Emit(h ARP) {
	h.SetHType(ARPHTypeEther)
	h.SetPType(EtherTypeIPv4)
	h.SetHLen(6)
	h.SetPLen(4)
	h.SetOp(r.Op)
	h.SetSHA(r.SHA)
	h.SetSPA(r.SPA)
	h.SetTHA(r.THA)
	h.SetTPA(r.TPA)
}
