package nat

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var update = flag.Bool("update", false, "rewrite the traces in testdata/*.walk")

// A world is a router: eth0 10.0.1.1/24 towards clients, eth1 10.0.2.1/24
// towards servers, the default route by 10.0.2.254. Frames that leave are
// collected.
type world struct {
	t    testing.TB
	m    *core.Machine
	ns   *core.Netns
	ip   *ipv4.IPv4
	eth  [2]*core.Device
	sent []frame
}

type frame struct {
	dev int
	p   []byte // the IP packet
}

// StartXmit collects a frame.
func (w *world) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	f := make([]byte, b.Len())
	if b.IPSummed == core.ChecksumPartial {
		d.NS.ChecksumHelp(b)
	}
	b.CopyBits(0, f)
	w.sent = append(w.sent, frame{d.Index, f[14:]})
	d.NS.Sent(b, false, step.VethXmit)
	return core.TxOK
}

func ip(a, b, c, d byte) wire.IP4 {
	return wire.IP4(a)<<24 | wire.IP4(b)<<16 | wire.IP4(c)<<8 | wire.IP4(d)
}

var (
	client  = ip(10, 0, 1, 10)
	inside  = ip(10, 0, 1, 1)
	server  = ip(10, 0, 2, 10)
	outside = ip(10, 0, 2, 1)
)

func newWorld(t testing.TB, mode trace.Mode) *world {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(7), IDs: &core.IDs{}}
	m.Clock.Reset(100 * sim.Second)
	core.NewSoftnet(m)
	ns := core.NewNetns(m, "r")
	if mode != trace.Silent {
		ns.Trace = &trace.Tracer{Mode: mode, Clock: m.Clock, Epoch: 105 * sim.Second}
	}
	w := &world{t: t, m: m, ns: ns}
	lo := ns.NewDevice("lo", 1, w)
	lo.Flags, lo.MTU, lo.Type = core.IFFLoopback|core.IFFUp|core.IFFRunning, 65536, core.LinkLoopback
	ns.Loopback = lo
	w.ip = ipv4.New(ns)
	w.ip.DevUp(lo)
	ns.Sysctl.IPForward = 1
	ns.Sysctl.ConfAll.Forwarding, ns.Sysctl.ConfDefault.Forwarding = 1, 1
	for i := range w.eth {
		d := ns.NewDevice([]string{"eth0", "eth1"}[i], 11+i, w)
		d.Flags |= core.IFFUp | core.IFFRunning
		d.Addr = wire.MAC(0x020000000001 + i)
		w.eth[i] = d
		w.ok(w.ip.AddAddr(d, ip(10, 0, byte(i+1), 1), 24, ipv4.AddrOpts{}))
		for _, h := range []byte{10, 11, 254} {
			n := ns.Neigh4.Create(ip(10, 0, byte(i+1), h).Addr(), d)
			ns.Neigh4.Update(n, 0x020000000100+wire.MAC(h), core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
		}
		w.ip.DevUp(d)
	}
	w.ok(w.ip.AddRoute(ipv4.Route{Scope: -1, NH: []ipv4.Nexthop{{Gw: ip(10, 0, 2, 254)}}}))
	conntrack.Enable(ns, core.NFIPv4)
	w.m.Clock.RunUntil(105 * sim.Second)
	w.sent = nil
	if ns.Trace != nil {
		ns.Trace.Ends = nil
		ns.Trace.Log.Reset()
	}
	return w
}

func (w *world) run(d sim.Time) { w.m.Clock.RunUntil(w.m.Clock.Now() + d) }

func (w *world) ok(e core.Errno) {
	w.t.Helper()
	if e != 0 {
		w.t.Fatalf("unexpected %v", e)
	}
}

// A rule is what stands for a rule engine's chain: it matches a protocol and a
// destination port (0: any), and calls fn.
type rule struct {
	proto wire.Proto
	dport uint16
	src   wire.IP4 // 0: any
	fn    func(ns *core.Netns, st *core.HookState, b *core.SKB, c *conntrack.Conn) core.Verdict
	n     int // packets that it saw
}

// Run is the chain.
func (r *rule) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	r.n++
	c, _ := conntrack.Get(b)
	k := c.Tuple(conntrack.Original)
	if r.proto != 0 && k.Proto != uint8(r.proto) || r.dport != 0 && k.Dport != r.dport || r.src != 0 && b.IP4().Src() != r.src {
		return core.Accept
	}
	return r.fn(ns, st, b, c)
}

func (w *world) rule(h core.HookNum, r *rule) *rule {
	AddChain(w.ns, core.NFIPv4, h, -100, r)
	return r
}

func dnat(to wire.IP4, port uint16) func(*core.Netns, *core.HookState, *core.SKB, *conntrack.Conn) core.Verdict {
	return func(_ *core.Netns, st *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		r := &Range{Flags: MapIPs, MinAddr: to.Addr(), MaxAddr: to.Addr()}
		if port != 0 {
			r.Flags |= ProtoSpecified
			r.MinProto, r.MaxProto = port, port
		}
		return Setup(c, r, ManipOf(st.Hook))
	}
}

func masquerade(ns *core.Netns, st *core.HookState, b *core.SKB, _ *conntrack.Conn) core.Verdict {
	return Masquerade(ns, st, b, &Range{})
}

// rx lets a packet come in by eth0 (0) or eth1 (1).
func (w *world) rx(i int, p []byte) {
	b := w.ns.AllocSKB(core.Headroom, 14+len(p), 0)
	f := wire.Ethernet(b.Put(14 + len(p)))
	f.Put(w.eth[i].Addr, 0x020000000100, wire.EtherTypeIPv4)
	copy(f[14:], p)
	b.ResetMAC()
	b.Pull(14)
	b.ResetNetwork()
	b.Protocol, b.PktType, b.Dev, b.IIF = uint16(wire.EtherTypeIPv4), core.PacketHost, w.eth[i], w.eth[i].Index
	w.ns.NetifRx(b)
	w.run(10 * sim.Millisecond)
}

// fwd lets a packet come in and says what left: device and headers; it checks
// the checksums.
func (w *world) fwd(i int, p []byte) string {
	w.t.Helper()
	w.sent = nil
	w.rx(i, p)
	var s []string
	for _, f := range w.sent {
		s = append(s, fmt.Sprintf("eth%d %s", f.dev-11, describe(w.t, f.p)))
	}
	return strings.Join(s, "; ")
}

func describe(t testing.TB, p []byte) string {
	t.Helper()
	h := wire.IPv4(p)
	if !h.Valid() || !h.ChecksumOK() {
		t.Errorf("bad IP header checksum")
		return "bad"
	}
	l4 := h.Payload()
	ports := ""
	switch h.Proto() {
	case wire.ProtoTCP, wire.ProtoUDP:
		if wire.Fold(wire.Checksum(l4, wire.PseudoHeader4(h.Src(), h.Dst(), h.Proto(), len(l4)))) != 0 && (h.Proto() == wire.ProtoTCP || wire.UDP(l4).Checksum() != 0) {
			t.Errorf("bad transport checksum in %v > %v", h.Src(), h.Dst())
		}
		ports = fmt.Sprintf("%v:%d > %v:%d", h.Src(), be16(l4), h.Dst(), be16(l4[2:]))
		if h.Proto() == wire.ProtoTCP {
			th := wire.TCP(l4)
			ports += fmt.Sprintf(" %d/%d", th.Seq(), th.Ack())
			if d := th.Payload(); len(d) > 0 {
				ports += fmt.Sprintf(" %q", d)
			}
		}
		return ports
	case wire.ProtoICMP:
		m := wire.ICMP(l4)
		if wire.Fold(wire.Checksum(l4, 0)) != 0 {
			t.Errorf("bad ICMP checksum")
		}
		s := fmt.Sprintf("%v > %v icmp %d/%d id %d", h.Src(), h.Dst(), m.Type(), m.Code(), m.ID())
		if e, ok := m.Error(); ok {
			_ = e
			s = fmt.Sprintf("%v > %v icmp %d/%d [%s]", h.Src(), h.Dst(), m.Type(), m.Code(), quoted(t, l4[8:]))
		}
		return s
	}
	return "?"
}

// quoted describes the packet inside an ICMP error, of which only the header
// checksum can be checked.
func quoted(t testing.TB, p []byte) string {
	h := wire.IPv4(p)
	if wire.Fold(wire.Checksum(h[:h.IHL()], 0)) != 0 {
		t.Errorf("bad checksum of the quoted header")
	}
	l4 := p[h.IHL():]
	return fmt.Sprintf("%v:%d > %v:%d", h.Src(), be16(l4), h.Dst(), be16(l4[2:]))
}

func packet(src, dst wire.IP4, p wire.Proto, payload []byte) []byte {
	b := make([]byte, 20+len(payload))
	h := wire.IPv4(b)
	h.SetVersionIHL(20)
	h.SetTotalLen(len(b))
	h.SetTTL(64)
	h.SetProto(p)
	h.SetSrc(src)
	h.SetDst(dst)
	copy(b[20:], payload)
	h.ComputeChecksum()
	return b
}

func udp(src, dst wire.IP4, sp, dp uint16) []byte {
	p := make([]byte, 12)
	h := wire.UDP(p)
	h.SetSrcPort(sp)
	h.SetDstPort(dp)
	h.SetLen(len(p))
	h.ComputeChecksum(wire.PseudoHeader4(src, dst, wire.ProtoUDP, len(p)))
	return packet(src, dst, wire.ProtoUDP, p)
}

func tcp(src, dst wire.IP4, sp, dp uint16, flags wire.TCPFlags, seq, ack uint32, data string) []byte {
	p := make([]byte, 20+len(data))
	h := wire.TCP(p)
	h.SetSrcPort(sp)
	h.SetDstPort(dp)
	h.SetSeq(seq)
	h.SetAck(ack)
	h.SetDataOff(20)
	h.SetFlags(flags)
	h.SetWindow(64240)
	copy(p[20:], data)
	h.ComputeChecksum(wire.PseudoHeader4(src, dst, wire.ProtoTCP, len(p)))
	return packet(src, dst, wire.ProtoTCP, p)
}

func icmp(src, dst wire.IP4, typ, code uint8, rest uint32, data []byte) []byte {
	p := make([]byte, 8+len(data))
	h := wire.ICMP(p)
	h.SetType(wire.ICMPType(typ))
	h.SetCode(code)
	h.SetRest(rest)
	copy(p[8:], data)
	h.ComputeChecksum()
	return packet(src, dst, wire.ProtoICMP, p)
}

// conserved checks that no buffer is lost.
func (w *world) conserved() {
	w.t.Helper()
	if w.m.Allocated != w.m.Freed {
		w.t.Errorf("%d buffers are lost", w.m.Allocated-w.m.Freed)
	}
}

// DevName and Text resolve names in sentences.
func (w *world) DevName(i int) string { return w.ns.DevByIndex(i).Name }
func (w *world) Text(uint64) string   { return "" }
func (w *world) Start() int64         { return int64(105 * sim.Second) }

// walked is the trace of netfilter's own functions: calls, what each changed,
// and why.
func (w *world) walked() string {
	l := &w.ns.Trace.Log
	var s strings.Builder
	for i := range l.Events {
		e := &l.Events[i]
		pad := strings.Repeat(" ", int(e.Depth))
		switch e.Kind {
		case trace.Call:
			st := step.Step(e.Code)
			if st.Info().Layer != step.Netfilter && !strings.HasPrefix(st.String(), "ip_") {
				continue
			}
			fmt.Fprintf(&s, "%s%s", pad, st)
			sep := "  "
			l.Set(e, func(c *trace.Change) {
				f := c.Key.Field()
				if c.Key.Kind() != step.KindSKB && c.Key.Kind() != step.KindCT || f.Name == "" || strings.Contains(f.Name, "timeout") {
					return
				}
				if f.Fmt.Wide() {
					return
				}
				fmt.Fprintf(&s, "%s%s %s → %s", sep, f.Name, f.Fmt.Format(0, c.Old, w), f.Fmt.Format(0, c.New, w))
				sep = ", "
			})
			s.WriteByte('\n')
			if e.Why != 0 {
				fmt.Fprintf(&s, "%s  # %s\n", pad, step.Render(e.Why.Text(), l.WhyArgs(e), w))
			}
		case trace.Tried:
			t := step.Try(e.Code).Info()
			if e.Code>>8 == uint16(step.TryCTSrc)>>8 {
				fmt.Fprintf(&s, "%s- %s %s: %s\n", pad, t.What, step.Render(t.Candidate, l.Args(e), w), step.Render(t.Because, l.Args(e), w))
			}
		case trace.Note:
			fmt.Fprintf(&s, "%s* %s\n", pad, step.Render(e.Why.Text(), l.WhyArgs(e), w))
		case trace.End:
			fmt.Fprintf(&s, "%s%s %s\n", pad, trace.Outcome(e.Code), e.Reason)
		}
	}
	l.Reset()
	return s.String()
}

// golden compares a trace with testdata/NAME.walk.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".walk")
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Files) == 1 && string(a.Files[0].Data) == got {
		return
	}
	if *update {
		a.Files = []txtar.File{{Name: "trace", Data: []byte(got)}}
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s differs; to accept: go test -update, then read the diff\n%s", file, got)
}
