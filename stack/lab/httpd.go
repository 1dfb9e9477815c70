package lab

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() {
	extra["python3"], extra["python"] = pythonTool, pythonTool
	extra["busybox"], extra["httpd"] = busyboxTool, busyboxTool
}

// An httpHead is the head of an HTTP message.
type httpHead struct {
	lines   []string // the first line, and the fields
	version string
	code    int // of a response
	reason  string
	fields  map[string]string // by lower-case name
	length  int               // Content-Length, -1: none
	chunked bool
	size    int // bytes with the empty line
}

// parseHead reads the head of a message; nil if it is not complete, or none.
func parseHead(b []byte) *httpHead {
	end, n := bytes.Index(b, []byte("\r\n\r\n")), 4
	if i := bytes.Index(b, []byte("\n\n")); i >= 0 && (end < 0 || i < end) {
		end, n = i, 2
	}
	if end < 0 || end > 1<<16 {
		return nil
	}
	h := &httpHead{fields: map[string]string{}, length: -1, size: end + n}
	for _, l := range strings.Split(string(b[:end]), "\n") {
		h.lines = append(h.lines, strings.TrimRight(l, "\r"))
	}
	for _, l := range h.lines[1:] {
		if k, v, ok := strings.Cut(l, ":"); ok {
			h.fields[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
		}
	}
	if rest, ok := strings.CutPrefix(h.lines[0], "HTTP/"); ok {
		w := strings.SplitN(rest, " ", 3)
		if h.version = w[0]; len(w) > 1 {
			h.code, _ = strconv.Atoi(w[1])
		}
		if len(w) > 2 {
			h.reason = w[2]
		}
	}
	if n, err := strconv.Atoi(h.fields["content-length"]); err == nil && n >= 0 {
		h.length = n
	}
	h.chunked = strings.EqualFold(h.fields["transfer-encoding"], "chunked")
	return h
}

// unchunk undoes chunked transfer coding; whole is true when the end was there.
func unchunk(b []byte) (out []byte, whole bool) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return out, false
		}
		f, _, _ := strings.Cut(strings.TrimSpace(string(b[:i])), ";")
		n, err := strconv.ParseUint(f, 16, 31)
		if err != nil {
			return out, true
		}
		b = b[i+1:]
		if n == 0 {
			return out, true
		}
		out = append(out, clip(b, int(n))...)
		if len(b) < int(n)+2 {
			return out, false
		}
		b = b[n+2:]
	}
}

// An httpServer is a web server for files: python3 -m http.server, or busybox
// httpd.
type httpServer struct {
	p      *Proc
	n      *netProc
	dir    string
	python bool
	lfd    int
	conns  []*httpConn
}

type httpConn struct {
	fd    int
	in    []byte
	out   []byte
	addr  wire.Addr
	ready bool // the answer is there
	// headSent says that the answer's head is on its way.
	headSent bool
}

// pythonTool is python3, as far as it is a web server.
func pythonTool(p *Proc, a []string) int {
	if len(a) < 3 || a[1] != "-m" || a[2] != "http.server" {
		p.errf("not modelled: python3, but for: python3 -m http.server\n")
		return 1
	}
	opts, rest, bad := getopt(a[3:], "hb:d:p:", []longOpt{{"bind", 1, 'b'}, {"directory", 1, 'd'}, {"protocol", 1, 'p'}, {"cgi", 0, 1}, {"help", 0, 'h'}})
	const usage = "usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\n"
	s := &httpServer{p: p, dir: p.cwd, python: true}
	var addr wire.Addr
	for _, o := range opts {
		switch o.c {
		case 'b':
			ad, e := p.resolve(o.value, 0)
			if e != "" {
				p.errf("socket.gaierror: [Errno -2] %s\n", e)
				return 1
			}
			addr = ad
		case 'd':
			s.dir = p.abs(o.value)
		default:
			p.errf("not modelled: python3 -m http.server %s\n", optText(o))
			return 1
		}
	}
	port := uint64(8000)
	if bad == nil && len(rest) > 0 {
		var err error
		if port, err = strconv.ParseUint(rest[0], 10, 16); err != nil {
			p.errf("%sserver.py: error: argument port: invalid int value: '%s'\n", usage, rest[0])
			return 2
		}
		rest = rest[1:]
	}
	if bad != nil || len(rest) > 0 {
		what := strings.Join(rest, " ")
		if bad != nil {
			what = bad.at
		}
		p.errf("%sserver.py: error: unrecognized arguments: %s\n", usage, what)
		return 2
	}
	return s.serve(addr, uint16(port), false)
}

// busyboxTool is busybox: its httpd, and names of tools that exist.
func busyboxTool(p *Proc, a []string) int {
	if a[0] == "busybox" {
		if len(a) > 1 && a[1] != "httpd" {
			if t := p.lab.tools[a[1]]; t != nil && a[1] != "busybox" {
				return t(p, a[1:])
			}
			p.errf("%s: applet not found\n", a[1])
			return 127
		}
		a = a[1:]
	}
	if len(a) == 0 {
		p.out("BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1) multi-call binary.\n")
		return 0
	}
	s := &httpServer{p: p, dir: p.cwd}
	var addr wire.Addr
	port, fore, six := uint16(80), false, false
	opts, _, bad := getopt(a[1:], "ifvp:u:r:c:h:e:d:m:", nil)
	if bad != nil {
		p.errf("httpd: %s\nBusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1) multi-call binary.\n", bad.glibc())
		return 1
	}
	for _, o := range opts {
		switch o.c {
		case 'f':
			fore = true
		case 'v', 'u', 'c':
		case 'p':
			host, ps := "", o.value
			if i := strings.LastIndexByte(ps, ':'); i >= 0 {
				host, ps = strings.Trim(ps[:i], "[]"), ps[i+1:]
			}
			x, err := strconv.ParseUint(ps, 10, 16)
			if err != nil {
				p.errf("httpd: bad address '%s'\n", o.value)
				return 1
			}
			if port = uint16(x); host != "" {
				addr, _ = parseAddr(host)
			} else {
				six = true
			}
		case 'h':
			if st, e := p.stat(o.value); e != "" || !st.dir {
				p.errf("httpd: can't change directory to '%s': %s\n", o.value, noSuch)
				return 1
			}
			s.dir = p.abs(o.value)
		default:
			p.errf("not modelled: httpd -%c\n", o.c)
			return 1
		}
	}
	if !fore {
		p.fork("httpd", func(q *Proc) int { s.p = q; return s.serve(addr, port, six) })
		return 0
	}
	return s.serve(addr, port, six)
}

func (s *httpServer) serve(addr wire.Addr, port uint16, six bool) int {
	p := s.p
	s.n = p.network(map[bool]string{true: "python3", false: "httpd"}[s.python])
	defer s.n.close()
	var e core.Errno
	backlog := 9
	if s.python {
		backlog = 5 // socketserver.TCPServer.request_queue_size
		s.sortAddrs(port)
	}
	if s.lfd, e = s.n.listen(addr, port, six, backlog); e != 0 {
		if s.python {
			p.errf("OSError: [Errno %d] %s\n", e, errnoWords(e))
		} else {
			p.errf("httpd: bind: %s\n", errnoWords(e))
		}
		return 1
	}
	if s.python && p.terminal(1) { // else it stays in the buffer of a program that never ends
		at := "0.0.0.0"
		if !addr.IsZero() {
			at = addr.String()
		}
		host := at
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		p.outf("Serving HTTP on %s port %d (http://%s:%d/) ...\n", at, port, host, port)
	}
	for {
		p.block(s.busy)
		for s.accept() {
		}
		live := s.conns[:0]
		for _, c := range s.conns {
			if s.work(c) {
				live = append(live, c)
			} else {
				if s.python && c.ready { // socketserver: shutdown_request
					s.n.prog.Shutdown(c.fd, socket.ShutWr)
				}
				s.n.prog.Close(c.fd)
			}
		}
		s.conns = live
	}
}

// sortAddrs is what getaddrinfo of the GNU C library does for no name at all: it
// connects a UDP socket to each address to see by which it would go (RFC 6724); a
// socket of IPv6 serves for IPv4, too.
func (s *httpServer) sortAddrs(port uint16) {
	fd, e := s.n.prog.Socket(core.AFInet6, core.SockDgram, 0)
	if e != 0 {
		return
	}
	s.n.prog.Connect(fd, wire.Addr{}, port)
	s.n.prog.Do(&socket.Call{Op: socket.OpConnect, FD: fd, Unspec: true})
	s.n.prog.Connect(fd, wire.IP4(0).Addr(), port)
	s.n.prog.Close(fd)
}

// busy reports whether there is something to do.
func (s *httpServer) busy() bool {
	if s.n.prog.Poll(s.lfd)&socket.PollIn != 0 && len(s.conns) < 1000 {
		return true
	}
	for _, c := range s.conns {
		ev := s.n.prog.Poll(c.fd)
		if ev&(socket.PollErr|socket.PollHup) != 0 || !c.ready && ev&socket.PollIn != 0 || len(c.out) > 0 && ev&socket.PollOut != 0 {
			return true
		}
	}
	return false
}

func (s *httpServer) accept() bool {
	fd, e := s.n.prog.Accept(s.lfd)
	if e != 0 {
		return false
	}
	s.n.prog.SetNonBlock(fd, true)
	a, _ := s.n.peer(fd)
	s.conns = append(s.conns, &httpConn{fd: fd, addr: a})
	return true
}

// work goes on with a connection; false when it is over.
func (s *httpServer) work(c *httpConn) bool {
	buf := make([]byte, 8192)
	for !c.ready {
		k, e := s.n.prog.Recv(c.fd, buf, core.MsgDontWait)
		if e == step.EAGAIN {
			break
		}
		if e != 0 || k == 0 || len(c.in) > 1<<16 {
			return false
		}
		c.in = append(c.in, buf[:k]...)
		if h := parseHead(c.in); h != nil {
			c.out, c.ready = s.respond(c, h), true
		}
	}
	for len(c.out) > 0 {
		n := min(len(c.out), 1<<16)
		if i := bytes.Index(c.out, []byte("\r\n\r\n")); s.python && !c.headSent && i >= 0 {
			n = min(n, i+4) // end_headers: the head by itself
		}
		k, e := s.n.prog.Send(c.fd, c.out[:n], 0)
		s.p.preempted()
		if e == step.EAGAIN {
			return true
		}
		if e != 0 {
			return false
		}
		c.out, c.headSent = c.out[k:], true
	}
	return !c.ready
}

func (s *httpServer) date(t sim.Time) string {
	return s.p.lab.date().Format("Mon, 02 Jan 2006 15:04:05 GMT")
}
