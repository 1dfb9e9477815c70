package nat

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestFTPKernel compares FTP sessions through NAT, active and passive ones, whole
// lines and broken ones, byte by byte with what left a router of Linux 6.18.
func TestFTPKernel(t *testing.T) {
	f, err := os.Open("testdata/ftp-6.18.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, trace.Silent)
	for h := byte(10); h < 20; h++ {
		for i := range w.eth {
			n := w.ns.Neigh4.Create(ip(10, 0, byte(i+1), h).Addr(), w.eth[i])
			w.ns.Neigh4.Update(n, 0x020000000100, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
		}
	}
	w.ns.AddHook(core.NFIPv4, core.LocalIn, 0, &drop{})
	w.rule(core.PreRouting, &rule{proto: wire.ProtoTCP, fn: func(ns *core.Netns, st *core.HookState, b *core.SKB, c *conntrack.Conn) core.Verdict {
		switch c.Tuple(conntrack.Original).Dport {
		case 2121:
			c.SetHelper(conntrack.HelperFTP)
			return dnat(server, 21)(ns, st, b, c)
		case 21:
			c.SetHelper(conntrack.HelperFTP)
		}
		return core.Accept
	}})
	w.rule(core.PostRouting, &rule{fn: func(ns *core.Netns, st *core.HookState, b *core.SKB, _ *conntrack.Conn) core.Verdict {
		if s := b.IP4().Src(); s >= ip(10, 0, 1, 10) && s <= ip(10, 0, 1, 13) {
			return Masquerade(ns, st, b, &Range{})
		}
		return core.Accept
	}})
	lines := bufio.NewScanner(z)
	n := 0
	for ; lines.Scan(); n++ {
		var l []any
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		p, err := hex.DecodeString(l[1].(string))
		if err != nil {
			t.Fatal(err)
		}
		w.sent = nil
		w.rx(int(l[0].(float64)), p)
		var got [2][]any
		for _, f := range w.sent {
			got[f.dev-11] = append(got[f.dev-11], hex.EncodeToString(f.p))
		}
		for i := range got {
			if want := l[2+i].([]any); !slices.Equal(got[i], want) {
				t.Errorf("line %d, %s %q: by eth%d left\n%v\nwant\n%v", n+1, describe(t, p), p[40:], i, got[i], want)
			}
		}
	}
	if n == 0 {
		t.Error("no packets")
	}
	w.run(10 * sim.Second)
	w.conserved()
}
