package rules

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/oracle/gen"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Cost is what packets through the model's router cost with a rule set.
type Cost struct {
	Name   string
	Load   time.Duration // of the rules
	Packet time.Duration // each, all of the way through the router included
}

// A load is a rule set whose cost is measured.
type load struct {
	name, kind string
	script     func() string
}

// tracked has connection tracking work on every packet.
const tracked = "table ip watch {\n chain c {\n type filter hook forward priority 10; policy accept;\n ct state invalid counter\n }\n}\n"

// loads are the rule sets, the empty one first. In all of them packets are tracked.
var loads = []load{
	{"an empty chain", "nft", func() string {
		return tracked + "table ip t {\n chain c {\n type filter hook forward priority 0; policy accept;\n }\n}\n"
	}},
	{"a map of 1,000,000 elements", "nft", func() string { return tracked + millionMap(1000000) }},
	{"1,000 rules of iptables (legacy)", "iptables-legacy", func() string { return thousandRules() }},
	{"1,000 rules of iptables-nft", "iptables", func() string { return thousandRules() }},
	{"10,000 rules of nft", "nft", func() string { return tracked + manyRules(10000) }},
}

// flowAddr is the source address of a conversation: one of the map's elements.
func flowAddr(i int) wire.IP4 { return wire.IP4(0x0b000000 + uint32(i*997%1000000)*8) }

func millionMap(n int) string {
	var s strings.Builder
	s.WriteString("table ip t {\n map m {\n type ipv4_addr : verdict\n elements = { ")
	for i := range n {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%s : accept", wire.IP4(0x0b000000+uint32(i)*8))
	}
	s.WriteString(" }\n }\n chain c {\n type filter hook forward priority 0; policy accept;\n ip saddr vmap @m\n }\n}\n")
	return s.String()
}

func thousandRules() string {
	var s strings.Builder
	s.WriteString("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\n")
	for i := range 999 {
		fmt.Fprintf(&s, "-A FORWARD -s 172.16.%d.%d/32 -p udp -m udp --dport %d -j DROP\n", i/250, i%250, 1+i)
	}
	s.WriteString("COMMIT\n")
	return s.String()
}

func manyRules(n int) string {
	var s strings.Builder
	s.WriteString("table ip t {\n chain c {\n type filter hook forward priority 0; policy accept;\n")
	for i := range n {
		fmt.Fprintf(&s, "ip saddr 172.16.%d.%d udp dport %d drop\n", i/250, i%250, 1+i)
	}
	s.WriteString("}\n}\n")
	return s.String()
}

// costs is a router with a rule set, and the packets for it.
type costs struct {
	m      *model
	frames [][]byte
	n      int
}

// begin loads a rule set and opens 1,000 connections.
func (l load) begin() (*costs, error) {
	m := &model{quiet: true}
	m.build(false)
	script, said, status := l.script(), "", 0
	if l.kind == "nft" {
		_, said, status = nft.Run(m.h.NS, []string{"-f", "-"}, script)
	} else {
		e := ipt.Env{NS: m.h.NS, Stdin: func() string { return script }}
		_, said, status = e.Run([]string{l.kind + "-restore"})
	}
	if status != 0 {
		return nil, fmt.Errorf("%s: %.200s", l.name, said)
	}
	c := &costs{m: m}
	for i := range 1000 {
		c.frames = append(c.frames, gen.UDP(flowAddr(i), addr4("10.9.0.7"), 4000, 53, 20))
	}
	for range c.frames {
		c.one()
	}
	return c, nil
}

// one sends the next packet through.
func (c *costs) one() {
	f := c.frames[c.n%len(c.frames)]
	c.n++
	c.m.dev[0].Receive(f, device.RxInfo{})
	c.m.w.Run(c.m.w.Clock.Now() + 10*sim.Microsecond)
}

// Measure sends packets through the router with each rule set, and takes the best of
// three passes.
func Measure(packets int) (l []Cost, err error) {
	for _, x := range loads {
		at := time.Now()
		c, err := x.begin()
		if err != nil {
			return nil, err
		}
		r := Cost{Name: x.name, Load: time.Since(at)}
		for pass := range 3 {
			at = time.Now()
			for range packets {
				c.one()
			}
			if t := time.Since(at) / time.Duration(packets); pass == 0 || t < r.Packet {
				r.Packet = t
			}
		}
		if got, want := c.m.passed, uint64(1000+3*packets); got != want {
			return nil, fmt.Errorf("%s: %d of %d packets came out", x.name, got, want)
		}
		l = append(l, r)
	}
	return l, nil
}

// PrintCosts writes what Measure found, with the ratio to the empty chain.
func PrintCosts(out io.Writer, packets int, l []Cost) {
	fmt.Fprintf(out, "%d packets through a router with connection tracking, best of three, in one run:\n", packets)
	for _, c := range l {
		fmt.Fprintf(out, "  %-34s %8s a packet, %5.2f times the empty chain; loaded in %s\n", c.Name, c.Packet.Round(time.Nanosecond), float64(c.Packet)/float64(l[0].Packet), c.Load.Round(time.Millisecond))
	}
}
