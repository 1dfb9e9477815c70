package stack_test

import (
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// TestConfig: the set-up of a host can be read: its devices, rings and routes.
func TestConfig(t *testing.T) {
	e, ok := pcaps.Lookup("ipv6")
	if !ok {
		t.Fatal("no capture")
	}
	r, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(r, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := k.Names().Config()
	local, six := false, false
	for _, r := range c.Routes {
		local = local || r.Type == 2 && r.Table == 255 && r.Dst.String() == "fd00::2" && r.Six
		six = six || r.Six && r.Plen == 64 && r.Table == 254
	}
	if !local || !six {
		t.Errorf("routes %+v", c.Routes)
	}
	rx := 0
	for _, g := range c.Rings {
		if !g.Tx && g.Size == 256 && g.ID != 0 {
			rx++
		}
	}
	if rx != 4 || len(c.CPUs) == 0 || c.CPUs[0].ID == 0 || len(c.Queues) != 1 || c.Queues[0].Name != "pfifo_fast" || c.Budget != 300 || c.Backlog != 1000 {
		t.Errorf("%+v", c)
	}
	names := ""
	for _, d := range c.Devices {
		names += d.Name + " "
	}
	if names != "lo eth0 " && names != "eth0 lo " {
		t.Errorf("devices %s", names)
	}
}
