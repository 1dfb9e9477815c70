package view

import (
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestBits: functions, headers and fields are those of the catalogues.
func TestBits(t *testing.T) {
	fieldsOf := map[string]map[string]bool{}
	for k := wire.HdrEthernet; k <= wire.HdrTrailer; k++ {
		fieldsOf[k.String()] = map[string]bool{}
		for _, f := range wire.Fields(k) {
			fieldsOf[k.String()][f.Name] = true
		}
	}
	for fn, list := range bitsOf() {
		if step.ByName(fn) == 0 {
			t.Errorf("no function %s", fn)
		}
		for _, b := range list {
			if fieldsOf[b.header] == nil {
				t.Errorf("%s: no header %q", fn, b.header)
			}
			for f := range b.fields {
				if !fieldsOf[b.header][f] {
					t.Errorf("%s: %s has no field %q", fn, b.header, f)
				}
			}
		}
	}
}

// TestLitFields: the fields that a step is about are lit, at their very bits.
func TestLitFields(t *testing.T) {
	for _, c := range []struct {
		capture, until, header, field string
		from, to                      int // bits of the header
		bytes                         [2]int
	}{
		{"ping", "eth_type_trans", "Ethernet", "Type", 96, 112, [2]int{12, 14}},
		{"ping", "ip_rcv_core", "IPv4", "Header checksum", 80, 96, [2]int{24, 26}},
		{"ping", "icmp_rcv", "ICMP", "Type", 0, 8, [2]int{34, 35}},
		{"arp", "arp_process", "ARP", "Sender hardware address", 64, 112, [2]int{22, 28}},
		{"tcp", "tcp_ack", "TCP", "Acknowledgment number", 64, 96, [2]int{42, 46}},
		{"dns", "__udp4_lib_lookup", "UDP", "Destination port", 16, 32, [2]int{36, 38}},
		{"ipv6", "ip6_rcv_core", "IPv6", "Next header", 48, 56, [2]int{20, 21}},
	} {
		s := bundled(t, c.capture)
		if err := s.Do(Command{Verb: Until, Expr: c.until}); err != nil {
			t.Errorf("%s: %v", c.capture, err)
			continue
		}
		sc := s.Scene()
		lit := 0
		for _, h := range sc.Headers {
			if h.Lit {
				lit++
			}
			for _, f := range h.Fields {
				if h.Name != c.header || f.Name != c.field {
					continue
				}
				if !f.Lit || f.From != c.from || f.To != c.to || h.From+f.From/8 != c.bytes[0] || h.From+(f.To+7)/8 != c.bytes[1] {
					t.Errorf("%s, %s: %+v in the header at %d", c.capture, c.until, f, h.From)
				}
				c.field = ""
			}
		}
		if lit != 1 || c.field != "" {
			t.Errorf("%s, %s: %d headers are lit, %s not found", c.capture, c.until, lit, c.field)
		}
	}
}

// TestRewrite: a router takes one off the time to live; the Scene shows the
// header as it is then, with a right checksum, and what it was.
func TestRewrite(t *testing.T) {
	k := &fake{chunk: &fakeChunk{story: map[int][]int{}}}
	k.t.Clock, k.t.Mode = &k.clock, trace.Record
	data := echo(false, 1)
	sum := headerSum(data[14:34], 64)
	data[24], data[25] = byte(sum>>8), byte(sum)
	k.frames = append(k.frames, pcaps.Frame{N: 1, Data: data, OrigLen: len(data), Link: pcaps.LinkEthernet})
	b := &obj{kind: step.KindSKB, id: 100, pkt: 1}
	b.f[step.SKBTTL] = 64
	b.f[step.SKBSaddr+1], b.f[step.SKBDaddr+1] = 0xffff<<32|0x0a000001, 0xffff<<32|0x0a000002
	k.t.Root(1)
	k.t.Frame(0, b, 2, data)
	k.in("ip_rcv_core", b, nil)
	k.in("ip_forward", b, func() { b.f[step.SKBTTL] = 63 })
	k.in("ip_output", b, nil)
	for e := range k.t.Log.Events {
		k.chunk.story[0] = append(k.chunk.story[0], e)
	}
	k.chunk.log = k.t.Log
	k.packets = []Summary{{}}
	k.Advance(1)
	s := New(k, "forward")
	s.Advance(1)
	want := map[string][2]string{"ip_rcv_core": {"64", ""}, "ip_forward": {"63", "64"}, "ip_output": {"63", ""}}
	for s.Do(Command{Verb: Forward}) == nil {
		sc := s.Scene()
		w, ok := want[sc.Func]
		if !ok {
			continue
		}
		delete(want, sc.Func)
		for _, f := range sc.Headers[1].Fields {
			if f.Name == "Time to live" && (f.Value != w[0] || f.Was != w[1] || w[1] != "" && !f.Lit) {
				t.Errorf("%s: %+v, want %v", sc.Func, f, w)
			}
			if f.Name == "Header checksum" && (f.Was != "") != (w[1] != "") {
				t.Errorf("%s: %+v", sc.Func, f)
			}
		}
		ip := sc.Bytes[14:34]
		if got := uint16(ip[10])<<8 | uint16(ip[11]); got != headerSum(ip, ip[8]) || w[0] == "63" && ip[8] != 63 {
			t.Errorf("%s: ttl %d, checksum %x", sc.Func, ip[8], got)
		}
	}
	if len(want) > 0 {
		t.Errorf("never at %v", want)
	}
	if data[22] != 64 {
		t.Error("the capture's own bytes were changed")
	}
}
