package lab

import (
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
				if !c.silent {
					p.errf("curl: Remote file name has no length!\n")
				}
				if !c.silent || c.showErr {
					p.errf("curl: (23) Failed writing received data to disk/application\n")
				}
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
		if g.version == "1" && g.next != "" { // a server that speaks 1.0 is asked in it
			if r, err := url.Parse(g.next); err == nil && r.Host == u.Host && !c.http10 {
				c.http10 = true
				defer func() { c.http10 = false }()
			}
		}
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
			c.say("> %s", l)
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
