package wire

// A HeaderSpan is one header of a frame: bytes From up to, not including, To.
// Cut says that the frame ends before the header does.
type HeaderSpan struct {
	Name     string
	From, To int
	Kind     HeaderKind
	Cut      bool
}

// Depth limits of Layout: how many headers it returns at most, which bounds its
// work on frames made to nest.
const maxSpans = 24

// walker is the state of one Layout.
type walker struct {
	b    []byte // the frame, shortened to the packet once its length is known
	at   int
	list []HeaderSpan
}

// take adds a header of n bytes; it reports whether it was whole. n is at
// least min when the length field lies.
func (w *walker) take(k HeaderKind, n int) bool {
	if len(w.list) >= maxSpans-2 {
		return false
	}
	to := w.at + n
	cut := to > len(w.b)
	if cut {
		to = len(w.b)
	}
	if to > w.at {
		w.list = append(w.list, HeaderSpan{k.String(), w.at, to, k, cut})
	}
	w.at = to
	return !cut
}

func (w *walker) rest() []byte { return w.b[w.at:] }

// Layout walks a frame and returns its headers in order. The spans do not
// overlap and leave no gap: bytes that are no header Layout knows are a Payload
// or a Trailer. It never panics, whatever the frame.
func Layout(frame []byte, link LinkKind) []HeaderSpan {
	w := &walker{b: frame, list: make([]HeaderSpan, 0, 8)}
	w.link(link)
	if w.at < len(w.b) {
		w.list = append(w.list, HeaderSpan{HdrPayload.String(), w.at, len(w.b), HdrPayload, false})
	}
	if len(w.b) < len(frame) {
		w.list = append(w.list, HeaderSpan{HdrTrailer.String(), len(w.b), len(frame), HdrTrailer, false})
	}
	return w.list
}

func (w *walker) link(link LinkKind) {
	b := w.b
	switch link {
	case LinkEthernet:
		if w.take(HdrEthernet, EthernetLen) {
			w.etherType(Ethernet(b).Type())
		}
	case LinkSLL:
		if w.take(HdrSLL, SLLLen) {
			w.etherType(SLL(b).Type())
		}
	case LinkSLL2:
		if w.take(HdrSLL2, SLL2Len) {
			w.etherType(SLL2(b).Type())
		}
	case LinkNull, LinkLoop:
		if w.take(HdrNull, NullLen) {
			w.etherType(Null(b).Type())
		}
	case LinkRaw, LinkIPv4, LinkIPv6:
		w.ip()
	}
}

// ip walks a packet whose version is in its first four bits.
func (w *walker) ip() {
	if len(w.rest()) == 0 {
		return
	}
	switch w.rest()[0] >> 4 {
	case 4:
		w.ipv4()
	case 6:
		w.ipv6()
	}
}

func (w *walker) etherType(t EtherType) {
	for t.IsVLAN() {
		h := VLAN(w.rest())
		if !w.take(HdrVLAN, VLANTagLen) {
			return
		}
		t = h.Type()
	}
	switch {
	case t == EtherTypeIPv4:
		w.ipv4()
	case t == EtherTypeIPv6:
		w.ipv6()
	case t == EtherTypeARP || t == EtherTypeRARP:
		n := ARPLen
		if h := w.rest(); len(h) >= 8 {
			n = 8 + 2*ARP(h).HLen() + 2*ARP(h).PLen()
		}
		if w.take(HdrARP, n) {
			w.b = w.b[:w.at] // a frame of an ARP packet has padding
		}
	case t < EtherType802_3Min && t > 0:
		if int(t) < len(w.rest()) {
			w.b = w.b[:w.at+int(t)]
		}
		w.take(HdrLLC, 3)
	}
}

// clip ends the packet n bytes behind the current place.
func (w *walker) clip(n int) {
	if n >= 0 && w.at+n < len(w.b) {
		w.b = w.b[:w.at+n]
	}
}

func (w *walker) ipv4() {
	h := IPv4(w.rest())
	if len(h) < IPv4MinLen || h.Version() != 4 {
		if len(h) > 0 && h.Version() == 4 {
			w.take(HdrIPv4, IPv4MinLen)
		}
		return
	}
	if h.TotalLen() >= h.IHL() {
		w.clip(h.TotalLen())
	}
	if !w.take(HdrIPv4, max(IPv4MinLen, h.IHL())) || h.FragOffset() != 0 {
		return
	}
	w.proto(h.Proto())
}

func (w *walker) ipv6() {
	h := IPv6(w.rest())
	if len(h) < IPv6Len || h.Version() != 6 {
		if len(h) > 0 && h.Version() == 6 {
			w.take(HdrIPv6, IPv6Len)
		}
		return
	}
	if h.PayloadLen() > 0 { // zero is a jumbogram
		w.clip(IPv6Len + h.PayloadLen())
	}
	w.take(HdrIPv6, IPv6Len)
	next := h.NextHeader()
	for {
		h := w.rest()
		if !next.IsExtension() || len(h) == 0 || next == ProtoNone {
			break
		}
		n := ExtMinLen
		if len(h) > 1 {
			n = Ext(h).Len()
		}
		kind := HdrDestOpts
		switch next {
		case ProtoHopByHop:
			kind = HdrHopByHop
		case ProtoRouting:
			kind = HdrRouting
		case ProtoFragment:
			kind, n = HdrFragment, FragmentLen
		case ProtoAH:
			kind = HdrAH
			if len(h) > 1 {
				n = AH(h).Len()
			}
		}
		if !w.take(kind, n) {
			return
		}
		if kind == HdrFragment && Fragment(h).Offset() != 0 {
			return
		}
		next = Proto(h[0])
	}
	w.proto(next)
}

func (w *walker) proto(p Proto) {
	h := w.rest()
	if len(h) == 0 {
		return
	}
	switch p {
	case ProtoICMP:
		if w.take(HdrICMP, ICMPLen) && ICMP(h).Type().IsError() {
			w.ip()
		}
	case ProtoICMPv6:
		w.icmpv6(h)
	case ProtoIGMP:
		w.take(HdrIGMP, IGMPLen)
	case ProtoUDP, ProtoUDPLite:
		if w.take(HdrUDP, UDPLen) {
			w.udp(h)
		}
	case ProtoTCP:
		n := TCPMinLen
		if len(h) > 12 {
			n = max(n, TCP(h).DataOff())
		}
		w.take(HdrTCP, n)
	case ProtoSCTP:
		w.take(HdrSCTP, 12)
	case ProtoIPIP, ProtoIPv6:
		w.ip()
	case ProtoGRE:
		w.gre(h)
	case ProtoAH:
		n := AHMinLen
		if len(h) > 1 {
			n = max(n, AH(h).Len())
		}
		if w.take(HdrAH, n) {
			w.proto(Proto(h[0]))
		}
	case ProtoESP:
		w.take(HdrESP, 8)
	}
}

func (w *walker) icmpv6(h ICMPv6) {
	if !w.take(HdrICMPv6, ICMPv6Len) {
		return
	}
	if t := h.Type(); t >= ICMPv6DestUnreach && t <= ICMPv6ParamProblem {
		w.ip()
	}
}

// udp looks into the payloads that matter here: DNS by port 53 and VXLAN by
// port 4789 (RFC 7348).
func (w *walker) udp(h UDP) {
	switch {
	case h.DstPort() == 4789:
		if w.take(HdrVXLAN, 8) && len(w.rest()) >= EthernetLen {
			t := Ethernet(w.rest()).Type()
			w.take(HdrEthernet, EthernetLen)
			w.etherType(t)
		}
	case (h.SrcPort() == 53 || h.DstPort() == 53) && len(w.rest()) > 0:
		w.take(HdrDNS, 12)
	}
}

// gre walks a GRE header (RFC 2784, RFC 2890).
func (w *walker) gre(h []byte) {
	n := 4
	if len(h) >= 4 {
		for _, bit := range [3]byte{0x80, 0x20, 0x10} { // checksum, key, sequence
			if h[0]&bit != 0 {
				n += 4
			}
		}
	}
	if !w.take(HdrGRE, n) {
		return
	}
	t := EtherType(be16(h[2:]))
	if t == EtherTypeTEB {
		if len(w.rest()) < EthernetLen {
			return
		}
		t = Ethernet(w.rest()).Type()
		w.take(HdrEthernet, EthernetLen)
	}
	w.etherType(t)
}
