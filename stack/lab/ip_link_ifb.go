package lab

import (
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
)

// addIfb is ip link add type ifb.
func addIfb(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error) {
	if err := garbage(a); err != nil {
		return nil, err
	}
	if err := c.linkCheck(r, h); err != nil {
		return nil, err
	}
	f := device.NewIfb(h.NS, r.name, r.index)
	f.Dev.Addr = c.p.lab.macOr(r.addr)
	return f.Dev, nil
}
