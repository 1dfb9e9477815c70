package ipv4

// IP options (RFC 791 §3.1, RFC 1812 §5.2.4, RFC 2113): net/ipv4/ip_options.c.
// Not modelled: CIPSO with a label table (without one every label is refused, as
// in a kernel where nobody set one up), and a source route that leads on through
// this host.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Flags of core.CB.IPFlags (IPSKB_*), and what the options still need.
const (
	ipskbForwarded    = 1 << 0
	ipskbFragComplete = 1 << 3
	ipskbRerouted     = 1 << 4
	ipskbDoRedirect   = 1 << 5
	ipskbFragPMTU     = 1 << 6
	ipskbMultipath    = 1 << 9

	optRRNeedAddr = 1 << 10
	optTSNeedAddr = 1 << 11
	optTSNeedTime = 1 << 12
	optStrict     = 1 << 13
	optNeeds      = optRRNeedAddr | optTSNeedAddr | optTSNeedTime | optStrict
)

// Timestamp kinds (IPOPT_TS_*).
const (
	tsOnly    = 0
	tsAndAddr = 1
	tsPrespec = 3
)

// options is struct ip_options: where the options lie, counted from the start
// of the header, and what they need (the flags above).
type options struct {
	optlen      int
	srr, rr, ts uint8
	ra, changed bool
	needs       uint16
	faddr       wire.IP4 // where a source route of ours leads first
}

// optData is struct ip_options_data: options with their bytes.
type optData struct {
	options
	buf [40]byte
}

func (o *optData) data() []byte { return o.buf[:o.optlen] }

// optionsOf is IPCB(skb)->opt.
func optionsOf(b *core.SKB) options {
	c := &b.CB
	return options{optlen: c.OptLen, srr: c.SRR, rr: c.RR, ts: c.TSOpt, ra: c.RA, changed: c.OptDirty, needs: c.IPFlags & optNeeds}
}

func (o *options) store(b *core.SKB) {
	c := &b.CB
	c.OptLen, c.SRR, c.RR, c.TSOpt, c.RA, c.OptDirty = o.optlen, o.srr, o.rr, o.ts, o.ra, o.changed
	c.IPFlags = c.IPFlags&^optNeeds | o.needs
}

// midtime is inet_current_timestamp: milliseconds since midnight UT (RFC 791).
// The simulated machine booted at midnight.
func (ip *IPv4) midtime() uint32 {
	return uint32(ip.ns.Clock.Now() / sim.Millisecond % (24 * 3600 * 1000))
}

func put32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// optionsCompile is ip_options_compile for a packet that came in: find the
// options, record our address and the time in them, and complain about broken
// ones with ICMP 12/0.
func (ip *IPv4) optionsCompile(b *core.SKB) bool {
	defer ip.ns.In(step.IPOptionsCompile, b).Out()
	ns := ip.ns
	var o options
	h := b.IP4()
	bad := ip.parseOptions(&o, h[wire.IPv4MinLen:h.IHL()], b)
	o.store(b)
	if bad >= 0 {
		ns.Why(step.WhyOptionBad, uint64(bad))
		ip.ICMPSend(ns, b, uint8(wire.ICMPParamProblem), 0, uint32(bad)<<24)
		return false
	}
	return true
}

// parseOptions is __ip_options_compile: it returns -1, or the offset of the
// byte that is wrong. b is nil for options that a program of ours gives.
func (ip *IPv4) parseOptions(o *options, p []byte, b *core.SKB) int {
	var spec wire.IP4
	specDst := func() uint32 {
		if spec == 0 {
			spec = ip.specDst(b)
		}
		return uint32(spec)
	}
	const base = wire.IPv4MinLen
	routed := b != nil && b.Dst != nil
	o.optlen = len(p)
	for i := 0; i < len(p); {
		switch p[i] {
		case wire.IPOptEnd:
			for i++; i < len(p); i++ {
				if p[i] != wire.IPOptEnd {
					p[i] = wire.IPOptEnd
					o.changed = true
				}
			}
			return -1
		case wire.IPOptNOP:
			i++
			continue
		}
		if len(p)-i < 2 {
			return base + i
		}
		n := int(p[i+1])
		if n < 2 || n > len(p)-i {
			return base + i
		}
		q := p[i : i+n]
		bad := -1
		switch q[0] {
		case wire.IPOptSSRR, wire.IPOptLSRR:
			if bad = ip.parseSRR(o, q, b); bad < 0 {
				o.srr = uint8(base + i)
			}
		case wire.IPOptRecordRoute:
			switch {
			case o.rr != 0:
				bad = 0
			case n < 3:
				bad = 1
			case q[2] < 4 || int(q[2]) <= n && int(q[2])+3 > n:
				bad = 2
			case int(q[2]) <= n:
				if routed {
					put32(q[q[2]-1:], specDst())
					o.changed = true
				}
				q[2] += 4
				o.needs |= optRRNeedAddr
			}
			if bad < 0 {
				o.rr = uint8(base + i)
			}
		case wire.IPOptTimestamp:
			if bad = ip.parseTS(o, q, b, routed, specDst); bad < 0 {
				o.ts = uint8(base + i)
			}
		case wire.IPOptRouterAlert:
			if n < 4 {
				bad = 1
			} else if q[2] == 0 && q[3] == 0 {
				o.ra = true
			}
		case wire.IPOptCIPSO: // cipso_v4_validate: the label table is empty
			if bad = 2; n < 8 {
				bad = 1
			}
		}
		if bad >= 0 {
			return base + i + bad
		}
		i += n
	}
	return -1
}

func (ip *IPv4) parseSRR(o *options, q []byte, b *core.SKB) int {
	n := len(q)
	switch {
	case n < 3:
		return 1
	case q[2] < 4:
		return 2
	case o.srr != 0:
		return 0
	}
	if b == nil {
		if q[2] != 4 || n < 7 || (n-3)&3 != 0 {
			return 1
		}
		o.faddr = wire.IP4(be32(q[3:]))
		copy(q[3:], q[7:])
	}
	if q[0] == wire.IPOptSSRR {
		o.needs |= optStrict
	}
	return -1
}

func (ip *IPv4) parseTS(o *options, q []byte, b *core.SKB, routed bool, specDst func() uint32) int {
	n := len(q)
	switch {
	case o.ts != 0:
		return 0
	case n < 4:
		return 1
	case q[2] < 5:
		return 2
	}
	at, kind := int(q[2]), q[3]&0xf
	if at > n {
		if kind == tsPrespec {
			return -1
		}
		over := q[3] >> 4
		if over == 15 {
			return 3
		}
		if b != nil {
			q[3] = kind | (over+1)<<4
			o.changed = true
		}
		return -1
	}
	if at+3 > n {
		return 2
	}
	stamp := -1
	switch kind {
	case tsOnly:
		stamp = at - 1
		o.needs |= optTSNeedTime
		q[2] += 4
	case tsAndAddr:
		if at+7 > n {
			return 2
		}
		if routed {
			put32(q[at-1:], specDst())
			stamp = at + 3
		}
		o.needs |= optTSNeedAddr | optTSNeedTime
		q[2] += 8
	case tsPrespec:
		if at+7 > n {
			return 2
		}
		if ip.addrType(nil, wire.IP4(be32(q[at-1:]))) == RTNUnicast {
			return -1
		}
		stamp = at + 3
		o.needs |= optTSNeedTime
		q[2] += 8
	}
	if stamp >= 0 && b != nil {
		put32(q[stamp:], ip.midtime())
		o.changed = true
	}
	return -1
}

// optionsGet is ip_options_get: the options that a program gives (IP_OPTIONS).
func (ip *IPv4) optionsGet(data []byte) (o optData, err core.Errno) {
	if len(data) > len(o.buf) {
		return o, step.EINVAL
	}
	n := (copy(o.buf[:], data) + 3) &^ 3
	if ip.parseOptions(&o.options, o.buf[:n], nil) >= 0 {
		return o, step.EINVAL
	}
	return o, 0
}

// optionsBuild is ip_options_build: write options behind a header of ours and
// fill in what they ask for. daddr is the final destination.
func (ip *IPv4) optionsBuild(b *core.SKB, o *optData, daddr wire.IP4) {
	defer ip.ns.In(step.IPOptionsBuild, b).Out()
	h := b.IP4()
	copy(h[wire.IPv4MinLen:], o.data())
	o.options.store(b)
	if o.srr != 0 {
		put32(h[int(o.srr)+int(h[o.srr+1])-4:], uint32(daddr))
	}
	if o.needs&optRRNeedAddr != 0 {
		put32(h[int(o.rr)+int(h[o.rr+2])-5:], uint32(h.Src()))
	}
	if o.needs&optTSNeedAddr != 0 {
		put32(h[int(o.ts)+int(h[o.ts+2])-9:], uint32(h.Src()))
	}
	if o.needs&optTSNeedTime != 0 {
		put32(h[int(o.ts)+int(h[o.ts+2])-5:], ip.midtime())
	}
}

// optionsEcho is __ip_options_echo: the options of an answer, made from those
// of the packet (RFC 1122 §3.2.2.6): routes are recorded anew, a source route
// is turned around. It reports false for options that cannot be echoed.
func (ip *IPv4) optionsEcho(b *core.SKB, s *options) (d optData, ok bool) {
	if s.optlen == 0 {
		return d, true
	}
	return ip.echoOptions(b, s)
}

func (ip *IPv4) echoOptions(b *core.SKB, s *options) (d optData, ok bool) {
	defer ip.ns.In(step.IPOptionsEcho, b).Out()
	h := b.IP4()
	at := 0
	add := func(from uint8) []byte {
		n := int(h[from+1])
		q := d.buf[at : at+n]
		copy(q, h[from:int(from)+n])
		at += n
		return q
	}
	if s.rr != 0 {
		d.rr = uint8(wire.IPv4MinLen + at)
		q := add(s.rr)
		if s.needs&optRRNeedAddr != 0 && int(q[2]) <= len(q) {
			if int(q[2])+3 > len(q) {
				return d, false
			}
			q[2] += 4
			d.needs |= optRRNeedAddr
		}
	}
	if s.ts != 0 {
		d.ts = uint8(wire.IPv4MinLen + at)
		if q := add(s.ts); !ip.echoTS(&d, q, s) {
			return d, false
		}
	}
	if s.srr != 0 {
		at = ip.echoSRR(&d, h, s, at)
	}
	if c := cipsoAt(h); c != 0 {
		add(c)
	}
	for at&3 != 0 {
		d.buf[at] = wire.IPOptEnd
		at++
	}
	d.optlen = at
	return d, true
}

// cipsoAt is where the options of h have a CIPSO label, 0 if they have none
// (opt->cipso, which is noted before the label is checked).
func cipsoAt(h wire.IPv4) uint8 {
	p := h[wire.IPv4MinLen:h.IHL()]
	for i := 0; i < len(p) && p[i] != wire.IPOptEnd; {
		if p[i] == wire.IPOptNOP {
			i++
			continue
		}
		if len(p)-i < 2 || p[i+1] < 2 || int(p[i+1]) > len(p)-i {
			return 0
		}
		if p[i] == wire.IPOptCIPSO {
			return uint8(wire.IPv4MinLen + i)
		}
		i += int(p[i+1])
	}
	return 0
}

func (ip *IPv4) echoTS(d *optData, q []byte, s *options) bool {
	off := int(q[2])
	if off > len(q) {
		return true
	}
	if s.needs&optTSNeedAddr != 0 {
		if off+3 > len(q) {
			return false
		}
		d.needs |= optTSNeedAddr
		off += 4
	}
	if s.needs&optTSNeedTime != 0 {
		if off+3 > len(q) {
			return false
		}
		if q[3]&0xf != tsPrespec {
			d.needs |= optTSNeedTime
			off += 4
		} else if off+7 <= len(q) && ip.addrType(nil, wire.IP4(be32(q[off-1:]))) != RTNUnicast {
			d.needs |= optTSNeedTime
			off += 8
		}
	}
	q[2] = byte(off)
	return true
}

// echoSRR turns a source route around.
func (ip *IPv4) echoSRR(d *optData, h wire.IPv4, s *options, at int) int {
	start := h[s.srr : int(s.srr)+int(h[s.srr+1])]
	soff, doff := int(start[2]), 0
	if soff > len(start) {
		soff = len(start) + 1
	}
	soff -= 4
	if soff <= 3 {
		return at
	}
	faddr := wire.IP4(be32(start[soff-1:]))
	q := d.buf[at:]
	doff = 4
	for soff -= 4; soff > 3; soff -= 4 {
		copy(q[doff-1:doff+3], start[soff-1:soff+3])
		doff += 4
	}
	if wire.IP4(be32(start[soff+3:])) == h.Src() {
		doff -= 4
	}
	if doff <= 3 {
		return at
	}
	d.faddr = faddr
	q[0], q[1], q[2] = start[0], byte(doff+3), 4
	d.srr = uint8(wire.IPv4MinLen + at)
	d.needs |= s.needs & optStrict
	return at + doff + 3
}

// optionsFragment is ip_options_fragment: options that must not be copied into
// the fragments beyond the first become no-operations.
func (ip *IPv4) optionsFragment(b *core.SKB) {
	h := b.IP4()
	p := h[wire.IPv4MinLen:min(h.IHL(), wire.IPv4MinLen+b.CB.OptLen)]
	for i := 0; i < len(p); {
		switch p[i] {
		case wire.IPOptEnd:
			return
		case wire.IPOptNOP:
			i++
			continue
		}
		if len(p)-i < 2 || p[i+1] < 2 || int(p[i+1]) > len(p)-i {
			return
		}
		n := int(p[i+1])
		if p[i]&0x80 == 0 { // IPOPT_COPIED
			for k := range p[i : i+n] {
				p[i+k] = wire.IPOptNOP
			}
		}
		i += n
	}
	b.CB.TSOpt, b.CB.RR = 0, 0
	b.CB.IPFlags &^= optRRNeedAddr | optTSNeedAddr | optTSNeedTime
}

// forwardOptions is ip_forward_options: record the address by which the packet
// leaves.
func (ip *IPv4) forwardOptions(b *core.SKB) {
	defer ip.ns.In(step.IPForwardOptions, b).Out()
	h := b.IP4()
	o := optionsOf(b)
	if o.needs&optRRNeedAddr != 0 {
		put32(h[int(o.rr)+int(h[o.rr+2])-5:], uint32(ip.outSource(b)))
		o.changed = true
	}
	if o.changed {
		b.CB.OptDirty = false
		h.ComputeChecksum()
	}
}

// outSource is ip_rt_get_source: our address on the way that the packet takes.
func (ip *IPv4) outSource(b *core.SKB) wire.IP4 {
	defer ip.ns.In(step.IPRtGetSource, b).Out()
	h, d := b.IP4(), b.Dst
	if !rtOf(d).input {
		return h.Src()
	}
	fl := Flow4{Saddr: h.Src(), Daddr: h.Dst(), TOS: h.TOS() & 0xfc, OIF: d.Dev.Index, IIF: b.Dev.Index, Mark: b.Mark}
	var res fibResult
	if ip.lookup(&fl, &res, 0) == 0 {
		return ip.prefsrc(&res)
	}
	return ip.SelectAddr(d.Dev, rtOf(d).nexthopOf(h.Dst()), ScopeUniverse)
}
