package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_TCPMSS.c, xt_TCPOPTSTRIP.c.

// clampPMTU is XT_TCPMSS_CLAMP_PMTU.
const clampPMTU = 0xffff

// Check is tcpmss_tg4_check: the rule must be one of SYN segments.
func (t *SetTCPMSS) Check(c *CheckParam) core.Errno {
	if t.MSS == clampPMTU && c.HookMask&^(1<<core.Forward|1<<core.LocalOut|1<<core.PostRouting) != 0 {
		c.Err = errMSSHook
		return einval
	}
	if c.Compat {
		return 0
	}
	if c.Rule != nil {
		for _, m := range c.Rule.Matches {
			if h, ok := m.Match.(*TCP); ok && h.FlagCmp&0x02 != 0 && !h.InvFlags {
				return 0
			}
		}
	}
	c.Err = errMSSSyn
	return einval
}

// Target is tcpmss_tg4, tcpmss_tg6.
func (t *SetTCPMSS) Target(p *Param) Verdict {
	if p.Family == core.NFIPv6 {
		return t.six(p)
	}
	return t.four(p)
}

func (t *SetTCPMSS) four(p *Param) Verdict {
	defer p.NS.In(step.TcpmssTg4, p.SKB).Out()
	off := p.SKB.IP4().IHL()
	n := t.mangle(p, off, wire.IPv4MinLen+wire.TCPMinLen)
	if n < 0 {
		return Drop
	}
	if n > 0 {
		h := p.ip4()
		l := h.TotalLen()
		h.SetChecksum(wire.Update16(h.Checksum(), uint16(l), uint16(l+n)))
		h.SetTotalLen(l + n)
	}
	return Continue
}

func (t *SetTCPMSS) six(p *Param) Verdict {
	defer p.NS.In(step.TcpmssTg6, p.SKB).Out()
	_, off, _ := p.skipExthdr()
	if off < 0 {
		return Drop
	}
	n := t.mangle(p, off-p.SKB.NetworkOffset(), wire.IPv6Len+wire.TCPMinLen)
	if n < 0 {
		return Drop
	}
	if n > 0 {
		h := p.ip6()
		h.SetPayloadLen(h.PayloadLen() + n)
	}
	return Continue
}

// mss is what the option becomes; ok is false if the path's MTU is of no use.
func (t *SetTCPMSS) mss(p *Param, room int) (v uint16, ok bool) {
	if t.MSS != clampPMTU {
		return t.MSS, true
	}
	mtu := p.reverseMTU()
	if d := p.SKB.Dst; d != nil {
		mtu = min(mtu, p.mtu(d))
	}
	if mtu <= room {
		return 0, false
	}
	return uint16(mtu - room), true
}

func (p *Param) mtu(d *core.Dst) int {
	if p.Family == core.NFIPv6 {
		return ipv6.Of(p.NS).MTU(d)
	}
	return d.PathMTU()
}

// reverseMTU is tcpmss_reverse_mtu: of the route back.
func (p *Param) reverseMTU() int {
	const most = 1<<31 - 1
	if p.Family == core.NFIPv6 {
		fl := ipv6.Flow6{Daddr: p.SKB.IP6().Src()}
		if d, e := ipv6.Of(p.NS).RouteOutput(&fl); e == 0 {
			return p.mtu(d)
		}
		return most
	}
	fl := ipv4.Flow4{Daddr: p.SKB.IP4().Src()}
	if d, e := ipv4.Of(p.NS).RouteOutput(&fl); e == 0 {
		return p.mtu(d)
	}
	return most
}

// mangle is tcpmss_mangle_packet: make the option smaller, or add it. It returns
// how many bytes were added, -1 for a broken segment. off counts from the network
// header.
func (t *SetTCPMSS) mangle(p *Param, off, room int) int {
	if p.FragOff != 0 {
		return 0
	}
	b := p.SKB
	off += b.NetworkOffset()
	n := b.Len() - off
	if n < wire.TCPMinLen {
		return -1
	}
	h := p.writable(off, n)
	if h == nil {
		return -1
	}
	hl := int(h[12]>>4) * 4
	if n < hl || hl < wire.TCPMinLen {
		return -1
	}
	mss, ok := t.mss(p, room)
	if !ok {
		return -1
	}
	for i := wire.TCPMinLen; i <= hl-4; i += mssOptLen(h, i) {
		if h[i] != 2 || h[i+1] != 4 {
			continue
		}
		old := be16(h[i+2:])
		if old <= mss { // it is never made larger
			return 0
		}
		h[i+2], h[i+3] = byte(mss>>8), byte(mss)
		p.fix(h[16:], old, mss, false)
		p.NS.Why(step.WhyXtMSS, uint64(old), uint64(mss))
		return 0
	}
	if n > hl || hl >= 60 {
		return 0
	}
	return t.add(p, off, n, mss)
}

// mssOptLen is optlen() of xt_TCPMSS.c.
func mssOptLen(h []byte, i int) int {
	if h[i] <= 1 || h[i+1] == 0 {
		return 1
	}
	return int(h[i+1])
}

// add puts the option in front of the others of a segment without data.
func (t *SetTCPMSS) add(p *Param, off, n int, mss uint16) int {
	least := uint16(536)
	if p.Family == core.NFIPv6 {
		least = 1220
	}
	mss = min(mss, least)
	p.SKB.Put(4)
	h := p.writable(off, n+4)
	copy(h[wire.TCPMinLen+4:], h[wire.TCPMinLen:n])
	sum := h[16:18]
	p.fix(sum, uint16(n), uint16(n+4), true)
	h[20], h[21], h[22], h[23] = 2, 4, byte(mss>>8), byte(mss)
	p.fix(sum, 0, 0x0204, false)
	p.fix(sum, 0, mss, false)
	old := be16(h[12:])
	h[12] += 1 << 4
	p.fix(sum, old, be16(h[12:]), false)
	p.NS.Why(step.WhyXtMSS, 0, uint64(mss))
	return 4
}

// Target is tcpoptstrip_tg4, tcpoptstrip_tg6: options become no-operations.
func (t *TCPOptStrip) Target(p *Param) Verdict {
	defer p.NS.In(step.TcpoptstripTg, p.SKB).Out()
	off := p.SKB.NetworkOffset()
	if p.Family == core.NFIPv6 {
		if _, off, _ = p.skipExthdr(); off < 0 {
			return Drop
		}
	} else {
		off += p.SKB.IP4().IHL()
	}
	if p.FragOff != 0 {
		return Continue
	}
	h := p.header(off, wire.TCPMinLen)
	if h == nil {
		return Drop
	}
	hl := int(h[12]>>4) * 4
	if hl < wire.TCPMinLen {
		return Drop
	}
	if h = p.writable(off, hl); h == nil {
		return Drop
	}
	for i := wire.TCPMinLen; i < hl-1; {
		n := mssOptLen(h, i)
		if i+n > hl {
			break
		}
		if has(&t.Strip, h[i]) {
			p.strip(h, i, n)
		}
		i += n
	}
	return Continue
}

// strip overwrites an option.
func (p *Param) strip(h []byte, i, n int) {
	p.NS.Why(step.WhyXtStrip, uint64(h[i]))
	for j := i; j < i+n; j++ {
		old, now := uint16(h[j]), uint16(1)
		if j%2 == 0 {
			old, now = old<<8, now<<8
		}
		p.fix(h[16:], old, now, false)
		h[j] = 1
	}
}
