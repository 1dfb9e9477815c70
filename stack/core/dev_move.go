package core

// Unlist is unlist_netdevice: the namespace no longer knows the device. Who
// calls it has taken it down and told the protocols.
func (ns *Netns) Unlist(d *Device) {
	ns.flushBacklog(d)
	delete(ns.byIndex, d.Index)
	for i, x := range ns.Devices {
		if x == d {
			ns.Devices = append(ns.Devices[:i:i], ns.Devices[i+1:]...)
			break
		}
	}
}

// List is list_netdevice for a device that comes from another namespace: it
// keeps its ifindex unless that is taken.
func (ns *Netns) List(d *Device) {
	if ns.byIndex[d.Index] != nil {
		d.Index = ns.newIndex()
	}
	d.NS = ns
	ns.insert(d)
}

// insert puts a device where its ifindex belongs.
func (ns *Netns) insert(d *Device) {
	i := len(ns.Devices)
	for i > 0 && (ns.Devices[i-1] == nil || ns.Devices[i-1].Index > d.Index) {
		i--
	}
	ns.Devices = append(ns.Devices, nil)
	copy(ns.Devices[i+1:], ns.Devices[i:])
	ns.Devices[i] = d
	ns.byIndex[d.Index] = d
}

// newIndex is dev_index_reserve: numbers go up and are not used again at once.
func (ns *Netns) newIndex() int {
	for {
		ns.lastIndex++
		if ns.byIndex[ns.lastIndex] == nil {
			return ns.lastIndex
		}
	}
}
