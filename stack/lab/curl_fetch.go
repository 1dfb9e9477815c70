package lab

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const curlMeter = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n"

// fetch gets one URL and everything that it leads to. It returns curl's status.
func (c *curlCmd) fetch(text, out string) int {
	p := c.p
	g := &curlGot{url: text, effective: text, began: c.n.now()}
	fd := 1
	if out == "\x00" || out != "" && out != "-" {
		if out == "\x00" {
			u, _, _ := curlURL(text)
			if u == nil || path.Base(u.Path) == "/" || strings.HasSuffix(u.Path, "/") || u.Path == "" {
				p.errf("curl: Remote file name has no length!\ncurl: (23) Failed writing received data to disk/application\n")
				return 23
			}
			out = path.Base(u.Path)
		}
	}
	g.meter = !c.silent && !c.noProgress && (out != "" && out != "-" || !p.terminal(1))
	var body []byte
	exit, msg := c.follow(text, g, &body)
	g.exit, g.err, g.done = exit, msg, c.n.now()
	if len(body) > 0 || out != "" && out != "-" && exit == 0 && !c.head {
		if out != "" && out != "-" {
			d, e := p.open(out, 'w')
			if e != "" {
				p.errf("Warning: Failed to open the file %s: %s\n", out, e)
				exit, msg = 23, "Failed writing body"
			} else {
				for fd = 20; p.fds[fd] != nil; fd++ {
				}
				p.set(fd, d)
			}
		}
		if exit == 0 || fd == 1 || len(body) > 0 {
			p.write(fd, body)
		}
		if fd != 1 {
			p.close(fd)
		}
	}
	if g.meter && !c.verbose {
		c.progress(g)
	}
	if exit != 0 && (!c.silent || c.showErr) && !strings.HasPrefix(msg, "not modelled") {
		p.errf("curl: (%d) %s\n", exit, msg)
	}
	if strings.HasPrefix(msg, "not modelled") {
		p.errf("%s\n", msg)
	}
	if c.writeOut != "" {
		p.out(c.writeVars(g))
	}
	return exit
}

// progress prints the meter's last state.
func (c *curlCmd) progress(g *curlGot) {
	speed, secs := 0, int((g.done-g.began)/sim.Second)
	if d := g.done - g.began; d > 0 {
		speed = int(float64(g.size) / (float64(d) / 1e9))
	}
	clock := "--:--:--"
	if secs > 0 {
		clock = fmt.Sprintf("%2d:%02d:%02d", secs/3600, secs/60%60, secs%60)
	}
	c.p.errf("%s\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0", curlMeter)
	pct := 0
	if g.size > 0 {
		pct = 100
	}
	c.p.errf("\r%3d %5d  %3d %5d    0     0  %5d      0 --:--:-- %s --:--:-- %5d\n", pct, g.size, pct, g.size, speed, clock, speed)
}

// follow makes requests until no redirect comes any more.
func (c *curlCmd) follow(text string, g *curlGot, body *[]byte) (int, string) {
	method := c.method
	switch {
	case method != "":
	case c.head:
		method = "HEAD"
	case c.hasData && !c.get:
		method = "POST"
	default:
		method = "GET"
	}
	for {
		u, exit, msg := curlURL(text)
		if u == nil {
			return exit, msg
		}
		if msg != "" {
			return 1, msg
		}
		g.effective, g.scheme, g.method = u.String(), u.Scheme, method
		if u.Path == "" {
			g.effective += "/"
		}
		got, exit, msg := c.request(u, method, g)
		if exit != 0 {
			*body = append(*body, got...)
			return exit, msg
		}
		*body = append(*body, got...)
		if g.next == "" || !c.location {
			break
		}
		if g.redirects >= c.redirs {
			return 47, fmt.Sprintf("Maximum (%d) redirects followed", c.redirs)
		}
		g.redirects++
		text = g.next
		if c.verbose {
			c.p.errf("* Issue another request to this URL: '%s'\n", text)
		}
		if g.code <= 303 && method == "POST" && c.method == "" {
			method = "GET"
		}
		g.redirTime = c.n.now() - g.began
	}
	if c.fail && g.code >= 400 {
		return 22, fmt.Sprintf("The requested URL returned error: %d", g.code)
	}
	return 0, ""
}

func (c *curlCmd) say(f string, a ...any) {
	if c.verbose {
		c.p.errf(f, a...)
	}
}

// request asks one server.
func (c *curlCmd) request(u *url.URL, method string, g *curlGot) (body []byte, exit int, msg string) {
	n := c.n
	host, port := u.Hostname(), uint16(80)
	if s := u.Port(); s != "" {
		x, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return nil, 3, "URL using bad/illegal format or missing URL"
		}
		port = uint16(x)
	}
	end := sim.Time(0)
	if c.maxTime > 0 {
		end = g.began + c.maxTime
	}
	addrs, bad := c.lookup(host, port)
	g.named = n.now()
	if bad != "" {
		return nil, 6, "Could not resolve host: " + host
	}
	fd, exit, msg := c.connect(addrs, host, port, end, g)
	if exit != 0 {
		return nil, exit, msg
	}
	defer n.prog.Close(fd)
	g.conns++
	g.connected = n.now()
	ra, rp := n.peer(fd)
	la, lp := n.own(fd)
	g.remote, g.remotePort, g.local, g.localPort = ra.String(), rp, la.String(), lp
	c.say("* Connected to %s (%s) port %d (#0)\n", host, ra, rp)
	req := c.text(u, method, g)
	for _, l := range strings.SplitAfter(req[:strings.Index(req, "\r\n\r\n")+4], "\n") {
		if l != "" {
			c.say("> %s\n", strings.TrimRight(l, "\r\n"))
		}
	}
	g.asked = n.now()
	if e := n.send(fd, []byte(req), end); e == step.ETIMEDOUT {
		return nil, 28, c.slow(g, 0)
	} else if e != 0 {
		return nil, 55, "Send failure: " + errnoWords(e)
	}
	g.upload = len(c.data)
	return c.answer(fd, u, method, end, g)
}

func (c *curlCmd) slow(g *curlGot, got int) string {
	return fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", int64(c.n.now()-g.began)/1e6, got)
}

func (c *curlCmd) lookup(host string, port uint16) ([]wire.Addr, string) {
	if s, ok := c.resolve[fmt.Sprintf("%s:%d", host, port)]; ok {
		c.say("* Hostname %s was found in DNS cache\n", host)
		var l []wire.Addr
		for _, x := range strings.Split(s, ",") {
			if a, ok := parseAddr(strings.Trim(x, "[]")); ok {
				l = append(l, a)
			}
		}
		return l, ""
	}
	if a, ok := parseAddr(host); ok {
		return []wire.Addr{a}, ""
	}
	l, e := c.p.lookupAll(host, c.fam)
	if len(l) == 0 && e == "" {
		e = "none"
	}
	return l, e
}

// connect tries the addresses in their order.
func (c *curlCmd) connect(addrs []wire.Addr, host string, port uint16, end sim.Time, g *curlGot) (fd, exit int, msg string) {
	n := c.n
	d := dialing{port: port, srcPort: c.localPort, end: end}
	limit := g.began + 300*sim.Second
	if c.connectTime > 0 {
		limit = n.now() + c.connectTime
	}
	byMax := end > 0 && end < limit
	if !byMax {
		d.end = limit
	}
	if c.iface != "" {
		name := strings.TrimPrefix(strings.TrimPrefix(c.iface, "if!"), "host!")
		if dev := c.p.host.NS.DevByName(name); dev != nil {
			d.dev = dev.Index
		} else if a, err := netip.ParseAddr(name); err == nil {
			d.src = wire.FromNetip(a)
		} else {
			return -1, 45, "Couldn't bind to '" + c.iface + "'"
		}
	}
	var e core.Errno
	start := n.now()
	for _, a := range addrs {
		if c.fam == 4 && !a.Is4() || c.fam == 6 && a.Is4() {
			continue
		}
		at := a.String()
		if !a.Is4() {
			at = "[" + at + "]"
		}
		c.say("*   Trying %s:%d...\n", at, port)
		d.addr = a
		if fd, e = n.dial(d); e == 0 {
			return fd, 0, ""
		}
		if e == step.ETIMEDOUT && n.now() >= d.end {
			break
		}
		if e == step.EADDRNOTAVAIL && !d.src.IsZero() || e == step.EADDRINUSE {
			return -1, 45, "bind failed with errno " + strconv.Itoa(int(e)) + ": " + errnoWords(e)
		}
		c.say("* connect to %s port %d failed: %s\n", a, port, errnoWords(e))
	}
	if e == 0 {
		return -1, 7, "Couldn't connect to server"
	}
	ms := int64(n.now()-start) / 1e6
	if e == step.ETIMEDOUT && n.now() >= d.end {
		if byMax {
			c.say("* Connection timed out after %d milliseconds\n", ms)
			return -1, 28, fmt.Sprintf("Connection timed out after %d milliseconds", ms)
		}
		return -1, 28, fmt.Sprintf("Failed to connect to %s port %d after %d ms: Timeout was reached", host, port, ms)
	}
	c.say("* Failed to connect to %s port %d after %d ms: Couldn't connect to server\n* Closing connection 0\n", host, port, ms)
	return -1, 7, fmt.Sprintf("Failed to connect to %s port %d after %d ms: Couldn't connect to server", host, port, ms)
}

// text is the request.
func (c *curlCmd) text(u *url.URL, method string, g *curlGot) string {
	target := u.RequestURI()
	if c.get && c.hasData {
		sep := "?"
		if u.RawQuery != "" {
			sep = "&"
		}
		target += sep + c.data
	}
	ver := "1.1"
	if c.http10 {
		ver = "1.0"
	}
	own := map[string]bool{}
	for _, h := range c.headers {
		k, _, _ := strings.Cut(h, ":")
		own[strings.ToLower(strings.TrimSuffix(k, ";"))] = true
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", method, target, ver)
	add := func(k, v string) {
		if !own[strings.ToLower(k)] {
			fmt.Fprintf(&b, "%s: %s\r\n", k, v)
		}
	}
	add("Host", u.Host)
	if c.agent != "" {
		add("User-Agent", c.agent)
	}
	add("Accept", "*/*")
	for _, h := range c.headers {
		if k, v, ok := strings.Cut(h, ":"); ok && strings.TrimSpace(v) != "" {
			fmt.Fprintf(&b, "%s:%s\r\n", k, v)
		} else if strings.HasSuffix(h, ";") {
			fmt.Fprintf(&b, "%s:\r\n", strings.TrimSuffix(h, ";"))
		}
	}
	body := ""
	if c.hasData && !c.get && method != "GET" {
		body = c.data
		add("Content-Length", strconv.Itoa(len(body)))
		add("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.String() + "\r\n" + body
}

// answer reads the response.
func (c *curlCmd) answer(fd int, u *url.URL, method string, end sim.Time, g *curlGot) (body []byte, exit int, msg string) {
	var all []byte
	buf := make([]byte, 16384)
	var h *httpHead
	g.next, g.kind = "", ""
	for {
		k, e := c.n.recv(fd, buf, end)
		if g.first == 0 && k > 0 {
			g.first = c.n.now()
		}
		c.p.grow(k)
		all = append(all, buf[:k]...)
		if h == nil {
			if h = parseHead(all); h != nil {
				if m := c.headSeen(h, u, method, g); m != "" {
					return nil, 1, m
				}
				if c.include || c.head {
					body = append(body, all[:h.size]...)
				}
				if c.dump != "" {
					c.dumpHead(all[:h.size])
				}
			} else if len(all) > 8 && !bytes.HasPrefix(all, []byte("HTTP/")) {
				return nil, 1, "Received HTTP/0.9 when not allowed"
			}
		}
		eof := k == 0 && e == 0
		switch {
		case e == step.ETIMEDOUT && end > 0 && c.n.now() >= end:
			if h != nil && !c.head {
				body = append(body, all[h.size:]...)
			}
			got := len(all)
			if h != nil {
				got -= h.size
			}
			if h != nil && h.length >= 0 {
				return body, 28, fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", int64(c.n.now()-g.began)/1e6, got, h.length)
			}
			return body, 28, c.slow(g, got)
		case e != 0:
			c.say("* Recv failure: %s\n* Closing connection 0\n", errnoWords(e))
			return body, 56, "Recv failure: " + errnoWords(e)
		case eof && len(all) == 0:
			c.say("* Empty reply from server\n* Closing connection 0\n")
			return nil, 52, "Empty reply from server"
		case h == nil && eof:
			return nil, 1, "Received HTTP/0.9 when not allowed"
		}
		if h == nil {
			continue
		}
		data := all[h.size:]
		done := eof
		switch {
		case method == "HEAD" || h.code == 204 || h.code == 304:
			data, done = nil, true
		case h.chunked:
			var whole bool
			if data, whole = unchunk(data); whole {
				done = true
			} else if eof {
				return append(body, data...), 18, "transfer closed with outstanding read data remaining"
			}
		case h.length >= 0:
			if len(data) >= h.length {
				data, done = data[:h.length], true
			} else if eof {
				c.say("* transfer closed with %d bytes remaining to read\n* Closing connection 0\n", h.length-len(data))
				return append(body, data...), 18, fmt.Sprintf("transfer closed with %d bytes remaining to read", h.length-len(data))
			}
		}
		if !done {
			continue
		}
		if len(data) > 0 && !(c.fail && g.code >= 400) {
			if !c.p.terminal(1) || c.silent {
				c.say("{ [%d bytes data]\n", len(data))
			}
			g.size = len(data)
			if !(c.location && g.next != "") {
				body = append(body, data...)
			}
		}
		c.say("* Closing connection 0\n")
		return body, 0, ""
	}
}

// headSeen takes the header's facts; what is not modelled is returned.
func (c *curlCmd) headSeen(h *httpHead, u *url.URL, method string, g *curlGot) string {
	g.code, g.headSize, g.version, g.kind = h.code, h.size, strings.TrimPrefix(h.version, "1."), h.fields["content-type"]
	g.version = h.version
	if g.version == "1.0" {
		g.version = "1"
		c.say("* HTTP 1.0, assume close after body\n")
	}
	for _, l := range h.lines {
		c.say("< %s\n", l)
	}
	c.say("< \n")
	if to := h.fields["location"]; to != "" && h.code >= 300 && h.code < 400 {
		if r, err := u.Parse(to); err == nil {
			g.next = r.String()
		}
	}
	return ""
}

func (c *curlCmd) dumpHead(b []byte) {
	if c.dump == "-" {
		c.p.write(1, b)
		return
	}
	if d, e := c.p.open(c.dump, 'w'); e == "" {
		fd := 20
		for c.p.fds[fd] != nil {
			fd++
		}
		c.p.set(fd, d)
		c.p.write(fd, b)
		c.p.close(fd)
	}
}
