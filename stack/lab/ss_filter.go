package lab

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// match evaluates the filter: sport, dport, src, dst with comparisons, not,
// and, or, brackets.
func (c *ssCmd) match(r *sockRow) (bool, string) {
	if len(c.filter) == 0 {
		return true, ""
	}
	f := &ssFilter{c: c, w: c.filter, r: r}
	v := f.or(0)
	if f.bad || len(f.w) > 0 {
		return false, "ss: bison bellows (while parsing filter): \"syntax error!\" Sorry.\nUsage: ss [ OPTIONS ]\n       ss [ OPTIONS ] [ FILTER ]\n"
	}
	return v, ""
}

type ssFilter struct {
	c   *ssCmd
	w   []string
	r   *sockRow
	bad bool
}

func (f *ssFilter) next() string {
	if len(f.w) == 0 {
		return ""
	}
	s := f.w[0]
	f.w = f.w[1:]
	return s
}

func (f *ssFilter) or(d int) bool {
	v := f.and(d)
	for len(f.w) > 0 && (f.w[0] == "or" || f.w[0] == "|" || f.w[0] == "||") {
		f.next()
		x := f.and(d)
		v = v || x
	}
	return v
}

func (f *ssFilter) and(d int) bool {
	v := f.one(d)
	for len(f.w) > 0 && f.w[0] != "or" && f.w[0] != "|" && f.w[0] != "||" && f.w[0] != ")" && !f.bad {
		if f.w[0] == "and" || f.w[0] == "&" || f.w[0] == "&&" {
			f.next()
		}
		x := f.one(d)
		v = v && x
	}
	return v
}

func (f *ssFilter) one(d int) bool {
	if d > 100 {
		f.bad = true
		return false
	}
	switch s := f.next(); s {
	case "not", "!":
		return !f.one(d + 1)
	case "(":
		v := f.or(d + 1)
		if f.next() != ")" {
			f.bad = true
		}
		return v
	case "sport", "dport", "src", "dst":
		op := "="
		if len(f.w) > 0 {
			switch f.w[0] {
			case "=", "==", "eq", "!=", "ne", ">=", "ge", "<=", "le", ">", "gt", "<", "lt":
				op = f.next()
			}
		}
		return f.compare(s, op, f.next())
	}
	f.bad = true
	return false
}

func (f *ssFilter) compare(what, op, v string) bool {
	port := int(f.r.lport)
	addr := f.r.laddr
	if what == "dport" || what == "dst" {
		port, addr = int(f.r.fport), f.r.faddr
	}
	host, ps := "", v
	if i := strings.LastIndexByte(v, ':'); i >= 0 && (strings.Count(v, ":") == 1 || strings.Contains(v, "]")) {
		host, ps = v[:i], v[i+1:]
	} else if what == "src" || what == "dst" {
		host, ps = v, ""
	}
	ok := true
	if host = strings.Trim(host, "[]"); host != "" && host != "*" {
		a, bits, has := strings.Cut(host, "/")
		p, err := netip.ParseAddr(a)
		if err != nil {
			f.bad = true
			return false
		}
		w := wire.FromNetip(p)
		n := p.BitLen()
		if has {
			n, _ = strconv.Atoi(bits)
		}
		if p.Is4() {
			ok = addr.Is4() && (addr.IP4()^w.IP4()).Mask(max(0, min(32, n))) == 0
		} else {
			ok = addr.Mask(max(0, min(128, n))) == w.Mask(max(0, min(128, n)))
		}
	}
	if ps != "" && ps != "*" {
		n, err := strconv.Atoi(ps)
		if err != nil {
			if n = servicePort(ps); n < 0 {
				f.bad = true
				return false
			}
		}
		switch op {
		case "=", "==", "eq":
			ok = ok && port == n
		case "!=", "ne":
			return !(ok && port == n)
		case ">=", "ge":
			ok = ok && port >= n
		case "<=", "le":
			ok = ok && port <= n
		case ">", "gt":
			ok = ok && port > n
		case "<", "lt":
			ok = ok && port < n
		}
	} else if op == "!=" || op == "ne" {
		return !ok
	}
	return ok
}

var services = map[int]string{21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 67: "bootps", 68: "bootpc", 69: "tftp", 80: "http", 110: "pop3", 123: "ntp", 143: "imap2",
	161: "snmp", 179: "bgp", 389: "ldap", 443: "https", 445: "microsoft-ds", 514: "syslog", 853: "domain-s", 993: "imaps", 995: "pop3s", 3306: "mysql", 5432: "postgresql", 6379: "redis", 8080: "http-alt"}

func servicePort(s string) int {
	for n, name := range services {
		if name == s {
			return n
		}
	}
	return -1
}
