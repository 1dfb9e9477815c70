package view

import (
	"fmt"
	"io"
	"slices"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A NetPage is the machines of a lab side by side: their devices, what connects
// them, and where the packet is among them.
type NetPage struct {
	Hosts []NetHost `json:"hosts"` // those of the packet's way first, in its order
	Wires []NetWire `json:"wires,omitempty"`
	Way   []NetHop  `json:"way,omitempty"`
	Hop   int       `json:"hop,omitempty"`  // of Way, from 1: where the packet is; 0: at no device yet
	Wire  bool      `json:"wire,omitempty"` // it is between that hop and the next
	Lost  bool      `json:"lost,omitempty"` // it is dropped there
}

// A NetHost is one machine.
type NetHost struct {
	Name string   `json:"name"`
	Devs []NetDev `json:"devs"`
	Here bool     `json:"here,omitempty"` // the packet is here
	Been bool     `json:"been,omitempty"` // it has been here by now
}

// A NetDev is one device of a machine.
type NetDev struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"`           // veth, bridge, vxlan …
	Note  string   `json:"note,omitempty"` // "VNI 42"
	Addrs []string `json:"addrs,omitempty"`
	Depth int      `json:"depth,omitempty"` // 1: a port of the bridge before it, or on top of that device
	Down  bool     `json:"down,omitempty"`
	Here  bool     `json:"here,omitempty"`
	Been  bool     `json:"been,omitempty"`
}

// A NetPlace is a device: indices of Hosts and of its Devs.
type NetPlace struct {
	Host int `json:"host"`
	Dev  int `json:"dev"`
}

// A NetWire connects two devices.
type NetWire struct {
	A    NetPlace `json:"a"`
	B    NetPlace `json:"b"`
	Been bool     `json:"been,omitempty"`
	Here bool     `json:"here,omitempty"` // the packet is on it
	Back bool     `json:"back,omitempty"` // from B to A, the last time
}

// A NetHop is one device of a packet's way.
type NetHop struct {
	Host string `json:"host"`
	Dev  string `json:"dev"`
	Kind string `json:"kind"`
	Out  bool   `json:"out,omitempty"` // it leaves by it
}

// netState keeps the way of one packet.
type netState struct {
	frame int
	log   *trace.Log
	n     int // events of the story
	way   []netHop
}

// A netHop is a hop of the way.
type netHop struct {
	end  stack.LinkEnd
	out  bool
	at   int // index of the story
	wire int // where the frame leaves, of a hop out; -1: it does not
}

// maxHops is how long a way may be.
const maxHops = 256

// netWay is the way of the packet at hand through the devices.
func (b *builder) netWay() []netHop {
	st := &b.net
	if st.log == b.log && st.frame == b.frame && st.n == len(b.story) {
		return st.way
	}
	*st = netState{frame: b.frame, log: b.log, n: len(b.story)}
	for n := range b.story {
		e := b.event(n)
		if e.Pkt != uint32(b.frame+1) {
			continue
		}
		dev, out, leaves := onDevice(b.log, e)
		if dev == 0 {
			continue
		}
		h := netHop{stack.LinkEnd{Host: e.Host, Index: dev}, out, n, -1}
		if e.Kind == trace.Point && slices.ContainsFunc(st.way, func(o netHop) bool { return o.end == h.end && o.out == out }) {
			continue // it is told again what the frame has told
		}
		if k := len(st.way); k > 0 && st.way[k-1].end == h.end && st.way[k-1].out == out {
			h = st.way[k-1]
			st.way = st.way[:k-1]
		}
		if leaves {
			h.wire = n
		}
		if st.way = append(st.way, h); len(st.way) == maxHops {
			break
		}
	}
	return st.way
}

// onDevice is the device that an event puts its packet on, 0 if none; and whether
// it leaves it.
func onDevice(log *trace.Log, e *trace.Event) (dev int, out, leaves bool) {
	switch e.Kind {
	case trace.Frame:
		return int(e.Dev), e.Code == 1, e.Code == 1
	case trace.Point:
		arg := -1
		switch step.TP(e.Code) {
		case step.NetDevStartXmit:
			arg, out = 1, true
		case step.NetifReceiveSkb:
			arg = 2
		}
		if a := log.Args(e); arg >= 0 && arg < len(a) {
			return int(a[arg]), out, false
		}
	}
	return 0, false, false
}

// machines fills sc.Net.
func (b *builder) machines() {
	if b.lab == nil {
		return
	}
	way := b.netWay()
	m := &netMaker{b: b, p: &NetPage{}, at: map[stack.LinkEnd]NetPlace{}, on: map[stack.LinkEnd]bool{}, conf: map[uint8]*stack.Config{}}
	for _, h := range way {
		m.on[h.end] = true
	}
	m.hosts(way)
	m.wires()
	m.walk(way)
	if len(m.p.Hosts) > 0 {
		b.sc.Net = m.p
	}
}

// A netMaker makes a NetPage.
type netMaker struct {
	b    *builder
	p    *NetPage
	at   map[stack.LinkEnd]NetPlace
	on   map[stack.LinkEnd]bool // of the way
	conf map[uint8]*stack.Config
	devs map[stack.LinkEnd]*stack.DeviceConfig
	list []uint8 // numbers of p.Hosts
}

// hosts puts the machines in order: those of the way, then each beside one that it
// is connected to.
func (m *netMaker) hosts(way []netHop) {
	b, events := m.b, m.b.eventNow()
	m.devs = map[stack.LinkEnd]*stack.DeviceConfig{}
	var all []uint8
	for i := range 256 {
		h := uint8(i)
		if b.hostName(h) == "" {
			continue
		}
		c := b.lab.Config(h, events)
		if c == nil {
			continue
		}
		some := false
		for j := range c.Devices {
			d := &c.Devices[j]
			e := stack.LinkEnd{Host: h, Index: d.Index}
			m.devs[e] = d
			some = some || d.Kind != "loopback" || m.on[e]
		}
		if some {
			m.conf[h] = c
			all = append(all, h)
		}
	}
	for _, h := range way {
		m.add(h.end.Host)
	}
	if len(way) == 0 && m.conf[b.e.Host] != nil {
		m.add(b.e.Host)
	}
	for i := 0; i < len(m.list) || len(m.list) < len(all); i++ {
		if i == len(m.list) {
			for _, h := range all {
				m.add(h)
				if i < len(m.list) {
					break
				}
			}
		}
		for j := range m.conf[m.list[i]].Devices {
			if d := &m.conf[m.list[i]].Devices[j]; d.Peer.Index != 0 {
				m.add(d.Peer.Host)
			}
		}
	}
	for i, h := range m.list {
		m.p.Hosts = append(m.p.Hosts, NetHost{Name: b.hostName(h)})
		m.devices(i, h)
	}
}

// add puts a machine behind the others, once.
func (m *netMaker) add(h uint8) {
	if m.conf[h] != nil && !slices.Contains(m.list, h) {
		m.list = append(m.list, h)
	}
}

// devices puts the devices of a machine in order: behind each those that are its
// ports, or stand on it.
func (m *netMaker) devices(i int, h uint8) {
	c := m.conf[h]
	var put func(under stack.LinkEnd, depth int)
	put = func(under stack.LinkEnd, depth int) {
		for j := range c.Devices {
			d := &c.Devices[j]
			e := stack.LinkEnd{Host: h, Index: d.Index}
			if _, done := m.at[e]; done || d.Kind == "loopback" && !m.on[e] {
				continue
			}
			above := d.Master
			if above.Index == 0 || above.Host != h {
				above = d.Lower
			}
			if above.Host != h || m.devs[above] == nil {
				above = stack.LinkEnd{}
			}
			if above != under {
				continue
			}
			x := &m.p.Hosts[i]
			m.at[e] = NetPlace{i, len(x.Devs)}
			nd := NetDev{Name: Clean(d.Name), Kind: d.Kind, Note: d.Note, Depth: depth, Down: !d.Up}
			for _, a := range d.Addrs {
				nd.Addrs = append(nd.Addrs, Clean(a))
			}
			x.Devs = append(x.Devs, nd)
			if depth < 8 {
				put(e, depth+1)
			}
		}
	}
	put(stack.LinkEnd{}, 0)
	for j := range c.Devices { // what stands on each other in a circle
		if e := (stack.LinkEnd{Host: h, Index: c.Devices[j].Index}); c.Devices[j].Kind != "loopback" {
			if _, done := m.at[e]; !done {
				put(c.Devices[j].Lower, 0)
			}
		}
	}
}

// wires are the pairs.
func (m *netMaker) wires() {
	for i, h := range m.list {
		for j := range m.conf[h].Devices {
			d := &m.conf[h].Devices[j]
			a, ok1 := m.at[stack.LinkEnd{Host: h, Index: d.Index}]
			b, ok2 := m.at[d.Peer]
			if d.Peer.Index != 0 && ok1 && ok2 && (i < b.Host || i == b.Host && a.Dev < b.Dev) {
				m.p.Wires = append(m.p.Wires, NetWire{A: a, B: b})
			}
		}
	}
}

// wire is the wire between two devices, nil if there is none.
func (m *netMaker) wire(a, b NetPlace) *NetWire {
	for i := range m.p.Wires {
		w := &m.p.Wires[i]
		if w.A == a && w.B == b || w.A == b && w.B == a {
			return w
		}
	}
	return nil
}

// walk says where the packet has been, and where it is.
func (m *netMaker) walk(way []netHop) {
	b, p := m.b, m.p
	for i, h := range way {
		d := m.devs[h.end]
		x := NetHop{Host: b.hostName(h.end.Host), Out: h.out, Dev: fmt.Sprint(h.end.Index)}
		if d != nil {
			x.Dev, x.Kind = Clean(d.Name), d.Kind
		}
		p.Way = append(p.Way, x)
		if h.at <= b.n {
			p.Hop = i + 1
			if at, ok := m.at[h.end]; ok {
				p.Hosts[at.Host].Been = true
				p.Hosts[at.Host].Devs[at.Dev].Been = true
			}
		}
	}
	for i := 0; i+1 < len(way); i++ {
		from, ok1 := m.at[way[i].end]
		to, ok2 := m.at[way[i+1].end]
		if !ok1 || !ok2 || !way[i].out || way[i].wire < 0 || way[i].wire > b.n {
			continue
		}
		if w := m.wire(from, to); w != nil {
			w.Been, w.Back = true, w.B == from
			w.Here = i+1 == p.Hop
			p.Wire = p.Wire || w.Here
		}
	}
	p.Lost = b.sc.Verdict.Reached && b.sc.Verdict.Reason != ""
	if p.Hop == 0 {
		at := slices.Index(m.list, b.e.Host)
		if at < 0 && len(way) > 0 {
			at = slices.Index(m.list, way[0].end.Host)
		}
		if at >= 0 {
			p.Hosts[at].Here, p.Hosts[at].Been = true, true
		}
		return
	}
	if at, ok := m.at[way[p.Hop-1].end]; ok && !p.Wire {
		p.Hosts[at.Host].Here = true
		p.Hosts[at.Host].Devs[at.Dev].Here = true
	}
}

// Words is a hop in words: "out by eth0 (veth)".
func (h *NetHop) Words() string {
	w := "in by "
	if h.Out {
		w = "out by "
	}
	if h.Kind == "bridge" {
		w = map[bool]string{true: "sent by the bridge ", false: "up from the bridge "}[h.Out]
	}
	w += h.Dev
	if h.Kind != "" && h.Kind != "bridge" {
		w += " (" + h.Kind + ")"
	}
	return w
}

// hop tells of a device that the packet comes to, a line each.
func (r *reader) hop(w io.Writer, sc *Scene) {
	n := sc.Net
	if n == nil {
		return
	}
	if r.hopOf != sc.Packet || n.Hop < r.hops {
		r.hopOf, r.hops = sc.Packet, 0
	}
	for ; r.hops < n.Hop; r.hops++ {
		h := &n.Way[r.hops]
		fmt.Fprintf(w, "~ %s: %s\n", h.Host, h.Words())
	}
}
