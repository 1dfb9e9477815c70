package lab

import (
	_ "embed"
	"slices"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// tc filter … flower (iproute2, tc/f_flower.c): reading.

//go:embed tc_flower_help.txt
var tcFlowerUsage string

// tcFlowerNot are keys of flower that the model does not have.
const tcFlowerNot = " cvlan_id cvlan_prio cvlan_ethtype mpls mpls_label mpls_tc mpls_bos mpls_ttl pppoe_sid ppp_proto enc_dst_ip enc_src_ip enc_key_id enc_dst_port enc_tos enc_ttl geneve_opts vxlan_opts erspan_opts gtp_opts ct_zone ct_mark ct_label hw_tc "

// A tcFlower is a flower filter while it is read.
type tcFlower struct {
	*tcFilterCmd
	p         *sched.FlowerParams
	ethType   uint16 // what the IP keys are about
	proto     int    // IP protocol, -1: not given
	vlans     int
	flags     uint32
	flagsMask uint32
}

// set adds a key; a second one for the same field replaces the first.
func (x *tcFlower) set(f sched.FlowerField, val, mask []byte) {
	k := sched.FlowerKey{Field: f}
	copy(k.Val[:], val)
	copy(k.Mask[:], mask)
	for i := range x.p.Keys {
		if x.p.Keys[i].Field == f {
			x.p.Keys[i] = k
			return
		}
	}
	x.p.Keys = append(x.p.Keys, k)
}

// num adds a key that is a number.
func (x *tcFlower) num(f sched.FlowerField, val, mask uint32) {
	x.set(f, tcBigEndian(val, f.Size()), tcBigEndian(mask, f.Size()))
}

func tcBigEndian(v uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v >> (8 * (n - 1 - i)))
	}
	return b
}

const tcAllOnes = ^uint32(0)

// parseFlower is flower_parse_opt.
func (f *tcFilterCmd) parseFlower() int {
	if f.handle != "" {
		var ok bool
		if f.r.Handle, ok = tcfU32(f.handle, 0); !ok {
			f.die(1, "Illegal \"handle\"\n")
		}
	}
	x := &tcFlower{tcFilterCmd: f, p: &sched.FlowerParams{}, ethType: f.r.Protocol, proto: -1}
	for f.more() {
		if x.common() {
			continue
		}
		name := ""
		for _, k := range tcFlowerKeys {
			if f.is(k.name) {
				name = k.name
				f.next()
				if !k.read(x, f.cur()) {
					f.die(1, "Illegal \"%s\"\n", k.illegal())
				}
				f.fwd()
				break
			}
		}
		if name != "" {
			continue
		}
		if containsWord(tcFlowerNot, f.cur()) {
			f.die(1, "not modelled: flower %s\n", f.cur())
		}
		if !f.at("help") {
			f.say("What is \"%s\"?\n", f.cur())
		}
		f.die(1, "%s", tcFlowerUsage)
	}
	x.finish()
	f.r.Opts = x.p
	return 0
}

// common reads what is no key.
func (x *tcFlower) common() bool {
	f := x.tcFilterCmd
	switch {
	case f.is("classid"), f.is("flowid"):
		x.p.ClassID, x.p.ClassGiven = f.classID(), true
	case f.is("verbose"):
		f.fwd()
	case f.is("skip_hw"):
		x.p.SkipHW = true
		f.fwd()
	case f.is("skip_sw"):
		f.die(1, "not modelled: tc filter skip_sw\n")
	case f.is("action"):
		f.actions("\"action\"")
	case f.is("indev"):
		d := f.tcCmd.p.host.NS.DevByName(f.next())
		if d == nil {
			x.p.NoDev = true
		} else {
			x.num(sched.FlowerIndev, uint32(d.Index), tcAllOnes)
		}
		f.fwd()
	default:
		return false
	}
	return true
}

// finish adds what the kernel derives from the keys: the protocol, and the family of
// the addresses (fl_set_key).
func (x *tcFlower) finish() {
	if x.flagsMask != 0 {
		x.num(sched.FlowerIPFlags, x.flags, x.flagsMask)
	}
	vlan := func(t uint16) bool { return t == 0x8100 || t == 0x88a8 }
	ip := uint16(0)
	switch p := x.r.Protocol; {
	case vlan(p) || x.vlans > 0:
		if p != 3 {
			x.num(sched.FlowerVlanTPID, uint32(p), tcAllOnes)
		}
		if x.ethType != p && !vlan(x.ethType) {
			ip = x.ethType
		}
	case p != 3:
		ip = p
	}
	if ip != 0 {
		x.num(sched.FlowerEthType, uint32(ip), tcAllOnes)
	}
	four, six := false, false
	for _, k := range x.p.Keys {
		four = four || k.Field == sched.FlowerIP4Dst || k.Field == sched.FlowerIP4Src
		six = six || k.Field == sched.FlowerIP6Dst || k.Field == sched.FlowerIP6Src
	}
	if four {
		x.num(sched.FlowerAddrType, sched.FlowerAddr4, 0xff)
	} else if six {
		x.num(sched.FlowerAddrType, sched.FlowerAddr6, 0xff)
	}
	isIP := ip == 0x0800 || ip == 0x86dd
	x.p.Keys = slices.DeleteFunc(x.p.Keys, func(k sched.FlowerKey) bool {
		switch k.Field { // what the kernel does not read without its protocol
		case sched.FlowerTOS, sched.FlowerTTL, sched.FlowerIPProto:
			return !isIP
		case sched.FlowerTCPFlags:
			return x.proto != 6
		}
		return false
	})
	slices.SortFunc(x.p.Keys, func(a, b sched.FlowerKey) int { return int(a.Field) - int(b.Field) })
}
