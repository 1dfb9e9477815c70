package live

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// config is a machine with one card, 10.9.0.N and fd00:9::N.
func config(n byte) Config {
	a4, a6 := netip.AddrFrom4([4]byte{10, 9, 0, n}), netip.MustParseAddr("fd00:9::")
	b := a6.As16()
	b[15] = n
	return Config{Seed: uint64(n), Ports: []Port{{Name: "eth0", MAC: 0x020000090000 + 1<<16 + 0, Addrs: []netip.Prefix{netip.PrefixFrom(a4, 24), netip.PrefixFrom(netip.AddrFrom16(b), 64)}}}}
}

// A pair is two machines on one cable; the second one's border is logged.
type pair struct {
	t    *testing.T
	a, b *Machine
	log  *Writer
	file bytes.Buffer
}

func newPair(t *testing.T, ca, cb Config) *pair {
	ca.Ports[0].MAC, cb.Ports[0].MAC = 0x020000000a01, 0x020000000b01
	p := &pair{t: t}
	var err error
	if p.a, err = New(ca); err != nil {
		t.Fatal(err)
	}
	if p.b, err = New(cb); err != nil {
		t.Fatal(err)
	}
	if p.log, err = NewWriter(&p.file, cb, 1e18); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.a.Close)
	t.Cleanup(p.b.Close)
	return p
}

func (p *pair) write(r Record) {
	if err := p.log.Write(r); err != nil {
		p.t.Fatal(err)
	}
}

// run lets both go on until a time, in steps of 20 µs: the cable's delay.
func (p *pair) run(to sim.Time) {
	for at := p.b.Now(); at < to; {
		at += 20 * sim.Microsecond
		p.a.RunTo(at)
		p.b.RunTo(at)
		fromA, fromB := p.a.Sent(), p.b.Sent()
		for _, s := range fromB {
			p.write(Record{Kind: Out, At: s.At, Data: s.Data})
		}
		for _, s := range fromA {
			p.write(Record{Kind: In, At: at, Data: s.Data})
			p.b.Frame(at, 0, s.Data)
		}
		for _, s := range fromB {
			p.a.Frame(at, 0, s.Data)
		}
		p.a.Free(fromA)
		p.b.Free(fromB)
		p.a.Forget()
		p.b.Forget()
	}
}

func (p *pair) ask(line string, takes sim.Time) string {
	var out bytes.Buffer
	p.a.Do(p.a.Now(), line, &out)
	p.run(p.b.Now() + takes)
	return out.String()
}

// end closes the log and runs it again.
func (p *pair) end() *Result {
	p.write(Record{Kind: End, At: p.b.Now(), Hash: p.b.Hash()})
	if err := p.log.Flush(); err != nil {
		p.t.Fatal(err)
	}
	src, err := pcaps.New(bytes.NewReader(p.file.Bytes()), "log")
	if err != nil {
		p.t.Fatal(err)
	}
	defer src.Close()
	r, err := NewReader(src)
	if err != nil {
		p.t.Fatal(err)
	}
	x, err := Replay(r)
	if err != nil {
		p.t.Fatal(err)
	}
	return x
}

func TestServers(t *testing.T) {
	p := newPair(t, config(1), config(2))
	for _, c := range []struct{ line, want string }{
		{"ping -c 2 -i 0.1 10.9.0.2", "2 packets transmitted, 2 received"},
		{"ping -c 1 fd00:9::2", "1 packets transmitted, 1 received"},
		{"curl -s http://10.9.0.2/sha256/1000", Sum(1000)},
		{"curl -s http://10.9.0.2/", "<code>tcp_v4_rcv</code>"},
		{"curl -s http://10.9.0.2/nothing", "there is /, /bytes/N"},
		{"curl -s -d hello http://10.9.0.2/x", "5 bytes, sha256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
		{"curl -s 'http://[fd00:9::2]/sha256/7'", Sum(7)},
		{"echo hello | nc -q 1 10.9.0.2 7", "hello"},
		{"echo hello | nc -u -w 1 10.9.0.2 7", "hello"},
		{"echo | nc -u -w 1 10.9.0.2 19", string(chargenLine(0)[:chargenWidth])},
		{"dig +short @10.9.0.2 www.model.packetwalk", "10.9.0.2"},
		{"dig +short AAAA @10.9.0.2 model.packetwalk", "fd00:9::2"},
	} {
		if got := p.ask(c.line, 3*sim.Second); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %.400q, want %q in it", c.line, got, c.want)
		}
	}
}

func TestReplay(t *testing.T) {
	p := newPair(t, config(1), config(2))
	p.ask("curl -s -o /tmp/x http://10.9.0.2/bytes/1000000; sha256sum /tmp/x", 2*sim.Second)
	p.write(Record{Kind: Line, At: p.b.Now(), Data: []byte("ping -c 1 10.9.0.1")})
	p.b.Do(p.b.Now(), "ping -c 1 10.9.0.1", io.Discard)
	p.ask("curl -s http://10.9.0.2/", sim.Second)
	x := p.end()
	if !x.Agrees() || x.In < 50 || x.Out < 600 || x.Lines != 1 {
		t.Errorf("%+v", x)
	}
}

// What a log says differently, the replay finds.
func TestReplayFinds(t *testing.T) {
	p := newPair(t, config(1), config(2))
	p.ask("ping -c 3 -i 0.2 10.9.0.2", sim.Second)
	p.write(Record{Kind: In, At: p.b.Now(), Data: bytes.Repeat([]byte{0xff}, 60)})
	if x := p.end(); x.Agrees() || x.Differ != "" {
		t.Errorf("a frame that the run did not get: %+v", x)
	}
}

func TestNoLog(t *testing.T) {
	e, _ := pcaps.Lookup("ping")
	src, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if _, err := NewReader(src); !errors.Is(err, ErrNoLog) {
		t.Errorf("got %v", err)
	}
}

func TestBadConfig(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Ports = append(c.Ports, c.Ports[0]) }, "two ports are called eth0"},
		{func(c *Config) { c.Lab = "ip link set nope up" }, "Cannot find device"},
		{func(c *Config) { c.Ports[0].Name = "a b" }, "cannot be set up"},
	} {
		x := config(2)
		c.change(&x)
		if _, err := New(x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// The number of calls that let a machine run makes no difference, whatever its programs
// wait for.
func TestRunToMoments(t *testing.T) {
	for _, line := range []string{
		"curl -s -m 1 http://10.9.0.9/",
		"curl -s -m 1 http://10.9.0.2/; nc -z -w 1 10.9.0.9 5",
		"iperf3 -s -1 & sleep 0.1; iperf3 -c 127.0.0.1 -n 300K",
		"socat TCP-LISTEN:5000 - & sleep 0.1; echo x | nc -q 1 127.0.0.1 5000; dig @10.9.0.9 +time=1 +tries=1 x",
		"python3 -m http.server 8000 & sleep 0.2; curl -s http://127.0.0.1:8000/",
	} {
		var hash [3]uint64
		for i, every := range []sim.Time{2 * sim.Second, 313 * sim.Microsecond, 1700 * sim.Microsecond} {
			m, err := New(config(2))
			if err != nil {
				t.Fatal(err)
			}
			m.Do(m.Now(), line, io.Discard)
			for end := m.Now() + 2*sim.Second; m.Now() < end; {
				m.RunTo(min(m.Now()+every, end))
			}
			hash[i] = m.Hash()
			m.Close()
		}
		if hash[0] != hash[1] || hash[0] != hash[2] {
			t.Errorf("%s: hashes %x", line, hash)
		}
	}
}
