package lab

import (
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

func init() { extra["wget"] = wget }

// A wgetCmd is wget(1) 1.21 of one URL or more over HTTP.
type wgetCmd struct {
	p       *Proc
	n       *netProc
	quiet   bool
	out     string
	timeout sim.Time
	tries   int
	spider  bool
	terse   bool
}

var wgetLong = []longOpt{{"quiet", 0, 'q'}, {"output-document", 1, 'O'}, {"timeout", 1, 'T'}, {"tries", 1, 't'}, {"spider", 0, 1}, {"no-verbose", 0, 2}, {"connect-timeout", 1, 'T'}, {"read-timeout", 1, 3},
	{"no-check-certificate", 0, 3}, {"server-response", 0, 'S'}, {"header", 1, 4}, {"version", 0, 'V'}}

func wget(p *Proc, a []string) int {
	c := &wgetCmd{p: p, timeout: 900 * sim.Second, tries: 20}
	opts, urls, bad := getopt(a[1:], "qO:T:t:n:S46V", wgetLong)
	if bad != nil {
		p.errf("wget: %s\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n", bad.glibc())
		return 2
	}
	for _, o := range opts {
		n, _ := strconv.Atoi(o.value)
		switch o.c {
		case 'q':
			c.quiet = true
		case 'O':
			c.out = o.value
		case 'T':
			f, _ := strconv.ParseFloat(o.value, 64)
			c.timeout = sim.Time(f * 1e9)
		case 't':
			c.tries = n
		case 1:
			c.spider = true
		case 2, 'n':
			c.terse = true
		case 3, '4', '6':
		default:
			p.errf("not modelled: wget %s\n", optText(o))
			return 1
		}
	}
	if len(urls) == 0 {
		p.errf("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n")
		return 1
	}
	c.n = p.network("wget")
	defer c.n.close()
	st := 0
	for _, u := range urls {
		if s := c.fetch(u); s != 0 {
			st = s
		}
	}
	return st
}

func (c *wgetCmd) say(f string, a ...any) {
	if !c.quiet {
		c.p.errf(f, a...)
	}
}

func (c *wgetCmd) stamp() string { return c.p.lab.date().Format("2006-01-02 15:04:05") }

// fetch gets one URL; it returns wget's status.
func (c *wgetCmd) fetch(text string) int {
	for hops := 0; hops < 20; hops++ {
		u, _, bad := curlURL(text)
		if bad != "" {
			if strings.HasPrefix(bad, "not modelled") {
				c.p.errf("not modelled: %s in wget\n", u.Scheme)
			} else {
				c.say("%s: Unsupported scheme.\n", text)
			}
			return 1
		}
		if u.Path == "" {
			u.Path = "/"
		}
		next, st := c.one(u)
		if next == "" {
			return st
		}
		text = next
	}
	c.say("20 redirections exceeded.\n")
	return 8
}

func (c *wgetCmd) one(u *url.URL) (next string, status int) {
	c.say("--%s--  %s\n", c.stamp(), u)
	host, port := u.Hostname(), uint16(80)
	if x, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		port = uint16(x)
	}
	list, e := c.p.lookupAll(host, 0)
	if _, num := parseAddr(host); !num {
		if e != "" {
			c.say("Resolving %s (%s)... failed: %s.\nwget: unable to resolve host address ‘%s’\n", host, host, e, host)
			return "", 4
		}
		var names []string
		for _, a := range list {
			names = append(names, a.String())
		}
		c.say("Resolving %s (%s)... %s\n", host, host, strings.Join(names, ", "))
	}
	for try := 0; c.tries == 0 || try < c.tries; try++ {
		for _, a := range list {
			at := fmt.Sprintf("%s:%d", host, port)
			if host != a.String() {
				at = fmt.Sprintf("%s (%s)|%s|:%d", host, host, a, port)
			}
			c.say("Connecting to %s... ", at)
			d := dialing{addr: a, port: port}
			if c.timeout > 0 {
				d.end = c.n.now() + c.timeout
			}
			fd, e := c.n.dial(d)
			if e != 0 {
				c.say("failed: %s.\n", errnoWords(e))
				if e == step.ECONNREFUSED || e == step.ENETUNREACH || e == step.EHOSTUNREACH && try+1 >= c.tries {
					return "", 4
				}
				continue
			}
			c.say("connected.\n")
			next, st := c.get(fd, u)
			c.n.prog.Close(fd)
			return next, st
		}
		if try+1 < c.tries {
			c.say("Retrying.\n\n")
			c.p.sleep(sim.Time(min(try+1, 10)) * sim.Second)
			c.say("--%s--  (try:%2d)  %s\n", c.stamp(), try+2, u)
		}
	}
	c.say("Giving up.\n\n")
	return "", 4
}

func (c *wgetCmd) get(fd int, u *url.URL) (next string, status int) {
	c.say("HTTP request sent, awaiting response... ")
	method := "GET"
	if c.spider {
		method = "HEAD"
	}
	c.n.send(fd, []byte(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Wget/1.21.3\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: Keep-Alive\r\n\r\n", method, u.RequestURI(), u.Host)), 0)
	began := c.n.now()
	var all []byte
	var h *httpHead
	buf := make([]byte, 16384)
	for {
		end := sim.Time(0)
		if c.timeout > 0 {
			end = c.n.now() + c.timeout
		}
		k, e := c.n.recv(fd, buf, end)
		c.p.grow(k)
		all = append(all, buf[:k]...)
		if h == nil {
			h = parseHead(all)
		}
		if e != 0 || k == 0 || h != nil && (c.spider || h.length >= 0 && len(all)-h.size >= h.length) {
			if h == nil {
				c.say("No data received.\nGiving up.\n\n")
				return "", 4
			}
			break
		}
	}
	c.say("%d %s\n", h.code, h.reason)
	if to := h.fields["location"]; h.code >= 300 && h.code < 400 && to != "" {
		if r, err := u.Parse(to); err == nil {
			c.say("Location: %s [following]\n", to)
			return r.String(), 0
		}
	}
	if h.code >= 400 {
		if c.spider && h.code == 404 {
			c.say("Remote file does not exist -- broken link!!!\n\n")
		} else {
			c.say("%s ERROR %d: %s.\n\n", c.stamp(), h.code, h.reason)
		}
		return "", 8
	}
	body := all[h.size:]
	if h.chunked {
		body, _ = unchunk(body)
	}
	return "", c.store(u, h, body, c.n.now()-began)
}

// store writes the body, and tells so.
func (c *wgetCmd) store(u *url.URL, h *httpHead, body []byte, took sim.Time) int {
	kind, _, _ := strings.Cut(h.fields["content-type"], ";")
	size := "unspecified"
	if h.length >= 0 {
		size = strconv.Itoa(h.length)
	}
	c.say("Length: %s [%s]\n", size, kind)
	if c.spider {
		c.say("Remote file exists.\n\n")
		return 0
	}
	name := c.out
	if name == "" {
		if name = path.Base(u.Path); name == "/" || name == "." || strings.HasSuffix(u.Path, "/") {
			name = "index.html"
		}
	}
	shown := name
	fd := 1
	if name == "-" {
		shown = "STDOUT"
	} else {
		d, e := c.p.open(name, 'w')
		if e != "" {
			c.say("%s: %s\n\nCannot write to ‘%s’ (%s).\n", name, e, name, e)
			return 3
		}
		for fd = 20; c.p.fds[fd] != nil; fd++ {
		}
		c.p.set(fd, d)
		defer c.p.close(fd)
	}
	c.say("Saving to: ‘%s’\n\n", shown)
	c.p.write(fd, body)
	c.say("     0K %-50s %3d%% %s=%ss\n\n", strings.Repeat(".", min(50, len(body)/1024)), 100, wgetRate(len(body), took), wgetSecs(took))
	word := "saved"
	if name == "-" {
		word = "written to stdout"
		c.say("%s (%s) - written to stdout [%d/%d]\n\n", c.stamp(), wgetSpeed(len(body), took), len(body), len(body))
		return 0
	}
	c.say("%s (%s) - ‘%s’ %s [%d/%d]\n\n", c.stamp(), wgetSpeed(len(body), took), shown, word, len(body), len(body))
	return 0
}

func wgetUnits(n int, t sim.Time) (float64, string) {
	v := float64(n) / max(1e-9, float64(t)/1e9)
	for _, u := range []string{"B", "K", "M"} {
		if v < 1024 {
			return v, u
		}
		v /= 1024
	}
	return v, "G"
}

func wgetRate(n int, t sim.Time) string {
	v, u := wgetUnits(n, t)
	return fmt.Sprintf("%.2f%s", v, u)
}

func wgetSpeed(n int, t sim.Time) string {
	v, u := wgetUnits(n, t)
	return fmt.Sprintf("%.2f %sB/s", v, strings.TrimSuffix(u, "B"))
}

func wgetSecs(t sim.Time) string {
	if t < 100*sim.Millisecond {
		return "0"
	}
	return strconv.FormatFloat(float64(t)/1e9, 'g', 2, 64)
}
