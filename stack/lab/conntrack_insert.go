package lab

import (
	"net/netip"

	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// insert is -I: the program makes a connection. What of the answers' tuple is not
// named is that of the first packet turned around.
func (c *ctCmd) insert(t *conntrack.Table) int {
	f := &c.f
	s := conntrack.Spec{Zone: conntrack.Zone{ID: uint16(max(0, f.zone)), Dirs: f.zoneDir & 3}, Timeout: sim.Time(c.set.timeout) * sim.Second, Status: c.set.status}
	if _, ok := c.given['m']; ok {
		s.Mark = c.set.mark
	}
	if f.proto == 6 {
		s.State = conntrack.TCPStateID(max(0, f.state))
	}
	o := c.tuple(0, 1)
	if !f.addr[0].IsValid() {
		o, _ = func() (conntrack.Tuple, bool) { r := c.tuple(2, 3); return r.Invert() }()
	}
	r, ok := o.Invert()
	if !ok {
		return c.fail("Operation failed: invalid parameters")
	}
	given := c.tuple(2, 3)
	if f.addr[2].IsValid() {
		r.Src = given.Src
	}
	if f.addr[3].IsValid() {
		r.Dst = given.Dst
	}
	if f.port[2] >= 0 {
		r.Sport = given.Sport
	}
	if f.port[3] >= 0 {
		r.Dport = given.Dport
	}
	if natTo(&r.Dst, &r.Dport, &f.nat[0]) {
		s.Status |= conntrack.SrcNAT | conntrack.SrcNATDone
	}
	if natTo(&r.Src, &r.Sport, &f.nat[1]) {
		s.Status |= conntrack.DstNAT | conntrack.DstNATDone
	}
	s.Orig, s.Reply = o, r
	done := "created"
	if c.add {
		done = "added"
	}
	if _, errno := t.Create(&s); errno != 0 {
		if c.add && errno == step.EEXIST {
			c.shown(0, "flow entries", done)
			return 0
		}
		words := map[uint16]string{uint16(step.EEXIST): "Such conntrack exists, try -U to update", uint16(step.EBUSY): "Device or resource busy", uint16(step.ENOMEM): "Not enough memory"}
		return c.fail("Operation failed: %s", words[uint16(errno)])
	}
	c.shown(1, "flow entries", done)
	return 0
}

// tuple is what the options say of one direction: src and dst are their places.
func (c *ctCmd) tuple(src, dst int) conntrack.Tuple {
	f := &c.f
	addr := func(p netip.Prefix) (a wire.Addr) {
		if p.IsValid() {
			a = wire.FromNetip(p.Addr())
		}
		return a
	}
	k := conntrack.Tuple{L3: f.l3, Proto: f.proto, Src: addr(f.addr[src]), Dst: addr(f.addr[dst]), Sport: uint16(max(0, f.port[src])), Dport: uint16(max(0, f.port[dst]))}
	if f.proto == 1 || f.proto == 58 {
		k.Sport, k.Dport = uint16(max(0, f.icmp[2])), uint16(max(0, f.icmp[0])<<8|max(0, f.icmp[1]))
	}
	return k
}

// natTo changes where answers go, or come from: -n and -g. It reports whether it did.
func natTo(a *wire.Addr, port *uint16, n *ctNAT) bool {
	if !n.on || !n.addr.IsValid() {
		return false
	}
	*a = wire.FromNetip(n.addr)
	if n.port > 0 {
		*port = uint16(n.port)
	}
	return true
}
