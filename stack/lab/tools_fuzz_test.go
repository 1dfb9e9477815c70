package lab

import (
	"bytes"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A capture of anything is printed without a panic, in bounded space.
func FuzzTcpdumpPrint(f *testing.F) {
	for _, e := range pcaps.Bundled() {
		r, err := e.Open()
		if err != nil {
			f.Fatal(err)
		}
		for range 4 {
			if fr, err := r.Next(); err == nil {
				f.Add(append([]byte(nil), fr.Data...), uint16(fr.Link), uint8(2))
			}
		}
		r.Close()
	}
	f.Fuzz(func(t *testing.T, b []byte, link uint16, v uint8) {
		if len(b) > 4096 {
			return
		}
		for _, n := range []int{len(b), len(b) + 100} {
			d := &tdPrinter{v: int(v % 4), e: v&4 != 0, n: true, q: v&8 != 0, X: int(v >> 7)}
			s := d.frame(&tdFrame{data: b, orig: n, link: link})
			if len(s) > 1<<20 {
				t.Fatalf("%d bytes of text for %d of a frame", len(s), len(b))
			}
		}
	})
}

// A bpftrace program of anything is parsed or refused.
func FuzzBpftrace(f *testing.F) {
	for _, s := range []string{`kprobe:tcp_connect { printf("x %s\n", comm); @[comm] = count(); }`, `BEGIN { @ = hist(3); $a = (1 + 2) * 3 ? 4 : 5; if ($a) { exit() } else { print(@) } }`,
		`tracepoint:net:net_dev_queue /args->len > 10 && comm == "ping"/ { @[str(args->name), pid]++ }`, `interval:s:1 { clear(@); unroll(3) { @x += 1 } while ($i < 5) { $i++ } }`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		c := &bpfCmd{src: s}
		ps, bad := bpfParse(s)
		if bad != nil {
			c.mark(min(bad.at, len(s)), max(bad.end, bad.at), bad.msg)
			return
		}
		if c.resolve(ps) != "" {
			return
		}
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("h"))
		c.p = l.newProc(l.Root, "x", func(*Proc) int { return 0 })
		c.r = bpfRun{c: c, mapsOf: map[string]*bpfMap{}}
		for i := range ps {
			c.done = false
			c.r.run(&ps[i], &bpfEvent{probe: "x"})
		}
		for _, m := range c.r.mapsOf {
			m.text(0, 0)
		}
	})
}

// Command lines of anything end with a status.
func FuzzToolArgs(f *testing.F) {
	for _, s := range []string{"conntrack -L -p tcp --dport 1", "tcpdump -nr /x port 1", "curl -s http://[::1]:1/ -w %{http_code}", "dig +short @1.2.3.4 x", "socat - TCP:1.2.3.4:1", "tc qdisc add dev lo root pfifo limit 3",
		"ethtool -K lo tso off", "perf stat -e net:netif_rx true", "iperf3 -c ::1 -n 1K", "tcpreplay -i lo /x", "host -t MX x", "nslookup x", "wget -qO- http://127.0.0.1:1/", "bpftrace -l '*'", "dnsmasq -d -p 1 -A /x/1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := strings.Fields(s)
		if len(w) == 0 || len(s) > 300 || strings.ContainsAny(s, "\x00") {
			return
		}
		switch w[0] {
		case "conntrack", "tcpdump", "curl", "dig", "socat", "tc", "ethtool", "perf", "iperf3", "tcpreplay", "host", "nslookup", "wget", "bpftrace", "dnsmasq", "httpd", "busybox", "python3":
		default:
			return
		}
		world := stack.NewWorld(1)
		l := NewLab(world, world.AddHost("h"))
		l.Limits.Virtual, l.Limits.Steps, l.Limits.Output = 30*sim.Second, 200, 1<<20
		var out bytes.Buffer
		l.Stdout, l.Stderr = &out, &out
		p := l.newProc(l.Root, "sh", func(p *Proc) int { p.sh = newShell(p, "sh", nil); return p.runWords(w) })
		p.stdio()
		l.run(p)
		l.killAll()
	})
}

// Captures that are damaged, or none, are refused in a line.
func TestTcpdumpHostile(t *testing.T) {
	out, st := runModel(t, `
printf 'junk' > /tmp/a; tcpdump -r /tmp/a; echo $?
: > /tmp/b; tcpdump -r /tmp/b; echo $?
printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0\0\0\0\0\0\0\0\0\377\377\377\377\377\377\377\377' > /tmp/c; tcpdump -nr /tmp/c; echo $?
tcpdump -r /tmp; echo $?
tcpreplay -i lo /tmp/c; echo $?
perf report -i /tmp/a; echo $?
`)
	if st != 0 || strings.Count(out, "\n1\n")+strings.Count(out, "\n255\n") < 4 {
		t.Errorf("status %d\n%s", st, out)
	}
}
