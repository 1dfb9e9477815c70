package live

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Boot is how long the machine has been up when the first input may come: what
// its set-up set going (duplicate address detection, reports to multicast
// routers) is over by then. Times of inputs count from there.
const Boot = 100 * sim.Second

// The cards: their speed in bits per second, and the least time between two of
// their interrupts, which is that of 70,000 in a second: what igb takes at least
// when it adapts the gap to the traffic (IGB_70K_ITR).
const (
	cardRate = 10e9
	cardGap  = 14 * sim.Microsecond
)

// A Port is a card of the machine.
type Port struct {
	Name  string         // of the device in the machine: eth0
	Outer string         // of the device at its other end: pw0
	MAC   wire.MAC       // of the card
	Addrs []netip.Prefix // of the machine
	Peers []netip.Prefix // of the other end
}

// A Config is all that a machine is made of.
type Config struct {
	Ports  []Port
	Seed   uint64 // what its random numbers begin with
	Lab    string // a script that it runs when it has started
	Router bool   // it passes packets on between its ports
	Bare   bool   // without the servers
}

// A Sent is a frame that left by a port.
type Sent struct {
	Port int
	At   sim.Time // since the first input may come
	Data []byte
}

// A Machine is a simulated machine that is connected to the outside.
type Machine struct {
	Lab   *lab.Lab
	Trace *trace.Tracer `fork:"zero"`
	host  *stack.Host
	nics  []*device.NIC
	sent  []Sent   `fork:"zero"`
	free  [][]byte `fork:"zero"`
	addrs []netip.Addr
	watch watch
	begun bool
	mute  bool
}

// port is the outer end of a card's cable.
type port struct {
	m *Machine
	n int
}

// Carry takes a frame that leaves.
func (p *port) Carry(_ *core.Device, frame []byte, _ uint32) {
	m := p.m
	if !m.begun || m.mute {
		return
	}
	var b []byte
	if n := len(m.free); n > 0 {
		b, m.free = m.free[n-1][:0], m.free[:n-1]
	}
	m.sent = append(m.sent, Sent{p.n, m.Now(), append(b, frame...)})
}

// New makes a machine and starts it. The error is a port that cannot be, or
// what the script complains of.
func New(c Config) (*Machine, error) {
	w := stack.NewWorld(c.Seed)
	m := &Machine{Trace: &trace.Tracer{Mode: trace.Count, Epoch: Boot}}
	m.watch.m = m
	m.host = w.AddHost("model")
	m.Lab = lab.NewLab(w, m.host)
	w.SetTracer(m.Trace)
	l := m.Lab.Limits
	l.Steps, l.Virtual, l.Events = 1<<60, 1<<62, 0
	m.Lab.Limits = l
	var said bytes.Buffer
	m.Lab.Stdout, m.Lab.Stderr = io.Discard, &said
	for i, p := range c.Ports {
		if m.host.NS.DevByName(p.Name) != nil {
			return nil, fmt.Errorf("two ports are called %s", p.Name)
		}
		m.nics = append(m.nics, m.host.AddNIC(p.Name, p.MAC, device.Config{Rate: cardRate, RxGap: cardGap, Wire: &port{m, i}, FirstIRQ: 24 + 4*i}))
		for _, a := range p.Addrs {
			m.addrs = append(m.addrs, a.Addr())
		}
	}
	done := m.Lab.Begin("setup", c.setup())
	m.Lab.RunTo(sim.Second)
	if over, status := done(); !over || status != 0 {
		return nil, fmt.Errorf("the machine cannot be set up: %s", firstLine(said.String()))
	}
	if !c.Bare {
		m.serve()
	}
	if c.Lab != "" {
		done = m.Lab.Begin("lab", c.Lab)
		m.Lab.RunTo(Boot)
		if over, status := done(); over && status != 0 {
			return nil, fmt.Errorf("the script failed: %s", firstLine(said.String()))
		}
	}
	m.Lab.RunTo(Boot)
	m.begun = true
	return m, nil
}

// setup is the script that gives the machine its addresses.
func (c *Config) setup() string {
	var b strings.Builder
	b.WriteString("set -e\n")
	for _, p := range c.Ports {
		fmt.Fprintf(&b, "ip link set %s up\n", p.Name)
		for _, a := range p.Addrs {
			fmt.Fprintf(&b, "ip addr add %s dev %s\n", a, p.Name)
		}
	}
	if c.Router {
		b.WriteString("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\n")
	}
	return b.String()
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// Now is the machine's time, since the first input may come.
func (m *Machine) Now() sim.Time { return m.Lab.World.Clock.Now() - Boot }

// RunTo lets the machine run up to a time, counted like Now.
func (m *Machine) RunTo(at sim.Time) { m.Lab.RunTo(Boot + at) }

// Step does the next thing that happens by itself, if it happens no later than
// at, and reports whether something did.
func (m *Machine) Step(at sim.Time) bool { return m.Lab.Step(Boot + at) }

// Next is when something happens next by itself; false: nothing does.
func (m *Machine) Next() (sim.Time, bool) {
	at, ok := m.Lab.NextAt()
	return at - Boot, ok
}

// Frame lets the machine run up to a time, and then gives a frame to a port. The
// bytes are copied.
func (m *Machine) Frame(at sim.Time, n int, b []byte) {
	m.RunTo(at)
	if n < 0 || n >= len(m.nics) || len(b) < wire.EthernetLen {
		return
	}
	m.watch.settle()
	m.watch.begin(b)
	m.nics[n].DMA(b, device.RxInfo{Pkt: m.Lab.World.IDs.Packet()})
}

// Do lets the machine run up to a time, and then begins a command line beside all
// else that runs. What it prints goes to out.
func (m *Machine) Do(at sim.Time, line string, out io.Writer) {
	m.RunTo(at)
	m.Lab.Spawn(m.host, line, out)
}

// Sent hands over what has left since the last call. Give it back with Free.
func (m *Machine) Sent() []Sent {
	s := m.sent
	m.sent = nil
	return s
}

// Mute tells that nobody will ask for what leaves from now on.
func (m *Machine) Mute() { m.mute, m.sent = true, nil }

// Free takes back frames that Sent handed over, to use their memory again.
func (m *Machine) Free(s []Sent) {
	for i := range s {
		if len(m.free) < 512 {
			m.free = append(m.free, s[i].Data)
		}
	}
	if m.sent == nil {
		m.sent = s[:0]
	}
}

// Hash sums up all that has happened in the machine so far: two runs that
// differ in one step do not share it.
func (m *Machine) Hash() uint64 { return m.Trace.Hash ^ m.Lab.World.Fingerprint() }

// Forget drops what the tracer keeps of packets that have ended. Nobody asks
// for it while nobody looks.
func (m *Machine) Forget() { m.Trace.Ends = m.Trace.Ends[:0] }

// Close ends all that runs in the machine.
func (m *Machine) Close() {
	m.Lab.World.SetTracer(nil)
	m.Lab.End()
}
