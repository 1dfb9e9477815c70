package nft

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// newNS makes a namespace with the devices lo (1) and eth0 (2).
func newNS() *core.Netns {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(7), IDs: &core.IDs{}}
	m.Clock.Reset(100 * sim.Second)
	ns := core.NewNetns(m, "h")
	core.NewSoftnet(m)
	ns.Loopback = ns.NewDevice("lo", 1, nil)
	return ns
}

// load runs a script and lists what came of it.
func load(script string, opts ...string) (list, errs string, status int) {
	ns := newNS()
	_, errs, status = Run(ns, []string{"-f", "-"}, script)
	list, _, _ = Run(ns, append(opts, "list", "ruleset"), "")
	return list, errs, status
}

func TestSmoke(t *testing.T) {
	l, e, rc := load("table inet f {\n chain input {\n type filter hook input priority filter; policy drop;\n ct state established,related counter accept\n iif \"lo\" accept\n tcp dport { 22, 80 } counter accept\n }\n}\n")
	want := "table inet f {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\tct state established,related counter packets 0 bytes 0 accept\n\t\tiif \"lo\" accept\n\t\ttcp dport { 22, 80 } counter packets 0 bytes 0 accept\n\t}\n}\n"
	if l != want || e != "" || rc != 0 {
		t.Errorf("got %q\n%q %d", l, e, rc)
	}
}
