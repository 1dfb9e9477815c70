package main

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// The server of the captures that packetwalk bench makes.
var (
	hostAddr    = [4]byte{10, 0, 0, 1}
	gatewayAddr = [4]byte{10, 0, 0, 254}
	hostMAC     = [6]byte{2, 0, 0, 0, 0, 1}

	tcpPorts = []uint16{80, 443, 5001}
	udpPorts = []uint16{53, 5353, 9000}
)

// A server is a host with gVisor's stack and the programs that run on it.
type server struct {
	stack     *stack.Stack
	clock     *clock
	link      *channel.Endpoint
	mu        sync.Mutex
	accepted  map[key]net.Conn
	conns     int
	read      atomic.Int64
	datagrams atomic.Int64
}

// A key names a connection: the peer's address and port, the server's port.
type key uint64

func keyOf(peer uint32, sport, dport uint16) key {
	return key(uint64(peer)<<32 | uint64(sport)<<16 | uint64(dport))
}

const nic = 1

func newServer() (*server, error) {
	s := &server{accepted: map[key]net.Conn{}, clock: &clock{}}
	s.stack = stack.New(stack.Options{
		Clock:              s.clock,
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	sack := tcpip.TCPSACKEnabled(true)
	if err := s.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &sack); err != nil {
		return nil, errors.New(err.String())
	}
	s.link = channel.New(1<<14, 1500, tcpip.LinkAddress(hostMAC[:]))
	if err := s.stack.CreateNIC(nic, ethernet.New(s.link)); err != nil {
		return nil, errors.New(err.String())
	}
	host := tcpip.AddrFrom4(hostAddr)
	if err := s.stack.AddProtocolAddress(nic, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: host, PrefixLen: 24},
	}, stack.AddressProperties{}); err != nil {
		return nil, errors.New(err.String())
	}
	near := tcpip.AddressWithPrefix{Address: host, PrefixLen: 24}.Subnet()
	far, err := tcpip.NewSubnet(tcpip.AddrFrom4([4]byte{}), tcpip.MaskFromBytes(make([]byte, 4)))
	if err != nil {
		return nil, err
	}
	s.stack.SetRouteTable([]tcpip.Route{
		{Destination: near, NIC: nic},
		{Destination: far, Gateway: tcpip.AddrFrom4(gatewayAddr), NIC: nic},
	})
	return s, s.listen()
}

// listen opens the ports and lets the servers run.
func (s *server) listen() error {
	for _, p := range tcpPorts {
		l, err := gonet.ListenTCP(s.stack, tcpip.FullAddress{NIC: nic, Port: p}, ipv4.ProtocolNumber)
		if err != nil {
			return fmt.Errorf("port %d: %w", p, err)
		}
		go s.accept(l, p)
	}
	for _, p := range udpPorts {
		c, err := gonet.DialUDP(s.stack, &tcpip.FullAddress{NIC: nic, Port: p}, nil, ipv4.ProtocolNumber)
		if err != nil {
			return fmt.Errorf("port %d: %w", p, err)
		}
		go s.answer(c)
	}
	return nil
}

func (s *server) accept(l net.Listener, port uint16) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		a, ok := c.RemoteAddr().(*net.TCPAddr)
		if !ok {
			c.Close()
			continue
		}
		ip := a.IP.To4()
		k := keyOf(uint32(ip[0])<<24|uint32(ip[1])<<16|uint32(ip[2])<<8|uint32(ip[3]), uint16(a.Port), port)
		s.mu.Lock()
		s.accepted[k] = c
		s.conns++
		s.mu.Unlock()
		go s.consume(c)
	}
}

// consume is the reading half of a server: its questions are thrown away.
func (s *server) consume(c net.Conn) {
	b := make([]byte, 16<<10)
	for {
		n, err := c.Read(b)
		s.read.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// answer sends each datagram back.
func (s *server) answer(c *gonet.UDPConn) {
	b := make([]byte, 2048)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		s.datagrams.Add(1)
		_, _ = c.WriteTo(b[:n], from)
	}
}

// take returns an accepted connection once.
func (s *server) take(k key) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.accepted[k]
	delete(s.accepted, k)
	return c
}
