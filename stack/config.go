package stack

import (
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Config is what the administrator sees of a host and no packet changes
// (learned routes apart): a copy, in plain values.
type Config struct {
	Routes  []RouteConfig
	Rings   []RingConfig
	Queues  []QueueConfig
	CPUs    []CPUConfig
	Devices []DeviceConfig

	Budget     int // net.core.netdev_budget, frames
	Backlog    int // net.core.netdev_max_backlog, frames
	UnresQueue int // unres_qlen_bytes of the neighbour tables
	FragHigh   int // net.ipv4.ipfrag_high_thresh, bytes
}

// A RouteConfig is one route, as `ip route show table all` lists it.
type RouteConfig struct {
	Six     bool
	Type    uint8 // RTN*
	Dst     wire.Addr
	Plen    int // of an IPv4 address: 0 to 32
	Table   uint32
	Gateway wire.Addr // zero: on the link
	Dev     int       // ifindex, 0: none
	Scope   uint8
	Src     wire.Addr
	Metric  uint32
}

// A RingConfig is a descriptor ring of a card.
type RingConfig struct {
	ID    uint32 // as traces call it
	Dev   int
	Tx    bool
	Queue int
	Size  int // descriptors
}

// A QueueConfig is a device's queueing discipline.
type QueueConfig struct {
	ID    uint32
	Dev   int
	Name  string // "pfifo_fast"
	Limit int    // packets
}

// A CPUConfig is a CPU's receive side.
type CPUConfig struct {
	ID  uint32
	CPU int
}

// A DeviceConfig is a network device.
type DeviceConfig struct {
	Index int
	Name  string
	MTU   int
	Up    bool
	Addr  wire.MAC

	Kind   string   // veth, bridge …: linkKind
	Note   string   // "VNI 42"
	Peer   LinkEnd  // the other end of a pair
	Lower  LinkEnd  // the device that it stands on
	Master LinkEnd  // the bridge that it is a port of
	Addrs  []string // "10.0.0.1/24"
}

// Config tells how the host is set up, as it is now.
func (r *Replay) Config() Config { return r.Host.Config() }

// Config tells how a host is set up, as it is now.
func (h *Host) Config() Config {
	s := &h.NS.Sysctl
	c := Config{Budget: s.NetdevBudget, Backlog: s.NetdevMaxBacklog, FragHigh: s.IPFragHighThresh}
	if t := h.NS.Neigh4; t != nil {
		c.UnresQueue = t.QueueBytes
	}
	c.Routes = append(h.routes4(), h.routes6()...)
	for _, n := range h.NIC {
		n.Rings(func(id uint32, tx bool, queue, size int) {
			c.Rings = append(c.Rings, RingConfig{id, n.Dev.Index, tx, queue, size})
		})
	}
	for _, cpu := range h.Machine.CPU {
		c.CPUs = append(c.CPUs, CPUConfig{cpu.TraceID(), cpu.CPU})
	}
	for _, d := range h.NS.Devices {
		if d == nil {
			continue
		}
		c.Devices = append(c.Devices, h.linkConfig(d))
		if q, ok := d.Qdisc.(trace.Subject); ok {
			c.Queues = append(c.Queues, QueueConfig{q.TraceID(), d.Index, d.Qdisc.Name(), d.TxQueueLen})
		}
	}
	return c
}

func (h *Host) routes4() (list []RouteConfig) {
	for _, table := range h.IPv4.Tables() {
		for _, r := range h.IPv4.Routes(table) {
			c := RouteConfig{Type: r.Type, Dst: r.Dst.Addr(), Plen: r.Plen, Table: r.Table, Scope: uint8(r.Scope), Metric: r.Priority}
			if r.PrefSrc != 0 {
				c.Src = r.PrefSrc.Addr()
			}
			if len(r.NH) == 0 {
				list = append(list, c)
			}
			for _, nh := range r.NH {
				c.Dev, c.Gateway = nh.Dev, wire.Addr{}
				if nh.Gw != 0 {
					c.Gateway = nh.Gw.Addr()
				}
				list = append(list, c)
			}
		}
	}
	return list
}

func (h *Host) routes6() (list []RouteConfig) {
	for _, table := range [...]uint32{ipv4.TableMain, ipv4.TableLocal} {
		for _, r := range h.IPv6.Routes(table) {
			c := RouteConfig{Six: true, Type: r.Type, Dst: r.Dst, Plen: r.Plen, Table: r.Table, Gateway: r.Gateway, Src: r.PrefSrc, Metric: r.Metric}
			if c.Type == 0 {
				c.Type = ipv4.RTNUnicast
			}
			if r.Dev != nil {
				c.Dev = r.Dev.Index
			}
			list = append(list, c)
		}
	}
	return list
}
