// Command goodput sends bytes over TCP from one host to another, both inside one
// program, once with packetwalk's model and once with gVisor's netstack over a
// channel link, and prints how many Gbit of payload each moves in a second of real
// time:
//
//	cd stack/bench/netstack && go run ./goodput [-bytes N] [-runs N]
//
// Both links carry frames of at most 1500 bytes, without offload: every segment
// crosses by itself. packetwalk uses one goroutine and keeps no trace. gVisor's
// stacks have their goroutines, and as many processors as Go gives them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"github.com/packetwalk/packetwalk/stack/bench"
)

func main() {
	bytes := flag.Int64("bytes", 1<<30, "how many bytes are sent")
	runs := flag.Int("runs", 3, "how often, by turns; the median counts")
	flag.Parse()
	if flag.NArg() > 0 || *bytes < 1 || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: goodput [-bytes N] [-runs N]")
		os.Exit(2)
	}
	if err := run(*bytes, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "goodput:", err)
		os.Exit(1)
	}
}

func run(bytes int64, runs int) error {
	var ours, theirs []float64
	for range runs {
		r, err := bench.Goodput(bytes, false)
		if err != nil {
			return err
		}
		ours = append(ours, r.Gbits())
		d, err := netstack(bytes)
		if err != nil {
			return fmt.Errorf("gVisor: %w", err)
		}
		theirs = append(theirs, float64(bytes)*8/1e9/d.Seconds())
	}
	a, b := median(ours), median(theirs)
	fmt.Printf("%d bytes, MTU 1500, no offload, median of %d runs by turns\n", bytes, runs)
	fmt.Printf("packetwalk        %6.2f Gbit/s\n", a)
	fmt.Printf("gVisor netstack   %6.2f Gbit/s\n", b)
	fmt.Printf("ratio             %6.2f\n", a/b)
	return nil
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// netstack is the same transfer between two of gVisor's stacks.
func netstack(bytes int64) (time.Duration, error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	a, la, err := host(1)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	b, lb, err := host(2)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	go pump(ctx, la, lb)
	go pump(ctx, lb, la)
	l, err := gonet.ListenTCP(b, address(2), ipv4.ProtocolNumber)
	if err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	begin := time.Now()
	go func() {
		c, err := l.Accept()
		if err == nil {
			buf := make([]byte, 64<<10)
			for n := int64(0); n < bytes && err == nil; {
				var k int
				k, err = c.Read(buf)
				n += int64(k)
			}
		}
		done <- err
	}()
	c, err := gonet.DialTCP(a, address(2), ipv4.ProtocolNumber)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for n := int64(0); n < bytes; {
		k, err := c.Write(buf[:min(int64(len(buf)), bytes-n)])
		if err != nil {
			return 0, err
		}
		n += int64(k)
	}
	if err := <-done; err != nil && err != io.EOF {
		return 0, err
	}
	return time.Since(begin), nil
}

func address(n byte) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: 1, Addr: tcpip.AddrFrom4([4]byte{10, 0, 0, n}), Port: 5001}
}

// host makes a stack with one NIC over a channel.
func host(n byte) (*stack.Stack, *channel.Endpoint, error) {
	s := stack.New(stack.Options{NetworkProtocols: []stack.NetworkProtocolFactory{ipv4.NewProtocol}, TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol}})
	sack, moderate := tcpip.TCPSACKEnabled(true), tcpip.TCPModerateReceiveBufferOption(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate)
	e := channel.New(1024, 1500, "")
	if err := s.CreateNIC(1, e); err != nil {
		return nil, nil, fmt.Errorf("NIC: %s", err)
	}
	p := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: address(n).Addr, PrefixLen: 24}}
	if err := s.AddProtocolAddress(1, p, stack.AddressProperties{}); err != nil {
		return nil, nil, fmt.Errorf("address: %s", err)
	}
	net, _ := tcpip.NewSubnet(tcpip.AddrFrom4([4]byte{10, 0, 0, 0}), tcpip.MaskFromBytes([]byte{255, 255, 255, 0}))
	s.SetRouteTable([]tcpip.Route{{Destination: net, NIC: 1}})
	return s, e, nil
}

// pump carries packets from one end of the link to the other.
func pump(ctx context.Context, from, to *channel.Endpoint) {
	for {
		p := from.ReadContext(ctx)
		if p == nil {
			return
		}
		in := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: p.ToBuffer()})
		to.InjectInbound(ipv4.ProtocolNumber, in)
		in.DecRef()
		p.DecRef()
	}
}
