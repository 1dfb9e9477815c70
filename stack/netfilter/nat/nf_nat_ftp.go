package nat

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nf_nat_ftp.c, nf_nat_helper.c.

// FTP is nf_nat_ftp: the data connection will come to the address that the
// control connection has behind the NAT; so that address, and a port that is
// free, are written into the line.
func (n *NAT) FTP(b *core.SKB, c *conntrack.Conn, info conntrack.Info, kind conntrack.FTPKind, off, at, size int, e *conntrack.Expect) core.Verdict {
	defer n.ns.In(step.NfNatFtp, b).Out()
	ns := n.ns
	other := 1 - info.Dir()
	addr := c.Tuple(other).Dst
	was := e.Tuple.Dport
	e.SavedPort, e.Dir = was, other
	e.SetFn(followMaster{})
	if !n.expectPort(e, was) {
		return core.Drop
	}
	port := e.Tuple.Dport
	ns.Why(step.WhyNatFtp, uint64(was), addr.Hi, addr.Lo, uint64(port))
	if !mangleTCP(b, c, info, off, at, size, ftpLine(kind, addr, port)) {
		n.ct.Unexpect(e)
		return core.Drop
	}
	return core.Accept
}

// expectPort is nf_nat_exp_find_port: expect the connection, at the same port if
// nobody else expects one there.
func (n *NAT) expectPort(e *conntrack.Expect, port uint16) bool {
	size := 65535 - int(port)
	left := min(size, maxAttempts)
	for first := port; ; port = first + uint16(n.ns.Machine.Rand.Below(uint32(max(1, size)))) {
		e.Tuple.Dport = port
		switch err := n.ct.AddExpect(e); {
		case err == 0:
			return true
		case err != step.EBUSY:
			return false
		}
		if left--; left < 0 {
			return false
		}
	}
}

// followMaster is nf_nat_follow_master: the expected connection is changed as its
// master is.
type followMaster struct{}

// Expected is called for its first packet.
func (followMaster) Expected(c *conntrack.Conn, e *conntrack.Expect) {
	m := c.Master.Tuple(1 - e.Dir)
	Setup(c, &Range{Flags: MapIPs, MinAddr: m.Dst, MaxAddr: m.Dst}, Src)
	Setup(c, &Range{Flags: MapIPs | ProtoSpecified, MinAddr: m.Src, MaxAddr: m.Src, MinProto: e.SavedPort, MaxProto: e.SavedPort}, Dst)
}

// ftpLine is nf_nat_ftp_fmt_cmd.
func ftpLine(kind conntrack.FTPKind, addr wire.Addr, port uint16) []byte {
	var p []byte
	switch kind {
	case conntrack.FTPPort, conntrack.FTPPasv:
		a := addr.IP4()
		for i, v := range [6]uint32{uint32(a >> 24), uint32(a >> 16 & 255), uint32(a >> 8 & 255), uint32(a & 255), uint32(port >> 8), uint32(port & 255)} {
			if i > 0 {
				p = append(p, ',')
			}
			p = number(p, v)
		}
	case conntrack.FTPEprt:
		p = append(p, '|', '1', '|')
		if !addr.Is4() {
			p[1] = '2'
		}
		p = append(addr.Netip().AppendTo(p), '|')
		p = append(number(p, uint32(port)), '|')
	case conntrack.FTPEpsv:
		p = append(number(append(p, '|', '|', '|'), uint32(port)), '|')
	}
	return p
}

func number(p []byte, v uint32) []byte {
	if v >= 10 {
		p = number(p, v/10)
	}
	return append(p, byte('0'+v%10))
}

// mangleTCP is nf_nat_mangle_tcp_packet: put other text in the place of size
// bytes at at; off is the TCP header's place. Lengths, checksums and, from here
// on, sequence numbers follow.
func mangleTCP(b *core.SKB, c *conntrack.Conn, info conntrack.Info, off, at, size int, text []byte) bool {
	if !b.MayPull(b.Len()) || b.Len()+len(text)-size > 65535 {
		return false
	}
	b.Unshare()
	grow := len(text) - size
	tail := append([]byte(nil), b.Data()[at+size:]...)
	if grow > 0 {
		b.Put(grow)
	} else {
		b.Trim(b.Len() + grow)
	}
	p := b.Data()
	copy(p[at:], text)
	copy(p[at+len(text):], tail)
	seq := wire.TCP(p[off:]).Seq()
	n := b.Len() - off
	h := wire.TCP(p[off:])
	var sum uint32
	if c.L3() == core.NFIPv4 {
		ip := b.IP4()
		ip.SetTotalLen(b.Len() - b.NetworkOffset())
		ip.ComputeChecksum()
		sum = wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, n)
	} else {
		ip := b.IP6()
		ip.SetPayloadLen(b.Len() - b.NetworkOffset() - wire.IPv6Len)
		sum = wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoTCP, n)
	}
	// nf_nat_csum_recalc: the card, or whoever comes last, shall sum.
	b.IPSummed, b.CsumValid = core.ChecksumPartial, false
	b.CsumStart, b.CsumOff = b.Offset()+off, 16
	h.SetChecksum(^wire.Fold(sum))
	c.SeqAdd(info, seq, int32(grow))
	return true
}
