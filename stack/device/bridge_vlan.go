package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// VLAN filtering: net/bridge/br_vlan.c, IEEE 802.1Q section 8.
//
// The recorded kernel is built without it. A bridge of the model has VLANs from the
// moment on in which somebody asks for them; until then it is that kernel's. Left out:
// states and counters of single VLANs, global VLAN options, tunnel mapping, private
// VLANs.

// A BridgeVlan is a VLAN of a port, or of the bridge itself (struct net_bridge_vlan).
type BridgeVlan struct {
	VID      uint16
	Untagged bool // frames leave without the tag (BRIDGE_VLAN_INFO_UNTAGGED)
}

// BridgeVlans are the VLANs of a port, or of the bridge (struct net_bridge_vlan_group).
type BridgeVlans struct {
	PVID uint16       // where frames without a tag belong, 0: nowhere
	List []BridgeVlan // in order of their numbers
}

func (g *BridgeVlans) find(vid uint16) *BridgeVlan {
	if g == nil {
		return nil
	}
	for i := range g.List {
		if g.List[i].VID == vid {
			return &g.List[i]
		}
	}
	return nil
}

// Vlans are the VLANs of a port, of the bridge itself if p is nil; nil: none were
// asked for.
func (br *Bridge) Vlans(p *BridgePort) *BridgeVlans {
	if p != nil {
		return p.vlans
	}
	return br.vlans
}

// initVlans is br_vlan_init and nbp_vlan_init: everybody begins in the default VLAN.
func (br *Bridge) initVlans() {
	if br.vlans != nil {
		return
	}
	br.vlans = &BridgeVlans{}
	br.defaultVlan(nil)
	for i := len(br.Ports) - 1; i >= 0; i-- {
		br.Ports[i].initVlans()
	}
}

func (p *BridgePort) initVlans() {
	if p.Br.vlans != nil {
		p.vlans = &BridgeVlans{}
		p.Br.defaultVlan(p)
	}
}

func (br *Bridge) defaultVlan(p *BridgePort) {
	if br.DefaultPVID != 0 {
		br.AddVlan(p, br.DefaultPVID, true, true)
	}
}

// SetVlanFiltering is br_vlan_filter_toggle.
func (br *Bridge) SetVlanFiltering(on bool) {
	if on {
		br.initVlans()
	}
	br.VlanFiltering = on
}

// SetDefaultPVID is __br_vlan_set_default_pvid: who was in the old default VLAN only
// because it was that moves to the new one; 0 is none. EINVAL: no VLAN has that number.
func (br *Bridge) SetDefaultPVID(vid uint16) core.Errno {
	switch {
	case vid >= vlanMax:
		return step.EINVAL
	case vid == br.DefaultPVID:
		return 0
	}
	br.initVlans()
	old := br.DefaultPVID
	br.DefaultPVID = vid
	move := func(p *BridgePort) {
		g := br.Vlans(p)
		if v := g.find(old); old != 0 && (v == nil || g.PVID != old || !v.Untagged) || vid != 0 && g.find(vid) != nil {
			return
		}
		if vid != 0 {
			br.AddVlan(p, vid, true, true)
		}
		if old != 0 {
			br.DelVlan(p, old)
		}
	}
	move(nil)
	for _, p := range br.Ports {
		move(p)
	}
	return 0
}

// vlanMax is VLAN_VID_MASK, which is no VLAN.
const vlanMax = 0xfff

// AddVlan is nbp_vlan_add, and br_vlan_add for the bridge itself (p is nil): frames of
// the VLAN may come in and leave there. EINVAL: no VLAN has that number.
func (br *Bridge) AddVlan(p *BridgePort, vid uint16, pvid, untagged bool) core.Errno {
	if vid == 0 || vid >= vlanMax {
		return step.EINVAL
	}
	br.initVlans()
	g := br.Vlans(p)
	v := g.find(vid)
	if v == nil {
		i := 0
		for i < len(g.List) && g.List[i].VID < vid {
			i++
		}
		g.List = append(g.List[:i], append([]BridgeVlan{{VID: vid}}, g.List[i:]...)...)
		v = &g.List[i]
		d := br.Dev
		if p != nil {
			d = p.Dev
		}
		br.fdb.addLocal(p, d.Addr, vid)
	}
	v.Untagged = untagged
	switch {
	case pvid:
		g.PVID = vid
	case g.PVID == vid:
		g.PVID = 0
	}
	return 0
}

// DelVlan is nbp_vlan_delete and br_vlan_delete. ENOENT: it was not there.
func (br *Bridge) DelVlan(p *BridgePort, vid uint16) core.Errno {
	g := br.Vlans(p)
	if g.find(vid) == nil {
		return step.ENOENT
	}
	if g.PVID == vid {
		g.PVID = 0
	}
	for i := range g.List {
		if g.List[i].VID == vid {
			g.List = append(g.List[:i:i], g.List[i+1:]...)
			break
		}
	}
	br.fdb.deleteVlan(p, vid)
	return 0
}

// allowedIngress is br_allowed_ingress: to which VLAN does the frame belong, and may
// it come in here? It returns false when the frame is gone; vid is 0 while VLANs do
// not matter.
func (br *Bridge) allowedIngress(ns *core.Netns, p *BridgePort, b *core.SKB) (vid uint16, ok bool) {
	if b.CB.BrVlan = br.VlanFiltering; !br.VlanFiltering {
		return 0, true
	}
	return br.filterIngress(ns, p, b)
}

// filterIngress is __allowed_ingress.
func (br *Bridge) filterIngress(ns *core.Netns, p *BridgePort, b *core.SKB) (vid uint16, ok bool) {
	defer ns.In(step.BrAllowedIngress, b).Out()
	g, dev := br.Vlans(p), uint64(b.Dev.Index)
	ad := br.VlanProto == uint16(wire.EtherTypeQinQ)
	if !b.VlanPresent && b.Protocol == br.VlanProto && !ns.VlanUntag(b) {
		return 0, false
	}
	tagged := b.VlanPresent
	if tagged && b.VlanAD != ad { // another kind of tag: it goes into the frame
		b.Push(wire.EthernetLen)
		b.PushVlanInside()
		b.Pull(wire.EthernetLen)
		b.ResetNetwork()
		tagged = false
	}
	if tagged {
		vid = b.VlanTCI & vlanMax
	}
	if vid == 0 {
		if g.PVID == 0 {
			ns.Why(step.WhyBrNoPVID, dev)
			ns.Drop(b, step.DropNotSpecified, step.BrAllowedIngress)
			return 0, false
		}
		vid = g.PVID
		if !tagged {
			b.VlanTCI = 0
		}
		b.VlanPresent, b.VlanAD, b.VlanTCI = true, ad, b.VlanTCI|vid
		ns.Why(step.WhyBrPVID, uint64(vid), dev)
		return vid, true
	}
	if g.find(vid) == nil {
		ns.Why(step.WhyBrVlanNotHere, uint64(vid), dev)
		ns.Drop(b, step.DropNotSpecified, step.BrAllowedIngress)
		return 0, false
	}
	ns.Why(step.WhyBrVlanIn, uint64(vid), dev)
	return vid, true
}

// allowedEgress is br_allowed_egress: does the frame's VLAN leave by that port?
func (g *BridgeVlans) allowedEgress(b *core.SKB) bool {
	return !b.CB.BrVlan || b.VlanPresent && g.find(b.VlanTCI&vlanMax) != nil
}

// handleVlan is br_handle_vlan: with or without a tag? It returns false when the frame
// is gone.
func (br *Bridge) handleVlan(ns *core.Netns, p *BridgePort, b *core.SKB) bool {
	return !b.CB.BrVlan || br.filterEgress(ns, p, b)
}

func (br *Bridge) filterEgress(ns *core.Netns, p *BridgePort, b *core.SKB) bool {
	defer ns.In(step.BrHandleVlan, b).Out()
	vid := b.VlanTCI & vlanMax
	switch v := br.Vlans(p).find(vid); {
	case v == nil && p == nil && br.Dev.Flags&core.IFFPromisc != 0:
	case v == nil:
		ns.Why(step.WhyBrVlanNotHere, uint64(vid), uint64(b.Dev.Index))
		ns.Drop(b, step.DropNotSpecified, step.BrHandleVlan)
		return false
	case v.Untagged:
		ns.Why(step.WhyBrVlanUntagged, uint64(vid), uint64(b.Dev.Index))
		b.VlanPresent, b.VlanTCI = false, 0
	default:
		ns.Why(step.WhyBrVlanKept, uint64(vid), uint64(b.Dev.Index))
	}
	return true
}

// shouldLearn is br_should_learn: the VLAN of a frame to the link itself.
func (p *BridgePort) shouldLearn(b *core.SKB) (vid uint16, ok bool) {
	switch br := p.Br; {
	case !br.VlanFiltering:
		return 0, true
	case b.VlanPresent && b.VlanTCI&vlanMax != 0:
		vid = b.VlanTCI & vlanMax
		return vid, p.vlans.find(vid) != nil
	}
	return p.vlans.PVID, p.vlans.PVID != 0
}
