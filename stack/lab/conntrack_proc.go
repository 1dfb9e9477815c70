package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// procConntrack is /proc/net/nf_conntrack.
func procConntrack(p *Proc) string {
	var b strings.Builder
	t := conntrack.Of(p.host.NS)
	if t == nil {
		return ""
	}
	full := func(a wire.Addr) string { return netipOf(a).StringExpanded() }
	t.Each(func(c *conntrack.Conn) bool {
		name, n := ctL3(c)
		fmt.Fprintf(&b, "%-8s %d %-8s %d ", name, n, ctProtoName(c.Proto()), c.Proto())
		if c.Status&conntrack.Offload == 0 {
			fmt.Fprintf(&b, "%d ", c.Expires()/sim.Second)
			if s := ctState(c); s != "" {
				b.WriteString(s + " ")
			}
		}
		z := c.Zone()
		for d := conntrack.Original; d <= conntrack.Reply; d++ {
			ctTuple(&b, c.Tuple(d), full)
			if z.ID != 0 && z.Dirs == 1<<d {
				fmt.Fprintf(&b, "zone-%s=%d ", [2]string{"orig", "reply"}[d], z.ID)
			}
			if c.Acct() {
				fmt.Fprintf(&b, "packets=%d bytes=%d ", c.Counters[d].Packets, c.Counters[d].Bytes)
			}
			if d == conntrack.Original && c.Status&conntrack.SeenReply == 0 {
				b.WriteString("[UNREPLIED] ")
			}
		}
		switch {
		case c.Status&conntrack.Offload != 0:
			b.WriteString("[OFFLOAD] ")
		case c.Status&conntrack.Assured != 0:
			b.WriteString("[ASSURED] ")
		}
		fmt.Fprintf(&b, "mark=%d ", c.Mark)
		if z.Dirs == 0 || z.Dirs == 3 {
			fmt.Fprintf(&b, "zone=%d ", z.ID)
		}
		if start, _ := c.Times(); start != 0 {
			fmt.Fprintf(&b, "delta-time=%d ", (p.lab.now()-start)/sim.Second)
		}
		fmt.Fprintf(&b, "use=%d\n", c.Use()+1)
		return true
	})
	return b.String()
}

// procStatConntrack is /proc/net/stat/nf_conntrack.
func procStatConntrack(p *Proc) string {
	var b strings.Builder
	b.WriteString("entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n")
	t := conntrack.NewTable(p.host.NS)
	for cpu := range p.host.NS.Machine.CPU {
		var s conntrack.Stat
		if cpu == 0 {
			s = t.Stat
		}
		fmt.Fprintf(&b, "%08x  %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x  %08x %08x %08x %08x\n", t.Count(), s.ClashResolve, s.Found, 0, s.Invalid, 0, 0, s.ChainTooLong,
			s.Insert, s.InsertFailed, s.Drop, s.EarlyDrop, s.Error, s.ExpectNew, s.ExpectCreate, s.ExpectDelete, s.SearchRestart)
	}
	return b.String()
}

// procStatSynproxy is /proc/net/stat/synproxy.
func procStatSynproxy(p *Proc) string {
	var b strings.Builder
	b.WriteString("entries\t\tsyn_received\tcookie_invalid\tcookie_valid\tcookie_retrans\tconn_reopened\n")
	for cpu := range p.host.NS.Machine.CPU {
		var s iptables.SynproxyStats
		if cpu == 0 {
			s = iptables.SynproxyStatsOf(p.host.NS)
		}
		fmt.Fprintf(&b, "%08x\t%08x\t%08x\t%08x\t%08x\t%08x\n", 0, s.SynReceived, s.CookieInvalid, s.CookieValid, s.CookieRetrans, s.ConnReopened)
	}
	return b.String()
}
