package lab

// tdUDPApps are the ports whose contents the real program takes apart and this
// one does not.
var tdUDPApps = map[uint16]string{67: "BOOTP/DHCP", 68: "BOOTP/DHCP", 69: "TFTP", 123: "NTP", 137: "NBT", 138: "NBT", 161: "SNMP", 162: "SNMP", 500: "isakmp", 514: "SYSLOG", 520: "RIP",
	521: "ripng", 546: "dhcp6", 547: "dhcp6", 646: "LDP", 1645: "RADIUS", 1646: "RADIUS", 1812: "RADIUS", 1813: "RADIUS", 1701: "l2tp", 2055: "NetFlow", 3784: "BFD", 3785: "BFD",
	4500: "UDP-encap", 6081: "Geneve", 6343: "sFlow", 698: "OLSR", 3799: "RADIUS", 5359: "AHCP", 6696: "babel", 49153: "BCM-LI-SHIM", 4342: "LISP", 4341: "LISP", 2049: "NFS", 51820: "", 1985: "HSRP", 319: "PTP", 320: "PTP", 88: "kerberos", 5060: "SIP", 2152: "GTP", 3503: "LSP ping", 4790: "VXLAN-GPE", 8472: "OTV", 623: "RMCP", 1900: ""}

// udp is udp_print.
func (d *tdPrinter) udp(h *tdIP, p []byte, length int) {
	d.proto = "udp"
	if len(p) < 4 {
		d.f("%s > %s: ", d.addr(h.src), d.addr(h.dst))
		panic(truncated{})
	}
	sp, dp := uint16(u16(p, 0)), uint16(u16(p, 2))
	where := func() { d.ends(h, sp, dp, true) }
	if length < 8 {
		where()
		d.f("truncated-udp %d", length)
		return
	}
	if len(p) < 6 {
		where()
		panic(truncated{})
	}
	ulen := u16(p, 4)
	if ulen == 0 {
		ulen = length
	}
	if ulen < 8 {
		where()
		d.f("truncated-udplength %d", ulen)
		return
	}
	ulen -= 8
	length -= 8
	if ulen < length {
		length = ulen
	}
	if len(p) < 8 {
		where()
		panic(truncated{})
	}
	body := clip(p[8:], length)
	where()
	if d.q {
		d.f("UDP, length %d", ulen)
		return
	}
	if d.v > 1 && !d.K && !d.frag {
		switch sum := u16(p, 6); {
		case sum == 0:
			d.s("[no cksum] ")
		case len(body) >= length && length == ulen:
			if s := sum16(h.pseudo(ulen+8), p[:ulen+8]); s == 0xffff {
				d.s("[udp sum ok] ")
			} else {
				d.f("[bad udp cksum 0x%04x -> 0x%04x!] ", sum, ^sum16(uint32(^uint16(sum)), []byte{byte(s >> 8), byte(s)})&0xffff)
			}
		}
	}
	switch {
	case sp == 53 || dp == 53:
		d.domain(body, length, false, false)
	case sp == 5353 || dp == 5353:
		d.domain(body, length, false, true)
	case sp == 4789 || dp == 4789:
		d.vxlan(body, length)
	case tdUDPApps[sp] != "" || tdUDPApps[dp] != "":
		n := tdUDPApps[dp]
		if n == "" {
			n = tdUDPApps[sp]
		}
		d.f("UDP, length %d [not modelled: what %s says]", ulen, n)
	case ulen > length && !d.frag:
		d.f("UDP, bad length %d > %d", ulen, length)
	default:
		d.f("UDP, length %d", ulen)
	}
}

// vxlan is vxlan_print: a frame inside.
func (d *tdPrinter) vxlan(b []byte, length int) {
	d.proto = "vxlan"
	if length < 8 {
		panic(truncated{})
	}
	fl := u8(b, 0)
	d.f("VXLAN, flags [%s] (0x%02x), vni %d\n", map[bool]string{true: "I", false: "."}[fl&8 != 0], fl, u32(b, 4)>>8)
	d.ether(from(b, 8), length-8)
}
