package wire

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// eth puts a payload behind an Ethernet header.
func eth(t EtherType, p []byte) []byte {
	b := make([]byte, EthernetLen, EthernetLen+len(p))
	Ethernet(b).Put(0x020000000002, 0x020000000001, t)
	return append(b, p...)
}

func v4(p Proto, frag uint16, body []byte) []byte {
	h := IPv4(make([]byte, IPv4MinLen))
	h.SetVersionIHL(IPv4MinLen)
	h.SetTotalLen(IPv4MinLen + len(body))
	h.SetFragOff(frag)
	h.SetTTL(64)
	h.SetProto(p)
	h.SetSrc(0x0a000001)
	h.SetDst(0x0a000002)
	h.ComputeChecksum()
	return eth(EtherTypeIPv4, append(h, body...))
}

func v6(p Proto, body []byte) []byte {
	h := IPv6(make([]byte, IPv6Len))
	h.SetVersion(0, 0)
	h.SetPayloadLen(len(body))
	h.SetNextHeader(p)
	h.SetHopLimit(64)
	h.SetSrc(Addr{0x20010db8 << 32, 1})
	h.SetDst(Addr{0x20010db8 << 32, 2})
	return eth(EtherTypeIPv6, append(h, body...))
}

func seg(flags TCPFlags, opts []byte, data string) []byte {
	h := TCP(make([]byte, TCPMinLen+len(opts)))
	h.SetSrcPort(40000)
	h.SetDstPort(8000)
	h.SetSeq(4294967290)
	h.SetAck(7)
	h.SetDataOff(len(h))
	h.SetFlags(flags)
	h.SetWindow(64240)
	h.SetUrg(3)
	copy(h[TCPMinLen:], opts)
	return append(h, data...)
}

func dgram(src, dst uint16, data []byte) []byte {
	h := UDP(make([]byte, UDPLen))
	h.SetSrcPort(src)
	h.SetDstPort(dst)
	h.SetLen(UDPLen + len(data))
	return append(h, data...)
}

// golden is what Summary says of a frame. TestSummaryTcpdump checks the lines
// against tcpdump itself.
type golden struct {
	frame []byte
	want  string
}

func goldens() []golden {
	arp := func(op ARPOp, tha MAC) []byte {
		b := make([]byte, 46)
		ARPRepr{op, 0x020000000001, tha, 0x0a000001, 0x0a000002}.Emit(b)
		return eth(EtherTypeARP, b)
	}
	syn := []byte{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7}
	sack := []byte{1, 1, 5, 18, 0, 0, 0, 10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 40}
	inner := v4(ProtoUDP, 0, dgram(1000, 53, nil))[14:]
	inner6 := v6(ProtoUDP, dgram(1000, 53, nil))[14:]
	icmp := func(typ, code byte, rest uint32, data []byte) []byte {
		h := ICMP(make([]byte, ICMPLen))
		h[0], h[1] = typ, code
		h.SetRest(rest)
		return append(h, data...)
	}
	query := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01")
	reply := append([]byte("\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"), query[12:]...)
	reply = append(reply, "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01a\xc0\x10\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x01\x02\x03\x04"...)
	nd := make([]byte, 32)
	nd[0] = 135
	ND(nd).SetTarget(Addr{0xfe80 << 48, 9})
	na := append([]byte(nil), nd...)
	na[0] = 136
	vlan := append([]byte{0x60, 100, 8, 0}, v4(ProtoUDP, 0, dgram(1, 2, nil))[14:]...)
	return []golden{
		{arp(ARPRequest, 0), "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 46"},
		{arp(ARPRequest, 0x020000000002), "ARP, Request who-has 10.0.0.2 (02:00:00:00:00:02) tell 10.0.0.1, length 46"},
		{arp(ARPReply, 0x020000000002), "ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 46"},
		{v4(ProtoTCP, 0x4000, seg(TCPSyn, syn, "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [S], seq 4294967290, win 64240, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0"},
		{v4(ProtoTCP, 0, seg(TCPSyn|TCPAck|TCPEce, syn[:4], "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [S.E], seq 4294967290, ack 7, win 64240, options [mss 1460], length 0"},
		{v4(ProtoTCP, 0, seg(TCPAck, sack, "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [.], ack 7, win 64240, options [nop,nop,sack 2 {10:20}{30:40}], length 0"},
		{v4(ProtoTCP, 0, seg(TCPAck|TCPPsh|TCPUrg, nil, "hello, world")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [P.U], seq 4294967290:6, ack 7, win 64240, urg 3, length 12"},
		{v4(ProtoTCP, 0, seg(TCPFin|TCPAck, nil, "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [F.], seq 4294967290, ack 7, win 64240, length 0"},
		{v4(ProtoTCP, 0, seg(TCPRst, nil, "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [R], seq 4294967290, win 64240, length 0"},
		{v4(ProtoTCP, 0, seg(0, nil, "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [none], win 64240, length 0"},
		{v4(ProtoTCP, 0, seg(TCPAck, []byte{8, 40, 0, 0}, "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [.], ack 7, win 64240, options [[bad opt]"},
		{v4(ProtoTCP, 0, seg(TCPSyn, []byte{34, 6, 1, 2, 3, 4, 0, 0}, "")), "IP 10.0.0.1.40000 > 10.0.0.2.8000: Flags [S], seq 4294967290, win 64240, options [tfo  cookie 01020304,eol], length 0"},
		{v4(ProtoTCP, 0, seg(TCPSyn, syn, ""))[:14+20+12], "IP truncated-ip - 28 bytes missing! 10.0.0.1.40000 > 10.0.0.2.8000:  [|tcp]"},
		{v6(ProtoTCP, seg(TCPSyn, syn[:4], "")), "IP6 2001:db8::1.40000 > 2001:db8::2.8000: Flags [S], seq 4294967290, win 64240, options [mss 1460], length 0"},
		{v4(ProtoUDP, 0, dgram(1000, 2000, []byte("hey"))), "IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 3"},
		{v4(ProtoUDP, 0x2000, dgram(1000, 2000, make([]byte, 16))), "IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 16"},
		{v4(ProtoUDP, 3, make([]byte, 16)), "IP 10.0.0.1 > 10.0.0.2: ip-proto-17"},
		{v6(ProtoUDP, dgram(1000, 2000, nil)), "IP6 2001:db8::1.1000 > 2001:db8::2.2000: UDP, length 0"},
		{v6(ProtoFragment, append([]byte{17, 0, 0, 1, 0, 0, 0, 9}, dgram(1000, 2000, make([]byte, 8))...)), "IP6 2001:db8::1 > 2001:db8::2: frag (0|16) 1000 > 2000: UDP, length 8"},
		{v6(ProtoFragment, append([]byte{17, 0, 0, 16, 0, 0, 0, 9}, make([]byte, 8)...)), "IP6 2001:db8::1 > 2001:db8::2: frag (16|8)"},
		{v4(ProtoUDP, 0, dgram(1000, 53, query)), "IP 10.0.0.1.1000 > 10.0.0.2.53: 4660+ A? www.example.org. (33)"},
		{v4(ProtoUDP, 0, dgram(53, 1000, reply)), "IP 10.0.0.1.53 > 10.0.0.2.1000: 4660 2/0/0 CNAME a.example.org., A 1.2.3.4 (65)"},
		{v4(ProtoICMP, 0, icmp(8, 0, 0x00070001, make([]byte, 56))), "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 64"},
		{v4(ProtoICMP, 0, icmp(0, 0, 0x00070001, make([]byte, 56))), "IP 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 7, seq 1, length 64"},
		{v4(ProtoICMP, 0, icmp(3, 3, 0, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 udp port 53 unreachable, length 36"},
		{v4(ProtoICMP, 0, icmp(3, 1, 0, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable, length 36"},
		{v4(ProtoICMP, 0, icmp(3, 0, 0, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP net 10.0.0.2 unreachable, length 36"},
		{v4(ProtoICMP, 0, icmp(3, 4, 1400, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable - need to frag (mtu 1400), length 36"},
		{v4(ProtoICMP, 0, icmp(3, 13, 0, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable - admin prohibited filter, length 36"},
		{v4(ProtoICMP, 0, icmp(11, 0, 0, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP time exceeded in-transit, length 36"},
		{v4(ProtoICMP, 0, icmp(11, 1, 0, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP ip reassembly time exceeded, length 36"},
		{v4(ProtoICMP, 0, icmp(5, 1, 0x0a0000fe, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP redirect 10.0.0.2 to host 10.0.0.254, length 36"},
		{v4(ProtoICMP, 0, icmp(12, 0, 5<<24, inner)), "IP 10.0.0.1 > 10.0.0.2: ICMP parameter problem - octet 5, length 36"},
		{v6(ProtoICMPv6, icmp(128, 0, 0x00070001, make([]byte, 56))), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 7, seq 1, length 64"},
		{v6(ProtoICMPv6, nd), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, neighbor solicitation, who has fe80::9, length 32"},
		{v6(ProtoICMPv6, na), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, neighbor advertisement, tgt is fe80::9, length 32"},
		{v6(ProtoICMPv6, icmp(133, 0, 0, nil)), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, router solicitation, length 8"},
		{v6(ProtoICMPv6, icmp(134, 0, 0, make([]byte, 8))), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, router advertisement, length 16"},
		{v6(ProtoICMPv6, icmp(1, 4, 0, inner6)), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, unreachable port, 2001:db8::2 udp port 53, length 56"},
		{v6(ProtoICMPv6, icmp(1, 0, 0, inner6)), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, unreachable route 2001:db8::2, length 56"},
		{v6(ProtoICMPv6, icmp(1, 3, 0, inner6)), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, destination unreachable, unreachable address 2001:db8::2, length 56"},
		{v6(ProtoICMPv6, icmp(2, 0, 1280, inner6)), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, packet too big, mtu 1280, length 56"},
		{v6(ProtoICMPv6, icmp(3, 0, 0, inner6)), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, time exceeded in-transit for 2001:db8::2, length 56"},
		{v6(ProtoICMPv6, icmp(4, 1, 6, inner6)), "IP6 2001:db8::1 > 2001:db8::2: ICMP6, parameter problem, next header - octet 6, length 56"},
		{v6(ProtoHopByHop, append([]byte{58, 0, 5, 2, 0, 0, 1, 0}, icmp(143, 0, 1, make([]byte, 20))...)), "IP6 2001:db8::1 > 2001:db8::2: HBH ICMP6, multicast listener report v2, 1 group record(s), length 28"},
		{v4(ProtoIGMP, 0, []byte{0x16, 0, 0, 0, 224, 0, 0, 251}), "IP 10.0.0.1 > 10.0.0.2: igmp v2 report 224.0.0.251"},
		{v4(ProtoIGMP, 0, []byte{0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0}), "IP 10.0.0.1 > 10.0.0.2: igmp query v3"},
		{v4(ProtoIGMP, 0, append([]byte{0x22, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 8)...)), "IP 10.0.0.1 > 10.0.0.2: igmp v3 report, 1 group record(s)"},
		{v4(200, 0, make([]byte, 10)), "IP 10.0.0.1 > 10.0.0.2:  ip-proto-200 10"},
		{eth(0x88b5, make([]byte, 46)), "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x88b5), length 60: "},
		{eth(EtherTypeVLAN, vlan), "vlan 100, p 3, IP 10.0.0.1.1 > 10.0.0.2.2: UDP, length 0"},
	}
}

func goldenFrames() [][]byte {
	var out [][]byte
	for _, g := range goldens() {
		out = append(out, g.frame)
	}
	return out
}

func TestSummary(t *testing.T) {
	for _, g := range goldens() {
		if got := Summary(g.frame, LinkEthernet, len(g.frame)); got != g.want {
			t.Errorf("%x\n got %s\nwant %s", g.frame, got, g.want)
		}
	}
}

// TestSummaryTcpdump checks that the golden lines are what tcpdump says. Only
// the VLAN tag is ours: tcpdump tells it with -e.
func TestSummaryTcpdump(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	file := filepath.Join(t.TempDir(), "golden.pcap")
	if err := os.WriteFile(file, writeCapture(LinkEthernet, goldenFrames()), 0o644); err != nil {
		t.Fatal(err)
	}
	gs, lines := goldens(), tcpdumpLines(t, file)
	if len(lines) != len(gs) {
		t.Fatalf("tcpdump wrote %d lines for %d frames", len(lines), len(gs))
	}
	tag := regexp.MustCompile(`^vlan \d+, p \d, `)
	for i, g := range gs {
		if want := tag.ReplaceAllString(g.want, ""); lines[i] != want {
			t.Errorf("golden %d\ntcpdump %s\n   ours %s", i, lines[i], want)
		}
	}
}
