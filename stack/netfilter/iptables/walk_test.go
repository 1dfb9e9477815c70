package iptables_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var update = flag.Bool("update", false, "rewrite the traces in testdata/*.walk")

// A router has eth0 with 10.0.1.1/24 and eth1 with 10.0.2.1/24.
type router struct {
	w    *stack.World
	h    *stack.Host
	dev  [2]*device.Veth
	sent []string // what went out, by device
}

// Carry is the wire: it writes down what goes out.
func (r *router) Carry(d *core.Device, f []byte, _ uint32) {
	r.sent = append(r.sent, d.Name+" "+describe(f))
}

func describe(f []byte) string {
	if binary.BigEndian.Uint16(f[12:]) != 0x800 {
		return fmt.Sprintf("%04x", binary.BigEndian.Uint16(f[12:]))
	}
	h := wire.IPv4(f[14:])
	s := fmt.Sprintf("%v > %v ttl %d tos %#x", h.Src(), h.Dst(), h.TTL(), h.TOS())
	if !h.ChecksumOK() {
		s += " bad IP checksum"
	}
	p := h.Payload()
	sum := uint32(0)
	switch h.Proto() {
	case wire.ProtoTCP:
		t := wire.TCP(p)
		s += fmt.Sprintf(" tcp %d > %d flags %#x opts %x", t.SrcPort(), t.DstPort(), uint16(t.Flags()), t.Options())
		sum = wire.PseudoHeader4(h.Src(), h.Dst(), h.Proto(), len(p))
	case wire.ProtoUDP:
		s += fmt.Sprintf(" udp %d > %d", be16(p), be16(p[2:]))
		sum = wire.PseudoHeader4(h.Src(), h.Dst(), h.Proto(), len(p))
	case wire.ProtoICMP:
		s += fmt.Sprintf(" icmp %d/%d", p[0], p[1])
	}
	if wire.Fold(wire.Checksum(p, sum)) != 0 {
		s += " bad checksum"
	}
	return s
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

// DevName, Text and Start resolve names in sentences.
func (r *router) DevName(i int) string {
	if d := r.h.NS.DevByIndex(i); d != nil {
		return d.Name
	}
	return ""
}
func (r *router) Text(uint64) string { return "" }
func (r *router) Start() int64       { return int64(100 * sim.Second) }

func newRouter(t testing.TB, rules string, traced bool) *router {
	r := &router{w: stack.NewWorld(1)}
	r.w.Clock.Reset(100 * sim.Second)
	r.h = r.w.AddHost("r")
	for i := range r.dev {
		v := device.NewVeth(r.h.NS, fmt.Sprintf("eth%d", i), 10+i, r)
		v.Dev.Addr = wire.MAC(0x020000000001 + i)
		v.Dev.Features = 0
		r.h.Up(v.Dev)
		r.h.IPv4.AddAddr(v.Dev, wire.IP4(0x0a000001|(i+1)<<8), 24, ipv4.AddrOpts{})
		for k := 10; k < 12; k++ {
			n := r.h.NS.Neigh4.Create(wire.IP4(0x0a000000|(i+1)<<8|k).Addr(), v.Dev)
			r.h.NS.Neigh4.Update(n, wire.MAC(0x020000000011+i), core.NUDPermanent, core.NeighUpdateAdmin|core.NeighUpdateOverride)
		}
		r.dev[i] = v
	}
	r.h.IPv4.SetForwarding(true)
	run(t, r.h.NS, rules)
	r.w.Run(r.w.Clock.Now() + 5*sim.Second)
	r.sent = nil
	if traced {
		r.w.SetTracer(&trace.Tracer{Mode: trace.Record, Clock: r.w.Clock})
	}
	return r
}

// run gives lines to iptables; all are to work.
func run(t testing.TB, ns *core.Netns, rules string) {
	t.Helper()
	for _, l := range strings.Split(strings.TrimSpace(rules), "\n") {
		if l == "" {
			continue
		}
		e := ipt.Env{NS: ns}
		if _, errs, st := e.Run(strings.Fields(strings.ReplaceAll(l, "'", ""))); st != 0 {
			t.Fatalf("%s: status %d\n%s", l, st, errs)
		}
	}
}

// counted is what iptables-save -c of the legacy variant prints of a table.
func counted(t testing.TB, ns *core.Netns, prog, table string) string {
	t.Helper()
	e := ipt.Env{NS: ns}
	out, errs, st := e.Run([]string{prog, "-c", "-t", table})
	if st != 0 {
		t.Fatalf("%d %s", st, errs)
	}
	return out
}

// send puts an IPv4 packet of 10.0.1.10 on eth0's wire.
func (r *router) send(dst wire.IP4, proto byte, l4 []byte) { r.sendOpts(dst, proto, l4, 64, 0) }

func (r *router) sendOpts(dst wire.IP4, proto byte, l4 []byte, ttl, tos uint8) {
	f := make([]byte, 34, 34+len(l4))
	binary.BigEndian.PutUint64(f[0:], 0x0200000000010200)
	binary.BigEndian.PutUint32(f[8:], 0x00000011)
	f[12] = 8
	h := wire.IPv4(f[14:])
	h.SetVersionIHL(20)
	h.SetTotalLen(20 + len(l4))
	h.SetTTL(ttl)
	h.SetTOS(tos)
	h.SetProto(wire.Proto(proto))
	h.SetSrc(0x0a00010a)
	h.SetDst(dst)
	h.ComputeChecksum()
	sum := uint32(0)
	at := map[byte]int{6: 16, 17: 6, 1: 2}[proto]
	if proto != 1 {
		sum = wire.PseudoHeader4(h.Src(), dst, wire.Proto(proto), len(l4))
	}
	binary.BigEndian.PutUint16(l4[at:], wire.Fold(wire.Checksum(l4, sum)))
	r.dev[0].Receive(append(f, l4...), device.RxInfo{})
	r.w.Run(r.w.Clock.Now() + 10*sim.Millisecond)
}

func syn(dport uint16, opts ...byte) []byte {
	b := make([]byte, 20, 60)
	binary.BigEndian.PutUint16(b, 40000)
	binary.BigEndian.PutUint16(b[2:], dport)
	b[7], b[12], b[13] = 1, byte(5+len(opts)/4)<<4, 2
	binary.BigEndian.PutUint16(b[14:], 64240)
	return append(b, opts...)
}

func datagram(dport uint16) []byte {
	b := make([]byte, 12)
	binary.BigEndian.PutUint16(b, 40000)
	binary.BigEndian.PutUint16(b[2:], dport)
	b[5] = 12
	return b
}

// walked is the trace of the rules: calls of netfilter, rules tried, notes, ends.
func (r *router) walked() string {
	l := &r.w.Trace.Log
	var s strings.Builder
	for i := range l.Events {
		e := &l.Events[i]
		pad := strings.Repeat(" ", int(e.Depth))
		switch e.Kind {
		case trace.Call:
			st := step.Step(e.Code)
			if st.Info().Layer != step.Netfilter {
				continue
			}
			fmt.Fprintf(&s, "%s%s\n", pad, st)
			if e.Why != 0 {
				fmt.Fprintf(&s, "%s  # %s\n", pad, step.Render(e.Why.Text(), l.WhyArgs(e), r))
			}
		case trace.Tried:
			if t := step.Try(e.Code).Info(); t.What == "rule" && e.Code>>8 == uint16(step.TryXtOther)>>8 {
				fmt.Fprintf(&s, "%s- %s: %s\n", pad, step.Render(t.Candidate, l.Args(e), r), step.Render(t.Because, l.Args(e), r))
			}
		case trace.Note:
			if e.Why>>8 == step.WhyXtRule>>8 || e.Why>>8 == step.WhyNftRule>>8 {
				fmt.Fprintf(&s, "%s* %s\n", pad, step.Render(e.Why.Text(), l.WhyArgs(e), r))
			}
		case trace.End:
			fmt.Fprintf(&s, "%s%s %s at %s\n", pad, trace.Outcome(e.Code), e.Reason, e.Fn)
		}
	}
	l.Reset()
	return s.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".walk")
	want, _ := os.ReadFile(file)
	if string(want) == got {
		return
	}
	if *update {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s differs; to accept: go test -update, then read the diff\n%s", file, got)
}

const own = wire.IP4(0x0a000101)

// TestWalk shows what a reader sees of rules: the rules of recording d13, refusals,
// and what changes packets.
func TestWalk(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		send        func(r *router)
	}{
		{"legacy", `iptables-legacy -t raw -A PREROUTING -p tcp -j TRACE
iptables-legacy -t mangle -A PREROUTING -p tcp --dport 8080 -j MARK --set-mark 7
iptables-legacy -t nat -A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 80
iptables-legacy -N web
iptables-legacy -A web -s 10.0.1.0/24 -j ACCEPT
iptables-legacy -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
iptables-legacy -A INPUT -p tcp --dport 80 -j web
iptables-legacy -P INPUT DROP
iptables-legacy -t mangle -A POSTROUTING -p tcp -j TTL --ttl-set 63`, func(r *router) {
			r.send(own, 6, syn(8080, 2, 4, 5, 0xb4))
			r.send(own, 6, syn(81))
		}},
		{"reject", `iptables-legacy -A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset
iptables-legacy -A INPUT -p tcp --dport 23 -j REJECT
iptables-legacy -A INPUT -p udp -m multiport --dports 53,67:68 -j REJECT --reject-with icmp-admin-prohibited
iptables-legacy -N log
iptables-legacy -A FORWARD -i eth0 -g log
iptables-legacy -A FORWARD -j ACCEPT
iptables-legacy -A log -j LOG --log-prefix seen: --log-ip-options
iptables-legacy -A log ! -d 10.0.2.10 -j RETURN
iptables-legacy -A log -j DROP`, func(r *router) {
			r.send(own, 6, syn(22))
			r.send(own, 6, syn(23))
			r.send(own, 17, datagram(67))
			r.send(0x0a00020a, 6, syn(80))
			r.send(0x0a00020b, 6, syn(80))
		}},
		{"compat", `iptables -A INPUT -p udp -m string --algo bm --string secret -j DROP
iptables -A INPUT -p udp -m statistic --mode nth --every 2 --packet 0 -j LOG
iptables -A INPUT -p tcp -m tcp --dport 22 -m recent --set --name ssh -j DROP`, func(r *router) {
			r.send(own, 17, datagram(53))
			r.send(own, 6, syn(22))
			r.send(own, 6, syn(23))
		}},
	} {
		r := newRouter(t, c.rules, true)
		c.send(r)
		golden(t, c.name, r.walked())
		if n := r.h.Machine.NotModelled; n != 0 {
			t.Errorf("%s: %d packets not modelled", c.name, n)
		}
	}
}
