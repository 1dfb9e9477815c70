package lab

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// serve answers until the process is killed.
func (s *nameServer) serve() int {
	p := s.p
	s.n = p.network("dnsmasq")
	defer s.n.close()
	s.n.only6 = true
	defer func() { // the listeners are a list whose newest is first
		for i := len(s.tcp) - 1; i >= 0; i-- {
			s.n.prog.Close(s.tcp[i])
		}
	}()
	if !s.noHosts {
		s.hosts("/etc/hosts")
	}
	if !s.noRes && len(s.server) == 0 {
		for _, a := range p.resolvConf().servers {
			if a != wire.IP4(0x7f000001).Addr() {
				s.server = append(s.server, a)
			}
		}
	}
	addrs := s.listen
	if len(addrs) == 0 {
		addrs = []wire.Addr{wire.IP4(0).Addr(), {}}
	}
	for _, a := range addrs {
		fam := uint16(core.AFInet)
		if !a.Is4() {
			fam = core.AFInet6
		}
		fd, e := s.n.prog.Socket(fam, core.SockDgram, 0)
		if e == 0 {
			if fam == core.AFInet6 {
				s.n.prog.SetSockOpt(fd, socket.IPv6V6Only, 1)
				s.n.prog.SetSockOpt(fd, socket.IPv6RecvPktinfo, 1)
			} else {
				s.n.prog.SetSockOpt(fd, socket.IPPktinfo, 1)
			}
			s.n.prog.SetNonBlock(fd, true)
			e = s.n.prog.Bind(fd, a, s.port)
		}
		if e != 0 {
			p.errf("\ndnsmasq: failed to create listening socket for %s: %s\n", portText(s.port), errnoWords(e))
			return 2
		}
		s.udp = append(s.udp, fd)
		if t, e := s.n.listen(a, s.port, fam == core.AFInet6, 32); e == 0 {
			s.tcp = append(s.tcp, t)
		}
	}
	if s.tell {
		p.errf("dnsmasq: started, version 2.90 cachesize 150\ndnsmasq: compile time options: IPv6 GNU-getopt DBus no-UBus i18n IDN2 DHCP DHCPv6 no-Lua TFTP conntrack ipset nftset auth cryptohash DNSSEC loop-detect inotify dumpfile\n")
		if len(s.server) == 0 {
			p.errf("dnsmasq: warning: no upstream servers configured\n")
		}
		p.errf("dnsmasq: cleared cache\n")
	}
	for {
		p.block(s.busy)
		for _, fd := range s.udp {
			s.datagrams(fd)
		}
		for _, l := range s.tcp {
			if fd, e := s.n.prog.Accept(l); e == 0 {
				s.n.prog.SetNonBlock(fd, true)
				a, _ := s.n.peer(fd)
				s.conns = append(s.conns, &httpConn{fd: fd, addr: a})
			}
		}
		live := s.conns[:0]
		for _, c := range s.conns {
			if s.stream(c) {
				live = append(live, c)
			} else {
				s.n.prog.Close(c.fd)
			}
		}
		s.conns = live
	}
}

func portText(p uint16) string { return "port " + strconv.Itoa(int(p)) }

func (s *nameServer) busy() bool {
	for _, fd := range append(append([]int(nil), s.udp...), s.tcp...) {
		if s.n.prog.Poll(fd)&socket.PollIn != 0 {
			return true
		}
	}
	for _, c := range s.conns {
		if s.n.prog.Poll(c.fd)&(socket.PollIn|socket.PollErr|socket.PollHup) != 0 {
			return true
		}
	}
	return false
}

func (s *nameServer) datagrams(fd int) {
	buf := make([]byte, 65536)
	for range 64 {
		c := &socket.Call{Op: socket.OpRecvMsg, FD: fd, Iov: [][]byte{buf}, CtlLen: -1, Flags: core.MsgDontWait}
		if s.n.prog.Do(c); c.Err != 0 {
			return
		}
		if out := s.answer(buf[:c.Ret], c.From); out != nil {
			s.n.prog.Do(&socket.Call{Op: socket.OpSendMsg, FD: fd, Iov: [][]byte{out}, Addr: c.From, Port: c.FromPort, Ctl: fromThere(c.Ctl), Flags: core.MsgDontWait})
		}
	}
}

// fromThere is send_from: the answer's source is the address that the question was
// sent to (IP_PKTINFO), by whatever device it goes.
func fromThere(ctl []core.Cmsg) []core.Cmsg {
	for _, m := range ctl {
		switch {
		case m.Level == core.SolIP && len(m.Data) == 12:
			d := make([]byte, 12)
			copy(d[4:8], m.Data[8:])
			return []core.Cmsg{{Level: m.Level, Type: m.Type, Data: d}}
		case m.Level == core.SolIPv6 && len(m.Data) == 20:
			return []core.Cmsg{{Level: m.Level, Type: m.Type, Data: append(append([]byte(nil), m.Data[:16]...), 0, 0, 0, 0)}}
		}
	}
	return nil
}

// stream is a question over TCP.
func (s *nameServer) stream(c *httpConn) bool {
	buf := make([]byte, 4096)
	k, e := s.n.prog.Recv(c.fd, buf, core.MsgDontWait)
	if k == 0 && e == 0 || e != 0 && k > 0 {
		return false
	}
	if c.in = append(c.in, buf[:k]...); len(c.in) > 1<<17 {
		return false
	}
	for len(c.in) >= 2 {
		n := int(c.in[0])<<8 | int(c.in[1])
		if len(c.in) < 2+n {
			break
		}
		if out := s.answer(c.in[2:2+n], c.addr); out != nil {
			s.n.send(c.fd, append([]byte{byte(len(out) >> 8), byte(len(out))}, out...), 0)
		}
		c.in = c.in[2+n:]
	}
	return true
}
