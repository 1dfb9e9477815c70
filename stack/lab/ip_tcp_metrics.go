package lab

import "strings"

// tcpMetrics is "ip tcp_metrics": what finished connections left for the next
// ones to the same address. Of its commands "flush" for all addresses.
func (c *ipCmd) tcpMetrics(a *args) error {
	cmd := a.next()
	if cmd == "" || !strings.HasPrefix("flush", cmd) {
		switch {
		case strings.HasPrefix("show", cmd), strings.HasPrefix("list", cmd), strings.HasPrefix("delete", cmd):
			return other("not modelled: ip tcp_metrics %s", cmd)
		}
		return bad("Command %q is unknown, try \"ip tcp_metrics help\".", cmd)
	}
	if who := a.next(); who != "" && who != "all" && who != "any" {
		return other("not modelled: ip tcp_metrics flush %s", who)
	}
	c.p.host.TCP.FlushMetrics()
	return nil
}
