package view

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// labFile is a bundled lab, read to its end.
func labFile(t testing.TB, name string) *Session {
	t.Helper()
	b, err := os.ReadFile("../../lessons/labs/" + name + ".sh")
	if err != nil {
		t.Fatal(err)
	}
	return labSession(t, string(b))
}

// hopsOf is the way of the packet at hand: "h1 eth0> p1 …".
func hopsOf(p *NetPage) string {
	var b strings.Builder
	for _, h := range p.Way {
		b.WriteString(h.Host + "." + h.Dev)
		if h.Out {
			b.WriteString(">")
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

// The machines of a lab, with the kinds of their devices and what connects them, are
// those of the model; the packet moves from one to the next as the reader steps.
func TestMachines(t *testing.T) {
	s := labFile(t, "bridge")
	toPacket(t, s, "10.0.1.1 > 10.0.1.2: ICMP echo request")
	sc := s.Scene()
	p := sc.Net
	if p == nil {
		t.Fatal("there is no page of machines")
	}
	if got, want := hopsOf(p), "h1.eth0> sw.p1 sw.p2> h2.eth0"; got != want {
		t.Errorf("the way is %q, not %q", got, want)
	}
	var names []string
	for _, h := range p.Hosts {
		names = append(names, h.Name)
	}
	if strings.Join(names, " ") != "h1 sw h2 h3" {
		t.Errorf("the machines are %v", names)
	}
	sw := p.Hosts[1]
	if len(sw.Devs) != 4 || sw.Devs[0].Kind != "bridge" || sw.Devs[0].Depth != 0 || sw.Devs[1].Kind != "veth" || sw.Devs[1].Depth != 1 {
		t.Errorf("the switch has %+v", sw.Devs)
	}
	if len(sw.Devs[0].Addrs) == 0 || sw.Devs[0].Addrs[0] != "10.0.1.254/24" {
		t.Errorf("the bridge's addresses are %v", sw.Devs[0].Addrs)
	}
	if len(p.Wires) != 3 {
		t.Errorf("%d wires", len(p.Wires))
	}
	var seen []string
	onWire := 0
	for range sc.Steps {
		p := s.Scene().Net
		here := 0
		for _, h := range p.Hosts {
			for _, d := range h.Devs {
				if d.Here {
					here++
					if x := h.Name + "." + d.Name; len(seen) == 0 || seen[len(seen)-1] != x {
						seen = append(seen, x)
					}
				}
			}
		}
		for _, w := range p.Wires {
			if w.Here {
				here++
				onWire++
			}
		}
		if here > 1 || here == 0 && p.Hop > 0 {
			t.Fatalf("the packet is at %d places", here)
		}
		if err := s.Do(Command{Verb: Forward}); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(seen, " "); got != "h1.eth0 sw.p1 sw.p2 h2.eth0" || onWire < 2 {
		t.Errorf("stepping shows it at %q, %d times on a wire", got, onWire)
	}
}

// Tunnels, and a machine that is on the way twice.
func TestMachinesTunnel(t *testing.T) {
	s := labFile(t, "vxlan")
	toPacket(t, s, "192.168.42.1 > 192.168.42.2: ICMP echo request")
	p := s.Scene().Net
	if got := hopsOf(p); !strings.HasPrefix(got, "h1.vx0> h1.eth0> net.p1 net.p2> h2.eth0 h2.vx0") {
		t.Errorf("the way is %q", got)
	}
	found := false
	for _, d := range p.Hosts[0].Devs {
		found = found || d.Kind == "vxlan" && d.Note == "VNI 42"
	}
	if !found {
		t.Errorf("h1 has %+v", p.Hosts[0].Devs)
	}
}

// Each hop is a line where the screen is lines.
func TestMachinesPlain(t *testing.T) {
	s := labFile(t, "bridge")
	toPacket(t, s, "10.0.1.1 > 10.0.1.2: ICMP echo request")
	n := s.Scene().Packet
	var b bytes.Buffer
	if err := Plain(&b, s, PlainOptions{From: n, To: n}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range strings.Split(b.String(), "\n") {
		if strings.HasPrefix(l, "~ ") {
			got = append(got, l)
		}
	}
	if x := strings.Join(got, "\n"); x != "~ h1: out by eth0 (veth)\n~ sw: in by p1 (veth)\n~ sw: out by p2 (veth)\n~ h2: in by eth0 (veth)" {
		t.Errorf("the hops are\n%s", x)
	}
}

// A capture has one machine, and no such page.
func TestMachinesNone(t *testing.T) {
	if sc := labSession(t, "echo hello").Scene(); sc.Net != nil && len(sc.Net.Hosts) > 0 {
		t.Errorf("a lab without devices has %+v", sc.Net)
	}
}
