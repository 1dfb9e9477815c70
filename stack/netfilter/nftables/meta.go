package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_meta.c.

// A MetaKey is an enum nft_meta_keys.
type MetaKey uint8

// What is known of a packet beside its bytes.
const (
	MetaLen MetaKey = iota
	MetaProtocol
	MetaPriority
	MetaMark
	MetaIIF
	MetaOIF
	MetaIIFName
	MetaOIFName
	MetaIIFType
	MetaOIFType
	MetaSKUID
	MetaSKGID
	MetaNFTrace
	MetaRTClassID
	MetaSecMark
	MetaNFProto
	MetaL4Proto
	MetaBriIIFName
	MetaBriOIFName
	MetaPktType
	MetaCPU
	MetaIIFGroup
	MetaOIFGroup
	MetaCGroup
	MetaRandom
	MetaSecPath
	MetaIIFKind
	MetaOIFKind
	MetaBriIIFPVID
	MetaBriIIFVProto
	MetaTimeNS
	MetaTimeDay
	MetaTimeHour
	MetaSDIF
	MetaSDIFName
	MetaBriBroute
)

// Meta is nft_meta: what is known of a packet into a register.
type Meta struct {
	Key MetaKey
	Dst uint8
}

// Families as rules see them (NFPROTO_*).
const (
	nfprotoIPv4   = 2
	nfprotoARP    = 3
	nfprotoNetdev = 5
	nfprotoBridge = 7
	nfprotoIPv6   = 10
)

func nfproto(f core.Family) uint8 {
	switch f {
	case core.NFIPv4:
		return nfprotoIPv4
	case core.NFIPv6:
		return nfprotoIPv6
	case core.NFARP:
		return nfprotoARP
	case core.NFBridge:
		return nfprotoBridge
	}
	return nfprotoNetdev
}

func devIndex(d *core.Device) uint32 {
	if d == nil {
		return 0
	}
	return uint32(d.Index)
}

func devName(d *core.Device) string {
	if d == nil {
		return ""
	}
	return d.Name
}

// Eval is nft_meta_get_eval.
func (e *Meta) Eval(r *Regs, p *Pkt) {
	b, d := p.b, e.Dst
	switch e.Key {
	case MetaLen:
		r.put32(d, uint32(b.Len()))
	case MetaProtocol:
		r.put16(d, b.Protocol)
	case MetaNFProto:
		r.put8(d, nfproto(p.pf))
	case MetaL4Proto:
		if !p.hasL4 {
			r.Code = Break
			return
		}
		r.put8(d, p.tprot)
	case MetaPriority:
		r.put32(d, b.Priority)
	case MetaMark:
		r.put32(d, b.Mark)
	case MetaIIF:
		r.put32(d, devIndex(p.st.In))
	case MetaOIF:
		r.put32(d, devIndex(p.st.Out))
	case MetaIIFName:
		r.putName(d, devName(p.st.In))
	case MetaOIFName:
		r.putName(d, devName(p.st.Out))
	case MetaIIFType:
		e.devType(r, p.b.Dev) // NFT_META_IFTYPE: the packet's device, whichever way it goes
	case MetaOIFType:
		e.devType(r, p.st.Out)
	case MetaIIFGroup, MetaOIFGroup:
		dev := p.st.In
		if e.Key == MetaOIFGroup {
			dev = p.st.Out
		}
		if dev == nil {
			r.Code = Break
			return
		}
		r.put32(d, uint32(dev.Group))
	case MetaPktType:
		r.put8(d, e.pktType(p))
	case MetaCPU:
		r.put32(d, uint32(p.ns.Machine.ThisCPU().CPU))
	case MetaRandom:
		r.put32(d, uint32(p.ns.Machine.Rand.Uint64()>>32))
	case MetaSecPath:
		r.put8(d, 0)
	case MetaIIFKind, MetaOIFKind:
		dev := p.st.In
		if e.Key == MetaOIFKind {
			dev = p.st.Out
		}
		k := kindOf(dev)
		if k == "" {
			r.Code = Break
			return
		}
		r.putName(d, k)
	case MetaRTClassID: // no route has a realm
		if b.Dst == nil {
			r.Code = Break
			return
		}
		r.put32(d, 0)
	case MetaCGroup: // no program is in a group
		if b.SK == nil {
			r.Code = Break
			return
		}
		r.put32(d, 0)
	case MetaSecMark, MetaSDIF:
		// Nothing that sets them is modelled.
		r.put32(d, 0)
	case MetaSDIFName:
		r.putName(d, "")
	case MetaSKUID, MetaSKGID:
		if !programs(b.SK) {
			r.Code = Break
			return
		}
		r.put32(d, 0) // programs of the model run as root
	case MetaTimeNS, MetaTimeDay, MetaTimeHour:
		e.time(r, p)
	default: // bridges' own keys
		r.Code = Break
	}
}

// bootDate is the date at virtual time 0, since 1970: the first of January 2026,
// UTC, as the simulated machine's date(1) has it.
const bootDate = 1767225600 * sim.Second

// time is nft_meta_get_eval_time: the date, the day of the week (0: Sunday), the
// second of the day.
func (e *Meta) time(r *Regs, p *Pkt) {
	now := uint64(bootDate + p.ns.Clock.Now())
	secs := now / uint64(sim.Second)
	switch e.Key {
	case MetaTimeNS:
		r.put64(e.Dst, now)
	case MetaTimeDay:
		r.put8(e.Dst, uint8((4+secs/86400)%7))
	case MetaTimeHour:
		r.put32(e.Dst, uint32(secs%86400))
	}
}

// programs reports whether a socket is a program's: the stack's own have no file.
func programs(sk *core.Sock) bool {
	if sk == nil || sk.Prot == nil {
		return false
	}
	_, own := sk.Prot.(interface{ KernelSocket() })
	return !own
}

func (e *Meta) devType(r *Regs, dev *core.Device) {
	if dev == nil {
		r.Code = Break
		return
	}
	r.put16(e.Dst, uint16(dev.Type))
}

// A kinder is a driver that knows its rtnl_link_ops.kind.
type kinder interface{ LinkKind() string }

func kindOf(d *core.Device) string {
	if d == nil {
		return ""
	}
	if k, ok := d.Ops.(kinder); ok {
		return k.LinkKind()
	}
	if d.Lower != nil {
		return "vlan"
	}
	return ""
}

// pktType is skb->pkt_type; what this host sent to a group and hears itself
// counts as multicast or broadcast (nft_meta_get_eval_pkttype_lo).
func (e *Meta) pktType(p *Pkt) uint8 {
	t := p.b.PktType
	if t != core.PacketLoopback {
		return uint8(t)
	}
	if p.b.Protocol == uint16(wire.EtherTypeIPv4) {
		if h := p.b.IP4(); h.Dst()>>28 != 14 {
			return uint8(core.PacketBroadcast)
		}
	}
	return uint8(core.PacketMulticast)
}

// Validate refuses what is not modelled.
func (e *Meta) Validate(c *Chain) core.Errno {
	switch e.Key {
	case MetaBriIIFName, MetaBriOIFName, MetaBriIIFPVID, MetaBriIIFVProto:
		if c.Table.Family != core.NFBridge {
			return eopnotsupp
		}
	case MetaSDIF, MetaSDIFName: // nft_meta_get_validate_sdif
		if f := c.Table.Family; f == core.NFIPv4 || f == core.NFIPv6 || f == core.NFInet {
			return c.validHooks(1<<core.LocalIn | 1<<core.Forward)
		}
		return eopnotsupp
	case MetaSecPath: // nft_meta_get_validate_xfrm
		switch c.Table.Family {
		case core.NFNetdev:
			return c.validHooks(1 << core.NetdevIngress)
		case core.NFIPv4, core.NFIPv6, core.NFInet:
			return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.Forward)
		}
		return eopnotsupp
	}
	return 0
}

// MetaSet is nft_meta_set.
type MetaSet struct {
	Key MetaKey
	Src uint8
}

// Eval is nft_meta_set_eval.
func (e *MetaSet) Eval(r *Regs, p *Pkt) {
	switch e.Key {
	case MetaMark:
		p.b.Mark = r.get32(e.Src)
	case MetaPriority:
		p.b.Priority = r.get32(e.Src)
	case MetaPktType:
		v := core.PktType(r.at(e.Src, 1)[0])
		if v <= core.PacketOtherHost && p.b.PktType <= core.PacketOtherHost {
			p.b.PktType = v
		}
	case MetaNFTrace:
		p.b.NFTrace = r.at(e.Src, 1)[0] != 0
	}
}

// Validate is nft_meta_set_validate: the packet type is set on the way in only.
func (e *MetaSet) Validate(c *Chain) core.Errno {
	if e.Key != MetaPktType {
		return 0
	}
	switch c.Table.Family {
	case core.NFBridge, core.NFIPv4, core.NFIPv6, core.NFInet:
		return c.validHooks(1 << core.PreRouting)
	case core.NFNetdev:
		return 0
	}
	return eopnotsupp
}

// validHooks is nft_chain_validate_hooks: a base chain must be at one of these.
func (c *Chain) validHooks(mask uint) core.Errno {
	if c.Base == nil {
		return 0
	}
	if c.Base.Ingress || c.Base.Egress {
		if c.Table.Family == core.NFNetdev {
			if mask&(1<<c.Base.Hook) != 0 {
				return 0
			}
			return eopnotsupp
		}
		if mask&(1<<core.InetIngress) != 0 {
			return 0
		}
		return eopnotsupp
	}
	if mask&(1<<c.Base.Hook) == 0 {
		return eopnotsupp
	}
	return 0
}
