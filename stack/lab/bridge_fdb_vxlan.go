package lab

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An fdbVerb is what bridge fdb shall do.
type fdbVerb uint8

const (
	fdbAdd fdbVerb = iota
	fdbAppend
	fdbReplace
	fdbDelete
)

// A vxlanDst is what bridge fdb says of a host behind a tunnel.
type vxlanDst struct {
	given bool
	r     device.VxlanRemote
}

// word takes dst, port, vni or via with its value.
func (t *vxlanDst) word(c *ipCmd, k string, a *args) error {
	t.given = true
	v, err := need(a)
	if err != nil {
		return err
	}
	var n uint64
	switch k {
	case "dst":
		t.r.IP, err = vxlanIP(v)
	case "port":
		n, err = vxlanNumber(v, 16, "invalid port")
		t.r.Port = uint16(n)
	case "vni":
		n, err = vxlanNumber(v, 24, "invalid VNI")
		t.r.VNI = uint32(n)
	case "via":
		d := c.devNamed(v)
		if d == nil {
			return sad("Cannot find device \"%s\"", v)
		}
		t.r.Link = d.Index
	}
	return err
}

// apply is vxlan_fdb_add and vxlan_fdb_delete.
func (t *vxlanDst) apply(v *device.Vxlan, m wire.MAC, what fdbVerb, static, dynamic bool) error {
	r := t.r
	if r.Port == v.Conf.Port {
		r.Port = 0
	}
	if r.VNI == v.Conf.VNI {
		r.VNI = 0
	}
	if what == fdbDelete {
		return answer(v.FDBDel(m, r))
	}
	return answer(v.FDBAdd(m, r, !static && !dynamic, static, what == fdbAdd, what == fdbReplace))
}

// vxlanLines are the entries of a VXLAN device, a line for each remote.
func vxlanLines(d *core.Device, v *device.Vxlan) (l []fdbLine) {
	for _, f := range v.FDB() {
		state := ""
		if f.Permanent {
			state = "permanent"
		} else if f.NoARP {
			state = "static"
		}
		for _, r := range f.Remotes {
			l = append(l, fdbLine{addr: f.Addr, dev: d, state: state, vx: f, remote: r})
		}
	}
	return l
}

// fdbPrintVxlan prints one of them, behind address and device.
func (c *ipCmd) fdbPrintVxlan(l fdbLine, text string, o object) {
	r := l.remote
	text += "dst " + r.IP.String() + " "
	o.add("dst", r.IP.String())
	if r.Port != 0 {
		text += fmt.Sprintf("port %d ", r.Port)
		o.add("port", int(r.Port))
	}
	if r.VNI != 0 {
		text += fmt.Sprintf("vni %d ", r.VNI)
		o.add("vni", int(r.VNI))
	}
	if d := l.dev.NS.DevByIndex(r.Link); d != nil && r.Link != 0 {
		text += "via " + d.Name + " "
		o.add("viaIf", d.Name)
	}
	if c.stats > 0 {
		used, upd := int((c.p.lab.now()-l.vx.Used)/sim.Second), int((c.p.lab.now()-l.vx.Updated)/sim.Second)
		text += fmt.Sprintf("used %d/%d ", used, upd)
		o = append(o, member{"used", used}, member{"updated", upd})
	}
	o = append(o, member{"flags", []any{"self"}}, member{"state", l.state})
	c.print(text+"self "+l.state+"\n", o)
}
