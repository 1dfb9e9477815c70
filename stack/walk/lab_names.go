package walk

import (
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/step"
)

// LabNames are the names of a lab's hosts, and of their devices.
type LabNames struct {
	hosts map[uint8]string
	devs  map[[2]int]string
	seen  map[uint8]*stack.Host
	on    uint8
}

// see keeps a host's names.
func (n *LabNames) see(h *stack.Host, name string) {
	n.hosts[h.NS.Host] = name
	n.seen[h.NS.Host] = h
	for _, d := range h.NS.Devices {
		if d != nil {
			n.devs[[2]int{int(h.NS.Host), d.Index}] = d.Name
		}
	}
}

// OnHost are the same names, with devices of another host.
func (n *LabNames) OnHost(host uint8) step.Resolver {
	if host == n.on {
		return n
	}
	return &LabNames{n.hosts, n.devs, nil, host}
}

// DevName is the name of a device, empty if there is none.
func (n *LabNames) DevName(i int) string { return n.devs[[2]int{int(n.on), i}] }

// HostName is the name of a host by its number in traces.
func (n *LabNames) HostName(i uint8) string { return n.hosts[i] }

// Hosts is how many hosts there have been.
func (n *LabNames) Hosts() int { return len(n.hosts) }

// Text is an interned string.
func (n *LabNames) Text(i uint64) string { return step.Word(i) }

// HostList describes the hosts as they were set up last.
func (k *Lab) HostList() (list []HostInfo) {
	for i := range 256 {
		h := uint8(i)
		n := k.names.hosts[h]
		if n == "" {
			continue
		}
		x := HostInfo{Name: n}
		for j := len(k.confs) - 1; j >= 0; j-- {
			if c := &k.confs[j]; c.host == h && len(c.conf.Devices) > len(x.Devs) {
				x.Devs = nil
				for _, d := range c.conf.Devices {
					x.Devs = append(x.Devs, d.Name)
				}
			}
		}
		list = append(list, x)
	}
	return list
}

// A HostInfo is the name of a host, and those of its devices.
type HostInfo struct {
	Name string
	Devs []string
}
