package stack

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Mode says what a replay does with the frames that the captured host sent.
type Mode uint8

const (
	// Follow takes them for the truth: they walk down with the capture's bytes,
	// and the sockets follow.
	Follow Mode = iota
	// React lets the model answer by itself and compares.
	React
)

var modeNames = [...]string{"follow", "react"}

// String is the mode's name as --mode takes it.
func (m Mode) String() string { return modeNames[m] }

// Options say how a capture is replayed.
type Options struct {
	Mode  Mode
	Local wire.Addr // this host's address; zero: inferred
	// Because says in words where Local comes from; empty: the user said it.
	Because string
	// Setup prepares the host before the first frame, in place of what is
	// inferred from the capture (a lab, a bundled capture's own host).
	Setup func(*Host) error
	Seed  uint64
}

// boot is how long the simulated machine has been up when the first frame
// comes: what its set-up set going (DAD, reports to multicast routers) is over.
const boot = 100 * sim.Second

// settleTime is how long the machine goes on after the last frame.
const settleTime = 3 * sim.Second

// A Replay is a capture's host, simulated, and where the replay is.
type Replay struct {
	World   *World
	Host    *Host
	NIC     *device.NIC
	more    []*device.NIC // of the profile's other interfaces
	beyond  *core.Device  // stands for those that the capture does not show; nil if there are none
	tapped  bool          // frames are seen when the driver gets them, not when they have left
	Mode    Mode
	profile *Profile `fork:"share"`
	start   sim.Time // when the first frame comes
	last    sim.Time
	frames  int // delivered
	buf     []byte
	cur     packet `fork:"zero"` // the frame that is being delivered
	next    packet `fork:"zero"` // the frame that time passes up to
	nextIs  []byte `fork:"zero"` // its bytes
	nextN   int    `fork:"zero"` // its number
	gate    *gate
	react   *reactor
}

// NewReplay makes the host that a profile describes and sets it up.
func NewReplay(o Options, p *Profile) (*Replay, error) {
	r := &Replay{World: NewWorld(o.Seed + 1), Mode: o.Mode, profile: p, start: boot}
	r.start += sim.Time(p.Script.tickAfter(int64(boot)))
	r.Host = r.World.AddHost("host")
	r.gate = &gate{r: r}
	r.NIC = r.card(0, &p.Port)
	for i := range p.More {
		r.more = append(r.more, r.card(i+1, &p.More[i]))
	}
	if p.Beyond && o.Setup == nil {
		r.beyond = p.addBeyond(r.Host)
	}
	r.Host.NS.Follow = r.gate
	r.gate.discard = true
	setup := o.Setup
	if setup == nil {
		setup = p.setup
	}
	if err := setup(r.Host); err != nil {
		return nil, err
	}
	r.World.Run(boot)
	r.gate.discard = false
	r.begin()
	return r, nil
}

// card makes the card of an interface.
func (r *Replay) card(i int, p *Port) *device.NIC {
	mac := p.MAC
	if mac == 0 {
		mac = 0x020000000001 + wire.MAC(i)<<8
	}
	return r.Host.AddNIC(p.Name, mac, device.Config{Wire: (*sink)(r), Off: r.off(), RxGap: 1, Rate: r.profile.Script.Rate(), FirstIRQ: 24 + 4*i})
}

// nic is the card of the interface that a frame was captured on.
func (r *Replay) nic(iface int) *device.NIC {
	for i := range r.profile.More {
		if r.profile.More[i].Iface == iface {
			return r.more[i]
		}
	}
	return r.NIC
}

// shown reports whether the capture shows what leaves by a device.
func (r *Replay) shown(d *core.Device) bool { return d != nil && d != r.beyond }

// off lists the offloads that are switched off: those whose work the capture
// does not show.
func (r *Replay) off() uint32 {
	if r.profile.has(SuperFrame) {
		return 0
	}
	return core.FeatureTSO | core.FeatureGSO
}

// has reports whether the capture shows something odd.
func (p *Profile) has(k FindingKind) bool {
	for _, f := range p.Findings {
		if f.What == k {
			return true
		}
	}
	return false
}

// addBeyond makes a device that stands for all interfaces of a router that the
// capture does not show. What leaves by it needs no link address.
func (p *Profile) addBeyond(h *Host) *core.Device {
	name := "beyond"
	for h.NS.DevByName(name) != nil {
		name += "_"
	}
	d := h.AddNIC(name, 0x020000ff0001, device.Config{RxGap: 1}).Dev
	d.Flags |= core.IFFNoARP
	return d
}

// setup is what the capture suggests: addresses, a gateway, neighbours.
func (p *Profile) setup(h *Host) error {
	for _, q := range p.ports() {
		q.setup(h, p.Router)
	}
	if d := h.NS.DevByName("beyond"); p.Beyond && d != nil {
		h.IPv6.Conf(d).DisableIPv6 = 1
		h.Up(d)
		h.IPv4.Conf(d).Forwarding = 1
		h.IPv4.AddRoute(ipv4.Route{Scope: -1, NH: []ipv4.Nexthop{{Dev: d.Index}}})
	}
	if p.Router {
		h.NS.Sysctl.IPForward = 1
		h.NS.Sysctl.ConfAll.Forwarding = 1
		h.NS.Sysctl.Conf6All.Forwarding = 1
	}
	return nil
}

// setup does it for one interface.
func (p *Port) setup(h *Host, router bool) {
	d := h.NS.DevByName(p.Name)
	d.MTU = p.MTU
	if p.Vlan > 0 {
		h.Up(d)
		d = device.NewVlan(d, "vlan", 0, uint16(p.Vlan), false)
		d.Addr = p.MAC
	}
	six := false
	for _, a := range p.Addrs {
		six = six || !a.Addr.Is4()
	}
	if !six {
		h.IPv6.Conf(d).DisableIPv6 = 1
	}
	for _, a := range p.Addrs {
		if a.Addr.Is4() {
			h.IPv4.AddAddr(d, a.Addr.IP4(), a.Len, ipv4.AddrOpts{AutoBroadcast: true})
		} else {
			h.IPv6.AddAddr(d, a.Addr, a.Len, ipv6.AddrOpts{NoDAD: true})
		}
	}
	h.Up(d)
	if router {
		h.IPv4.Conf(d).Forwarding = 1
	}
	if !p.Gateway.IsZero() {
		h.IPv4.AddRoute(ipv4.Route{Scope: -1, NH: []ipv4.Nexthop{{Gw: p.Gateway.IP4(), Dev: d.Index, Onlink: true}}})
	}
	if !p.Gateway6.IsZero() {
		h.IPv6.AddRoute(ipv6.Route6{Gateway: p.Gateway6, Dev: d})
	}
	for _, v := range p.Via {
		if v.Gateway.IsZero() {
			h.IPv4.AddRoute(ipv4.Route{Type: ipv4.RTNThrow, Dst: v.Dst.IP4(), Plen: 32, Scope: -1})
			continue
		}
		h.IPv4.AddRoute(ipv4.Route{Dst: v.Dst.IP4(), Plen: 32, Scope: -1, NH: []ipv4.Nexthop{{Gw: v.Gateway.IP4(), Dev: d.Index, Onlink: true}}})
	}
	for _, s := range p.Neighbour {
		p.know(h, d, s)
	}
}

// know enters a neighbour that the capture shows and does not ask for.
func (p *Port) know(h *Host, d *core.Device, s Station) {
	t := h.NS.Neigh4
	if !s.Addr.Is4() {
		t = h.NS.Neigh6
	}
	if t == nil {
		return
	}
	if n := t.Create(s.Addr, d); n != nil {
		t.Update(n, s.MAC, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
	}
}

// begin starts the clock of the trace.
func (r *Replay) begin() {
	r.last = r.start
	r.Host.IPv6.StopSoliciting() // it has asked for routers long before the capture
	if r.Mode == Follow {
		r.Host.TCP.Follow = true
		w := &reader{ns: r.Host.NS, buf: make([]byte, 1<<16)}
		r.Host.UDP.Reader, r.Host.Raw.Reader = w, w
		w.runPrograms(r.Host)
		if r.profile.Router {
			r.tap()
		}
	} else {
		r.react = newReactor()
		for _, n := range append([]*device.NIC{r.NIC}, r.more...) {
			n.Takes = true // hosts that are recorded mostly have a virtual card: TSQ sees nothing below
		}
		if r.profile.has(SuperFrame) || r.profile.has(PartialSum) {
			r.tap()
		}
		src := &sources{r.profile, r.start}
		r.Host.TCP.ISNs, r.Host.TCP.TSOffsets, r.Host.TCP.Answers = src, src, src
		r.Host.NS.Machine.CallTime = true
		r.Host.IPv6.SetLabeler(src)
		if r.profile.Script != nil {
			r.play(r.profile.Script)
		}
	}
}

// tap sees frames where a capturing program does.
func (r *Replay) tap() {
	r.tapped = true
	for _, n := range append([]*device.NIC{r.NIC}, r.more...) {
		n.Dev.Ops = &sendTap{n.Dev.Ops, r}
	}
}

// Epoch is the virtual time of the first frame.
func (r *Replay) Epoch() sim.Time { return r.start }

// SetTracer lets t listen; its times count from the first frame.
func (r *Replay) SetTracer(t *trace.Tracer) {
	if t != nil {
		t.Epoch = r.start
	}
	r.World.SetTracer(t)
}

// Fork copies the replay. The copy has no tracer.
func (r *Replay) Fork() (*Replay, int) { return sim.Fork(r) }

// Inject lets time pass up to a frame's, and delivers it.
func (r *Replay) Inject(f *pcaps.Frame) {
	r.Advance(f)
	r.Deliver(f)
}

// Advance lets time pass up to a frame's.
func (r *Replay) Advance(f *pcaps.Frame) {
	at := r.start + sim.Time(f.At)
	if f.NoTime || at < r.last {
		at = r.last
	}
	r.last = at
	r.ahead(f)
	r.World.Run(at)
	r.gate.expire(at)
}

// ahead looks at a frame before time has passed up to it, so that the memory of
// its connection comes meanwhile.
func (r *Replay) ahead(f *pcaps.Frame) {
	p := &r.next
	p.ok = p.read(f.Data, f.Link)
	if r.nextIs, r.nextN = f.Data, f.N; !p.ok || p.tcp == nil {
		return
	}
	if r.profile.direction(f, p) == pcaps.DirOut {
		r.Host.TCP.Prefetch(p.src, p.dst, p.sport, p.dport)
	} else {
		r.Host.TCP.Prefetch(p.dst, p.src, p.dport, p.sport)
	}
}

// Pass lets time pass up to a moment, counted from the first frame.
func (r *Replay) Pass(at sim.Time) { r.World.Run(max(r.start+at, r.World.Clock.Now())) }

// Deliver gives a frame to the host, and reports whether the host sent it.
func (r *Replay) Deliver(f *pcaps.Frame) (out bool) {
	r.frames++
	p := &r.cur
	if f.N == r.nextN && len(f.Data) > 0 && len(r.nextIs) == len(f.Data) && &r.nextIs[0] == &f.Data[0] {
		*p, r.nextIs = r.next, nil
	} else {
		p.ok = p.read(f.Data, f.Link)
	}
	out = r.profile.direction(f, p) == pcaps.DirOut
	if t := r.World.Trace; t != nil {
		t.Root(uint32(f.N))
	}
	eth, known := r.ethernet(f, out)
	if !known {
		r.notModelled(f, out)
		return out
	}
	switch {
	case !out:
		r.receive(f, p, eth)
	case r.Mode == Follow:
		r.gate.sent(f, p, eth)
	default:
		r.react.captured(f, eth, r.nic(f.Iface).Dev.Index)
	}
	return out
}

// Finish lets the machine go on after the last frame, and tells what still
// waits then.
func (r *Replay) Finish() {
	r.World.Run(r.last + settleTime)
	r.gate.expire(r.last + settleTime + sim.Second)
	if r.Mode == Follow {
		r.Host.TCP.FollowEnd()
	}
	r.World.tellHeld()
	if r.react != nil {
		r.react.finish()
		r.reportDifferences()
	}
}

// DevName is the name of a device by its number, empty if there is none.
func (r *Replay) DevName(i int) string {
	if d := r.Host.NS.DevByIndex(i); d != nil {
		return d.Name
	}
	return ""
}

// HostName is the name of a host by its number.
func (r *Replay) HostName(i uint8) string {
	if int(i) < len(r.World.Hosts) {
		return r.World.Hosts[i].Name
	}
	return ""
}

// Start is the virtual time of the first frame, in ns; sentences count from it.
func (r *Replay) Start() int64 { return int64(r.start) }

// Text is an interned string.
func (r *Replay) Text(i uint64) string { return step.Word(i) }

// Flow is a number that the two directions of a conversation share: that of
// the frame that was delivered last, 0 for one without addresses.
func (r *Replay) Flow() uint32 {
	p := &r.cur
	if !p.ok || p.src.IsZero() && p.dst.IsZero() {
		return 0
	}
	mix := func(a wire.Addr, port uint16) uint64 {
		x := (a.Hi^a.Lo)*0x9e3779b97f4a7c15 + uint64(port)
		x = (x ^ x>>31) * 0xbf58476d1ce4e5b9
		return x ^ x>>29
	}
	h := mix(p.src, p.sport) + mix(p.dst, p.dport) + uint64(p.proto)
	return uint32(h>>32) | 1
}

// sink is the far end of the card's link: what is sent has left.
type sink Replay

// Carry takes a frame off the card.
func (s *sink) Carry(d *core.Device, frame []byte, pkt uint32) {
	r := (*Replay)(s)
	if !r.tapped && r.shown(d) {
		r.left(d, nil, frame, pkt)
	}
}

// left is told of a frame of the model that leaves by a captured device.
func (r *Replay) left(d *core.Device, b *core.SKB, frame []byte, pkt uint32) {
	if r.react != nil {
		r.react.model(frame, pkt, d.Index)
		return
	}
	r.gate.left(d, b, frame, pkt)
}
