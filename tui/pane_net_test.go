package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/view"
)

// netScreen is what the pane paints.
func netScreen(p *view.NetPage, w, h int) (string, *Grid) {
	g := NewGrid(w, h)
	r := Rect{0, 0, w, h}
	g.clip = r
	drawNet(g, r, &view.Scene{Net: p}, &local{focus: PaneNet})
	var b strings.Builder
	for y := range h {
		for x := range w {
			b.WriteRune(g.At(x, y))
		}
		b.WriteByte('\n')
	}
	return b.String(), g
}

// chain is n machines in a row, the packet in the one numbered at.
func chain(n, at int) *view.NetPage {
	p := &view.NetPage{Hop: 1, Way: []view.NetHop{{Host: fmt.Sprintf("host%d", at), Dev: "eth0", Kind: "veth"}}}
	for i := range n {
		p.Hosts = append(p.Hosts, view.NetHost{Name: fmt.Sprintf("host%d", i), Devs: []view.NetDev{{Name: "eth0", Kind: "veth", Addrs: []string{"10.0.0.1/24"}}, {Name: "eth1", Kind: "veth"}}})
		if i > 0 {
			p.Wires = append(p.Wires, view.NetWire{A: view.NetPlace{Host: i - 1, Dev: 1}, B: view.NetPlace{Host: i, Dev: 0}})
		}
	}
	p.Hosts[at].Devs[0].Here = true
	return p
}

// The picture follows the packet where it is larger than the pane.
func TestNetFollows(t *testing.T) {
	for _, z := range [][2]int{{80, 20}, {78, 7}, {50, 5}, {200, 46}, {20, 3}} {
		for at := range 30 {
			text, g := netScreen(chain(30, at), z[0], z[1])
			if !strings.Contains(text, "●") || g.lost > 0 && z[0] >= 50 {
				t.Fatalf("%v: the packet in machine %d is not in view (%d lost):\n%s", z, at, g.lost, text)
			}
			if z[1] > 8 && !strings.Contains(text, fmt.Sprintf("host%d ", at)) {
				t.Fatalf("%v: machine %d is not in view:\n%s", z, at, text)
			}
		}
	}
}

// On a wire the packet is between the machines; where it is dropped a cross is.
func TestNetToken(t *testing.T) {
	p := chain(2, 0)
	p.Hosts[0].Devs[0].Here = false
	p.Wires[0].Here, p.Wires[0].Been, p.Wire = true, true, true
	text, _ := netScreen(p, 80, 12)
	rows := strings.Split(text, "\n")
	at := -1
	for y, l := range rows {
		if strings.Contains(l, "┗") && strings.Contains(l, "●") {
			at = y
		}
	}
	if at < 0 {
		t.Errorf("the packet is not on the wire:\n%s", text)
	}
	p = chain(2, 1)
	p.Lost = true
	if text, _ := netScreen(p, 80, 12); !strings.Contains(text, "✗") {
		t.Errorf("no cross:\n%s", text)
	}
}

// Each kind of device has its own sign, in ASCII too.
func TestNetSigns(t *testing.T) {
	seen, ascii := map[rune]string{}, map[rune]string{}
	for _, k := range kindSigns {
		if o := seen[k.sign]; o != "" {
			t.Errorf("%s and %s have one sign", k.kind, o)
		}
		seen[k.sign] = k.kind
		a := inASCII(k.sign)
		if o := ascii[a]; o != "" || a == '?' {
			t.Errorf("%s and %q have the sign %q in ASCII", k.kind, o, a)
		}
		ascii[a] = k.kind
	}
}

// 0 shows it, in a lab and in a capture.
func TestNetKey(t *testing.T) {
	m := labKeys(t, labModel(t, 120, 40), "0")
	if m.local.slot() != PaneNet {
		t.Fatalf("0 shows %s", m.local.slot())
	}
	m.paint()
	text := m.grid.String(m.theme)
	if !strings.Contains(text, "↔") || !strings.Contains(text, "[0 net]") {
		t.Errorf("no machines:\n%s", text)
	}
	d := realDriver(t, "http", 80, 24)
	d.keys("0")
	c := d.model()
	c.paint()
	if text := c.grid.String(c.theme); !strings.Contains(text, "A capture has one machine") {
		t.Errorf("of a capture it says:\n%s", text)
	}
}
