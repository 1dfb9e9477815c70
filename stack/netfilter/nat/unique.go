package nat

import (
	"encoding/binary"
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// How many ports are tried at first (NF_NAT_MAX_ATTEMPTS), and for how many of
// the last ones connections in TIME_WAIT are thrown away (NF_NAT_HARDER_THRESH).
const (
	maxAttempts  = 128
	harderThresh = maxAttempts / 4
)

// used is nf_nat_used_tuple: would the answers of another connection look the
// same?
func (n *NAT) used(k *conntrack.Tuple, c *conntrack.Conn) bool {
	reply, _ := k.Invert()
	return n.ct.Taken(&reply, c)
}

// usedNew is nf_nat_used_tuple_new: the same for a tuple that was not altered;
// two first packets that crossed each other are one connection.
func (n *NAT) usedNew(k *conntrack.Tuple, c *conntrack.Conn) bool {
	const usesNat = conntrack.NATMask | conntrack.SeqAdjust
	if !n.used(k, c) {
		return false
	}
	if !conntrack.AllowClash(c.Proto()) || c.Status&usesNat != 0 {
		return true
	}
	o, _ := n.ct.Find(k, c.Zone())
	if o == nil {
		reply, _ := k.Invert()
		if o, _ = n.ct.Find(&reply, c.Zone()); o == nil {
			return false
		}
	}
	return o.Status&usesNat != 0 || *o.Tuple(conntrack.Original) != *c.Tuple(conntrack.Reply)
}

// usedHarder is nf_nat_used_tuple_harder: in the last tries a connection that is
// over, and whose numbers the new one has passed, makes room.
func (n *NAT) usedHarder(k *conntrack.Tuple, c *conntrack.Conn, left int) bool {
	reply, _ := k.Invert()
	if left > harderThresh || k.Proto != uint8(wire.ProtoTCP) || c.TCP.State != conntrack.TCPSynSent {
		return n.ct.Taken(&reply, c)
	}
	o, dir := n.ct.Find(&reply, c.Zone())
	if o == nil {
		return false
	}
	if dir == conntrack.Original || o.TCP.State < conntrack.TCPTimeWait ||
		o.Status&(conntrack.FixedTimeout|conntrack.Dying) != 0 || o.Status&conntrack.SrcNAT == 0 {
		return true
	}
	if int32(c.TCP.Seen[0].End-o.TCP.Seen[0].End) <= 0 {
		return true
	}
	offloaded := o.Status&conntrack.Offload != 0
	return !n.ct.Delete(o) || offloaded
}

// protoInRange is l4proto_in_range.
func protoInRange(k *conntrack.Tuple, m Manip, lo, hi uint16) bool {
	switch {
	case k.IsICMP():
		return k.Sport >= lo && k.Sport <= hi
	case k.HasPorts() || k.Proto == 47:
		p := k.Sport
		if m == Dst {
			p = k.Dport
		}
		return p >= lo && p <= hi
	}
	return true
}

func cmpAddr(a, b wire.Addr) int {
	switch {
	case a == b:
		return 0
	case a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo:
		return -1
	}
	return 1
}

// inRange is nf_in_range: does this source fit the rule?
func inRange(k *conntrack.Tuple, r *Range) bool {
	if r.Flags&MapIPs != 0 && (cmpAddr(k.Src, r.MinAddr) < 0 || cmpAddr(k.Src, r.MaxAddr) > 0) {
		return false
	}
	return r.Flags&ProtoSpecified == 0 || protoInRange(k, Src, r.MinProto, r.MaxProto)
}

// unique is get_unique_tuple: what the packet shall look like afterwards.
func (n *NAT) unique(orig *conntrack.Tuple, r *Range, c *conntrack.Conn, m Manip) conntrack.Tuple {
	defer n.ns.In(step.GetUniqueTuple, c).Out()
	ns := n.ns
	// 1. A source that is mapped already is mapped the same way, if it fits.
	if m == Src && r.Flags&protoRandomAll == 0 {
		if inRange(orig, r) {
			if !n.usedNew(orig, c) {
				ns.Why(step.WhyNatKeepsPort)
				return *orig
			}
		} else if k, ok := n.appropriateSrc(orig, r, c); ok && !n.used(&k, c) {
			ns.Why(step.WhyNatSrcFound)
			return k
		}
	}
	// 2. The address.
	k := *orig
	n.bestIP(&k, r, c, m)
	// 3. The port, if it has to change.
	if r.Flags&protoRandomAll == 0 {
		if r.Flags&ProtoSpecified != 0 {
			if r.Flags&ProtoOffset == 0 && protoInRange(&k, m, r.MinProto, r.MaxProto) &&
				(r.MinProto == r.MaxProto || !n.used(&k, c)) {
				ns.Why(step.WhyNatPortFixed, uint64(r.MinProto))
				return k
			}
		} else if !n.used(&k, c) {
			if ns.Listening() {
				a, p := k.Src, k.Sport
				if m == Dst {
					a, p = k.Dst, k.Dport
				}
				ns.Why(step.WhyNatAddrOnly, a.Hi, a.Lo, uint64(p))
			}
			return k
		}
	}
	n.uniqueProto(&k, r, c, m)
	return k
}

// appropriateSrc is find_appropriate_src: how was this source mapped before?
func (n *NAT) appropriateSrc(orig *conntrack.Tuple, r *Range, c *conntrack.Conn) (k conntrack.Tuple, ok bool) {
	defer n.ns.In(step.FindAppropriateSrc, c).Out()
	l := n.bysource[n.hashBySrc(c, orig)]
	for i := len(l) - 1; i >= 0; i-- { // the newest first
		o := l[i]
		t := o.Tuple(conntrack.Original)
		if t.Proto != orig.Proto || t.Src != orig.Src || t.Sport != orig.Sport || o.ZoneID(conntrack.Original) != c.ZoneID(conntrack.Original) {
			continue
		}
		inv, _ := o.Tuple(conntrack.Reply).Invert()
		k = *orig
		k.Src, k.Sport = inv.Src, inv.Sport
		if inRange(&k, r) {
			return k, true
		}
	}
	return k, false
}

// bestIP is find_best_ips_proto: an address of the range, by a hash of the
// addresses, so that a client is seen as the same by a server.
func (n *NAT) bestIP(k *conntrack.Tuple, r *Range, c *conntrack.Conn, m Manip) {
	if r.Flags&MapIPs == 0 {
		return
	}
	p := &k.Src
	if m == Dst {
		p = &k.Dst
	}
	if r.MinAddr == r.MaxAddr {
		*p = r.MinAddr
		return
	}
	src, dst := words(k.Src), words(k.Dst)
	last := 3
	if k.L3 == core.NFIPv4 {
		last = 0
	}
	seed := uint32(0)
	if r.Flags&Persistent == 0 {
		seed = dst[last] ^ uint32(c.Zone().ID)
	}
	j := jhash2(src, seed)
	lo, hi := words(r.MinAddr), words(r.MaxAddr)
	out := words(*p)
	full := false
	for i := 0; i <= last; i++ {
		first, dist := uint32(0), ^uint32(0)
		if !full {
			first = bits.ReverseBytes32(lo[i])
			dist = bits.ReverseBytes32(hi[i]) - first + 1
		}
		out[i] = bits.ReverseBytes32(first + uint32(uint64(j)*uint64(dist)>>32))
		if out[i] != hi[i] {
			full = true
		}
		if r.Flags&Persistent == 0 {
			j ^= dst[i]
		}
		if m == Dst {
			dst[i] = out[i] // the kernel works on the same memory
		}
	}
	*p = fromWords(out, k.L3)
}

// words are an address as the kernel's __be32 words on a little-endian machine.
func words(a wire.Addr) (w [4]uint32) {
	if a.Is4() {
		w[0] = bits.ReverseBytes32(uint32(a.IP4()))
		return w
	}
	for i, v := range [4]uint64{a.Hi >> 32, a.Hi, a.Lo >> 32, a.Lo} {
		w[i] = bits.ReverseBytes32(uint32(v))
	}
	return w
}

func fromWords(w [4]uint32, f core.Family) wire.Addr {
	if f == core.NFIPv4 {
		return wire.IP4(bits.ReverseBytes32(w[0])).Addr()
	}
	r := bits.ReverseBytes32
	return wire.Addr{Hi: uint64(r(w[0]))<<32 | uint64(r(w[1])), Lo: uint64(r(w[2]))<<32 | uint64(r(w[3]))}
}

// jhash2 is the kernel's hash of four words.
func jhash2(k [4]uint32, seed uint32) uint32 {
	var b [16]byte
	for i, w := range k {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
	return conntrack.Jhash(b[:], seed)
}

// uniqueProto is nf_nat_l4proto_unique_tuple: try ports, from a random one on for
// sources and from the first for destinations. Without a range a source port
// stays in its class: below 512, below 1024, or above.
func (n *NAT) uniqueProto(k *conntrack.Tuple, r *Range, c *conntrack.Conn, m Manip) {
	defer n.ns.In(step.NfNatL4protoUniqueTuple, c).Out()
	ns := n.ns
	key := &k.Sport
	first, size := 0, 0
	switch {
	case k.IsICMP():
		first, size = 0, 65536
		if r.Flags&ProtoSpecified != 0 {
			first, size = int(r.MinProto), int(r.MaxProto)-int(r.MinProto)+1
		}
	case k.HasPorts():
		if m == Dst {
			key = &k.Dport
		}
		if r.Flags&ProtoSpecified != 0 {
			first, size = int(min(r.MinProto, r.MaxProto)), int(max(r.MinProto, r.MaxProto))
			size -= first - 1
			break
		}
		if m == Dst {
			return // a destination keeps its port
		}
		switch {
		case *key >= 1024:
			first, size = 1024, 65535-1024+1
		case *key >= 512:
			first, size = 600, 1023-600+1
		default:
			first, size = 1, 511
		}
	default:
		ns.Why(step.WhyNatFixedProto, uint64(k.Proto))
		return
	}
	was := *key
	off := uint16(0)
	switch {
	case r.Flags&ProtoOffset != 0:
		off = *key - r.BaseProto
	case r.Flags&protoRandomAll != 0 || m == Src:
		off = n.random()
	}
	size = max(size, 1)
	tries := 0
	for attempts := min(size, maxAttempts); ; attempts /= 2 {
		for i := range attempts {
			*key = uint16(first + int(off)%size)
			tries++
			if !n.usedHarder(k, c, attempts-i) {
				ns.Why(step.WhyNatFound, uint64(*key), uint64(tries))
				return
			}
			off++
		}
		if attempts >= size || attempts < 16 {
			break
		}
		off = n.random()
	}
	ns.Tried(step.TryNatRange, uint64(was), uint64(first), uint64(first+size-1))
	ns.Why(step.WhyNatNoPort, uint64(tries))
}

// random is get_random_u16.
func (n *NAT) random() uint16 { return uint16(n.ns.Machine.Rand.Uint32() >> 16) }
