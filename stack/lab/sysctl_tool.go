package lab

import (
	_ "embed"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// sysctlDefaults are the values of a fresh namespace, "key=value" a line, as
// sysctl -a of Linux 6.18 prints them. Those of single devices are under
// "default".
//
//go:embed sysctl.txt
var sysctlDefaults string

// defaultSysctl finds a key's value in a fresh namespace.
func defaultSysctl(key string) (string, bool) {
	i := strings.Index("\n"+sysctlDefaults, "\n"+key+"=")
	if i < 0 {
		return "", false
	}
	v := sysctlDefaults[i+len(key)+1:]
	v, _, _ = strings.Cut(v, "\n")
	return v, true
}

// sysctlKeys lists every key of a namespace, sorted as the tool does.
func (l *Lab) sysctlKeys(h *stack.Host) (keys []string) {
	for _, s := range lines(sysctlDefaults) {
		k, _, _ := strings.Cut(s, "=")
		keys = append(keys, k)
		w := strings.Split(k, ".")
		if len(w) == 5 && w[3] == "default" {
			for _, d := range h.NS.Devices {
				if d != nil && !(w[2] == "neigh" && strings.HasPrefix(w[4], "gc_") && w[4] != "gc_stale_time") {
					keys = append(keys, w[0]+"."+w[1]+"."+w[2]+"."+strings.ReplaceAll(d.Name, ".", "/")+"."+w[4])
				}
			}
		}
	}
	sort.Strings(keys)
	return keys
}

// sysctlGet reads one value; ok is false if the kernel has no such key.
func (l *Lab) sysctlGet(h *stack.Host, key string) (val string, ok bool) {
	s := &h.NS.Sysctl
	if v, ok := congGet(h.NS, key); ok {
		return v, true
	}
	switch key {
	case "net.ipv4.tcp_fastopen_key":
		return fastopenKey(s), true
	case "net.ipv4.ip_local_port_range":
		return fmt.Sprintf("%d\t%d", s.PortMin, s.PortMax), true
	case "net.ipv4.ping_group_range":
		return fmt.Sprintf("%d\t%d", s.PingGroupMin, s.PingGroupMax), true
	case "net.ipv4.tcp_rmem":
		return fmt.Sprintf("%d\t%d\t%d", s.TCPRmem[0], s.TCPRmem[1], s.TCPRmem[2]), true
	case "net.ipv4.tcp_wmem":
		return fmt.Sprintf("%d\t%d\t%d", s.TCPWmem[0], s.TCPWmem[1], s.TCPWmem[2]), true
	case "kernel.hostname":
		return l.Root.Name, true
	case "net.netfilter.nf_conntrack_count":
		return ctCount(h), true
	case "kernel.osrelease":
		return release, true
	case rpsDefaultMask:
		return showMask(s.RPSDefault, h.Machine.CPUs()), true
	}
	if p := scalar(s, key); p != nil {
		return strconv.Itoa(*p), true
	}
	w := sysctlWords(key)
	if len(w) == 5 && w[0] == "net" {
		if v, ok := perDeviceGet(h, w); ok {
			return v, true
		}
	}
	if v, ok := l.settings[fmt.Sprint(h.NS.ID, key)]; ok {
		return v, true
	}
	if len(w) == 5 && w[3] != "all" && w[3] != "default" {
		if h.NS.DevByName(w[3]) == nil {
			return "", false
		}
		w[3] = "default"
	}
	return defaultSysctl(strings.Join(w, "."))
}

// sysctlWords cuts a key at its dots; a device's name may hold some, written
// as slashes.
func sysctlWords(key string) []string {
	w := strings.Split(key, ".")
	if len(w) > 5 && (w[2] == "conf" || w[2] == "neigh") {
		w = []string{w[0], w[1], w[2], strings.Join(w[3:len(w)-1], "."), w[len(w)-1]}
	}
	if len(w) == 5 {
		w[3] = strings.ReplaceAll(w[3], "/", ".")
	}
	return w
}

func perDeviceGet(h *stack.Host, w []string) (string, bool) {
	s := &h.NS.Sysctl
	d := h.NS.DevByName(w[3])
	var p *int
	switch w[1] + "." + w[2] {
	case "ipv4.conf":
		switch {
		case w[3] == "all":
			p = conf4(&s.ConfAll, w[4])
		case w[3] == "default":
			p = conf4(&s.ConfDefault, w[4])
		case d != nil && h.IPv4.Conf(d) != nil:
			p = conf4(h.IPv4.Conf(d), w[4])
		}
	case "ipv6.conf":
		switch {
		case w[3] == "all":
			p = conf6(&s.Conf6All, w[4])
		case w[3] == "default":
			p = conf6(&s.Conf6Default, w[4])
		case d != nil && h.IPv6.Conf(d) != nil:
			p = conf6(h.IPv6.Conf(d), w[4])
		}
	case "ipv4.neigh":
		return neighGet(h.NS.Neigh4, w[4])
	case "ipv6.neigh":
		return neighGet(h.NS.Neigh6, w[4])
	}
	if p == nil {
		return "", false
	}
	return strconv.Itoa(*p), true
}

func neighGet(t *core.NeighTable, name string) (string, bool) {
	num := func(v sim.Time, unit sim.Time) (string, bool) { return strconv.FormatInt(int64(v/unit), 10), true }
	if t.Family == core.AFInet {
		switch name {
		case "proxy_delay":
			return num(*ipv4.Of(t.NS).ProxyDelay(), 10*sim.Millisecond)
		case "proxy_qlen":
			return strconv.Itoa(*ipv4.Of(t.NS).ProxyQlen()), true
		}
	}
	switch name {
	case "delay_first_probe_time":
		return num(t.DelayProbe, sim.Second)
	case "retrans_time":
		if t.Family == core.AFInet6 {
			return num(t.Retrans, sim.Jiffy)
		}
		return num(t.Retrans, 10*sim.Millisecond)
	case "retrans_time_ms":
		return num(t.Retrans, sim.Millisecond)
	case "locktime":
		return num(t.Locktime, 10*sim.Millisecond)
	case "base_reachable_time":
		return num(t.BaseReachable, sim.Second)
	case "base_reachable_time_ms":
		return num(t.BaseReachable, sim.Millisecond)
	case "gc_stale_time":
		return num(t.GCStale, sim.Second)
	case "unres_qlen":
		return strconv.Itoa(t.QueueLen()), true
	case "gc_thresh2":
		return strconv.Itoa(t.GCThresh2), true
	case "gc_thresh3":
		return strconv.Itoa(t.GCThresh3), true
	case "unres_qlen_bytes":
		return strconv.Itoa(t.QueueBytes), true
	case "mcast_solicit":
		return strconv.Itoa(t.McastProbes), true
	case "ucast_solicit":
		return strconv.Itoa(t.UcastProbes), true
	case "app_solicit":
		return strconv.Itoa(t.AppProbes), true
	case "mcast_resolicit":
		return strconv.Itoa(t.McastReprobes), true
	}
	return "", false
}

// fragBounds are the bounds of ip4_frags_ns_ctl_table: low_thresh may not be above
// high_thresh.
func (l *Lab) fragBounds(h *stack.Host, key, val string) bool {
	n, _ := strconv.ParseInt(val, 0, 64)
	name, high := strings.CutSuffix(key, "_high_thresh")
	if high {
		s, _ := l.sysctlGet(h, name+"_low_thresh")
		low, _ := strconv.ParseInt(s, 0, 64)
		return n >= low
	}
	s, _ := l.sysctlGet(h, strings.TrimSuffix(key, "_low_thresh")+"_high_thresh")
	most, _ := strconv.ParseInt(s, 0, 64)
	return n >= 0 && n <= most
}

// sysctlPut writes one value and returns the words of the error: what write(2)
// to the file under /proc/sys gives.
func (l *Lab) sysctlPut(h *stack.Host, key, val string) string {
	val = strings.TrimSpace(val)
	old, ok := l.sysctlGet(h, key)
	if !ok {
		return noSuch
	}
	if key == "net.ipv4.tcp_congestion_control" || key == "net.ipv4.tcp_allowed_congestion_control" {
		words, _ := congPut(h, key, val)
		return words
	}
	if key == rpsDefaultMask {
		return putRPSDefault(h, val)
	}
	if strings.Join(strings.Fields(old), " ") == strings.Join(strings.Fields(val), " ") {
		if key != "net.ipv4.ip_forward" && !strings.HasSuffix(key, ".forwarding") {
			return ""
		}
	}
	if key != "net.ipv4.tcp_fastopen_key" && strings.Trim(old, "0123456789\t -") == "" {
		for _, f := range strings.Fields(val) {
			if _, err := strconv.ParseInt(f, 0, 64); err != nil {
				return badValue
			}
		}
		if val == "" || len(strings.Fields(val)) > len(strings.Fields(old)) {
			return badValue
		}
	}
	switch key {
	case "net.core.default_qdisc":
		if tcKindOf(val) == nil || val == "noqueue" {
			return noSuch
		}
		l.settings[fmt.Sprint(h.NS.ID, key)], l.settings[tcDefaultKey] = val, val
		return ""
	case "net.ipv4.ip_default_ttl":
		if n, _ := strconv.Atoi(val); n < 1 || n > 255 {
			return badValue
		}
	case "net.ipv4.ipfrag_high_thresh", "net.ipv6.ip6frag_high_thresh", "net.ipv4.ipfrag_low_thresh", "net.ipv6.ip6frag_low_thresh":
		if !l.fragBounds(h, key, val) {
			return badValue
		}
	case "net.ipv4.ip_local_port_range":
		f := strings.Fields(val)
		if len(f) != 2 {
			return badValue
		}
		lo, _ := strconv.Atoi(f[0])
		hi, _ := strconv.Atoi(f[1])
		if lo > hi || lo < h.NS.Sysctl.IPUnprivPort || hi > 65535 {
			return badValue
		}
	case "net.ipv4.tcp_available_congestion_control", "net.ipv4.tcp_available_ulp", "net.ipv4.tcp_ehash_entries", "net.netfilter.nf_conntrack_count":
		return noPerm
	}
	err := Sysctl(h, strings.Join(sysctlWords(key), "."), val)
	if err == nil {
		l.copyDefault(h, key, val)
		return ""
	}
	if s := err.Error(); strings.HasPrefix(s, "not modelled") {
		if kept(key) {
			l.settings[fmt.Sprint(h.NS.ID, key)] = val
			return ""
		}
		return s
	}
	return badValue
}

// kept are keys that change nothing that the model does in any case: they are
// stored and read back.
func kept(key string) bool {
	return !strings.HasPrefix(key, "net.") || strings.HasPrefix(key, "net.netfilter.") || strings.HasPrefix(key, "net.bridge.") || strings.HasPrefix(key, "net.unix.") ||
		strings.HasSuffix(key, "gc_thresh") || strings.HasSuffix(key, ".gc_thresh1") || strings.HasSuffix(key, "frag_low_thresh") || strings.Contains(key, "optmem") || strings.Contains(key, "no_metrics_save") || strings.Contains(key, "default_qdisc") ||
		tcpIgnored(key) || strings.Contains(key, "stable_secret") || strings.Contains(key, "use_tempaddr") || strings.Contains(key, "tcp_mem") || strings.Contains(key, "udp_mem")
}

// sysctlTool is sysctl(8) of procps-ng 4.
func sysctlTool(p *Proc, a []string) int {
	l := p.lab
	var write, quiet, all, names, values, ignore, load bool
	pattern := ""
	var rest []string
	for i := 1; i < len(a); i++ {
		s := a[i]
		switch {
		case s == "--all":
			all = true
		case s == "--write":
			write = true
		case s == "--system":
			load = true
		case s == "--values":
			values = true
		case strings.HasPrefix(s, "--load") || strings.HasPrefix(s, "-p"):
			load = true
			if f := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s, "--load"), "="), "-p"); f != "" {
				rest = append(rest, f)
			}
		case s == "-r" || s == "--pattern":
			if i++; i < len(a) {
				pattern = a[i]
			}
		case len(s) > 1 && s[0] == '-' && s[1] != '-':
			for _, c := range s[1:] {
				switch c {
				case 'w':
					write = true
				case 'q':
					quiet = true
				case 'a', 'A', 'X':
					all = true
				case 'N':
					names = true
				case 'n':
					values = true
				case 'e':
					ignore = true
				case 'p':
					load = true
				case 'b':
					values = true
				default:
					p.errf("sysctl: invalid option -- '%c'\n\nUsage:\n sysctl [options] [variable[=value] ...]\n", c)
					return 1
				}
			}
		case len(s) > 1 && s[0] == '-':
			p.errf("sysctl: unrecognized option '%s'\n\nUsage:\n sysctl [options] [variable[=value] ...]\n", s)
			return 1
		default:
			rest = append(rest, s)
		}
	}
	show := func(k, v string) {
		switch {
		case names:
			p.outf("%s\n", k)
		case values:
			p.outf("%s\n", v)
		default:
			p.outf("%s = %s\n", k, v)
		}
	}
	st := 0
	set := func(k, v string, soft bool) {
		k = sysctlKey(k)
		e := l.sysctlPut(p.host, k, v)
		switch {
		case e == "":
			if !quiet {
				show(k, strings.TrimSpace(v))
			}
		case e == noSuch && !strings.HasSuffix(k, "_congestion_control") && k != "net.core.default_qdisc":
			if !ignore && !soft {
				p.errf("sysctl: cannot stat /proc/sys/%s: No such file or directory\n", strings.ReplaceAll(k, ".", "/"))
				st = 1
			}
		case strings.HasPrefix(e, "not modelled"):
			p.errf("%s\n", e)
			st = 1
		default:
			p.errf("sysctl: setting key \"%s\": %s\n", strings.ReplaceAll(k, "/", "."), e)
			if !soft {
				st = 1
			}
		}
	}
	switch {
	case load:
		if len(rest) == 0 {
			rest = []string{"/etc/sysctl.conf"}
		}
		for _, f := range rest {
			b, e := p.readFile(f)
			if e != "" {
				p.errf("sysctl: cannot open \"%s\": %s\n", f, e)
				st = 1
				continue
			}
			for n, line := range lines(string(b)) {
				line = strings.TrimSpace(line)
				if line == "" || line[0] == '#' || line[0] == ';' {
					continue
				}
				soft := strings.HasPrefix(line, "-")
				k, v, ok := strings.Cut(strings.TrimPrefix(line, "-"), "=")
				if !ok {
					p.errf("sysctl: %s(%d): invalid syntax, continuing...\n", f, n+1)
					continue
				}
				set(strings.TrimSpace(k), strings.TrimSpace(v), soft)
			}
		}
		return st
	case all || pattern != "" && len(rest) == 0:
		re, err := posix(pattern, true, false)
		if err != nil {
			p.errf("sysctl: Invalid regular expression\n")
			return 1
		}
		for _, k := range l.sysctlKeys(p.host) {
			if pattern != "" && !re.MatchString(k) {
				continue
			}
			if v, ok := l.sysctlGet(p.host, k); ok {
				show(k, v)
			}
		}
		return 0
	case len(rest) == 0:
		p.errf("\nUsage:\n sysctl [options] [variable[=value] ...]\n\nFor more details see sysctl(8).\n")
		return 1
	}
	for _, s := range rest {
		if k, v, ok := strings.Cut(s, "="); ok {
			set(strings.TrimSpace(k), v, false)
			continue
		}
		if write {
			p.errf("sysctl: command line(0): invalid syntax, continuing...\n")
			st = 1
			continue
		}
		k := sysctlKey(s)
		if v, ok := l.sysctlGet(p.host, k); ok {
			show(k, v)
			continue
		}
		hit := false
		for _, x := range l.sysctlKeys(p.host) {
			if strings.HasPrefix(x, k+".") {
				v, _ := l.sysctlGet(p.host, x)
				show(x, v)
				hit = true
			}
		}
		if !hit && !ignore {
			p.errf("sysctl: cannot stat /proc/sys/%s: No such file or directory\n", strings.ReplaceAll(k, ".", "/"))
			st = 1
		}
	}
	return st
}

// sysctlKey is the key with dots; a key written with slashes has a device's
// dots as they are.
func sysctlKey(s string) string {
	d, sl := strings.IndexByte(s, '.'), strings.IndexByte(s, '/')
	if sl < 0 || d >= 0 && d < sl {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '/':
			return '.'
		case '.':
			return '/'
		}
		return r
	}, s)
}

// copyDefault is devinet_copy_dflt_conf: a new default is that of every device
// whose own value nobody has set.
func (l *Lab) copyDefault(h *stack.Host, key, val string) {
	w := sysctlWords(key)
	if len(w) != 5 || w[1] != "ipv4" || w[2] != "conf" || w[3] == "all" {
		return
	}
	mark := func(dev string) string { return fmt.Sprint("set ", h.NS.ID, " ", dev, " ", w[4]) }
	if w[3] != "default" {
		l.settings[mark(w[3])] = "1"
		return
	}
	n, err := strconv.Atoi(strings.TrimSpace(val))
	for _, d := range h.NS.Devices {
		if err == nil && d != nil && l.settings[mark(d.Name)] == "" {
			if c := h.IPv4.Conf(d); c != nil {
				set4(c, key, w[4], n)
			}
		}
	}
}
