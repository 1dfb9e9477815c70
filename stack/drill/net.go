package drill

import (
	"errors"
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A sniffer is packetdrill's packet socket on tun0: it sees what goes out. What
// comes in waits in it too, until the next packet that goes out is read: such a
// packet is cloned meanwhile, and TCP joins nothing to it.
type sniffer struct {
	dev  *core.Device
	got  []sniffed
	held []*core.SKB
}

type sniffed struct {
	at   sim.Time
	b    []byte
	held []*core.SKB // what came in before
}

// Rcv is packet_rcv.
func (s *sniffer) Rcv(ns *core.Netns, b *core.SKB) {
	if b.Dev == s.dev && b.PktType == core.PacketOutgoing {
		p := make([]byte, b.Len())
		b.CopyBits(0, p)
		s.got = append(s.got, sniffed{ns.Clock.Now(), p, s.held})
		s.held = nil
	} else if b.Dev == s.dev {
		s.held = append(s.held, b)
		return
	}
	ns.Free(b)
}

// boot is how long the machine has been up when the script begins: long
// enough that no clock of the kernel is near zero, and a quarter of a
// millisecond behind a tick of it (schedule_start_time_usecs).
const boot = 100*sim.Second + 250*sim.Microsecond

// setup makes the network of the script (local_netdev_new): tun0 with the local
// address, and a route through it to the remote one.
func (r *Runner) setup() error {
	r.World.Run(10 * sim.Second)
	r.tun = device.NewTun(r.host.NS, "tun0", 0)
	d := r.tun.Dev
	c := &r.cfg
	if c.MTU > 0 {
		d.MTU = c.MTU
	}
	fam := "-4"
	if c.Version == IPv6 {
		fam = "-6"
	}
	cmds := []string{
		"echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad",
		"ip link set tun0 up",
	}
	if !c.AnyIP {
		cmds = append(cmds, fmt.Sprintf("ip addr add %s/%d dev tun0", c.LocalIP, c.PrefixLen))
	}
	via := " via " + c.GatewayIP.String()
	if c.AnyIP {
		via = ""
	}
	cmds = append(cmds, fmt.Sprintf("ip %s route add %s dev tun0%s", fam, c.RemotePrefix, via))
	for _, s := range cmds {
		if said := r.Lab.At(r.host, s); said.Status != 0 || said.Err != "" {
			return fmt.Errorf("setting up tun0: %s: %s", s, said.Err)
		}
	}
	for _, f := range c.InitScripts {
		if err := r.command(f); err != nil {
			return fmt.Errorf("error executing init script '%s': %w", f, err)
		}
	}
	r.tap = &sniffer{dev: d}
	r.host.NS.AddTap(r.tap)
	return nil
}

// begin is the time 0 of the script.
func (r *Runner) begin() {
	at := boot
	for at < r.World.Clock.Now() {
		at += 100 * sim.Second
	}
	r.until(at, nil)
	r.start = at
}

// inject writes a packet into tun0 (netdev_send).
func (r *Runner) inject(b []byte, tcp bool) {
	gso := 0
	if tcp {
		gso = r.cfg.MSS
	}
	r.tun.Write(b, gso, 0)
}

var errNoPacket = errors.New("timed out: no packet of the connection went out")

// sniff waits for the next packet that the connection sends
// (sniff_outbound_live_packet).
func (r *Runner) sniff(k *conn) (live, error) {
	m := r.now
	prev := int64(0)
	if r.last != nil {
		prev = r.last.from
	}
	timeout := max(m.from-prev, m.to-prev)/1e6 + 2
	for {
		end := r.World.Clock.Now() + sim.Time(timeout)*sim.Second
		if m.When.Kind == AnyTime || end > r.limit() {
			end = r.limit()
		}
		if !r.until(end, func() bool { return len(r.tap.got) > 0 }) {
			if r.fatal != nil {
				return live{}, r.fatal
			}
			if end == r.limit() {
				return live{}, fmt.Errorf("stopped after %d seconds of virtual time (--max-time): no packet of the connection went out", r.cfg.MaxTime/sim.Second)
			}
			return live{}, errNoPacket
		}
		p := r.tap.got[0]
		r.tap.got = r.tap.got[1:]
		for _, b := range p.held {
			r.host.NS.Free(b)
		}
		r.tun.Read() // local_netdev_read_queue
		if s := decode(p.b); s != nil {
			if o := r.owner(s); o == k && o != nil {
				return live{r.scriptTime(p.at), s, p.b}, nil
			}
		}
	}
}
