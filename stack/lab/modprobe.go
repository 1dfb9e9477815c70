package lab

import "strings"

func init() {
	for _, n := range []string{"modprobe", "insmod", "rmmod", "lsmod", "modinfo"} {
		extra[n] = moduleTool
	}
	extra["wg"], extra["ipvsadm"] = unbuilt, unbuilt
}

// moduleTool is modprobe and its kin: there is one kernel, and what it has is
// built in.
func moduleTool(p *Proc, a []string) int {
	p.errf("not modelled: %s: this kernel loads no modules; what it has is built in\n", strings.Join(a, " "))
	return 1
}

// unbuilt is a tool for a part of the kernel that is not modelled.
func unbuilt(p *Proc, a []string) int {
	what := map[string]string{"wg": "WireGuard", "ipvsadm": "IPVS, the load balancer"}[a[0]]
	p.errf("not modelled: %s: %s\n", a[0], what)
	return 1
}
