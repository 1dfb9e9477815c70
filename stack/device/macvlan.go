package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: drivers/net/macvlan.c.
//
// Left out: source mode, macvtap, offloads of the card, broadcast cutoffs that
// the user sets, fragments of multicast datagrams (ip_check_defrag). The
// kernel's filters for groups are bitmaps of 256 hashes and so let a few
// strangers pass, by the place of the device in memory; the model's are exact.

// A MacvlanMode is enum macvlan_mode: who may talk to whom above one device.
type MacvlanMode uint8

// The modes, each a bit.
const (
	MacvlanPrivate  MacvlanMode = 1 << iota // with nobody beside it
	MacvlanVEPA                             // with those beside it, if the switch outside sends the frame back
	MacvlanBridge                           // with those beside it, directly
	MacvlanPassthru                         // there is only one, and it has the lower device's address
)

// macvlanBcQueueLen is MACVLAN_DEFAULT_BC_QUEUE_LEN: broadcasts that wait, in
// packets.
const macvlanBcQueueLen = 1000

// A Macvlan is struct macvlan_dev: a device with an address of its own on top
// of another device.
type Macvlan struct {
	Dev        *core.Device
	Port       *MacvlanPort
	Mode       MacvlanMode
	BcQueueLen int  // how many broadcasts it wants to let wait (bc_queue_len_req)
	NoPromisc  bool // MACVLAN_FLAG_NOPROMISC: passthru without promiscuity

	hashed            bool // is it found by its address: it is up
	promisc, allmulti bool // it has asked the lower device for that
}

// A MacvlanPort is struct macvlan_port: what a lower device knows of those on
// top of it.
type MacvlanPort struct {
	Dev      *core.Device
	Vlans    []*Macvlan // in the order of their making
	Passthru bool

	hash    []*Macvlan // those that are up, in the order of the kernel's hash table
	queue   core.SKBList
	sources []*Macvlan // who sent each packet of the queue, nil: somebody outside
	timer   sim.Timer
	perm    wire.MAC // the lower device's own address

	ucPromisc bool // the lower device takes every frame because of them
}

// MacvlanOf is the macvlan device behind d, nil if it is none.
func MacvlanOf(d *core.Device) *Macvlan {
	m, _ := d.Ops.(*Macvlan)
	return m
}

// macvlanPortOf is the port of a lower device, nil if nothing is on top.
func macvlanPortOf(d *core.Device) *MacvlanPort {
	p, _ := d.RxHandler.(*MacvlanPort)
	return p
}

// CanMacvlan says why a device cannot carry a macvlan of that mode: EINVAL (no
// Ethernet, passthru is not alone), EBUSY (something else takes its frames); 0
// if it can. A macvlan stands for the device below it.
func CanMacvlan(lower *core.Device, mode MacvlanMode) core.Errno {
	if m := MacvlanOf(lower); m != nil {
		lower = m.Port.Dev
	}
	p := macvlanPortOf(lower)
	switch {
	case lower.Type != core.LinkEther || lower.Flags&core.IFFLoopback != 0:
		return step.EINVAL
	case lower.RxHandler != nil && p == nil:
		return step.EBUSY
	case p != nil && (p.Passthru || mode == MacvlanPassthru):
		return step.EINVAL
	}
	return 0
}

// NewMacvlan makes a macvlan device in ns, down: `ip link add link LOWER name
// NAME type macvlan mode MODE` (macvlan_common_newlink). CanMacvlan has said
// that it may.
func NewMacvlan(ns *core.Netns, lower *core.Device, name string, index int, mode MacvlanMode) *Macvlan {
	if m := MacvlanOf(lower); m != nil {
		lower = m.Port.Dev
	}
	p := macvlanPortOf(lower)
	if p == nil {
		p = &MacvlanPort{Dev: lower, perm: lower.Addr}
		lower.RxHandler = p
	}
	m := &Macvlan{Port: p, Mode: mode, BcQueueLen: macvlanBcQueueLen}
	d := ns.NewDevice(name, index, m)
	d.MTU, d.HardLen, d.Lower = lower.MTU, lower.HardLen, lower
	d.Features = lower.Features&(core.FeatureSG|core.FeatureTxCsum|core.FeatureRxCsum|core.FeatureTSO|core.FeatureGRO) |
		core.FeatureSG | core.FeatureTxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGSOUDP | core.FeatureGSOList | core.FeatureEncap | core.FeatureTunnel | core.FeatureTunnelSum
	d.Flags = d.Flags&^core.IFFRunning | lower.Flags&core.IFFRunning
	m.Dev = d
	if mode == MacvlanPassthru {
		p.Passthru, d.Addr = true, lower.Addr
	}
	p.Vlans = append(p.Vlans, m)
	return m
}

// QueueLen is bc_queue_len_used: how many broadcasts may wait at the lower
// device, in packets: the most that anyone on top asks for.
func (p *MacvlanPort) QueueLen() int {
	n := 0
	for _, m := range p.Vlans {
		n = max(n, m.BcQueueLen)
	}
	return n
}

// lookup is macvlan_hash_lookup.
func (p *MacvlanPort) lookup(a wire.MAC) *Macvlan {
	for _, m := range p.hash {
		if m.Dev.Addr == a {
			return m
		}
	}
	return nil
}

// bucket is macvlan_eth_hash: where an address stands in the hash table.
func macvlanBucket(a wire.MAC) int {
	v := uint64(0)
	for i := range 6 {
		v |= uint64(a) >> (40 - 8*i) & 255 << (8 * i)
	}
	return int(v << 16 * 0x61c8864680b583eb >> 56)
}

// hashAdd is macvlan_hash_add: in its bucket the newest comes first.
func (p *MacvlanPort) hashAdd(m *Macvlan) {
	i, at := 0, macvlanBucket(m.Dev.Addr)
	for i < len(p.hash) && macvlanBucket(p.hash[i].Dev.Addr) < at {
		i++
	}
	p.hash = append(p.hash, nil)
	copy(p.hash[i+1:], p.hash[i:])
	p.hash[i], m.hashed = m, true
	p.syncUnicast()
}

// hashDel is macvlan_hash_del.
func (p *MacvlanPort) hashDel(m *Macvlan) {
	for i, x := range p.hash {
		if x == m {
			p.hash = append(p.hash[:i:i], p.hash[i+1:]...)
			break
		}
	}
	m.hashed = false
	p.syncUnicast()
}

// syncUnicast is dev_uc_add and dev_uc_del at the lower device: one that cannot
// filter by several addresses takes every frame (__dev_set_rx_mode).
func (p *MacvlanPort) syncUnicast() {
	_, filters := p.Dev.Ops.(*NIC)
	on := len(p.hash) > 0 && !p.Passthru && !filters
	p.Dev.Promiscuity += count(on) - count(p.ucPromisc)
	p.ucPromisc = on
}

// CanOpen is what a device's ndo_open objects to before it goes up: EADDRINUSE if
// the lower device or another macvlan has its address, or if a program has the
// port of a VXLAN; 0 if it may go up.
func CanOpen(d *core.Device) core.Errno {
	if v := VxlanOf(d); v != nil {
		return v.Open()
	}
	m := MacvlanOf(d)
	if m == nil || m.hashed || m.Port.Passthru {
		return 0
	}
	if m.addrBusy(d.Addr) {
		return step.EADDRINUSE
	}
	return 0
}

// addrBusy is macvlan_addr_busy.
func (m *Macvlan) addrBusy(a wire.MAC) bool {
	return !m.Port.Passthru && m.Port.Dev.Addr == a || m.Port.lookup(a) != nil
}

// open is macvlan_open.
func (m *Macvlan) open() {
	m.syncFlags()
	if !m.hashed && m.Port.lookup(m.Dev.Addr) == nil {
		m.Port.hashAdd(m)
	}
}

// stop is macvlan_stop.
func (m *Macvlan) stop() {
	m.syncFlags()
	m.Port.hashDel(m)
}

// syncFlags is macvlan_change_rx_flags: the lower device hears all that this
// one wants to hear.
func (m *Macvlan) syncFlags() {
	d, lower := m.Dev, m.Port.Dev
	promisc := d.Up() && (d.Flags&core.IFFPromisc != 0 || d.Promiscuity > 0)
	if m.Port.Passthru {
		promisc = d.Up() && !m.NoPromisc
	}
	allmulti := d.Up() && !m.Port.Passthru && (d.Flags&core.IFFAllMulti != 0 || d.AllMulti > 0)
	lower.Promiscuity += count(promisc) - count(m.promisc)
	lower.AllMulti += count(allmulti) - count(m.allmulti)
	m.promisc, m.allmulti = promisc, allmulti
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// RxFlagsChanged is ndo_change_rx_flags: the user has changed IFF_PROMISC or
// IFF_ALLMULTI.
func RxFlagsChanged(d *core.Device) {
	if m := MacvlanOf(d); m != nil {
		m.syncFlags()
	}
}

// SetAddr is macvlan_set_mac_address: EADDRINUSE if somebody here has it.
func (m *Macvlan) SetAddr(a wire.MAC) core.Errno {
	d := m.Dev
	switch {
	case a == d.Addr:
		return 0
	case m.Port.Passthru:
		m.Port.Dev.Addr = a
	case m.addrBusy(a):
		return step.EADDRINUSE
	}
	if m.hashed {
		m.Port.hashDel(m)
		d.Addr = a
		m.Port.hashAdd(m)
	}
	d.Addr = a
	return 0
}

// unregister is macvlan_dellink and macvlan_uninit.
func (m *Macvlan) unregister() {
	p := m.Port
	p.hashDel(m)
	for i, x := range p.Vlans {
		if x == m {
			p.Vlans = append(p.Vlans[:i:i], p.Vlans[i+1:]...)
			break
		}
	}
	if len(p.Vlans) > 0 {
		return
	}
	p.Dev.RxHandler = nil // macvlan_port_destroy
	for b := p.queue.PopFront(); b != nil; b = p.queue.PopFront() {
		p.Dev.NS.Free(b)
	}
	p.sources = nil
	p.Dev.NS.Clock.Stop(&p.timer)
	if p.Passthru {
		p.Dev.Addr = p.perm
	}
}

// lowerChanged is macvlan_device_event of the lower device: its carrier is
// theirs (netif_stacked_transfer_operstate), its MTU their limit.
func (p *MacvlanPort) lowerChanged() {
	for _, m := range p.Vlans {
		if d := m.Dev; d.NS != nil {
			setCarrier(d, p.Dev.Flags&core.IFFRunning != 0)
			d.MTU = min(d.MTU, p.Dev.MTU)
		}
	}
}

// Gone is ndo_uninit: the device goes for good, not to another namespace.
func Gone(d *core.Device) {
	if m := MacvlanOf(d); m != nil {
		m.unregister()
	}
}

// Uppers are the devices that go when this one goes: macvlans on top of it, and tunnels
// bound to it.
func Uppers(d *core.Device) []*core.Device {
	var l []*core.Device
	if p := macvlanPortOf(d); p != nil {
		for _, m := range p.Vlans {
			l = append(l, m.Dev)
		}
	}
	for _, u := range d.NS.Machine.NS {
		if u == nil {
			continue
		}
		for _, x := range u.Devices {
			if x == nil || d.NS.DevByIndex(d.Index) != d {
				continue
			}
			if v := VxlanOf(x); v != nil && v.home == d.NS && v.Conf.Link == d.Index {
				l = append(l, x) // vxlan_handle_lowerdev_unregister
			}
		}
	}
	return l
}
