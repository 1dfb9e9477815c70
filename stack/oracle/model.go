package oracle

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// epoch is how long the simulated machine has been up at time 0 of the
// recording; settle is how long before that the set-up is done.
const (
	epoch  = 1000 * sim.Second
	settle = 400 * sim.Millisecond
)

// model is packetwalk's own stack as a Machine.
type model struct {
	listener
	world       *stack.World
	epoch       sim.Time // of time 0 of the recording
	host        *stack.Host
	veth        map[string]*device.Veth
	agent       *agent
	prog        *socket.Program
	isn         []ChosenISN
	ports       []ChosenPort
	inputs      []Input
	seen, taken int // frames: that Drive has brought, that have come in
	facts       Facts
	nft         nftListener
	absent      []Device // not yet there
	handMade    bool
	err         []string // what is not modelled
}

// NewModel makes a simulated host with the devices of a recorded one.
func NewModel(h Host) (Machine, error) {
	m := &model{world: stack.NewWorld(1), veth: map[string]*device.Veth{}, isn: h.Chosen.TCP, ports: h.Chosen.Ports, inputs: h.Inputs, handMade: h.HandMade, epoch: epoch - tick(h.Rows)}
	m.host = m.world.AddHost(h.Name)
	ns := m.host.NS
	m.nft.from = m.epoch
	nftables.Of(ns).SetTracer(&m.nft)
	m.host.Down(ns.Loopback) // `ip link set lo up` is part of the set-up
	for _, l := range h.Sysctl {
		if k, v, ok := strings.Cut(l, "="); ok {
			lab.Sysctl(m.host, strings.TrimSpace(k), strings.TrimSpace(v)) // what the model has not, it does not need
		}
	}
	for _, d := range h.Devices {
		if _, err := net.ParseMAC(d.MAC); err != nil {
			return nil, err
		}
	}
	m.absent = h.Devices
	m.world.Clock.Reset(m.epoch - settle)
	m.host.TCP.ISNs, m.host.TCP.TSOffsets, m.host.TCP.Ports, m.host.UDP.Ports = m, m, m, m
	m.agent = &agent{m: m, name: h.Name, fds: map[int]int{}, devs: map[int]bool{}, inject: map[string]int{}}
	m.prog = socket.NewProgram(ns, h.Name, m.agent)
	m.listener.m = m
	t := &trace.Tracer{Mode: trace.Record, Epoch: m.epoch, Listener: &m.listener}
	m.world.SetTracer(t)
	return m, nil
}

// plug makes the devices that are named in a command, or all that are not there
// yet. The recorder put the links into a namespace after it had set
// net.*.conf.default there, so that they began with those values.
func (m *model) plug(cmd string, all bool) {
	var rest []Device
	for _, d := range m.absent {
		if !all && !strings.Contains(cmd, d.Name) {
			rest = append(rest, d)
			continue
		}
		mac, _ := net.ParseMAC(d.MAC)
		v := device.NewVeth(m.host.NS, d.Name, d.Index, m)
		v.Dev.Addr, v.Dev.MTU = wire.MACFrom(mac), d.MTU
		v.PeerMTU = d.PeerMTU
		m.veth[d.Name] = v
	}
	m.absent = rest
}

// Setup carries out one command; see Machine.
func (m *model) Setup(cmd string) error {
	if strings.HasPrefix(cmd, "/dev/net/tun ") {
		return m.openTun(cmd)
	}
	s, err := lab.Parse("", cmd)
	if err != nil {
		return err
	}
	m.plug(cmd, false)
	return s.Setup(m.host)
}

// openTun is what the host's program did before time 0: "/dev/net/tun NAME FLAGS",
// the flags of TUNSETIFF. It keeps the device.
func (m *model) openTun(line string) error {
	var name string
	var flags uint16
	if _, err := fmt.Sscanf(line, "/dev/net/tun %s %v", &name, &flags); err != nil {
		return err
	}
	f := device.OpenTun(m.host.NS)
	if e := f.SetIff(name, 0, flags, m.host, 0x020000000099); e != 0 {
		return fmt.Errorf("TUNSETIFF: %s", e.String())
	}
	fd := m.prog.OpenDev(f)
	m.agent.fds[fd], m.agent.devs[fd] = fd, true
	return nil
}

// Frame lets a frame arrive; see Machine.
func (m *model) Frame(dev string, at int64, b []byte) {
	m.seen++
	if m.seen <= m.taken {
		return
	}
	n := 0
	for i := range m.inputs {
		if m.inputs[i].Frame == nil {
			continue
		}
		if n++; n == m.seen {
			m.receive(&m.inputs[i])
		}
	}
}

func (m *model) receive(in *Input) {
	m.taken++
	v := m.veth[in.Dev]
	if v == nil {
		m.missing("a frame on " + in.Dev)
		return
	}
	info := device.RxInfo{Partial: in.Partial, GSOSize: in.GSO}
	if in.Partial && len(in.Frame) > 54 { // what TCP sent lies in pages behind the headers
		info.Paged = len(in.Frame) - 34 - int(in.Frame[46]>>4)*4
		info.Shared = info.Paged > 0 // until the acknowledgement has got past the sender's backlog
	}
	v.Receive(in.Frame, info)
}

// atOnce is within which time a recorded frame is the answer to what has just
// been sent, in ns.
const atOnce = 1000000

// answers lets the frames come in that the recorded peers answered at once.
// The recorded hosts were joined by veth devices, which have no delay: a packet
// is received by the other end, and its answer is back, in the softirq that
// runs before the call that sent it returns.
func (m *model) answers() {
	n := 0
	for i := range m.inputs {
		in := &m.inputs[i]
		switch {
		case in.Frame == nil && in.T > m.now():
			return // somebody does something first
		case in.Frame == nil:
			continue
		}
		if n++; n <= m.taken {
			continue
		}
		if in.T > m.now()+atOnce || in.Called {
			return
		}
		m.world.Clock.Spend(sim.Time(max(0, in.T-m.now())))
		m.receive(in)
		return // what it brings about is sent first
	}
}

// Call queues a call of the program, or does what is not the program's; see
// Machine.
func (m *model) Call(at int64, c Call) {
	switch c.Op {
	case "carrier":
		if v := m.veth[c.Dev]; v != nil {
			m.host.Carrier(v.Dev, c.Up)
		} else {
			m.missing("carrier of " + c.Dev)
		}
	case "command":
		m.command(c.Command)
		m.facts.Calls = append(m.facts.Calls, Result{Call: c.N})
	case "ping":
		m.ping(c)
	default:
		m.agent.todo = append(m.agent.todo, c)
		m.prog.Start(m.world.Clock.Now())
	}
}

// command is one line of the administrator, in mid-run.
func (m *model) command(line string) {
	s, err := lab.Parse("", line)
	if err != nil || len(s.Lines) != 1 {
		m.missing(line)
		return
	}
	w := s.Lines[0].Words
	if len(w) > 3 && w[0] == "ip" && w[1] == "route" && w[2] == "get" {
		m.routeGet(w[3])
		return
	}
	for _, x := range w[1:] {
		if x == "show" || x == "-br" {
			return // a listing changes nothing
		}
	}
	if w[0] == "ip" { // it speaks to the kernel over netlink
		m.begin("syscall sendmsg by ip")
		defer m.Leave()
	}
	if err := lab.Do(m.host, w); err != nil {
		m.missing(err.Error())
	}
}

// routeGet is `ip route get`: inet_rtm_getroute asks as a UDP socket would.
func (m *model) routeGet(dst string) {
	a, err := address(dst)
	if err != nil || !a.Is4() {
		m.missing("ip route get " + dst)
		return
	}
	m.begin("syscall sendmsg by ip")
	fl := ipv4.Flow4{Daddr: a.IP4(), Proto: uint8(wire.ProtoUDP)}
	m.host.IPv4.RouteOutput(&fl)
	m.Leave()
}

func (m *model) missing(what string) { m.err = append(m.err, what) }

// Run lets time pass; see Machine.
func (m *model) Run(until int64) {
	m.plug("", true)
	m.world.Run(m.epoch + sim.Time(until))
	if t := m.world.Trace; t.Idle() {
		for i := range t.Log.Events {
			if e := &t.Log.Events[i]; e.Kind == trace.End && trace.Outcome(e.Code) == trace.NotModelled {
				m.missing(e.Fn.String() + ": " + e.Why.Text())
			}
		}
		t.Log.Reset()
		t.Ends = t.Ends[:0]
	}
}

// Facts are what happened so far; see Machine.
func (m *model) Facts() Facts {
	f := m.facts
	if len(m.nft.list) > 0 {
		rules, _ := lab.Output(m.host, []string{"nft", "-a", "list", "ruleset"})
		f.Rows = append(f.Rows[:len(f.Rows):len(f.Rows)], Row{T: m.now(), By: "nft", NFT: m.nft.traces(rules, false)})
	}
	f.NotModelled = m.err
	f.MIB = map[string]int64{}
	for i, v := range m.host.NS.MIB {
		if v != 0 {
			f.MIB[step.MIB(i).String()] = int64(v)
		}
	}
	m.sockstat(f.MIB)
	return f
}

// Carry takes a frame that leaves by one of the host's links (device.Wire). The
// taps of those who recorded saw it before the driver did; see listener.Point.
func (m *model) Carry(d *core.Device, frame []byte, pkt uint32) {
	if m.now() >= 0 {
		if !m.handMade {
			m.answers()
		}
	}
}

func (m *model) now() int64 { return int64(m.world.Clock.Now() - m.epoch) }

// ISN gives the first sequence number that the recorded kernel drew (tcp.ISNSource).
func (m *model) ISN(k inet.Tuple) (uint32, bool) {
	if c := m.chosen(k); c != nil {
		return c.ISN, true
	}
	return 0, false
}

// TSOffset makes the timestamps those of the recording (tcp.TSOffsetSource).
// The SYN leaves in the moment in which the offset is drawn, a few microseconds
// before or after the recorded one: the millisecond that counts is the model's,
// or the peer would echo one that was never sent.
func (m *model) TSOffset(k inet.Tuple) (uint32, bool) {
	c := m.chosen(k)
	if c == nil || c.TSVal == 0 {
		return 0, false
	}
	at := c.T
	if abs(at-m.now()) < atOnce {
		at = m.now()
	}
	return c.TSVal - uint32((m.epoch+sim.Time(at))/sim.Millisecond), true
}

// chosen finds the numbering of a connection whose SYN is sent about now.
func (m *model) chosen(k inet.Tuple) *ChosenISN {
	var best *ChosenISN
	for i := range m.isn {
		c := &m.isn[i]
		if end(k.Laddr, k.Lport) != c.Local || end(k.Faddr, k.Fport) != c.Remote {
			continue
		}
		if best == nil || abs(c.T-m.now()) < abs(best.T-m.now()) {
			best = c
		}
	}
	if best != nil {
		return best
	}
	for i := range m.isn { // NAT changed the near end on its way out
		if c := &m.isn[i]; end(k.Faddr, k.Fport) == c.Remote && (best == nil || abs(c.T-m.now()) < abs(best.T-m.now())) {
			best = c
		}
	}
	return best
}

func abs(v int64) int64 { return max(v, -v) }

// Port gives the port that the recorded kernel chose for a connect (tcp.PortSource).
func (m *model) Port(laddr, faddr wire.Addr, fport uint16) (uint16, bool) {
	p := m.port("tcp", end(faddr, fport))
	return p, p != 0
}

// ChoosePort gives the port that the recorded kernel chose for a socket that
// had none (udp.PortChooser). Its remote end is that of the call that is
// running.
func (m *model) ChoosePort(ns *core.Netns, sk *core.Sock) uint16 {
	if p := m.port("udp", m.agent.remote); p != 0 || len(m.agent.todo) == 0 {
		return p
	}
	// It is known by the first packet that left, which may be a later call's.
	now := m.agent.todo[0]
	for _, in := range m.inputs {
		c := in.Call
		if c == nil || c.N <= now.N || c.FD != now.FD {
			continue
		}
		if c.Op == "close" {
			break
		}
		if p := m.port("udp", c.Addr); p != 0 {
			return p
		}
	}
	return 0
}

// port takes the next chosen port towards a remote end.
func (m *model) port(proto, remote string) uint16 {
	for i, c := range m.ports {
		if c.Proto == proto && c.Remote == remote {
			m.ports = append(append([]ChosenPort(nil), m.ports[:i]...), m.ports[i+1:]...)
			_, p := cutPort(c.Local)
			n, _ := strconv.ParseUint(p, 10, 16)
			return uint16(n)
		}
	}
	return 0
}

// end is address:port as the recordings write it.
func end(a wire.Addr, port uint16) string {
	s := a.String()
	if a.IsZero() {
		s = "0.0.0.0"
	}
	if strings.Contains(s, ":") {
		s = "[" + s + "]"
	}
	return s + ":" + strconv.Itoa(int(port))
}

// address reads an address; the unspecified one is "no address".
func address(s string) (wire.Addr, error) {
	p, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil || p.IsUnspecified() {
		return wire.Addr{}, err
	}
	return wire.FromNetip(p), nil
}

// endpoint reads address:port.
func endpoint(s string) (wire.Addr, uint16, error) {
	h, p := cutPort(s)
	a, err := address(h)
	if err != nil {
		return a, 0, err
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return a, 0, fmt.Errorf("%s: %w", s, err)
	}
	return a, uint16(n), nil
}
