package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
)

// Flow tables in transactions: nf_tables_newflowtable, nf_tables_delflowtable.

// maxFlowDevices is NFT_NETDEVICE_MAX.
const maxFlowDevices = 256

// Flowtable is nft_flowtable_lookup.
func (t *Table) Flowtable(name string) *Flowtable {
	for _, f := range t.Flowtables {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// AddFlowtable is nf_tables_newflowtable; excl makes an existing one EEXIST, else it
// hangs on the devices that are named too. offload asks for a card that does the work:
// EOPNOTSUPP, no driver here can. ENOENT: the family has no flow tables.
func (b *Batch) AddFlowtable(t *Table, f *Flowtable, offload, excl bool) (*Flowtable, core.Errno) {
	if o := t.Flowtable(f.Name); o != nil {
		if excl {
			return nil, eexist
		}
		return o, b.updateFlowtable(o, f, offload)
	}
	switch {
	case ipOnly(t.Family) != 0:
		return nil, enoent
	case twice(f.Devices):
		return nil, eexist
	case len(f.Devices) > maxFlowDevices:
		return nil, e2big
	case t.flowDevice(f.Devices):
		return nil, eexist
	case offload:
		return nil, eopnotsupp
	}
	f.Table, f.Handle, f.born = t, t.newHandle(), b.s.ns.Clock.Now()
	t.Flowtables = append(t.Flowtables, f)
	f.hookUp()
	b.log(undo{kind: undoAddFlow, table: t, flow: f})
	return f, 0
}

// updateFlowtable is nft_flowtable_update.
func (b *Batch) updateFlowtable(o, f *Flowtable, offload bool) core.Errno {
	if twice(f.Devices) {
		return eexist
	}
	var more []string
	for _, d := range f.Devices {
		if !slices.Contains(o.Devices, d) {
			more = append(more, d)
		}
	}
	switch {
	case offload || f.Counter && !o.Counter:
		return eopnotsupp
	case len(o.Devices)+len(more) > maxFlowDevices:
		return e2big
	case o.Table.flowDevice(more):
		return eexist
	}
	b.setFlowDevices(o, append(slices.Clone(o.Devices), more...))
	return 0
}

func (b *Batch) setFlowDevices(f *Flowtable, devs []string) {
	b.log(undo{kind: undoFlowDevices, flow: f, devs: f.Devices})
	f.Devices = devs
	f.findDevices()
}

// flowDevice tells whether another flow table of the table hangs on one of these.
func (t *Table) flowDevice(names []string) bool {
	for _, f := range t.Flowtables {
		for _, n := range names {
			if slices.Contains(f.Devices, n) {
				return true
			}
		}
	}
	return false
}

// DelFlowtable is nf_tables_delflowtable: EBUSY while rules add to it. With devices
// it only leaves those (nft_delflowtable_hook): ENOENT if it does not hang on one.
func (b *Batch) DelFlowtable(f *Flowtable, devs []string) core.Errno {
	if len(devs) > 0 {
		left := slices.Clone(f.Devices)
		for _, d := range devs {
			i := slices.Index(left, d)
			if i < 0 {
				return enoent
			}
			left = slices.Delete(left, i, i+1)
		}
		b.setFlowDevices(f, left)
		return 0
	}
	if f.use > 0 {
		return ebusy
	}
	b.removeFlowtable(f)
	return 0
}

func (b *Batch) removeFlowtable(f *Flowtable) {
	t := f.Table
	f.unhook()
	i := slices.Index(t.Flowtables, f)
	t.Flowtables = slices.Delete(slices.Clone(t.Flowtables), i, i+1)
	b.log(undo{kind: undoDelFlow, table: t, flow: f, at: i})
}

// backFlow takes a change of a flow table back.
func (u *undo) backFlow() {
	f, t := u.flow, u.flow.Table
	switch u.kind {
	case undoAddFlow:
		f.unhook()
		t.Flowtables = slices.DeleteFunc(slices.Clone(t.Flowtables), func(o *Flowtable) bool { return o == f })
	case undoDelFlow:
		t.Flowtables = slices.Insert(slices.Clone(t.Flowtables), u.at, f)
		f.hookUp()
	case undoFlowDevices:
		f.Devices = u.devs
		f.findDevices()
	}
}

// doneFlow is nf_tables_flowtable_destroy: what was deleted gives its connections
// back.
func (b *Batch) doneFlow() {
	for i := range b.undo {
		if b.undo[i].kind == undoDelFlow {
			b.undo[i].flow.free()
		}
	}
}

const e2big core.Errno = 7
