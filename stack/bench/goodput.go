package bench

import (
	"fmt"
	"time"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Bulk is one bulk transfer between two simulated hosts.
type Bulk struct {
	Bytes   int64
	Wall    time.Duration // real time that it took
	Virtual sim.Time      // simulated time
	Frames  int           // segments on the wire, both ways
	Sent    int           // again: retransmitted segments
}

// Gbits is the goodput in Gbit per second of real time.
func (b *Bulk) Gbits() float64 { return float64(b.Bytes) * 8 / 1e9 / b.Wall.Seconds() }

const (
	bulkPort  = 5001
	bulkWrite = 64 << 10 // bytes of one write
)

// Goodput sends bytes over TCP from one simulated host to another, over a veth
// pair with an MTU of 1500 bytes, and measures how long that really takes.
// Without offload every segment crosses the link by itself.
func Goodput(bytes int64, offload bool) (*Bulk, error) {
	w := stack.NewWorld(1)
	a, b := w.AddHost("a"), w.AddHost("b")
	va, vb := device.NewVethPair(a.NS, "eth0", b.NS, "eth0")
	for i, h := range []*stack.Host{a, b} {
		d := []*device.Veth{va, vb}[i].Dev
		d.Addr = 0x020000000001 + wire.MAC(i)
		if !offload {
			d.Features &^= core.FeatureTSO | core.FeatureGSO
		}
		h.IPv6.Conf(d).DisableIPv6 = 1
		if err := h.IPv4.AddAddr(d, wire.IP4(0x0a000001+uint32(i)), 24, ipv4.AddrOpts{}); err != 0 {
			return nil, fmt.Errorf("the address cannot be given: %v", err)
		}
	}
	a.Up(va.Dev)
	b.Up(vb.Dev)
	sink := &socket.Sink{Family: core.AFInet, TCP: true, Port: bulkPort}
	socket.NewProgram(b.NS, "sink", sink).Start(w.Clock.Now())
	src := &source{left: bytes, to: wire.IP4(0x0a000002).Addr()}
	socket.NewProgram(a.NS, "source", src).Start(w.Clock.Now() + sim.Millisecond)
	begin, start := time.Now(), w.Clock.Now()
	for int64(sink.Got) < bytes && src.err == 0 {
		at, ok := w.Clock.Next()
		if !ok || at > start+3600*sim.Second {
			return nil, fmt.Errorf("the transfer stands still after %d of %d bytes", sink.Got, bytes)
		}
		w.Run(at)
	}
	if src.err != 0 {
		return nil, fmt.Errorf("the transfer broke off after %d of %d bytes: %v", sink.Got, bytes, src.err)
	}
	r := &Bulk{Bytes: bytes, Wall: time.Since(begin), Virtual: w.Clock.Now() - start}
	r.Frames = int(a.NS.MIB[step.TcpOutSegs] + b.NS.MIB[step.TcpOutSegs])
	r.Sent = int(a.NS.MIB[step.TcpRetransSegs])
	return r, nil
}

// A source connects and writes.
type source struct {
	to   wire.Addr
	left int64
	err  core.Errno

	fd   int
	call socket.Call
	buf  []byte
}

// Run writes what the socket takes.
func (s *source) Run(p *socket.Program) {
	if s.fd == 0 {
		if s.fd, s.err = p.Socket(core.AFInet, core.SockStream, 0); s.err != 0 {
			p.Exit()
			return
		}
		s.buf = make([]byte, bulkWrite)
		s.call = socket.Call{Op: socket.OpConnect, FD: s.fd, Addr: s.to, Port: bulkPort}
	}
	for {
		if !p.Do(&s.call) {
			return
		}
		if s.call.Err != 0 {
			s.err = s.call.Err
			p.Exit()
			return
		}
		if s.call.Op == socket.OpSend {
			s.left -= int64(s.call.Ret)
		}
		if s.left <= 0 {
			p.Close(s.fd)
			p.Exit()
			return
		}
		s.call = socket.Call{Op: socket.OpSend, FD: s.fd, Data: s.buf[:min(int64(len(s.buf)), s.left)]}
	}
}
