package wire

import (
	"bytes"
	"math/rand"
	"reflect"
	"testing"
)

// accessors reads every field of a diagram through the type's methods.
func accessors(k HeaderKind, b []byte) []uint64 {
	bit := func(v bool) uint64 {
		if v {
			return 1
		}
		return 0
	}
	switch k {
	case HdrEthernet:
		h := Ethernet(b)
		return []uint64{uint64(h.Dst()), uint64(h.Src()), uint64(h.Type())}
	case HdrVLAN:
		h := VLAN(b)
		return []uint64{uint64(h.PCP()), bit(h.DEI()), uint64(h.ID()), uint64(h.Type())}
	case HdrARP:
		h := ARP(b)
		return []uint64{uint64(h.HType()), uint64(h.PType()), uint64(h.HLen()), uint64(h.PLen()), uint64(h.Op()),
			uint64(h.SHA()), uint64(h.SPA()), uint64(h.THA()), uint64(h.TPA())}
	case HdrIPv4:
		h := IPv4(b)
		return []uint64{uint64(h.Version()), uint64(h.IHL() / 4), uint64(h.DSCP()), uint64(h.ECN()), uint64(h.TotalLen()),
			uint64(h.ID()), bit(h.RF()), bit(h.DF()), bit(h.MF()), uint64(h.FragOffset() / 8), uint64(h.TTL()),
			uint64(h.Proto()), uint64(h.Checksum()), uint64(h.Src()), uint64(h.Dst())}
	case HdrIPv6:
		h := IPv6(b)
		return []uint64{uint64(h.Version()), uint64(h.TrafficClass()), uint64(h.FlowLabel()), uint64(h.PayloadLen()),
			uint64(h.NextHeader()), uint64(h.HopLimit()), h.Src().Hi, h.Src().Lo, h.Dst().Hi, h.Dst().Lo}
	case HdrICMP:
		h := ICMP(b)
		return []uint64{uint64(h.Type()), uint64(h.Code()), uint64(h.Checksum()), uint64(h.Rest())}
	case HdrICMPv6:
		h := ICMPv6(b)
		return []uint64{uint64(h.Type()), uint64(h.Code()), uint64(h.Checksum()), uint64(h.Rest())}
	case HdrIGMP:
		h := IGMP(b)
		return []uint64{uint64(h.Type()), uint64(h.Code()), uint64(h.Checksum()), uint64(h.Group())}
	case HdrUDP:
		h := UDP(b)
		return []uint64{uint64(h.SrcPort()), uint64(h.DstPort()), uint64(h.Len()), uint64(h.Checksum())}
	case HdrFragment:
		h := Fragment(b)
		return []uint64{uint64(h.NextHeader()), uint64(b[1]), uint64(h.Offset() / 8), uint64(b[3] >> 1 & 3), bit(h.MF()), uint64(h.ID())}
	case HdrTCP:
		h := TCP(b)
		f := h.Flags()
		return []uint64{uint64(h.SrcPort()), uint64(h.DstPort()), uint64(h.Seq()), uint64(h.Ack()), uint64(h.DataOff() / 4),
			uint64(b[12] >> 1 & 7), bit(f.Has(TCPAe)), bit(f.Has(TCPCwr)), bit(f.Has(TCPEce)), bit(f.Has(TCPUrg)),
			bit(f.Has(TCPAck)), bit(f.Has(TCPPsh)), bit(f.Has(TCPRst)), bit(f.Has(TCPSyn)), bit(f.Has(TCPFin)),
			uint64(h.Window()), uint64(h.Checksum()), uint64(h.Urg())}
	}
	return nil
}

// TestFields: the bit diagrams say what the accessors say, on random bytes.
func TestFields(t *testing.T) {
	lengths := map[HeaderKind]int{HdrEthernet: EthernetLen, HdrVLAN: VLANTagLen, HdrARP: ARPLen, HdrIPv4: IPv4MinLen,
		HdrIPv6: IPv6Len, HdrICMP: ICMPLen, HdrICMPv6: ICMPv6Len, HdrIGMP: IGMPLen, HdrUDP: UDPLen, HdrTCP: TCPMinLen,
		HdrFragment: FragmentLen}
	r := rand.New(rand.NewSource(1))
	for k, n := range lengths {
		b := make([]byte, n)
		for range 500 {
			r.Read(b)
			var got []uint64
			end := 0
			for _, f := range Fields(k) {
				if f.FromBit != end {
					t.Fatalf("%v: %s starts at bit %d, not %d", k, f.Name, f.FromBit, end)
				}
				if f.ToBit < 0 {
					break
				}
				end = f.ToBit
				for at := f.FromBit; at < f.ToBit; at += 64 { // wide fields in halves
					v, ok := Field{f.Name, at, min(at+64, f.ToBit)}.Bits(b)
					if !ok {
						t.Fatalf("%v: %s is not in %d bytes", k, f.Name, n)
					}
					got = append(got, v)
				}
			}
			if end != 8*n {
				t.Fatalf("%v: the diagram has %d bits, the header %d", k, end, 8*n)
			}
			if want := accessors(k, b); !reflect.DeepEqual(got, want) {
				t.Fatalf("%v of %x:\ndiagram   %x\naccessors %x", k, b, got, want)
			}
		}
	}
	if Fields(HdrPayload) != nil {
		t.Error("a payload has no diagram")
	}
}

// copyBySetters writes to dst what the accessors read from src.
func copyBySetters(k HeaderKind, dst, src []byte) {
	switch k {
	case HdrEthernet:
		s := Ethernet(src)
		Ethernet(dst).Put(s.Dst(), s.Src(), s.Type())
	case HdrVLAN:
		d, s := VLAN(dst), VLAN(src)
		d.SetPCP(s.PCP())
		d.SetDEI(s.DEI())
		d.SetID(s.ID())
		d.SetType(s.Type())
	case HdrARP:
		d, s := ARP(dst), ARP(src)
		d.SetHType(s.HType())
		d.SetPType(s.PType())
		d.SetHLen(s.HLen())
		d.SetPLen(s.PLen())
		d.SetOp(s.Op())
		d.SetSHA(s.SHA())
		d.SetSPA(s.SPA())
		d.SetTHA(s.THA())
		d.SetTPA(s.TPA())
	case HdrIPv4:
		d, s := IPv4(dst), IPv4(src)
		d.SetVersionIHL(s.IHL())
		d.SetTOS(s.TOS())
		d.SetTotalLen(s.TotalLen())
		d.SetID(s.ID())
		d.SetFragOff(s.FragOff() & 0x8000)
		d.SetDF(s.DF())
		d.SetMF(s.MF())
		d.SetFragOffset(s.FragOffset())
		d.SetTTL(s.TTL())
		d.SetProto(s.Proto())
		d.SetChecksum(s.Checksum())
		d.SetSrc(s.Src())
		d.SetDst(s.Dst())
	case HdrIPv6:
		d, s := IPv6(dst), IPv6(src)
		d.SetVersion(^s.TrafficClass(), ^s.FlowLabel())
		d.SetTrafficClass(s.TrafficClass())
		d.SetECN(s.ECN())
		d.SetFlowLabel(s.FlowLabel())
		d.SetPayloadLen(s.PayloadLen())
		d.SetNextHeader(s.NextHeader())
		d.SetHopLimit(s.HopLimit())
		d.SetSrc(s.Src())
		d.SetDst(s.Dst())
	case HdrICMP:
		d, s := ICMP(dst), ICMP(src)
		d.SetType(s.Type())
		d.SetCode(s.Code())
		d.SetChecksum(s.Checksum())
		d.SetID(s.ID())
		d.SetSeq(s.Seq())
	case HdrUDP:
		d, s := UDP(dst), UDP(src)
		d.SetSrcPort(s.SrcPort())
		d.SetDstPort(s.DstPort())
		d.SetLen(s.Len())
		d.SetChecksum(s.Checksum())
	case HdrTCP:
		d, s := TCP(dst), TCP(src)
		d.SetSrcPort(s.SrcPort())
		d.SetDstPort(s.DstPort())
		d.SetSeq(s.Seq())
		d.SetAck(s.Ack())
		d.SetDataOff(s.DataOff())
		d.SetFlags(s.Flags())
		d.SetWindow(s.Window())
		d.SetChecksum(s.Checksum())
		d.SetUrg(s.Urg())
	}
}

func TestSetters(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for _, c := range []struct {
		k HeaderKind
		n int
	}{{HdrEthernet, EthernetLen}, {HdrVLAN, VLANTagLen}, {HdrARP, ARPLen}, {HdrIPv4, IPv4MinLen}, {HdrIPv6, IPv6Len},
		{HdrICMP, ICMPLen}, {HdrUDP, UDPLen}, {HdrTCP, TCPMinLen}} {
		for range 500 {
			src, dst := make([]byte, c.n), make([]byte, c.n)
			r.Read(src)
			r.Read(dst)
			switch c.k {
			case HdrIPv4:
				src[0] = 0x40 | src[0]&0xf
			case HdrIPv6:
				src[0] = 0x60 | src[0]&0xf
			case HdrTCP:
				src[12] &^= 0x0e // reserved bits have no setter
				dst[12] &^= 0x0e
			}
			copyBySetters(c.k, dst, src)
			if !bytes.Equal(src, dst) {
				t.Fatalf("%v: copied %x to %x", c.k, src, dst)
			}
		}
	}
}

func TestARPRepr(t *testing.T) {
	want := ARPRepr{ARPReply, 0x020000000001, 0x020000000002, 0x0a000001, 0x0a000002}
	b := ARP(make([]byte, ARPLen))
	want.Emit(b)
	if got, ok := b.Parse(); !ok || got != want {
		t.Errorf("Parse(Emit(%v)) = %v, %v", want, got, ok)
	}
	if _, ok := b[:27].Parse(); ok {
		t.Error("a short packet must not parse")
	}
}

func TestTCPOptions(t *testing.T) {
	b := make([]byte, 80)
	n := PutMSS(b, 1460)
	n += PutSACKPerm(b[n:])
	n += PutTS(b[n:], 1, 2)
	n += PutNOPs(b[n:], 1)
	n += PutWScale(b[n:], 7)
	n += PutFastOpen(b[n:], []byte{1, 2, 3, 4, 5, 6, 7, 8})
	var o TCPOptions
	ParseTCPOptions(b[:n], &o)
	want := TCPOptions{MSS: 1460, SACKPerm: true, HasTS: true, TSVal: 1, TSEcr: 2, HasWScale: true, WScale: 7,
		HasCookie: true, CookieLen: 8}
	copy(want.Cookie[:], []byte{1, 2, 3, 4, 5, 6, 7, 8})
	if o != want {
		t.Errorf("got %+v\nwant %+v", o, want)
	}
	blocks := []SACKBlock{{10, 20}, {30, 40}, {50, 60}, {70, 80}}
	ParseTCPOptions(b[:PutSACK(b, blocks)], &o)
	if o.NumSACK != 4 || !reflect.DeepEqual(o.SACK[:], blocks) {
		t.Errorf("SACK blocks %v", o.SACK[:o.NumSACK])
	}
	for _, c := range []struct {
		name string
		in   []byte
		want TCPOptions
	}{
		{"end stops", []byte{0, 2, 4, 5, 0xb4}, TCPOptions{}},
		{"length 1 stops", []byte{2, 1, 4, 2}, TCPOptions{}},
		{"length 0 stops", []byte{99, 0, 4, 2}, TCPOptions{}},
		{"partial option stops", []byte{4, 2, 8, 10, 1}, TCPOptions{SACKPerm: true}},
		{"kind without length", []byte{4, 2, 8}, TCPOptions{SACKPerm: true}},
		{"MSS of a wrong length is passed over", []byte{2, 3, 1, 4, 2}, TCPOptions{SACKPerm: true}},
		{"MSS 0 is none", []byte{2, 4, 0, 0}, TCPOptions{}},
		{"window scale above 14", []byte{3, 3, 15}, TCPOptions{HasWScale: true, WScale: 14, WScaleBig: true}},
		{"SACK of 7 bytes", append([]byte{5, 9}, make([]byte, 7)...), TCPOptions{}},
		{"MD5", append([]byte{19, 18}, make([]byte, 16)...), TCPOptions{MD5: true}},
		{"fast open request", []byte{34, 2}, TCPOptions{HasCookie: true}},
		{"fast open of two bytes", []byte{34, 4, 1, 2, 4, 2}, TCPOptions{SACKPerm: true}},
		{"fast open, experimental", []byte{254, 4, 0xf9, 0x89}, TCPOptions{HasCookie: true, CookieExp: true}},
		{"unknown", []byte{77, 3, 1, 4, 2}, TCPOptions{SACKPerm: true}},
	} {
		if ParseTCPOptions(c.in, &o); o != c.want {
			t.Errorf("%s: got %+v", c.name, o)
		}
	}
}

func TestErrorsQuoted(t *testing.T) {
	b := make([]byte, 8+20+8)
	h := ICMP(b)
	h.SetType(ICMPDestUnreach)
	h.SetCode(ICMPPortUnreach)
	ip := IPv4(h.Data())
	ip.SetVersionIHL(20)
	ip.SetProto(ProtoUDP)
	ip.SetSrc(0x0a000001)
	ip.SetDst(0x0a000002)
	UDP(ip[20:]).SetSrcPort(1000)
	UDP(ip[20:]).SetDstPort(53)
	e, ok := h.Error()
	want := ICMPError{ICMPDestUnreach, ICMPPortUnreach, 0, 0x0a000001, 0x0a000002, ProtoUDP, 1000, 53}
	if !ok || e != want {
		t.Errorf("got %+v, %v", e, ok)
	}
	if _, ok := h[:len(h)-1].Error(); ok {
		t.Error("seven bytes behind the IP header are too few")
	}
	h.SetType(ICMPEcho)
	if _, ok := h.Error(); ok {
		t.Error("an echo is no error")
	}
}

func TestLayout(t *testing.T) {
	f := make([]byte, 60)
	e := Ethernet(f)
	e.SetType(EtherTypeVLAN)
	VLAN(f[14:]).SetType(EtherTypeIPv4)
	ip := IPv4(f[18:])
	ip.SetVersionIHL(24)
	ip.SetTotalLen(24 + 8 + 3)
	ip.SetProto(ProtoUDP)
	want := []HeaderSpan{{"Ethernet", 0, 14, HdrEthernet, false}, {"VLAN", 14, 18, HdrVLAN, false},
		{"IPv4", 18, 42, HdrIPv4, false}, {"UDP", 42, 50, HdrUDP, false}, {"Payload", 50, 53, HdrPayload, false},
		{"Trailer", 53, 60, HdrTrailer, false}}
	if got := Layout(f, LinkEthernet); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	want = []HeaderSpan{{"Ethernet", 0, 14, HdrEthernet, false}, {"VLAN", 14, 18, HdrVLAN, false},
		{"IPv4", 18, 42, HdrIPv4, false}, {"UDP", 42, 45, HdrUDP, true}}
	if got := Layout(f[:45], LinkEthernet); !reflect.DeepEqual(got, want) {
		t.Errorf("cut: got %v", got)
	}
}

var linkKinds = []LinkKind{LinkEthernet, LinkRaw, LinkSLL, LinkSLL2, LinkNull, LinkLoop, LinkIPv4, LinkIPv6, 77}

func FuzzFrame(f *testing.F) {
	for _, g := range goldenFrames() {
		f.Add(g, uint8(0), uint16(0))
		f.Add(g[:len(g)*2/3], uint8(0), uint16(100))
		f.Add(g[14:], uint8(1), uint16(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, link uint8, more uint16) {
		k := linkKinds[int(link)%len(linkKinds)]
		s := Summary(b, k, len(b)+int(more))
		for _, c := range []byte(s) {
			if c < ' ' || c > '~' {
				t.Fatalf("Summary(%x) = %q is not printable", b, s)
			}
		}
		if len(s) > 20*len(b)+8000 {
			t.Fatalf("Summary of %d bytes has %d", len(b), len(s))
		}
		at := 0
		for _, h := range Layout(b, k) {
			if h.From != at || h.To <= h.From {
				t.Fatalf("Layout(%x) = %v: gap or overlap at %d", b, Layout(b, k), at)
			}
			at = h.To
		}
		if at != len(b) {
			t.Fatalf("Layout(%x) ends at %d", b, at)
		}
	})
}

func FuzzTCPOptions(f *testing.F) {
	f.Add([]byte{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7})
	f.Add([]byte{5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 254, 4, 0xf9, 0x89})
	f.Fuzz(func(t *testing.T, b []byte) {
		var o, again TCPOptions
		ParseTCPOptions(b, &o)
		if o.WScale > TCPMaxWScale || o.NumSACK > TCPMaxSACKs || o.CookieLen > TCPFastOpenMax {
			t.Fatalf("out of bounds: %+v", o)
		}
		e := emitOptions(&o)
		ParseTCPOptions(e, &again)
		o.MD5, o.AO, o.MPTCP, o.WScaleBig, o.CookieExp = false, false, false, false, false
		if again != o {
			t.Fatalf("parse(emit(x)) = %+v, x = %+v", again, o)
		}
	})
}

func emitOptions(o *TCPOptions) []byte {
	b := make([]byte, 120)
	n := 0
	if o.MSS != 0 {
		n += PutMSS(b[n:], o.MSS)
	}
	if o.HasWScale {
		n += PutWScale(b[n:], o.WScale)
	}
	if o.HasTS {
		n += PutTS(b[n:], o.TSVal, o.TSEcr)
	}
	if o.SACKPerm {
		n += PutSACKPerm(b[n:])
	}
	if o.NumSACK > 0 {
		n += PutSACK(b[n:], o.SACK[:o.NumSACK])
	}
	if o.HasCookie {
		n += PutFastOpen(b[n:], o.Cookie[:o.CookieLen])
	}
	return b[:n]
}

func TestNoAllocs(t *testing.T) {
	b := make([]byte, 64)
	b[0] = 0x45
	var o TCPOptions
	if n := testing.AllocsPerRun(100, func() {
		h := IPv4(b)
		h.SetTTL(64)
		h.ComputeChecksum()
		h.DecreaseTTL()
		TCP(b[20:]).ComputeChecksum(PseudoHeader4(h.Src(), h.Dst(), ProtoTCP, 44))
		ParseTCPOptions(b[40:], &o)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
