package live

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"html"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A webServer is the machine's HTTP/1.1 server:
//
//	GET /           the walk of the request itself, as a page
//	GET /bytes/N    N bytes, the same each time
//	GET /sha256/N   their SHA-256 in hexadecimal
//	PUT, POST /…    takes a body, and answers how long it was, and its SHA-256
type webServer struct {
	m     *Machine
	fd    int
	epoll int
	wait  socket.Call
	conns map[int]*httpConn
	buf   [65536]byte
}

// An httpConn is one connection.
type httpConn struct {
	fd      int
	in      []byte // the head of a request, as far as it has come
	out     []byte // what waits to be sent
	left    int64  // bytes of a body that are still to be made
	off     int64  // and how many have been
	body    int64  // bytes of a request's body that are still to come
	got     int64
	sum     hash.Hash
	close   bool // after what waits is sent
	gone    bool // the other side sends no more
	waiting bool // for a body
	full    bool // the socket takes no more for now
	v10     bool
}

const (
	maxHead   = 16 << 10
	blockSize = 64 << 10
	maxBytes  = 1 << 40
)

// block is what /bytes/N is made of, over and over.
var block = func() []byte {
	b := make([]byte, blockSize)
	x := uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x >> 11)
	}
	return b
}()

// Run serves those that have something to say, or room for more.
func (s *webServer) Run(p *socket.Program) {
	if s.fd == 0 && !s.start(p) {
		p.Exit()
		return
	}
	for {
		w := &s.wait
		if !p.Do(w) {
			return // asleep
		}
		if w.Err != 0 {
			p.Exit()
			return
		}
		ready := w.Ev[:w.Ret]
		*w = epollCall(s.epoll)
		for _, e := range ready {
			fd := int(e.Data)
			if fd == s.fd {
				s.accept(p)
			} else if c := s.conns[fd]; c != nil && !s.talk(p, c) {
				delete(s.conns, fd)
				p.Close(fd)
			}
		}
	}
}

// start listens.
func (s *webServer) start(p *socket.Program) (ok bool) {
	e := socket.Call{Op: socket.OpEpollCreate}
	if p.Do(&e); e.Err != 0 {
		return false
	}
	s.epoll, s.conns = e.Ret, map[int]*httpConn{}
	s.wait = epollCall(s.epoll)
	if s.fd, ok = listen(p, true, portHTTP); ok {
		epollCtl(p, s.epoll, s.fd, socket.EpollCtlAdd, socket.PollIn)
	}
	return ok
}

// accept takes the connections that have come.
func (s *webServer) accept(p *socket.Program) {
	for {
		fd, e := p.Accept(s.fd)
		if e != 0 {
			return
		}
		s.conns[fd] = &httpConn{fd: fd}
		epollCtl(p, s.epoll, fd, socket.EpollCtlAdd, socket.PollIn)
	}
}

// talk goes on with one connection, and reports whether it lives.
func (s *webServer) talk(p *socket.Program, c *httpConn) bool {
	if !s.converse(p, c) {
		return false
	}
	if full := len(c.out) > 0 || c.left > 0; full != c.full {
		c.full = full
		events := uint32(socket.PollIn)
		if full {
			events = socket.PollOut
		}
		epollCtl(p, s.epoll, c.fd, socket.EpollCtlMod, events)
	}
	return true
}

func (s *webServer) converse(p *socket.Program, c *httpConn) bool {
	for {
		if !s.send(p, c) {
			return false
		}
		if len(c.out) > 0 || c.left > 0 {
			return true // it would block
		}
		if c.close {
			return false
		}
		if len(c.in) > 0 && !c.waiting && s.request(c) {
			continue
		}
		if c.gone {
			return false
		}
		n, e := p.Recv(c.fd, s.buf[:], 0)
		switch {
		case e == step.EAGAIN:
			return true
		case e != 0:
			return false
		case n == 0:
			c.gone = true
			if len(c.in) == 0 {
				return false
			}
			continue
		}
		s.take(c, s.buf[:n])
	}
}

// send sends what the socket takes; false: the other side is gone.
func (s *webServer) send(p *socket.Program, c *httpConn) bool {
	for len(c.out) > 0 || c.left > 0 {
		b := c.out
		if len(b) == 0 {
			at := c.off % blockSize
			b = block[at:min(int64(blockSize), at+c.left)]
		}
		n, e := p.Send(c.fd, b, 0)
		if e == step.EAGAIN {
			return true
		}
		if e != 0 {
			return false
		}
		if len(c.out) > 0 {
			c.out = c.out[n:]
		} else {
			c.off += int64(n)
			c.left -= int64(n)
		}
	}
	c.out = nil
	return true
}

// take is given what was read.
func (s *webServer) take(c *httpConn, b []byte) {
	if c.waiting {
		n := min(c.body, int64(len(b)))
		c.sum.Write(b[:n])
		c.body -= n
		c.got += n
		b = b[n:]
		if c.body == 0 {
			c.waiting = false
			c.answer("200 OK", "text/plain", fmt.Appendf(nil, "%d bytes, sha256 %s\n", c.got, hex.EncodeToString(c.sum.Sum(nil))), false)
		}
	}
	c.in = append(c.in, b...)
}

// request looks for a whole head, and begins to answer it. It reports whether
// there was one.
func (s *webServer) request(c *httpConn) bool {
	end := bytes.Index(c.in, []byte("\r\n\r\n"))
	if end < 0 {
		if len(c.in) > maxHead {
			c.close = true
			c.answer("431 Request Header Fields Too Large", "text/plain", []byte("the head of the request is too long\n"), false)
			return true
		}
		return false
	}
	lines := strings.Split(string(c.in[:end]), "\r\n")
	c.in = append([]byte(nil), c.in[end+4:]...)
	w := strings.Fields(lines[0])
	if len(w) != 3 || !strings.HasPrefix(w[2], "HTTP/1.") {
		c.close = true
		c.answer("400 Bad Request", "text/plain", []byte("this is no HTTP/1 request\n"), false)
		return true
	}
	c.v10 = w[2] == "HTTP/1.0"
	c.close = c.v10
	size, expects := int64(-1), false
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ":")
		v = strings.TrimSpace(v)
		switch strings.ToLower(k) {
		case "content-length":
			if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
				size = n
			}
		case "connection":
			c.close = strings.EqualFold(v, "close") || c.v10 && !strings.EqualFold(v, "keep-alive")
		case "expect":
			expects = strings.EqualFold(v, "100-continue")
		case "transfer-encoding":
			c.close = true
			c.answer("411 Length Required", "text/plain", []byte("send a Content-Length\n"), false)
			return true
		}
	}
	path, _, _ := strings.Cut(w[1], "?")
	switch w[0] {
	case "GET", "HEAD":
		s.get(c, path, w[0] == "HEAD")
	case "PUT", "POST":
		s.put(c, size, expects)
	default:
		c.answer("405 Method Not Allowed", "text/plain", []byte("GET, HEAD, PUT and POST are known\n"), false)
	}
	return true
}

func (s *webServer) put(c *httpConn, size int64, expects bool) {
	if size < 0 {
		c.close = true
		c.answer("411 Length Required", "text/plain", []byte("send a Content-Length\n"), false)
		return
	}
	if expects {
		c.out = append(c.out, "HTTP/1.1 100 Continue\r\n\r\n"...)
	}
	c.sum, c.body, c.got, c.waiting = sha256.New(), size, 0, true
	first := c.in
	c.in = nil
	s.take(c, first)
}

func (s *webServer) get(c *httpConn, path string, head bool) {
	name, arg, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	n, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || n < 0 || n > maxBytes {
		n = -1
	}
	switch {
	case path == "/":
		c.answer("200 OK", "text/html; charset=utf-8", s.page(), head)
	case name == "bytes" && n >= 0:
		c.answer("200 OK", "application/octet-stream", nil, head, n)
		if !head {
			c.left, c.off = n, 0
		}
	case name == "sha256" && n >= 0 && n <= 1<<32:
		c.answer("200 OK", "text/plain", fmt.Appendf(nil, "%s\n", Sum(n)), head)
	default:
		c.answer("404 Not Found", "text/plain", []byte("there is /, /bytes/N and /sha256/N\n"), head)
	}
}

// Sum is the SHA-256 of what /bytes/N sends, in hexadecimal.
func Sum(n int64) string {
	h := sha256.New()
	for ; n >= blockSize; n -= blockSize {
		h.Write(block)
	}
	h.Write(block[:n])
	return hex.EncodeToString(h.Sum(nil))
}

// answer puts a response's head, and its body, into the queue.
func (c *httpConn) answer(status, kind string, body []byte, head bool, size ...int64) {
	n := int64(len(body))
	if len(size) > 0 {
		n = size[0]
	}
	c.out = fmt.Appendf(c.out, "HTTP/1.1 %s\r\nServer: packetwalk\r\nContent-Type: %s\r\nContent-Length: %d\r\n", status, kind, n)
	if c.close {
		c.out = append(c.out, "Connection: close\r\n"...)
	} else if c.v10 {
		c.out = append(c.out, "Connection: keep-alive\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	if !head {
		c.out = append(c.out, body...)
	}
}

const pageHead = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>packetwalk: the walk of this request</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}code{font:13px/1.5 ui-monospace,monospace}
li{list-style:none}ul{padding-left:1.2em;border-left:1px solid #ccc}.w{color:#555}.l{color:#07a;font-size:12px}</style>
<h1>What Linux did with this request</h1>
<p>This page was served by a simulated Linux machine. Below are the functions of its kernel that your request went
through, from the network card to the program that read it, in order. An indented function was called by the one above it.</p>
`

// page is the walk of the request that fetches it.
func (s *webServer) page() []byte {
	w := &s.m.watch
	w.end()
	b := []byte(pageHead)
	if len(w.steps) == 0 {
		b = append(b, "<p>The request came in pieces, so its walk was not noted. Fetch the page again.</p>\n"...)
		return append(b, "</html>\n"...)
	}
	depth := -1
	for _, x := range w.steps {
		for ; depth < x.depth; depth++ {
			b = append(b, "<ul>"...)
		}
		for ; depth > x.depth; depth-- {
			b = append(b, "</ul>"...)
		}
		i := x.step.Info()
		b = fmt.Appendf(b, "<li><code>%s</code> <span class=l>%s</span> %s", html.EscapeString(x.step.String()), html.EscapeString(i.File), html.EscapeString(i.What))
		if x.why != 0 {
			b = fmt.Appendf(b, "<br><span class=w>%s</span>", html.EscapeString(step.Render(x.why.Text(), x.args, names{s.m})))
		}
		b = append(b, '\n')
	}
	for ; depth >= 0; depth-- {
		b = append(b, "</ul>"...)
	}
	return append(b, "</html>\n"...)
}
