package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

func parseOwner(c *call, d *iptables.Owner) {
	ids := func(l [][]string, name string) iptables.U32Range {
		if id, ok := account(l, c.arg); ok {
			return iptables.U32Range{Min: id, Max: id}
		}
		lo, rest, ok := number(c.arg, 0, 1<<32-2)
		hi := lo
		if ok && rest != "" && (rest[0] == '-' || rest[0] == ':') {
			hi, rest, ok = number(rest[1:], 0, 1<<32-2)
		}
		if !ok || rest != "" {
			c.badValue(name)
		}
		return iptables.U32Range{Min: uint32(lo), Max: uint32(hi)}
	}
	switch c.o.id {
	case 0:
		d.HasUID, d.UID, d.InvUID = true, ids(c.p.tables().users, "--uid-owner"), c.invert
	case 1:
		d.HasGID, d.GID, d.InvGID = true, ids(c.p.tables().groups, "--gid-owner"), c.invert
	case 2:
		d.SocketExists, d.InvSocket = true, c.invert
	case 6:
		if !d.HasGID {
			c.p.bad("%s: Bad value for \"%s\" option: \"%s\"", "owner", "--suppl-groups", "you need to use --gid-owner first")
		}
		d.SupplGroups = true
	}
}

func (w *view) owner(d *iptables.Owner, sock, uid, gid, suppl string, numeric bool) {
	if d.SocketExists {
		w.not(d.InvSocket)
		w.f(" %s", sock)
	}
	one := func(on, not bool, label string, r iptables.U32Range, l [][]string) {
		if !on {
			return
		}
		w.not(not)
		w.f(" %s ", label)
		if s := accountName(l, r.Min); r.Min == r.Max && !numeric && s != "" {
			w.f("%s", s)
		} else {
			w.span(uint64(r.Min), uint64(r.Max), "-")
		}
	}
	one(d.HasUID, d.InvUID, uid, d.UID, w.p.tables().users)
	one(d.HasGID, d.InvGID, gid, d.GID, w.p.tables().groups)
	if d.SupplGroups {
		w.f(" %s", suppl)
	}
}

var pktTypes = []struct {
	name string
	v    uint8
}{{"unicast", 0}, {"broadcast", 1}, {"multicast", 2}, {"otherhost", 3}, {"bcast", 1}, {"mcast", 2}, {"host", 0}}

func pktTypeName(v uint8) string {
	if v < 4 {
		return pktTypes[v].name
	}
	return "?"
}

var dscpClasses = []struct {
	name string
	v    uint8
}{{"CS0", 0}, {"CS1", 8}, {"CS2", 16}, {"CS3", 24}, {"CS4", 32}, {"CS5", 40}, {"CS6", 48}, {"CS7", 56}, {"BE", 0}, {"AF11", 10}, {"AF12", 12}, {"AF13", 14},
	{"AF21", 18}, {"AF22", 20}, {"AF23", 22}, {"AF31", 26}, {"AF32", 28}, {"AF33", 30}, {"AF41", 34}, {"AF42", 36}, {"AF43", 38}, {"EF", 46}}

func (c *call) dscpClass() uint8 {
	for _, k := range dscpClasses {
		if hasPrefixFold(c.arg, k.name) {
			return k.v
		}
	}
	c.bad("Invalid DSCP value `%s'", c.arg)
	return 0
}

// tosName is tos_try_print_symbolic: "" if there is no word.
func tosName(v, m uint8) string {
	if m == 0x3f {
		for _, t := range tosNames {
			if t.v == v {
				return t.name
			}
		}
	}
	return ""
}

func parseECN(c *call, d *iptables.ECN) {
	switch c.o.id {
	case 0:
		d.HasCWR, d.InvCWR = true, c.invert
	case 1:
		d.HasECE, d.InvECE = true, c.invert
	case 2:
		d.HasECT, d.InvECT, d.ECT = true, c.invert, uint8(c.u)
	}
}

var (
	hopOps  = [...]string{"==", "!=", "<", ">"}
	hopOpts = [...]string{"--*-eq", "! --*-eq", "--*-lt", "--*-gt"}
)

func (c *call) hopMode() iptables.HLMode {
	switch c.o.id {
	case 1:
		return iptables.HLLess
	case 2:
		return iptables.HLGreater
	}
	if c.invert {
		return iptables.HLNotEqual
	}
	return iptables.HLEqual
}

func parsePhysDev(c *call, d *iptables.PhysDev) {
	switch c.o.id {
	case 0:
		d.HasIn, d.In, d.InvIn = true, c.p.parseIface(c.arg), c.invert
	case 1:
		d.HasOut, d.Out, d.InvOut = true, c.p.parseIface(c.arg), c.invert
	case 2:
		d.IsIn, d.InvIsIn = true, c.invert
	case 3:
		d.IsOut, d.InvIsOut = true, c.invert
	case 4:
		d.Bridged, d.InvBridged = true, c.invert
	}
}

func savePhysDev(w *view, d *iptables.PhysDev) {
	one := func(on, not bool, s, v string) {
		if on {
			w.not(not)
			w.f(" --physdev-%s%s", s, v)
		}
	}
	one(d.IsIn, d.InvIsIn, "is-in", "")
	one(d.HasIn, d.InvIn, "in ", d.In)
	one(d.IsOut, d.InvIsOut, "is-out", "")
	one(d.HasOut, d.InvOut, "out ", d.Out)
	one(d.Bridged, d.InvBridged, "is-bridged", "")
}

func (w *view) rpFilter(d *iptables.RpFilter, prefix string) {
	w.is(d.Loose, prefix+"loose")
	w.is(d.ValidMark, prefix+"validmark")
	w.is(d.AcceptLocal, prefix+"accept-local")
	w.is(d.Inv, prefix+"invert")
}

func saveSocket(w *view, d *iptables.Socket) {
	w.is(d.Transparent, " --transparent")
	w.is(d.NoWildcard, " --nowildcard")
	w.is(d.RestoreSkMark, " --restore-skmark")
}

// groupNames are those of /etc/iproute2/group.
var groupNames = map[uint64]string{0: "default"}

func (w *view) devGroup(d *iptables.DevGroup, prefix string) {
	names := groupNames
	if w.numeric {
		names = nil
	}
	if d.HasSrc {
		w.not(d.InvSrc)
		w.f("%ssrc-group", prefix)
		w.valMask(d.Src, d.SrcMask, names)
	}
	if d.HasDst {
		w.not(d.InvDst)
		w.f("%sdst-group", prefix)
		w.valMask(d.Dst, d.DstMask, names)
	}
}

func xlateDevGroup(w *view, d *iptables.DevGroup) bool {
	not := false
	one := func(on, inv bool, word string, v, m uint32) {
		if !on {
			return
		}
		not = not || inv
		w.add("%s ", word)
		if m != 1<<32-1 {
			op := "=="
			if not {
				op = "!="
			}
			w.add("and 0x%x %s 0x%x", m, op, v)
			return
		}
		w.add("%s", ne(not))
		if s := groupNames[uint64(v)]; s != "" {
			w.add("%s", s)
		} else {
			w.add("0x%x", v)
		}
	}
	one(d.HasSrc, d.InvSrc, "iifgroup", d.Src, d.SrcMask)
	one(d.HasDst, d.InvDst, "oifgroup", d.Dst, d.DstMask)
	return true
}
