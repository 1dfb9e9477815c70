package oracle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

func load(t testing.TB) []Scenario {
	t.Helper()
	all, err := Load(os.DirFS("../testdata/kernel"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLoad(t *testing.T) {
	all := load(t)
	hosts, frames, rows, calls := 0, 0, 0, 0
	for _, s := range all {
		if len(s.Stable) == 0 || s.Truth == "" || !strings.HasPrefix(s.Kernel, "6.18") {
			t.Errorf("%s: incomplete head", s.Name)
		}
		for _, h := range s.Hosts {
			hosts++
			frames += len(h.Sent)
			rows += len(h.Rows)
			for i, in := range h.Inputs {
				if i > 0 && in.T < h.Inputs[i-1].T || in.T > h.Until {
					t.Errorf("%s %s: input %d is out of time", s.Name, h.Name, i)
				}
				n := 0
				for _, set := range []bool{in.Frame != nil, in.Call != nil, in.Point != ""} {
					if set {
						n++
					}
				}
				if n != 1 {
					t.Errorf("%s %s: input %d is %d things", s.Name, h.Name, i, n)
				}
				if in.Call != nil {
					calls++
				}
			}
			points := 0
			for _, in := range h.Inputs {
				if in.Point != "" {
					if points >= len(h.MIB) || h.MIB[points].Until != in.Point {
						t.Errorf("%s %s: point %s has no counters", s.Name, h.Name, in.Point)
					}
					points++
				}
			}
			for _, r := range h.Rows {
				if len(r.Steps) == 0 {
					t.Errorf("%s %s: empty row", s.Name, h.Name)
				}
			}
		}
	}
	t.Logf("%d scenarios, %d hosts, %d frames sent, %d rows, %d calls", len(all), hosts, frames, rows, calls)
	if len(all) < 40 || hosts < 90 || frames < 400 || rows < 750 || calls < 400 {
		t.Errorf("data are missing")
	}
	c02 := find(t, all, "c02_ttl_expired", "r")
	if got := c02.Rows[0].Steps[len(c02.Rows[0].Steps)-1].String(); got != "drop IP_INHDR at ip_forward pkt [10.0.1.10 > 10.0.2.10 ICMP echo-request/0 seq 1 ttl 1]" {
		t.Errorf("c02 r: %s", got)
	}
	b11 := find(t, all, "b11_udp_local_source", "h1")
	for _, in := range b11.Inputs {
		if c := in.Call; c != nil && len(c.Data) == 65508 && c.Want.Errno == "EMSGSIZE" && c.Op == "sendto" {
			return
		}
	}
	t.Error("b11 h1: the datagram of 65508 bytes is missing")
}

func find(t testing.TB, all []Scenario, name, host string) Host {
	for _, s := range all {
		for _, h := range s.Hosts {
			if s.Name == name && h.Name == host {
				return h
			}
		}
	}
	t.Fatalf("no %s %s", name, host)
	return Host{}
}

// A packet line is made here from a captured frame; the recorded lines were made
// by another program from what the kernel's tracepoints saw. Each captured frame
// must have its line among the packets that the device took or gave, and each
// recorded line of a packet taken or given must be that of a captured frame.
func TestPacketLine(t *testing.T) {
	frames, steps, split := 0, 0, 0
	for _, s := range load(t) {
		for _, h := range s.Hosts {
			if h.Untraced {
				continue
			}
			line, gso := map[string]bool{}, false // "rx eth0 line"
			own := map[string]bool{}              // what a host gives itself (dev_loopback_xmit) crosses no wire
			for _, st := range of(h.Rows, "rx", "tx") {
				line[st.Kind+" "+st.Get(st.Kind)+" "+st.Get("pkt")] = false
				gso = gso || st.Get("gso") != ""
				own[st.Kind+" "+st.Get(st.Kind)+" "+st.Get("pkt")] = st.Get("type") == "loopback"
			}
			check := func(kind, dev string, b []byte) {
				k := kind + " " + dev + " "
				for _, l := range []string{FrameLine(b), PacketLine(binary.BigEndian.Uint16(b[12:]), b[14:]), PacketLine(typeIPv4, b)} { // the last: of a tun device
					if _, ok := line[k+l]; ok {
						line[k+l] = true
						frames++
						return
					}
				}
				if gso && b[23] == 6 {
					split++ // one large packet was given to the device, and left in segments
					return
				}
				t.Errorf("%s %s: %s[%s] is no recorded line", s.Name, h.Name, k, FrameLine(b))
			}
			for _, in := range h.Inputs {
				if in.Frame != nil {
					check("rx", in.Dev, in.Frame)
				}
			}
			for _, o := range h.Sent {
				check("tx", o.Dev, o.Bytes)
				if o.Dev == "lo" {
					check("rx", o.Dev, o.Bytes)
				}
			}
			links := map[string]bool{"lo": true} // what other devices receive came by these
			for _, d := range h.Devices {
				links[d.Name] = true
			}
			for l, ok := range line {
				steps++
				if strings.HasPrefix(l, "rx ") && !links[strings.Fields(l)[1]] {
					continue
				}
				if dev := strings.Fields(l)[1]; !ok && !gso && !own[l] && slices.Contains(h.Captured, dev) && !strings.HasPrefix(s.Name, "a15") { // a15: the link is down, nothing leaves
					t.Errorf("%s %s: no frame has the recorded line %s", s.Name, h.Name, l)
				}
			}
		}
	}
	t.Logf("%d frames, %d lines, %d segments of large packets", frames, steps, split)
	if frames < 700 || steps < 400 || split > 200 {
		t.Errorf("%d frames, %d lines, %d segments of large packets", frames, steps, split)
	}
}

func FuzzPacketLine(f *testing.F) {
	for _, s := range load(f) {
		for i, h := range s.Hosts {
			if len(h.Sent) > i {
				f.Add(h.Sent[i].Bytes)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		FrameLine(b)
		if len(b) > 2 {
			PacketLine(binary.BigEndian.Uint16(b), b[2:])
		}
		n := newNorm()
		n.learn(b)
		n.frame(b, false)
	})
}

func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("../testdata/kernel/b02_udp_closed.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"hosts":[{"inputs":[{"frame":1}],"sent":[{"frame":-1}],"rows":[{"steps":[{"ret":0}],"nft":[[[1]]]}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) { parse(b) })
}

// replay is a machine that does what the recording says. It sees the inputs
// only as far as it checks that they come.
type replay struct {
	h     Host
	now   int64
	setup int
	in    int
	err   error
	edit  func(*Facts) // what it gets wrong
}

func (m *replay) Setup(cmd string) error {
	if cmd != m.h.Setup[m.setup] {
		m.err = fmt.Errorf("set-up %d is %q", m.setup, cmd)
	}
	m.setup++
	return m.err
}

func (m *replay) next(at int64, what func(Input) bool) {
	for m.in < len(m.h.Inputs) && m.h.Inputs[m.in].Point != "" {
		m.in++
	}
	if m.in >= len(m.h.Inputs) || at != m.now || !what(m.h.Inputs[m.in]) {
		m.err = fmt.Errorf("input %d is wrong", m.in)
	}
	m.in++
}

func (m *replay) Frame(dev string, at int64, b []byte) {
	m.next(at, func(in Input) bool { return in.Dev == dev && bytes.Equal(in.Frame, b) })
}

func (m *replay) Call(at int64, c Call) {
	m.next(at, func(in Input) bool { return in.Call != nil && in.Call.N == c.N })
}

func (m *replay) Run(until int64) {
	if until < m.now {
		m.err = errors.New("time runs backwards")
	}
	m.now = until
}

func (m *replay) Facts() Facts {
	f := Facts{MIB: map[string]int64{"IpForwarding": 7}}
	for _, p := range m.h.MIB {
		// the time of a point is written with a microsecond in one file and a nanosecond in another
		if p.T-1000 <= m.now {
			for k, v := range p.Counters {
				f.MIB[k] += v
			}
		}
	}
	for _, s := range m.h.Sent {
		if s.At <= m.now {
			f.Send(s.At, s.Dev, s.Bytes)
		}
	}
	for _, r := range m.h.Rows {
		f.Begin(r.T, r.By)
		for _, s := range r.Steps {
			f.Add(Step{s.Kind, append([]Field(nil), s.Fields...)})
		}
		f.Rows[len(f.Rows)-1].NFT = r.NFT
	}
	for _, c := range calls(m.h) {
		r := Result{Call: c.N, Errno: c.Want.Errno, Addr: c.Want.Addr, Info: c.Want.Info, Err: c.Want.Err}
		for _, x := range []struct {
			w *int64
			g *int64
		}{{c.Want.Ret, &r.Ret}, {c.Want.Value, &r.Value}, {c.Want.RC, &r.RC}, {c.Want.Sent, &r.Sent}, {c.Want.Received, &r.Received}} {
			if x.w != nil {
				*x.g = *x.w
			}
		}
		if c.Want.Text != nil {
			r.Data = latin1(*c.Want.Text)
		}
		f.Calls = append(f.Calls, r)
	}
	if m.edit != nil {
		m.edit(&f)
	}
	return f
}

func traced(all []Scenario) []Host {
	var out []Host
	for _, s := range all {
		for _, h := range s.Hosts {
			if !h.Untraced {
				out = append(out, h)
			}
		}
	}
	return out
}

func TestReplayAgrees(t *testing.T) {
	for _, h := range traced(load(t)) {
		m := &replay{h: h}
		for _, d := range Run(h, m) {
			t.Error(d)
		}
		if m.err != nil || m.setup != len(h.Setup) {
			t.Errorf("%s %s: %v, %d of %d commands", h.Scenario, h.Name, m.err, m.setup, len(h.Setup))
		}
	}
}

// What a kernel draws at random may be anything: other first sequence numbers,
// timestamps, IP ids.
func TestOtherRandomNumbersAgree(t *testing.T) {
	tcp, ids, stamps := 0, 0, 0
	for _, h := range traced(load(t)) {
		own := map[string]uint32{} // flows begun here
		for _, c := range h.Chosen.TCP {
			own[c.Local+" "+c.Remote] = 1 + uint32(len(own))
		}
		m := &replay{h: h, edit: func(f *Facts) {
			for i := range f.Frames {
				b := f.Frames[i].Bytes
				if f.Frames[i].Dev == "lo" || len(b) < 34 || binary.BigEndian.Uint16(b[12:]) != typeIPv4 || b[14] != 0x45 || sum(b[14:34], 0) != 0 {
					continue
				}
				if id := binary.BigEndian.Uint16(b[18:]); id != 0 && id != 0x1234 {
					put16(b, 18, id^0x5000, 24)
					ids++
				}
				k := flow{ip4(b[26:]), ip4(b[30:]), binary.BigEndian.Uint16(b[34:]), binary.BigEndian.Uint16(b[36:])}
				add := own[fmt.Sprintf("%s:%d %s:%d", k.src, k.sport, k.dst, k.dport)] * 0x01010000
				if b[23] == 6 && add != 0 && sum(b[34:], pseudo(b)) == 0 {
					put16(b, 38, binary.BigEndian.Uint16(b[38:])+uint16(add>>16), 50)
					tcp++
					for o := 54; o < len(b) && o < 34+int(b[46]>>4)*4; o += max(2, int(b[o+1])) {
						for o < len(b) && b[o] == 1 {
							o++
						}
						if b[o] == 8 && o%2 == 0 {
							put16(b, o+4, binary.BigEndian.Uint16(b[o+4:])^0x7fff, 50)
							stamps++
						}
					}
					if sum(b[34:], pseudo(b)) != 0 {
						t.Fatal("the test breaks checksums")
					}
				}
			}
		}}
		for _, d := range Run(h, m) {
			t.Error(d)
		}
	}
	if tcp < 20 || ids < 200 || stamps < 20 {
		t.Errorf("only %d segments, %d ids and %d timestamps were changed", tcp, ids, stamps)
	}
}

func pseudo(b []byte) uint32 {
	p := uint32(6) + uint32(len(b)-34)
	for i := 26; i < 34; i += 2 {
		p += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	return p
}

// put16 changes a word and the checksum over it (RFC 1624).
func put16(b []byte, at int, v uint16, ck int) {
	s := uint32(^binary.BigEndian.Uint16(b[ck:])) + uint32(^binary.BigEndian.Uint16(b[at:])) + uint32(v)
	for s>>16 != 0 {
		s = s>>16 + s&0xffff
	}
	binary.BigEndian.PutUint16(b[at:], v)
	binary.BigEndian.PutUint16(b[ck:], ^uint16(s))
}

// setField changes a field of the last step of a kind that has it.
func setField(f *Facts, kind, name string, change func(string) string) bool {
	for i := len(f.Rows) - 1; i >= 0; i-- {
		for k := len(f.Rows[i].Steps) - 1; k >= 0; k-- {
			s := &f.Rows[i].Steps[k]
			if s.Kind != kind {
				continue
			}
			for n := range s.Fields {
				if s.Fields[n].Name == name {
					s.Fields[n].Value = change(s.Fields[n].Value)
					return true
				}
			}
		}
	}
	return false
}

// perturbations are mistakes that a model could make. Each must be found, in
// its section, on every host that has the material for it.
var perturbations = []struct {
	name, section string
	contains      string
	do            func(*Facts) bool // false: nothing there to get wrong
}{
	{"ttl", "wire", "ttl ", func(f *Facts) bool {
		for i := range f.Frames {
			if b := f.Frames[i].Bytes; len(b) >= 34 && b[12] == 8 && b[13] == 0 {
				b[22]--
				return true
			}
		}
		return false
	}},
	{"one byte of payload", "wire", "frame ", func(f *Facts) bool {
		for i := range f.Frames {
			if b := f.Frames[i].Bytes; len(b) >= 60 && b[12] == 8 && b[13] == 0 && b[14] == 0x45 && int(binary.BigEndian.Uint16(b[16:]))+14 == len(b) {
				b[len(b)-1] ^= 1
				return true
			}
		}
		return false
	}},
	{"frame missing", "wire", "is missing", func(f *Facts) bool {
		if len(f.Frames) == 0 {
			return false
		}
		f.Frames = f.Frames[:len(f.Frames)-1]
		return true
	}},
	{"frame twice", "wire", "is one too many", func(f *Facts) bool {
		if len(f.Frames) == 0 {
			return false
		}
		l := f.Frames[len(f.Frames)-1]
		f.Send(l.At, l.Dev, l.Bytes)
		return true
	}},
	{"wrong MAC", "wire", "destination MAC", func(f *Facts) bool {
		if len(f.Frames) == 0 {
			return false
		}
		if f.Frames[0].Bytes[0] == 0x45 { // of a tun device: it has no MAC
			return false
		}
		f.Frames[0].Bytes[5] ^= 0x40
		return true
	}},
	{"first frame missing", "wire", "frame ", func(f *Facts) bool {
		if len(f.Frames) == 0 {
			return false
		}
		f.Frames = f.Frames[1:]
		return true
	}},
	{"drop reason", "drops", "drop NOT_SPECIFIED_AT_ALL, kernel", func(f *Facts) bool {
		return setField(f, "drop", "drop", func(string) string { return "NOT_SPECIFIED_AT_ALL" })
	}},
	{"drop place", "drops", "at nowhere", func(f *Facts) bool {
		return setField(f, "drop", "at", func(string) string { return "nowhere" })
	}},
	{"dropped packet", "drops", "pkt ", func(f *Facts) bool {
		return setField(f, "drop", "pkt", func(s string) string { return s + "0" })
	}},
	{"consumed at", "consumed", "consumed nowhere", func(f *Facts) bool {
		return setField(f, "consumed", "consumed", func(string) string { return "nowhere" })
	}},
	{"lookup result", "fib", "result err -113", func(f *Facts) bool {
		return setField(f, "fib", "result", func(string) string { return "err -113" })
	}},
	{"lookup tos", "fib", "tos ", func(f *Facts) bool { return setField(f, "fib", "tos", func(s string) string { return s + "1" }) }},
	{"lookup port", "fib", "ports ", func(f *Facts) bool { return setField(f, "fib", "ports", func(s string) string { return s + "1" }) }},
	{"lookup v6", "fib", "result ", func(f *Facts) bool { return setField(f, "fib6", "result", func(s string) string { return s + "1" }) }},
	{"neighbour state", "neigh", "state FAILEDFAILED", func(f *Facts) bool {
		return setField(f, "neigh", "state", func(string) string { return "FAILEDFAILED" })
	}},
	{"state", "tcp_states", "state ", func(f *Facts) bool {
		return setField(f, "state", "state", func(string) string { return "CLOSE>OPEN" })
	}},
	{"icmp", "icmp_send", "icmp_send 99/0", func(f *Facts) bool {
		return setField(f, "icmp_send", "icmp_send", func(string) string { return "99/0" })
	}},
	{"socket error", "sk_error", "error 1", func(f *Facts) bool {
		return setField(f, "error", "error", func(string) string { return "1" })
	}},
	{"other socket woken", "data_ready", "ready ", func(f *Facts) bool {
		return setField(f, "ready", "ready", func(string) string { return "10.0.9.9:7" })
	}},
	{"packet type", "skb_rx", "type ", func(f *Facts) bool {
		return setField(f, "rx", "type", func(is string) string {
			if is == "loopback" {
				return "host"
			}
			return "loopback"
		})
	}},
	{"device", "skb_tx", "tx eth7", func(f *Facts) bool {
		return setField(f, "tx", "tx", func(string) string { return "eth7" })
	}},
	{"step order", "journeys", "row ", func(f *Facts) bool {
		for _, r := range f.Rows {
			for i := 1; i < len(r.Steps); i++ {
				if r.Steps[i-1].String() != r.Steps[i].String() {
					r.Steps[i-1], r.Steps[i] = r.Steps[i], r.Steps[i-1]
					return true
				}
			}
		}
		return false
	}},
	{"row missing", "journeys", "", func(f *Facts) bool {
		if len(f.Rows) == 0 {
			return false
		}
		f.Rows = f.Rows[1:]
		return true
	}},
	{"rule verdict", "nft", "nft trace", func(f *Facts) bool {
		for i := range f.Rows {
			for k, tr := range f.Rows[i].NFT {
				if len(tr) > 0 {
					cp := append([]NFTStep(nil), tr...)
					cp[len(cp)-1].Verdict = "perhaps"
					n := append([][]NFTStep(nil), f.Rows[i].NFT...)
					n[k] = cp
					f.Rows[i].NFT = n
					return true
				}
			}
		}
		return false
	}},
	{"errno", "calls", "EXDEV", func(f *Facts) bool {
		if len(f.Calls) == 0 {
			return false
		}
		f.Calls[len(f.Calls)/2].Errno = "EXDEV"
		return true
	}},
	{"call never returns", "calls", "is not done", func(f *Facts) bool {
		if len(f.Calls) == 0 {
			return false
		}
		f.Calls = f.Calls[:len(f.Calls)-1]
		return true
	}},
}

func TestPerturbedIsFound(t *testing.T) {
	all := traced(load(t))
	for _, p := range perturbations {
		t.Run(p.name, func(t *testing.T) {
			hosts := 0
			for _, h := range all {
				done := false
				ds := Run(h, &replay{h: h, edit: func(f *Facts) { done = p.do(f) }})
				if !done {
					continue
				}
				hosts++
				ok := false
				for _, d := range ds {
					ok = ok || d.Section == p.section && strings.Contains(d.Text, p.contains)
				}
				if !ok {
					t.Errorf("%s %s: not found; differences: %v", h.Scenario, h.Name, ds)
				}
			}
			if hosts == 0 {
				t.Error("no host has the material")
			}
			t.Logf("found on %d hosts", hosts)
		})
	}
}

// A counter that is one too high in one phase is found in that phase.
func TestPerturbedCounterIsFound(t *testing.T) {
	for _, h := range traced(load(t)) {
		for _, sec := range []string{"mib", "stat"} {
			name := map[string]string{"mib": "IpInReceives", "stat": "sockstat.UDP.inuse"}[sec]
			m := &replay{h: h}
			m.edit = func(f *Facts) {
				if m.now > 0 {
					f.MIB[name]++
				}
			}
			ds := Run(h, m)
			if len(ds) != 1 || ds[0].Section != sec || !strings.HasPrefix(ds[0].Text, "until "+h.MIB[0].Until+": "+name+" ") {
				t.Errorf("%s %s: %v", h.Scenario, h.Name, ds)
			}
		}
	}
}

// Where nobody captured, nothing is known.
func TestUncapturedDevice(t *testing.T) {
	h := find(t, load(t), "a04_arp_unresolved", "h1")
	m := &replay{h: h, edit: func(f *Facts) { f.Send(5, "lo", make([]byte, 60)) }}
	for _, d := range Run(h, m) {
		t.Error(d)
	}
}

func TestAlign(t *testing.T) {
	for _, c := range []struct{ want, got, diff string }{
		{"abc", "abc", ""}, {"", "", ""}, {"", "a", "+a"}, {"a", "", "-a"},
		{"abcd", "acd", "-b"}, {"acd", "abcd", "+b"}, {"abc", "axc", "b>x"}, {"abcd", "bcda", "-a +a"}, {"abc", "xyz", "a>x b>y c>z"}, {"abcdef", "axdefg", "b>x -c +g"},
	} {
		var got []string
		for _, p := range align(len(c.want), len(c.got), func(i, j int) bool { return c.want[i] == c.got[j] }) {
			switch {
			case p.got < 0:
				got = append(got, "-"+c.want[p.want:p.want+1])
			case p.want < 0:
				got = append(got, "+"+c.got[p.got:p.got+1])
			default:
				got = append(got, c.want[p.want:p.want+1]+">"+c.got[p.got:p.got+1])
			}
		}
		if s := strings.Join(got, " "); s != c.diff {
			t.Errorf("%s and %s: %s, want %s", c.want, c.got, s, c.diff)
		}
	}
}

// What a model's listener makes must have the form of the recorded steps.
func TestConstructors(t *testing.T) {
	all := load(t)
	echo := "10.0.1.10 > 10.0.2.10 ICMP echo-request/0 seq 1 ttl 1"
	check := func(scenario, host string, steps ...Step) {
		t.Helper()
		h := find(t, all, scenario, host)
		for _, s := range steps {
			found := false
			for _, w := range of(h.Rows, s.Kind) {
				found = found || stepDiff(w, s) == "" && stepDiff(s, w) == ""
			}
			if !found {
				t.Errorf("%s %s: no recorded step is %s", scenario, host, s)
			}
		}
	}
	check("c02_ttl_expired", "r", Rx("eth0", echo, "host"), Drop("IP_INHDR", "ip_forward", echo), ICMPSend(11, 0, echo, "ip_forward"),
		Tx("eth0", "10.0.1.1 > 10.0.1.10 ICMP time-exceeded/0 ttl 64", 0),
		FibLookup{Table: 254, Src: "0.0.0.0", Dst: "10.0.1.10", IIF: 1, TOS: 192, Proto: 1, Dport: 11 << 8, Dev: "eth0", NextHopScope: 254, By: "ip_route_output_key_hash_rcu"}.Step())
	check("c02_ttl_expired", "h1", Consumed("icmp_rcv", "10.0.1.1 > 10.0.1.10 ICMP time-exceeded/0 ttl 64"), Ret(64),
		FibLookup{Table: 254, Src: "0.0.0.0", Dst: "10.0.2.10", IIF: 1, Proto: 1, Dport: 8 << 8, Dev: "eth0", Gateway: "10.0.1.1", NextHopScope: 253, By: "ip_route_output_key_hash_rcu"}.Step())
	check("a03_arp_first_packet", "h1", Neigh("neigh_create", "10.0.1.2", "NONE", "", 0), Neigh("neigh_update", "10.0.1.2", "INCOMPLETE", "REACHABLE", 1), Copy(84), Ready("0.0.0.0:1"))
	check("b02_udp_closed", "h1", SockError(111, "10.0.1.1:40000"))
	check("a11_loopback_tcp", "h1", State("SYN_SENT", "ESTABLISHED", "127.0.0.1:40000", "127.0.0.1:8080", "tcp_finish_connect"))
	check("c19_policy_fwmark", "h1", FibLookup{Table: 255, Src: "0.0.0.0", Dst: "10.0.9.9", IIF: 1, Mark: 1, Proto: 17, Sport: 53000, Dport: 9, Err: -11, By: "ip_route_output_key_hash_rcu"}.Step())
	check("g01_ping6_nd", "h1", Fib6Lookup{Table: 254, Src: "::", Dst: "fd00:1::2", IIF: 1, Proto: 58, Type: 1, Prefix: "fd00:1::/64", Dev: "eth0", By: "ip6_route_output_flags"}.Step())
}

func TestHolds(t *testing.T) {
	all := load(t)
	h := find(t, all, "c17_icmp_redirect", "h1")
	ds := []Difference{{Section: "skb_rx"}, {Section: "fib"}, {Section: "stat"}}
	if got := Required(h, ds); len(got) != 2 || h.Holds("drops") || !h.Holds("mib") {
		t.Errorf("%v, unstable %v", got, h.Unstable)
	}
	if find(t, all, "c21_ecmp", "h1").Holds("wire") {
		t.Error("the choice between equal next hops is random")
	}
}

func TestTexts(t *testing.T) {
	h := find(t, load(t), "c02_ttl_expired", "r")
	m := &replay{h: h, edit: func(f *Facts) {
		if len(f.Frames) > 1 {
			b := f.Frames[1].Bytes
			put16(b, 22, 62<<8|uint16(b[23]), 24)
		}
		setField(f, "fib", "tos", func(string) string { return "16" })
	}}
	var got []string
	for _, d := range Run(h, m) {
		got = append(got, d.String())
	}
	t.Log(strings.Join(got, "\n"))
	all := strings.Join(got, "\n")
	for _, w := range []string{"c02_ttl_expired r wire: frame 1 on eth1: ttl 62, kernel sent 1", "fib: route lookup 8: tos 16, kernel 0 (kernel: fib [254 "} {
		if !strings.Contains(all, w) {
			t.Errorf("nothing says %q", w)
		}
	}
}

func TestAgreementFile(t *testing.T) {
	all := load(t)
	path := filepath.Join(t.TempDir(), "agreement.txt")
	good := Agreement(all, func(h Host) Machine { return &replay{h: h} })
	if len(good) < 500 {
		t.Fatalf("%d lines", len(good))
	}
	for _, l := range good {
		if l.Verdict != Agrees {
			t.Errorf("%v", l)
		}
	}
	if err := Check(path, good, false); err == nil {
		t.Error("a file that is not there passes")
	}
	if err := Check(path, good, true); err != nil {
		t.Fatal(err)
	}
	if err := Check(path, good, false); err != nil {
		t.Error(err)
	}
	bad := Agreement(all, func(h Host) Machine {
		return &replay{h: h, edit: func(f *Facts) {
			setField(f, "drop", "drop", func(string) string { return "X" })
			if h.Name == "r" {
				f.NotModelled = []string{"sending of redirects"}
			}
			f.Without = map[string]string{"neigh": "no neighbours here"}
		}}
	})
	count := map[string]int{}
	for _, l := range bad {
		count[l.Section+" "+l.Verdict]++
	}
	if count["drops differs"] == 0 || count["drops not modelled"] == 0 || count["neigh not modelled"] == 0 || count["neigh agrees"] != 0 || count["fib agrees"] == 0 {
		t.Errorf("%v", count)
	}
	err := Check(path, bad, false)
	if err == nil || !strings.Contains(err.Error(), "a01_ping_local_deliver h1 drops: file says agrees, now differs drop 1: drop X, kernel NO_SOCKET") {
		t.Errorf("a lie in the file is not found: %v", err)
	}
	// notes live as long as their verdict
	b, _ := os.ReadFile(path)
	b = bytes.Replace(b, []byte("a01_ping_local_deliver | h1 | fib | agrees"), []byte("a01_ping_local_deliver | h1 | fib | agrees |  | looked at"), 1)
	b = bytes.Replace(b, []byte("a01_ping_local_deliver | h1 | drops | agrees"), []byte("a01_ping_local_deliver | h1 | drops | agrees |  | gone soon"), 1)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Check(path, good, false); err != nil {
		t.Error("a note is no lie:", err)
	}
	if err := Check(path, bad, true); err != nil {
		t.Fatal(err)
	}
	b, _ = os.ReadFile(path)
	if !bytes.Contains(b, []byte("looked at")) || bytes.Contains(b, []byte("gone soon")) {
		t.Error("notes are not kept as they should")
	}
	lines, err := Parse(string(b))
	if err != nil || len(lines) != len(bad) {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	if !sort.SliceIsSorted(lines, func(i, j int) bool { return lines[i].Scenario < lines[j].Scenario }) {
		t.Error("the table is not in order")
	}
}
