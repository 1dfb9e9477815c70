package lab

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
)

func init() { extra["curl"] = curl }

// A curlCmd is one command line of curl(1) 7.88.1.
type curlCmd struct {
	p                                         *Proc
	n                                         *netProc
	urls                                      []string
	outs                                      []string // -o, -O ("\x00") by their order
	silent, showErr, verbose, include, head   bool
	location, fail, insecure, get, noProgress bool
	method, data, agent, iface, writeOut      string
	user                                      string
	hasData                                   bool
	headers                                   []string
	maxTime, connectTime                      sim.Time
	fam                                       int
	localPort                                 uint16
	resolve                                   map[string]string
	redirs                                    int
	http10, failEarly                         bool
	retry                                     int
	dump                                      string // -D
}

var curlLong = []longOpt{{"silent", 0, 's'}, {"show-error", 0, 'S'}, {"verbose", 0, 'v'}, {"include", 0, 'i'}, {"head", 0, 'I'}, {"output", 1, 'o'}, {"remote-name", 0, 'O'}, {"write-out", 1, 'w'},
	{"request", 1, 'X'}, {"data", 1, 'd'}, {"header", 1, 'H'}, {"max-time", 1, 'm'}, {"connect-timeout", 1, 1}, {"resolve", 1, 2}, {"interface", 1, 3}, {"local-port", 1, 4}, {"ipv4", 0, '4'},
	{"ipv6", 0, '6'}, {"location", 0, 'L'}, {"fail", 0, 'f'}, {"insecure", 0, 'k'}, {"user-agent", 1, 'A'}, {"get", 0, 'G'}, {"data-raw", 1, 'd'}, {"data-binary", 1, 'd'}, {"user", 1, 'u'},
	{"no-progress-meter", 0, 5}, {"max-redirs", 1, 6}, {"http1.0", 0, '0'}, {"http1.1", 0, 7}, {"version", 0, 'V'}, {"help", 0, 'h'}, {"dump-header", 1, 'D'}, {"no-keepalive", 0, 8}, {"noproxy", 1, 9},
	{"retry", 1, 10}, {"fail-early", 0, 11}, {"url", 1, 12}, {"progress-bar", 0, '#'}, {"no-buffer", 0, 'N'}, {"tcp-nodelay", 0, 13}, {"proxy", 1, 'x'}, {"upload-file", 1, 'T'}, {"form", 1, 'F'},
	{"cookie", 1, 'b'}, {"referer", 1, 'e'}, {"range", 1, 'r'}, {"limit-rate", 1, 14}, {"parallel", 0, 'Z'}, {"compressed", 0, 15}, {"unix-socket", 1, 16}, {"http2", 0, 17}, {"data-urlencode", 1, 18}, {"globoff", 0, 'g'}}

const curlShort = "gsSvio:Ow:X:d:H:m:46LfkA:Gu:0VhD:#Nx:T:F:b:e:r:ZIqy:Y:C:c:E:K:z:R"

const curlTry = "curl: try 'curl --help' or 'curl --manual' for more information\n"

func curl(p *Proc, a []string) int {
	c := &curlCmd{p: p, agent: "curl/7.88.1", resolve: map[string]string{}, redirs: 50}
	opts, rest, bad := getopt(a[1:], curlShort, curlLong)
	if bad != nil {
		at := cutEq(bad.at)
		if !strings.HasPrefix(at, "--") && bad.kind != optMissing || bad.kind == optMissing && !strings.HasPrefix(at, "--") {
			at = "-" + bad.opt
		}
		switch bad.kind {
		case optMissing:
			p.errf("curl: option %s: requires parameter\n", at)
		case optAmbigous:
			p.errf("curl: option %s: is ambiguous\n", at)
		default:
			p.errf("curl: option %s: is unknown\n", at)
		}
		p.errf(curlTry)
		return 2
	}
	for _, o := range opts {
		e, st := c.option(o)
		switch {
		case strings.HasPrefix(e, "not modelled"):
			p.errf("%s\n", e)
			return 1
		case e != "":
			p.errf("curl: %s\n"+curlTry, e)
			return 2
		case st:
			return 0
		}
	}
	c.urls = append(c.urls, rest...)
	if len(c.urls) == 0 {
		p.errf(curlTry)
		return 2
	}
	c.n = p.network("curl")
	defer c.n.close()
	st := 0
	for i, u := range c.urls {
		out := ""
		if i < len(c.outs) {
			out = c.outs[i]
		}
		st = c.fetch(u, out)
		if st != 0 && c.failEarly {
			break
		}
	}
	return st
}

// option reads one option; stop is true when it is all there is to do.
func (c *curlCmd) option(o word) (bad string, stop bool) {
	v := o.value
	secs := func() sim.Time {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f < 0 || f > 1e9 {
			bad = "option " + optText(o) + ": expected a proper numerical parameter"
		}
		return sim.Time(f * 1e9)
	}
	switch o.c {
	case 's':
		c.silent = true
	case 'S':
		c.showErr = true
	case 'v':
		c.verbose = true
	case 'i':
		c.include = true
	case 'I':
		c.head = true
	case 'o':
		c.outs = append(c.outs, v)
	case 'O':
		c.outs = append(c.outs, "\x00")
	case 'w':
		c.writeOut = v
	case 'X':
		c.method = v
	case 'd':
		if strings.HasPrefix(v, "@") && o.name != "data-raw" {
			b, e := c.p.curlFile(v[1:])
			if e != "" {
				return "not modelled: curl -d " + v + ": " + e, false
			}
			if v = string(b); o.name != "data-binary" {
				v = strings.NewReplacer("\r", "", "\n", "").Replace(v)
			}
		}
		if c.hasData {
			c.data += "&"
		}
		c.data, c.hasData = c.data+v, true
	case 'H':
		c.headers = append(c.headers, v)
	case 'm':
		c.maxTime = secs()
	case 1:
		c.connectTime = secs()
	case 2:
		if w := strings.SplitN(strings.TrimPrefix(v, "+"), ":", 3); len(w) == 3 {
			c.resolve[w[0]+":"+w[1]] = strings.Trim(w[2], "[]")
			if c.verbose {
				c.p.errf("* Added %s:%s:%s to DNS cache\n", w[0], w[1], w[2])
			}
		} else {
			return "(49) Couldn't parse CURLOPT_RESOLVE entry '" + v + "'", false
		}
	case 3:
		c.iface = v
	case 4:
		lo, _, _ := strings.Cut(v, "-")
		n, err := strconv.ParseUint(lo, 10, 16)
		if err != nil {
			return "option --local-port: is badly used here", false
		}
		c.localPort = uint16(n)
	case '4':
		c.fam = 4
	case '6':
		c.fam = 6
	case 'L':
		c.location = true
	case 'f':
		c.fail = true
	case 'g': // brackets and braces in a URL are taken as they are
	case 'k':
		c.insecure = true
	case 'A':
		c.agent = v
	case 'G':
		c.get = true
	case 'D':
		c.dump = v
	case '0':
		c.http10 = true
	case 5:
		c.noProgress = true
	case 6:
		n, err := strconv.Atoi(v)
		if err != nil {
			return "option --max-redirs: expected a proper numerical parameter", false
		}
		c.redirs = n
	case 11:
		c.failEarly = true
	case 12:
		c.urls = append(c.urls, v)
	case 'e':
		c.headers = append(c.headers, "Referer: "+v)
	case 'b':
		c.headers = append(c.headers, "Cookie: "+v)
	case 'V':
		c.p.out("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1\nRelease-Date: 2023-02-20\nProtocols: http\n")
		return "", true
	case 'h':
		c.p.out("Usage: curl [options...] <url>\n")
		return "", true
	case '#', 'N', 7, 8, 9, 13, 15, 'q':
	default:
		return "not modelled: curl " + optText(o), false
	}
	return bad, false
}

func (p *Proc) curlFile(name string) ([]byte, string) {
	if name == "-" {
		return p.readAll(0), ""
	}
	return p.readFile(name)
}

// A curlGot is what one transfer came to, for -w and the messages.
type curlGot struct {
	url                           string
	code, redirects, conns        int
	size, headSize, upload        int
	began, named, connected       sim.Time
	asked, first, done            sim.Time
	local, remote                 string
	localPort, remotePort         uint16
	kind, next, scheme, effective string
	version                       string
	err                           string
	exit                          int
	method                        string
	meter                         bool
	redirTime                     sim.Time
}

// writeVars is -w.
func (c *curlCmd) writeVars(g *curlGot) string {
	secs := func(t sim.Time) string {
		if t == 0 {
			t = g.began
		}
		return fmt.Sprintf("%.6f", float64(t-g.began)/1e9)
	}
	speed := 0
	if d := g.done - g.began; d > 0 {
		speed = int(float64(g.size) / (float64(d) / 1e9))
	}
	vars := map[string]string{"http_code": fmt.Sprintf("%03d", g.code), "response_code": fmt.Sprintf("%03d", g.code), "size_download": strconv.Itoa(g.size), "size_header": strconv.Itoa(g.headSize),
		"size_upload": strconv.Itoa(g.upload), "time_total": secs(g.done), "time_connect": secs(g.connected), "time_namelookup": secs(g.named), "time_starttransfer": secs(g.first),
		"time_pretransfer": secs(g.asked), "time_appconnect": "0.000000", "time_redirect": fmt.Sprintf("%.6f", float64(g.redirTime)/1e9), "remote_ip": g.remote, "local_ip": g.local,
		"remote_port": strconv.Itoa(int(g.remotePort)), "local_port": strconv.Itoa(int(g.localPort)), "num_connects": strconv.Itoa(g.conns), "num_redirects": strconv.Itoa(g.redirects),
		"url_effective": g.effective, "url": g.url, "content_type": g.kind, "redirect_url": g.next, "http_version": g.version, "speed_download": strconv.Itoa(speed), "speed_upload": "0",
		"exitcode": strconv.Itoa(g.exit), "errormsg": g.err, "scheme": strings.ToUpper(g.scheme), "method": g.method, "urlnum": "0", "num_headers": "0"}
	var b strings.Builder
	f := c.writeOut
	if strings.HasPrefix(f, "@") {
		x, _ := c.p.curlFile(f[1:])
		f = string(x)
	}
	for i := 0; i < len(f); i++ {
		switch {
		case f[i] == '%' && i+1 < len(f) && f[i+1] == '{':
			j := strings.IndexByte(f[i:], '}')
			if j < 0 {
				b.WriteString(f[i:])
				return b.String()
			}
			name := f[i+2 : i+j]
			v, ok := vars[name]
			switch {
			case ok:
				b.WriteString(v)
			default:
				c.p.errf("curl: unknown --write-out variable: '%s'\n", name)
			}
			i += j
		case f[i] == '%' && i+1 < len(f) && f[i+1] == '%':
			b.WriteByte('%')
			i++
		case f[i] == '\\' && i+1 < len(f):
			i++
			switch f[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			default:
				b.WriteByte('\\')
				b.WriteByte(f[i])
			}
		default:
			b.WriteByte(f[i])
		}
	}
	return b.String()
}

// curlURL takes a URL apart; a name without scheme is http.
func curlURL(s string) (*url.URL, int, string) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" && u.Scheme != "file" {
		if err == nil {
			return nil, 3, "URL using bad/illegal format or missing URL"
		}
		return nil, 3, "URL using bad/illegal format or missing URL"
	}
	switch u.Scheme = strings.ToLower(u.Scheme); u.Scheme {
	case "http":
	case "https", "ftp", "ftps", "telnet", "file", "tftp", "ldap", "smtp", "imap", "pop3", "scp", "sftp", "mqtt", "gopher", "dict", "rtsp", "smb":
		return u, 0, "not modelled: " + u.Scheme + " in curl"
	default:
		return nil, 1, "Protocol \"" + u.Scheme + "\" not supported or disabled in libcurl"
	}
	return u, 0, ""
}
