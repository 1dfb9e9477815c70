package filter

import (
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/wire"
	"golang.org/x/net/bpf"
)

// exprs are filters that tcpdump and we must agree on, on Ethernet.
var exprs = []string{
	"", "ip", "ip6", "arp", "rarp", "tcp", "udp", "icmp", "icmp6", "igmp", "sctp", "ah", "esp", "pim", "vrrp", "igrp",
	"host 10.0.0.1", "src host 10.0.0.1", "dst host 10.0.0.2", "src 10.0.0.1", "dst 10.0.0.2",
	"src or dst host 10.0.0.1", "src and dst host 10.0.0.1", "dst or src 10.0.0.1", "src or dst port 80", "src and dst port 53",
	"host 10.0.0.1 or 10.0.0.3", "host 10.0.0.1 and 10.0.0.2", "host 10.0.0.1 and not 10.0.0.2",
	"host (10.0.0.1 or 10.0.0.2)", "port (80 or 443)", "src host (10.0.0.1 or 10.0.0.2) and dst port (80 or 53)",
	"ip host 10.0.0.1", "arp host 10.0.0.1", "rarp host 10.0.0.1", "ip src host 10.0.0.1", "arp src 10.0.0.1", "arp dst host 10.0.0.2",
	"net 10", "net 10.0", "net 10.0.0.0/8", "src net 10.0.0.0/24", "net 10.0.0.0 mask 255.255.255.0", "dst net 192.168", "net 0.0.0.0/0",
	"net 10.0.0.0/31 or net 10.0.0.2/31", "ip6 net 2001:db8::/32", "net fe80::/10", "host 10.1",
	"host 2001:db8::1", "ip6 host fe80::1", "src host 2001:db8::1 and dst host 2001:db8::2", "ip6 src host 2001:db8::1",
	"net ::/0", "net 2001:db8::/127", "net 2001:db8::/64", "src net 2001:db8::/65",
	"port 80", "src port 80", "dst port 80", "tcp port 80", "udp port 53", "tcp src port 80", "udp dst port 53", "sctp port 80",
	"port 80 or 443", "port 80 or 443 or 53", "tcp port 80 or 443", "port 80 and not 443", "not port 80", "tcp port http", "tcp port https or ssh",
	"portrange 80-443", "portrange 443-80", "tcp portrange 1-1024", "src portrange 50-60", "portrange 80", "udp dst portrange 53-53",
	"ip proto 6", "ip proto \\tcp", "ip6 proto 17", "ip6 proto \\udp", "proto 6", "ip proto 6 or 17", "proto \\icmp", "ip6 proto 58",
	"ether proto 0x0800", "ether proto \\arp", "ether proto 0x88cc", "ether proto 0x42", "ether proto 0x86dd or 0x800",
	"ether proto 6", "ether proto 0xfe", "ether proto 0xf0", "ether proto 1500", "ether proto 1501",
	"ether host 02:00:00:00:00:01", "ether src 02:00:00:00:00:01", "ether dst host 02-00-00-00-00-02", "ether src and dst host 02:00:00:00:00:01",
	"ether host 02:00:00:00:00:01 or 02:00:00:00:00:02", "ether dst 0200.0000.0002",
	"broadcast", "ether broadcast", "multicast", "ether multicast", "ip multicast", "ip6 multicast", "not broadcast and not multicast",
	"vlan", "vlan 100", "vlan and ip", "vlan 100 and tcp port 80", "vlan 100 and vlan 200 and udp", "not vlan", "vlan 5 or ip", "ip or vlan 100 and icmp",
	"vlan and host 10.0.0.1", "vlan and ether host 02:00:00:00:00:01", "vlan 100 and tcp[13] & 2 != 0", "vlan and vlan", "vlan 4095 or vlan 0",
	"less 100", "greater 100", "len <= 100", "len > 60", "len = 60", "len - 14 > 50", "100 < len",
	"tcp[13] & 2 != 0", "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[tcpflags] = tcp-ack", "tcp[0:2] = 80", "tcp[2:2] > 1024", "tcp[4:4] != 0", "tcp[12] >> 4 = 5", "(tcp[12] & 0xf0) >> 2 >= 32",
	"icmp[icmptype] = icmp-echo", "icmp[0] = 8 or icmp[0] = 0", "icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply",
	"icmp6[icmp6type] = icmp6-neighborsolicit", "icmp6[0] >= 133 and icmp6[0] <= 137", "icmp6[icmp6type] == icmp6-echo",
	"udp[4:2] > 100", "udp[8] & 0x80 = 0x80", "igmp[0] = 0x16", "sctp[0:2] = 80",
	"ip[0] & 0xf != 5", "ip[8] < 5", "ip[6:2] & 0x1fff != 0", "ip[6:2] & 0x3fff = 0", "ip[2:2] > 576", "ip[9] = 6 and ip[1] = 0", "ip[12:4] = 0x0a000001",
	"ip6[6] = 58", "ip6[7] = 255", "ip6[4:2] < 100", "ip6[40] = 128", "arp[6:2] = 1", "arp[7] = 2", "rarp[6:2] = 3",
	"ether[0] & 1 = 0 and ip[16] >= 224", "ether[12:2] = 0x0800", "ether[0:4] = 0x02000000 and ether[4:2] = 1", "ether[1000] = 0", "not ether[1000] = 0",
	"ip[ip[0] & 0xf * 4] = 0", "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420", "ip[0] + ip[1] * 2 - 1 > 60", "ip[8] % 2 = 1", "ip[8] / 2 < 16",
	"ip[1] ^ 3 = 3", "ip and len / ip[1] > 2", "ip and len % ip[1] = 0", "ip[8] - ip[1] > ip[0]", "-1 < len", "len & 1 = 1 or len | 1 = 61", "1 << 6 < len", "ip[8] << 2 > 200",
	"(len + 1) = 61", "((tcp))", "(port 80 or port 53) and host 10.0.0.1", "tcp and port 80 or udp and port 53",
	"ip or ip6 and tcp", "ip and tcp or udp", "not ip and not ip6", "not (ip or ip6)", "not tcp port 80 and udp", "!arp", "tcp && port 80 || icmp",
	"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
	"ip src 10.0.0.1 and ip dst 10.0.0.2 and tcp src port 80", "host 10.0.0.1 and port 80 or 53", "icmp or arp or icmp6",
	"ip host 10.0.0.1 or ip6 host 2001:db8::1", "ether proto \\ip6 and ip6 proto \\tcp", "ip[0] >> 4 = 4 and ip[0] & 15 = 5",
	"lat or moprc or mopdl", "tcp[tcpflags] & tcp-push != 0 and greater 60", "src net 10.0.0.0/30 and dst net 10.0.0.0/30", "1 = 1", "ip and 1 = 2", "not 5 > 3",
	"ip[0:4] & 0xff000000 = 0x45000000", "ip6[0:4] & 0xf0000000 = 0x60000000", "ip[20] = 8", "ether src 02:00:00:00:00:01 and not dst 10.0.0.2",
	"5 | 2 & 1 = 5", "1 + 2 * 3 = 7", "8 - 2 - 1 = 5", "2 ^ 3 & 1 = 3", "1 | 2 ^ 3 = 1", "1 << 2 + 1 = 8",
}

// oracle is a filter compiled by tcpdump, run in a machine. It is not optimized:
// libpcap's optimizer changes which bytes are looked at first, and so what is
// said of a frame that was cut.
func oracle(t *testing.T, link, expr string) *bpf.VM {
	out, err := exec.Command("tcpdump", "-O", "-y", link, "-s", "0", "-ddd", "--", expr).CombinedOutput()
	if err != nil {
		t.Errorf("tcpdump refuses %q: %s", expr, out)
		return nil
	}
	var prog []bpf.Instruction
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, l := range lines {
		f := strings.Fields(l)
		if len(f) != 4 {
			continue
		}
		var v [4]uint64
		for i := range f {
			v[i], _ = strconv.ParseUint(f[i], 10, 32)
		}
		prog = append(prog, bpf.RawInstruction{Op: uint16(v[0]), Jt: uint8(v[1]), Jf: uint8(v[2]), K: uint32(v[3])}.Disassemble())
		if _, ok := prog[len(prog)-1].(bpf.NegateA); ok {
			return nil // x/net/bpf's machine cannot negate
		}
	}
	vm, err := bpf.NewVM(prog)
	if err != nil {
		t.Errorf("%q: tcpdump's program does not load: %v", expr, err)
		return nil
	}
	return vm
}

func run(t *testing.T, vm *bpf.VM, f []byte) bool {
	n, err := vm.Run(f)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// agree checks Match against our program and, when there is one, tcpdump's.
// Both lengths are that of the frame: the machine has no other.
func agree(t *testing.T, expr string, link wire.LinkKind, frames [][]byte, want *bpf.VM) {
	f, err := Compile(expr, link)
	if err != nil {
		t.Errorf("Compile(%q): %v", expr, err)
		return
	}
	vm, err := bpf.NewVM(f.Program())
	if err != nil {
		t.Errorf("%q: our program does not load: %v", expr, err)
		return
	}
	for _, b := range frames {
		got := f.Match(b, len(b))
		if p := run(t, vm, b); p != got {
			t.Fatalf("%q on %x: Match says %v, our program %v", expr, b, got, p)
		}
		if want == nil {
			continue
		}
		if w := run(t, want, b); w != got {
			t.Errorf("%q (%s) on %x (%s): Match says %v, tcpdump %v", expr, f, b, wire.Summary(b, link, len(b)), got, w)
			return
		}
	}
}

func TestAgainstTcpdump(t *testing.T) {
	_, err := exec.LookPath("tcpdump")
	have := err == nil
	frames := generate(rand.New(rand.NewSource(1)), 3000)
	hits := 0
	for _, e := range exprs {
		var vm *bpf.VM
		if have {
			vm = oracle(t, "EN10MB", e)
		}
		agree(t, e, wire.LinkEthernet, frames, vm)
		if f, err := Compile(e, wire.LinkEthernet); err == nil {
			n := 0
			for _, b := range frames {
				if f.Match(b, len(b)) {
					n++
				}
			}
			if n > 0 && n < len(frames) {
				hits++
			}
		}
	}
	t.Logf("%d filters on %d frames; %d of them pick some frames and leave some", len(exprs), len(frames), hits)
	if !have {
		t.Skip("tcpdump is not installed: Match was compared with our own programs only")
	}
}

func TestLinksAgainstTcpdump(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	eth := generate(rand.New(rand.NewSource(2)), 1000)
	for _, l := range []struct {
		name string
		link wire.LinkKind
		head int
	}{{"RAW", wire.LinkRaw, 0}, {"LINUX_SLL", wire.LinkSLL, 16}, {"LINUX_SLL2", wire.LinkSLL2, 20},
		{"NULL", wire.LinkNull, 4}, {"LOOP", wire.LinkLoop, 4}} {
		frames := relink(eth, l.link, l.head)
		n := 0
		for _, e := range exprs {
			if strings.Contains(e, "ether") || strings.Contains(e, "vlan") || strings.Contains(e, "lat") || strings.Contains(e, "cast") {
				continue
			}
			if l.head == 0 && strings.Contains(e, "arp") || l.head == 4 && strings.Contains(e, "arp") {
				continue
			}
			agree(t, e, l.link, frames, oracle(t, l.name, e))
			n++
		}
		t.Logf("%s: %d filters on %d frames", l.name, n, len(frames))
	}
}

// relink gives Ethernet frames the header of another kind of link.
func relink(eth [][]byte, link wire.LinkKind, head int) [][]byte {
	var out [][]byte
	for _, b := range eth {
		if len(b) < 15 {
			continue
		}
		et := wire.Ethernet(b).Type()
		f := append(make([]byte, head), b[14:]...)
		switch link {
		case wire.LinkSLL:
			wire.SLL(f).Put(0, wire.Ethernet(b).Src(), et)
		case wire.LinkSLL2:
			wire.SLL2(f).Put(0, 3, wire.Ethernet(b).Src(), et)
		case wire.LinkNull, wire.LinkLoop:
			af := byte(2)
			if et == wire.EtherTypeIPv6 {
				af = 10
			} else if et != wire.EtherTypeIPv4 {
				continue
			}
			if link == wire.LinkNull {
				f[0] = af
			} else {
				f[3] = af
			}
		case wire.LinkRaw:
			if et != wire.EtherTypeIPv4 && et != wire.EtherTypeIPv6 {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// TestCaptures compares with tcpdump on the frames of the capture files under
// the directory $PACKETWALK_CAPTURES.
func TestCaptures(t *testing.T) {
	dir := os.Getenv("PACKETWALK_CAPTURES")
	if dir == "" {
		t.Skip("PACKETWALK_CAPTURES is not set: no captures to compare on")
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	var frames [][]byte
	_ = filepath.Walk(dir, func(p string, e os.FileInfo, err error) error {
		if err != nil || e.IsDir() || e.Size() > 1<<20 {
			return nil
		}
		b, err := os.ReadFile(p)
		if err != nil || len(b) < 24 || string(b[:4]) != "\xd4\xc3\xb2\xa1" || b[20] != 1 {
			return nil
		}
		for b = b[24:]; len(b) >= 16; {
			n := int(b[8]) | int(b[9])<<8 | int(b[10])<<16
			if n > len(b)-16 {
				break
			}
			frames = append(frames, b[16:16+n])
			b = b[16+n:]
		}
		return nil
	})
	for _, e := range exprs {
		agree(t, e, wire.LinkEthernet, frames, oracle(t, "EN10MB", e))
	}
	t.Logf("%d filters on %d frames", len(exprs), len(frames))
}

func pick[T any](r *rand.Rand, v ...T) T { return v[r.Intn(len(v))] }

// generate makes frames in which the things filters ask about vary: addresses,
// ports, flags, tags, options, fragments and cuts.
func generate(r *rand.Rand, n int) [][]byte {
	var out [][]byte
	for range n {
		b := frame(r)
		if r.Intn(8) == 0 {
			b = b[:r.Intn(len(b)+1)]
		}
		out = append(out, b)
	}
	return out
}

func frame(r *rand.Rand) []byte {
	b := make([]byte, 14, 256)
	e := wire.Ethernet(b)
	e.SetDst(pick(r, wire.MAC(0x020000000001), 0x020000000002, wire.Broadcast, 0x01005e0000fb, 0x3333000000fb))
	e.SetSrc(pick(r, wire.MAC(0x020000000001), 0x020000000002))
	at := 12
	for r.Intn(5) == 0 {
		b[at], b[at+1] = 0x81, 0
		switch r.Intn(6) {
		case 0:
			b[at], b[at+1] = 0x88, 0xa8
		case 1:
			b[at], b[at+1] = 0x91, 0
		}
		id := pick(r, 100, 200, 5, 0, 4095)
		b = append(b, byte(r.Intn(16))<<4|byte(id>>8), byte(id), 0, 0)
		at += 4
	}
	t := pick(r, wire.EtherTypeIPv4, wire.EtherTypeIPv4, wire.EtherTypeIPv4, wire.EtherTypeIPv6, wire.EtherTypeIPv6,
		wire.EtherTypeARP, wire.EtherTypeRARP, wire.EtherTypeLLDP, 0x6004, 0x6001, 0x42, 0x26, 1500, 1501, 3)
	b[at], b[at+1] = byte(t>>8), byte(t)
	switch t {
	case wire.EtherTypeIPv4:
		return ip4(r, b)
	case wire.EtherTypeIPv6:
		return ip6(r, b)
	case wire.EtherTypeARP, wire.EtherTypeRARP:
		h := make([]byte, 28)
		wire.ARPRepr{Op: wire.ARPOp(1 + r.Intn(4)), SPA: addr4(r), TPA: addr4(r)}.Emit(h)
		return append(b, h...)
	}
	sap := pick(r, byte(0x42), 0xfe, 0xf0, 6, 0xaa, 0xdc)
	b = append(b, sap, sap, 3)
	return append(b, make([]byte, r.Intn(60))...)
}

func addr4(r *rand.Rand) wire.IP4 {
	return pick(r, wire.IP4(0x0a000001), 0x0a000002, 0x0a000003, 0x0a010203, 0xc0a80101, 0xe00000fb, 0x08080808)
}

func addr6(r *rand.Rand) wire.Addr {
	return pick(r, wire.Addr{Hi: 0x20010db8 << 32, Lo: 1}, wire.Addr{Hi: 0x20010db8 << 32, Lo: 2}, wire.Addr{Hi: 0x20010db8 << 32, Lo: 1 << 63},
		wire.Addr{Hi: 0xfe80 << 48, Lo: 1}, wire.Addr{Hi: 0xff02 << 48, Lo: 1}, wire.Addr{Hi: 0x20010db80001 << 16, Lo: 1})
}

func ip4(r *rand.Rand, b []byte) []byte {
	p := pick(r, wire.ProtoTCP, wire.ProtoTCP, wire.ProtoUDP, wire.ProtoUDP, wire.ProtoICMP, wire.ProtoIGMP, wire.ProtoSCTP, wire.ProtoAH,
		wire.ProtoESP, wire.ProtoPIM, wire.ProtoVRRP, wire.ProtoIGRP, 200)
	hl := 20 + 4*pick(r, 0, 0, 0, 1, 2, 10)
	h := wire.IPv4(make([]byte, hl))
	body := upper(r, p)
	h.SetVersionIHL(hl)
	h.SetTOS(pick(r, byte(0), 0, 1, 2, 0x10))
	h.SetTotalLen(hl + len(body))
	h.SetFragOff(pick(r, uint16(0), 0, 0x4000, 0x2000, 0x2010, 1, 0x00ff))
	h.SetTTL(byte(r.Intn(256)))
	h.SetProto(p)
	h.SetSrc(addr4(r))
	h.SetDst(addr4(r))
	return append(append(b, h...), body...)
}

func ip6(r *rand.Rand, b []byte) []byte {
	p := pick(r, wire.ProtoTCP, wire.ProtoUDP, wire.ProtoICMPv6, wire.ProtoSCTP, wire.ProtoFragment, wire.ProtoAH, wire.ProtoESP, wire.ProtoHopByHop)
	h := wire.IPv6(make([]byte, 40))
	body := upper(r, p)
	h.SetVersion(0, 0)
	h.SetNextHeader(p)
	h.SetHopLimit(pick(r, byte(1), 64, 255))
	h.SetPayloadLen(len(body))
	h.SetSrc(addr6(r))
	h.SetDst(addr6(r))
	return append(append(b, h...), body...)
}

func upper(r *rand.Rand, p wire.Proto) []byte {
	b := make([]byte, pick(r, 20, 28, 60, 90))
	port := func() uint16 { return pick(r, uint16(80), 53, 443, 55, 1024, 40000) }
	wire.UDP(b).SetSrcPort(port())
	wire.UDP(b).SetDstPort(port())
	switch p {
	case wire.ProtoTCP:
		h := wire.TCP(b)
		h.SetSeq(r.Uint32() & uint32(-r.Intn(2)))
		h.SetDataOff(pick(r, 20, 20, 32, 40))
		h.SetFlags(wire.TCPFlags(pick(r, 2, 18, 16, 24, 17, 4, r.Intn(256))))
		if r.Intn(3) == 0 && len(b) > h.DataOff()+4 {
			copy(b[h.DataOff():], "GET ")
		}
	case wire.ProtoUDP:
		wire.UDP(b).SetLen(len(b))
		b[8] = byte(r.Intn(256))
	case wire.ProtoICMP:
		b[0] = pick(r, byte(8), 0, 3, 11)
	case wire.ProtoIGMP:
		b[0] = pick(r, byte(0x11), 0x16, 0x22)
	case wire.ProtoICMPv6:
		b[0] = pick(r, byte(128), 129, 133, 135, 136, 1)
	case wire.ProtoFragment:
		b[0] = byte(pick(r, wire.ProtoTCP, wire.ProtoUDP, wire.ProtoICMPv6))
	}
	return b
}

// TestOperandChecks is where we do better than libpcap, which forgets to ask
// for the protocol of an operator's right side.
func TestOperandChecks(t *testing.T) {
	f, err := Compile("len + ip[1] > 2", wire.LinkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	arp := make([]byte, 60)
	wire.Ethernet(arp).SetType(wire.EtherTypeARP)
	if f.Match(arp, 60) {
		t.Error("ip[1] must not be read from an ARP frame")
	}
	wire.Ethernet(arp).SetType(wire.EtherTypeIPv4)
	if !f.Match(arp, 60) {
		t.Error("an IPv4 frame must match")
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"host", "column 5: expected an address, found the end"},
		{"host www.example.org", "column 6: expected an address; the name \"www.example.org\" would need a name lookup, which is not done"},
		{"tcp port", "column 9: expected a port, found the end"},
		{"port 70000", "column 6: 70000 is more than 65535, the highest port"},
		{"port nosuch", "column 6: expected a port; the service \"nosuch\" is not known by name"},
		{"10.0.0.1", "column 1: expected \"host\", \"net\", \"port\" or \"proto\" before \"10.0.0.1\""},
		{"tcp or 443", "column 11: expected a comparison such as \"=\", found the end"},
		{"foo", "column 1: unknown word \"foo\"; expected a filter such as \"host\", \"port\" or \"tcp\""},
		{"tcp and", "column 8: expected a filter such as \"host\", \"port\" or \"tcp\", found the end"},
		{"(tcp", "column 5: expected \")\", found the end"},
		{"tcp)", "column 4: expected \"and\", \"or\" or the end, found \")\""},
		{"tcp[13", "column 7: expected \"]\", found the end"},
		{"tcp[13] & 2", "column 12: expected a comparison such as \"=\", found the end"},
		{"tcp[0:3] = 1", "column 7: expected a size of 1, 2 or 4, found \"3\""},
		{"len / 0 = 1", "column 5: division by zero"},
		{"len << 40 = 1", "column 5: shift by more than 31 bits"},
		{"net 10.0.0.1/8", "column 5: 10.0.0.1 has bits outside its mask 255.0.0.0"},
		{"net 10.0.0.0/33", "column 14: 33 is more than 32"},
		{"tcp host 10.0.0.1", "column 10: \"tcp\" cannot qualify an address; use \"tcp and host ...\""},
		{"icmp port 80", "column 11: \"icmp\" has no ports; expected \"tcp\", \"udp\" or \"sctp\""},
		{"ip broadcast", "column 1: \"ip broadcast\" is not supported: it needs a netmask; try \"dst host 10.0.0.255\""},
		{"gateway 10.0.0.1", "column 1: \"gateway\" is not supported"},
		{"ether host 10.0.0.1", "column 12: expected an Ethernet address such as 02:00:00:00:00:01, found \"10.0.0.1\""},
		{"host 02:00:00:00:00:01", "column 6: expected \"ether\" before an Ethernet address"},
		{"vlan 5000", "column 6: 5000 is more than 4095"},
		{"tcp $ udp", "column 5: unexpected character \"$\""},
		{"ip6 host 10.0.0.1", "column 10: expected an IPv6 address behind \"ip6\""},
	} {
		_, err := Compile(c.in, wire.LinkEthernet)
		if err == nil {
			t.Errorf("Compile(%q) gives no error", c.in)
		} else if err.Error() != c.want {
			t.Errorf("Compile(%q)\n got %s\nwant %s", c.in, err, c.want)
		}
	}
	if _, err := Compile("tcp and ether host 02:00:00:00:00:01", wire.LinkRaw); err == nil || !strings.Contains(err.Error(), "needs an Ethernet link") {
		t.Errorf("an Ethernet address on a raw link: %v", err)
	}
}

// strip removes what printing does not keep: positions.
func strip(n *Node) *Node {
	if n == nil {
		return nil
	}
	c := *n
	c.pos, c.X, c.Y, c.L, c.R = 0, strip(n.X), strip(n.Y), stripArith(n.L), stripArith(n.R)
	return &c
}

func stripArith(a *Arith) *Arith {
	if a == nil {
		return nil
	}
	c := *a
	c.pos, c.X, c.Y = 0, stripArith(a.X), stripArith(a.Y)
	return &c
}

func FuzzParse(f *testing.F) {
	for _, e := range exprs {
		f.Add(e)
	}
	f.Add("((((((((((((((((tcp")
	f.Add("not not not ip6 host ::ffff:10.0.0.1")
	frames := generate(rand.New(rand.NewSource(3)), 30)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			if e := err.(*Error); e.Col < 1 || e.Col > len(s)+1 || strings.ContainsAny(e.Msg, "\n\r") {
				t.Fatalf("%q: bad error %v", s, e)
			}
			return
		}
		again, err := Parse(n.String())
		if err != nil {
			t.Fatalf("%q prints as %q, which does not parse: %v", s, n, err)
		}
		if !reflect.DeepEqual(strip(n), strip(again)) {
			t.Fatalf("%q prints as %q, which parses to %q", s, n, again)
		}
		c, err := Compile(s, wire.LinkEthernet)
		if err != nil {
			return
		}
		prog := c.Program()
		if len(prog) > 4000 {
			return // longer than a machine takes
		}
		vm, err := bpf.NewVM(prog)
		if err != nil {
			t.Fatalf("%q: our program does not load: %v", s, err)
		}
		for _, b := range frames {
			if got, want := c.Match(b, len(b)), run(t, vm, b); got != want {
				t.Fatalf("%q on %x: Match says %v, our program %v", s, b, got, want)
			}
		}
	})
}

func TestLongJumps(t *testing.T) {
	var b strings.Builder
	b.WriteString("tcp and (port 1")
	for i := range 200 {
		b.WriteString(" or " + strconv.Itoa(i+60))
	}
	b.WriteString(") and not host 10.0.0.3")
	agree(t, b.String(), wire.LinkEthernet, generate(rand.New(rand.NewSource(4)), 500), nil)
}

func TestMatchAllocs(t *testing.T) {
	f, err := Compile("tcp port 80 and not host 10.0.0.3 and tcp[((tcp[12:1] & 0xf0) >> 2):4] != 0", wire.LinkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	frames := generate(rand.New(rand.NewSource(5)), 50)
	if n := testing.AllocsPerRun(100, func() {
		for _, b := range frames {
			f.Match(b, len(b))
		}
	}); n != 0 {
		t.Errorf("Match allocates %v times", n)
	}
}

func TestOrigLength(t *testing.T) {
	f, _ := Compile("greater 1000", wire.LinkEthernet)
	if b := make([]byte, 64); f.Match(b, 64) || !f.Match(b, 1500) {
		t.Error("\"greater\" must look at the length on the wire")
	}
}

func BenchmarkMatch(b *testing.B) {
	f, _ := Compile("tcp port 80 and host 10.0.0.1", wire.LinkEthernet)
	frames := generate(rand.New(rand.NewSource(6)), 64)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.Match(frames[i&63], 64)
	}
}
