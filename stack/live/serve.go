package live

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// Ports of the servers.
const (
	portEcho    = 7
	portDiscard = 9
	portChargen = 19
	portDNS     = 53
	portHTTP    = 80
)

// serve starts the servers: HTTP, DNS, and RFC 862, 863 and 864's echo, discard
// and chargen over both transports.
func (m *Machine) serve() {
	for _, a := range []struct {
		name string
		app  socket.App
	}{
		{"httpd", &webServer{m: m}},
		{"dnsd", &dnsServer{m: m}},
		{"echo", &streamServer{kind: streamEcho}},
		{"echo", &socket.EchoServer{Family: core.AFInet6, Port: portEcho}},
		{"discard", &streamServer{kind: streamDiscard}},
		{"discard", &socket.Sink{Family: core.AFInet6, Port: portDiscard}},
		{"chargen", &streamServer{kind: streamChargen}},
		{"chargen", &chargen{}},
	} {
		socket.NewProgram(m.host.NS, a.name, a.app).Start(m.Lab.World.Clock.Now())
	}
}

// listen opens a server's socket on all addresses, of both families.
func listen(p *socket.Program, tcp bool, port uint16) (int, bool) {
	kind := uint8(core.SockDgram)
	if tcp {
		kind = core.SockStream
	}
	fd, e := p.Socket(core.AFInet6, kind, 0)
	if e != 0 {
		return 0, false
	}
	p.SetSockOpt(fd, socket.SOReuseAddr, 1)
	if p.Bind(fd, anyAddr, port) != 0 || tcp && p.Listen(fd, 1024) != 0 {
		p.Close(fd)
		return 0, false
	}
	return fd, true
}
