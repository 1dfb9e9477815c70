package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nf_flow_table_core.c, nf_flow_table_inet.c, nft_flow_offload.c
// and nf_tables_newflowtable of Linux 6.18, and Documentation/networking/
// nf_flowtable.rst. The recorded kernel was built without flow tables
// (CONFIG_NF_FLOW_TABLE): all of this follows the source.

// A Flowtable is struct nft_flowtable with its struct nf_flowtable: the flows that
// take the short way, from a device's ingress straight to the neighbour.
type Flowtable struct {
	Table    *Table
	Name     string
	Handle   uint64
	Priority int
	Devices  []string
	Counter  bool // what it sends counts for the connection

	use    int // rules
	hooked bool
	devs   []*core.Device // where it hangs
	flows  map[flowTuple]flowDir
	list   []*flow  // all, oldest first
	born   sim.Time // its clock ticks each second from then on
	gc     sim.Timer
}

// flowTuple is struct flow_offload_tuple as far as packets are compared with it.
type flowTuple struct {
	src, dst     wire.Addr
	sport, dport uint16
	l3           core.Family
	proto        uint8
	iif          int
	encap        [2]flowTag
}

// A flowTag is a VLAN tag, outer first: what is in front of its packets.
type flowTag struct {
	id    uint16
	proto uint16
}

// flowDir is struct flow_offload_tuple_rhash: a direction of a flow.
type flowDir struct {
	f *flow
	d conntrack.Dir
}

// flow is struct flow_offload.
type flow struct {
	ct       *conntrack.Conn
	tuple    [2]flowTuple
	dst      [2]*core.Dst // by which the packets of a direction leave
	mtu      [2]int
	encaps   [2]uint8
	timeout  uint32 // jiffies
	teardown bool   // NF_FLOW_TEARDOWN: no longer used
	closing  bool   // NF_FLOW_CLOSING: a FIN or RST went by
}

// Use is how many rules add to it.
func (t *Flowtable) Use() int { return t.use }

// Flows is how many connections are in it.
func (t *Flowtable) Flows() int { return len(t.list) }

// pernet stands for the namespace in work that no packet asked for.
type pernet struct{ ns *core.Netns }

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (w pernet) Kind() step.Kind            { return step.KindNS }
func (w pernet) TraceID() uint32            { return w.ns.ID }
func (w pernet) TracePkt() (pkt, id uint32) { return 0, 0 }
func (w pernet) Observe(*trace.Obs)         {}

// add is flow_offload_add.
func (t *Flowtable) add(ns *core.Netns, f *flow) {
	defer ns.In(step.FlowOffloadAdd, f.ct).Out()
	f.timeout = f.ct.Jiffies() + f.ct.FlowTimeout()
	if t.flows == nil {
		t.flows = map[flowTuple]flowDir{}
	}
	t.flows[f.tuple[1]] = flowDir{f, conntrack.Reply}
	t.flows[f.tuple[0]] = flowDir{f, conntrack.Original}
	t.list = append(t.list, f)
	f.ct.FlowStarted()
	ns.Why(step.WhyFlowAdded, uint64(f.ct.ID), uint64(f.dst[0].Dev.Index), uint64(f.dst[1].Dev.Index))
	t.arm()
}

// lookup is flow_offload_lookup.
func (t *Flowtable) lookup(k *flowTuple) (flowDir, bool) {
	x, ok := t.flows[*k]
	if !ok || x.f.teardown || x.f.ct.Status&conntrack.Dying != 0 {
		return flowDir{}, false
	}
	return x, true
}

// refresh is flow_offload_refresh.
func (f *flow) refresh() {
	if n := f.ct.Jiffies() + f.ct.FlowTimeout(); n-f.timeout > sim.HZ {
		f.timeout = n
	}
}

// expired is nf_flow_has_expired.
func (f *flow) expired() bool { return int32(f.timeout-f.ct.Jiffies()) <= 0 }

// end is flow_offload_teardown: the connection is connection tracking's again. The
// flow itself goes with the next round of the collector.
func (f *flow) end(ns *core.Netns) {
	defer ns.In(step.FlowOffloadTeardown, f.ct).Out()
	f.ct.Status &^= conntrack.Offload
	if !f.teardown {
		f.teardown = true
		f.ct.FlowBack(f.closing, f.expired())
	}
	ns.Why(step.WhyFlowBack, uint64(f.ct.ID), uint64(f.ct.Expires()))
}

// gcTask is the timer's side of work.
type gcTask struct{ t *Flowtable }

// Run is called when the timer is due.
func (g gcTask) Run() { g.t.work(g.t.Table.s.ns) }

// arm starts the collector, which looks every second of the table's life, if it
// rests because there were no flows.
func (t *Flowtable) arm() {
	if t.gc.Pending() {
		return
	}
	c := t.Table.s.ns.Clock
	n := (c.Now()-t.born)/sim.Second + 1
	c.Mod(&t.gc, t.born+n*sim.Second, gcTask{t})
}

// work is nf_flow_offload_work_gc.
func (t *Flowtable) work(ns *core.Netns) {
	defer ns.In(step.NfFlowOffloadWorkGC, pernet{ns}).Out()
	n := len(t.list)
	t.sweep()
	ns.Why(step.WhyFlowGC, uint64(n), uint64(n-len(t.list)))
	if len(t.list) > 0 {
		t.arm()
	}
}

// sweep is nf_flow_table_gc_run with nf_flow_offload_gc_step.
func (t *Flowtable) sweep() {
	stay := t.list[:0:0]
	for _, f := range t.list {
		if f.expired() || f.ct.Status&conntrack.Dying != 0 {
			f.end(t.Table.s.ns)
		} else if !f.teardown {
			f.ct.FlowExtend()
		}
		if !f.teardown {
			stay = append(stay, f)
			continue
		}
		t.drop(f)
	}
	t.list = stay
}

// drop is flow_offload_del. Another flow may have taken the places.
func (t *Flowtable) drop(f *flow) {
	for i := range f.tuple {
		if t.flows[f.tuple[i]].f == f {
			delete(t.flows, f.tuple[i])
		}
	}
	f.ct.Put()
}

// cleanup is nf_flow_table_gc_cleanup: end the flows of a device, or (nil) all.
func (t *Flowtable) cleanup(dev *core.Device) {
	for _, f := range t.list {
		if dev == nil || f.tuple[0].iif == dev.Index || f.tuple[1].iif == dev.Index {
			f.end(t.Table.s.ns)
		}
	}
}

// free is nf_flow_table_free.
func (t *Flowtable) free() {
	t.Table.s.ns.Clock.Stop(&t.gc)
	t.cleanup(nil)
	t.sweep()
}

// DeviceDown is flow_offload_netdev_event for NETDEV_DOWN.
func DeviceDown(ns *core.Netns, dev *core.Device) {
	s := Seen(ns)
	if s == nil {
		return
	}
	for _, t := range s.List {
		for _, f := range t.Flowtables {
			f.cleanup(dev)
		}
	}
}

// hookUp is nft_register_flowtable_net_hooks: a flow table hangs on the devices that
// it names, when they are there.
func (t *Flowtable) hookUp() {
	t.hooked = true
	t.findDevices()
}

func (t *Flowtable) unhook() {
	t.hooked = false
	t.findDevices()
}

// findDevices is nft_flowtable_event for all devices.
func (t *Flowtable) findDevices() {
	ns := t.Table.s.ns
	var want []*core.Device
	for _, d := range ns.Devices {
		if d != nil && t.hooked && slices.Contains(t.Devices, d.Name) {
			want = append(want, d)
		}
	}
	for _, d := range t.devs {
		if !slices.Contains(want, d) {
			d.DelHook(core.NetdevIngress, flowHook{t})
		}
	}
	for _, d := range want {
		if !slices.Contains(t.devs, d) {
			d.AddHook(core.NetdevIngress, t.Priority, flowHook{t})
		}
	}
	t.devs = want
}
