package view

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// memory is a capture in memory.
type memory struct {
	frames []pcaps.Frame
	at     int
}

func (m *memory) Name() string   { return "memory" }
func (m *memory) Rewind()        { m.at = 0 }
func (m *memory) Index() error   { return nil }
func (m *memory) Len() int       { return len(m.frames) }
func (m *memory) Complete() bool { return true }
func (m *memory) Frame(i int) (pcaps.Frame, error) {
	if i >= len(m.frames) {
		return pcaps.Frame{}, io.EOF
	}
	return m.frames[i], nil
}
func (m *memory) Next() (pcaps.Frame, error) {
	f, err := m.Frame(m.at)
	m.at++
	return f, err
}

// router is a walk on a router: one packet comes in for somebody else, goes out
// to the next hop, and one more has no hop left.
func router(t *testing.T) *Session {
	t.Helper()
	in := echo(false, 1)
	copy(in[30:], []byte{10, 0, 5, 9}) // to 10.0.5.9
	fix := func(b []byte) {
		sum := headerSum(b[14:34], b[22])
		b[24], b[25] = byte(sum>>8), byte(sum)
	}
	fix(in)
	out := append([]byte(nil), in...)
	copy(out, []byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 2})
	out[22]--
	fix(out)
	last := append([]byte(nil), in...)
	last[22] = 1
	fix(last)
	m := &memory{}
	for i, b := range [][]byte{in, out, last} {
		m.frames = append(m.frames, pcaps.Frame{N: i + 1, At: int64(i) * 1e6, Data: b, OrigLen: len(b), Link: pcaps.LinkEthernet})
	}
	setup := func(h *stack.Host) error {
		d := h.NS.DevByName("eth0")
		d.Addr = 0x020000000002
		h.IPv6.Conf(d).DisableIPv6 = 1
		h.NS.Sysctl.IPForward, h.NS.Sysctl.ConfAll.Forwarding = 1, 1
		h.IPv4.AddAddr(d, 0x0a000002, 24, ipv4.AddrOpts{AutoBroadcast: true})
		h.Up(d)
		h.IPv4.Conf(d).Forwarding = 1
		h.IPv4.AddRoute(ipv4.Route{Dst: 0x0a000500, Plen: 24, Scope: -1, NH: []ipv4.Nexthop{{Gw: 0x0a000009, Dev: d.Index}}})
		n := h.NS.Neigh4.Create(wire.IP4(0x0a000009).Addr(), d)
		h.NS.Neigh4.Update(n, 0x020000000009, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
		return nil
	}
	local, err := netAddr("10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(m, stack.Options{Local: local, Setup: setup})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSession(k, "router")
	for done := false; !done; {
		if done, err = s.Advance(100); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestForward: on a router, the map says why a packet does not climb, the route
// that it took is marked, the hop that it cost is shown in its header.
func TestForward(t *testing.T) {
	s := router(t)
	if err := s.Do(Command{Verb: Until, Expr: "ip_forward"}); err != nil {
		t.Fatal(err)
	}
	sc := s.Scene()
	if sc.Lit != Forwarding {
		t.Errorf("at %s", sc.Lit.Name())
	}
	for _, id := range []StageID{UpLocalIn, UpTransport, UpSocket, UpApp} {
		if n := sc.Stages[id].Not; !strings.Contains(n, "10.0.5.9 is passed on to eth0, to the gateway 10.0.0.9") {
			t.Errorf("%s: %q", id.Name(), n)
		}
	}
	if n := sc.Stages[DownSocket].Not; !strings.Contains(n, "FORWARD") {
		t.Errorf("down socket: %q", n)
	}
	taken := ""
	for _, tb := range sc.Tables {
		for _, r := range tb.Rows {
			if tb.Kind == "routes" && r.Here {
				taken += r.Cells[0].Text + " via " + r.Cells[1].Text
			}
		}
	}
	if taken != "10.0.5.0/24 via 10.0.0.9" {
		t.Errorf("the route taken is %q", taken)
	}
	for _, f := range sc.Headers[1].Fields {
		if f.Name == "Time to live" && (f.Value != "63" || f.Was != "64" || !f.Lit) {
			t.Errorf("%+v", f)
		}
	}
	s.Do(Command{Verb: Seek, N: 3})
	if err := s.Do(Command{Verb: NextDrop}); err != nil {
		t.Fatal(err)
	}
	sc = s.Scene()
	if sc.Verdict.Reason != "IP_INHDR" || sc.Packet != 3 {
		t.Errorf("%s: %+v", sc.Place(), sc.Verdict)
	}
	if n := sc.Stages[UpSocket].Not; !strings.Contains(n, "10.0.5.9 is passed on") {
		t.Errorf("dropped on the way through: %q", n)
	}
	if n := sc.Stages[DownNeigh].Not; !sc.Stages[DownNeigh].Visited && n != "It was dropped before: IP_INHDR." {
		t.Errorf("neighbour: %q", n)
	}
}

func netAddr(s string) (wire.Addr, error) {
	p, err := netip.ParseAddr(s)
	return wire.FromNetip(p), err
}
