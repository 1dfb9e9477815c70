//go:build linux

package main

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// startGVisor puts gVisor's netstack on a TAP interface, as its own examples do.
func startGVisor() (func(), error) {
	fd, err := openTAP("gv0")
	if err != nil {
		return nil, err
	}
	if err := setUp("gv0", "10.7.0.1/24"); err != nil {
		return nil, err
	}
	mac := tcpip.LinkAddress("\x02\x70\x76\x00\x00\x01")
	ep, err := fdbased.New(&fdbased.Options{FDs: []int{fd}, MTU: 1500, EthernetHeader: true, Address: mac, PacketDispatchMode: fdbased.Readv})
	if err != nil {
		return nil, err
	}
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	if e := s.CreateNIC(1, ep); e != nil {
		return nil, fmt.Errorf("NIC: %s", e)
	}
	addr := tcpip.AddrFrom4([4]byte{10, 7, 0, 2})
	if e := s.AddProtocolAddress(1, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: addr, PrefixLen: 24}}, stack.AddressProperties{}); e != nil {
		return nil, fmt.Errorf("address: %s", e)
	}
	net4, _ := tcpip.NewSubnet(tcpip.AddrFrom4([4]byte{10, 7, 0, 0}), tcpip.MaskFromBytes([]byte{255, 255, 255, 0}))
	s.SetRouteTable([]tcpip.Route{{Destination: net4, NIC: 1}})
	sack := tcpip.TCPSACKEnabled(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate)
	for port, talk := range map[int]func(net.Conn){portDiscard: discard, portChargen: chargen} {
		l, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: 1, Addr: addr, Port: uint16(port)}, ipv4.ProtocolNumber)
		if err != nil {
			return nil, err
		}
		go accept(l, talk)
	}
	u, err := gonet.DialUDP(s, &tcpip.FullAddress{NIC: 1, Addr: addr, Port: portEcho}, nil, ipv4.ProtocolNumber)
	if err != nil {
		return nil, err
	}
	go echoes(u) //nolint:errcheck // until it is closed
	return func() {
		s.Close()
		unix.Close(fd)
	}, nil
}

// openTAP makes a TAP interface and returns its file.
func openTAP(name string) (int, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	r, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	return fd, unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
}
