package lab

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// snmpHeads are the heads of the lines of /proc/net/snmp and /proc/net/netstat
// of Linux 6.18; snmp6Names are the names of /proc/net/snmp6.
var (
	//go:embed snmp.txt
	snmpHeads string
	//go:embed snmp6.txt
	snmp6Names string
)

func init() {
	extra["nstat"] = nstat
	procNet["snmp"] = func(p *Proc) string { return snmpText(p.host, false) }
	procNet["netstat"] = func(p *Proc) string { return snmpText(p.host, true) }
	procNet["snmp6"] = procSnmp6
	procNet["sockstat"] = procSockstat
	procNet["tcp"] = func(p *Proc) string { return procSock(p, "tcp", false) }
	procNet["tcp6"] = func(p *Proc) string { return procSock(p, "tcp", true) }
	procNet["udp"] = func(p *Proc) string { return procSock(p, "udp", false) }
	procNet["udp6"] = func(p *Proc) string { return procSock(p, "udp", true) }
}

var mibIndex = func() map[string]step.MIB {
	m := map[string]step.MIB{}
	for i := range step.NumMIB {
		m[step.MIB(i).String()] = step.MIB(i)
	}
	return m
}()

// mib is one counter by its name with the prefix, as nstat has it.
func mib(h *stack.Host, name string) int64 {
	s := &h.NS.Sysctl
	switch name {
	case "IpForwarding":
		return int64(2 - b2i(s.IPForward != 0))
	case "IpDefaultTTL":
		return int64(s.IPDefaultTTL)
	case "TcpRtoAlgorithm":
		return 1
	case "TcpRtoMin":
		return int64(s.TCPRtoMinUs / 1000)
	case "TcpRtoMax":
		return int64(s.TCPRtoMaxMs)
	case "TcpMaxConn":
		return -1
	}
	if i, ok := mibIndex[name]; ok {
		return int64(h.NS.MIB[i])
	}
	return 0
}

func snmpText(h *stack.Host, ext bool) string {
	var b strings.Builder
	for _, l := range lines(snmpHeads) {
		f := strings.Fields(l)
		kind := strings.TrimSuffix(f[0], ":")
		if strings.HasSuffix(kind, "Ext") != ext {
			continue
		}
		b.WriteString(l + "\n" + f[0])
		for _, n := range f[1:] {
			b.WriteString(" " + strconv.FormatInt(mib(h, kind+n), 10))
		}
		b.WriteByte('\n')
		if kind == "Icmp" {
			var types, values []string
			for _, d := range [...]string{"In", "Out"} {
				for t := 0; t < 256; t++ {
					if v := mib(h, fmt.Sprintf("IcmpMsg%sType%d", d, t)); v != 0 {
						types, values = append(types, fmt.Sprintf("%sType%d", d, t)), append(values, strconv.FormatInt(v, 10))
					}
				}
			}
			if types != nil {
				b.WriteString("IcmpMsg: " + strings.Join(types, " ") + "\nIcmpMsg: " + strings.Join(values, " ") + "\n")
			}
		}
	}
	return b.String()
}

func procSnmp6(p *Proc) string {
	var b strings.Builder
	for _, n := range snmp6Shown(p.host) {
		fmt.Fprintf(&b, "%-32s\t%d\n", n, mib(p.host, n))
	}
	return b.String()
}

// snmp6Shown are the names of /proc/net/snmp6: behind those of ICMPv6 the types of
// messages that there have been (snmp6_seq_show_icmpv6msg).
func snmp6Shown(h *stack.Host) (l []string) {
	icmp := false
	for _, n := range lines(snmp6Names) {
		if was := icmp; was && !strings.HasPrefix(n, "Icmp6") {
			for i := range step.MIB(512) {
				if m := step.Icmp6InType0 + i; h.NS.MIB[m] != 0 {
					l = append(l, m.String())
				}
			}
		}
		icmp = strings.HasPrefix(n, "Icmp6")
		l = append(l, n)
	}
	return l
}

func procSockstat(p *Proc) string {
	l := p.lab
	t, u, tw := 0, 0, 0
	for _, r := range l.socks(p.host, "tcp") {
		switch r.state {
		case core.TCPTimeWait:
			tw++
		case core.TCPSynRecv:
		default:
			if !r.six {
				t++
			}
		}
	}
	for _, r := range l.socks(p.host, "udp") {
		if !r.six {
			u++
		}
	}
	return fmt.Sprintf("sockets: used %d\nTCP: inuse %d orphan %d tw %d alloc %d mem %d\nUDP: inuse %d mem %d\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n",
		t+u, t, p.host.TCP.Orphans, tw, t, p.host.Machine.Mem.TCP, u, p.host.Machine.Mem.UDP)
}

// procSock is /proc/net/tcp and its like.
func procSock(p *Proc, proto string, six bool) string {
	var b strings.Builder
	switch {
	case proto == "tcp" && !six:
		fmt.Fprintf(&b, "%-149s\n", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode")
	case proto == "tcp":
		b.WriteString("  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n")
	case !six:
		fmt.Fprintf(&b, "%-127s\n", "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops")
	default:
		b.WriteString("  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n")
	}
	addr := func(r *sockRow, local bool) string {
		a, port := r.faddr, r.fport
		if local {
			a, port = r.laddr, r.lport
		}
		if !six {
			return fmt.Sprintf("%08X:%04X", swap32(uint32(a.IP4())), port)
		}
		return fmt.Sprintf("%08X%08X%08X%08X:%04X", swap32(uint32(a.Hi>>32)), swap32(uint32(a.Hi)), swap32(uint32(a.Lo>>32)), swap32(uint32(a.Lo)), port)
	}
	n := 0
	for _, r := range p.lab.socks(p.host, proto) {
		if r.six != six {
			continue
		}
		ino := uint32(0)
		if r.sk != nil {
			ino = 10000 + r.sk.ID
		}
		width := 4
		if proto == "udp" {
			width = 5
		}
		line := fmt.Sprintf("%*d: %s %s %02X %08X:%08X %02X:%08X %08X %5d %8d %d", width, n, addr(&r, true), addr(&r, false), r.state, max(0, r.sq*b2i(r.state != core.TCPListen)), r.rq, 0, 0, 0, 0, 0, ino)
		if proto == "tcp" {
			line += fmt.Sprintf(" 1 %016x 100 0 0 10 0", ino)
			fmt.Fprintf(&b, "%-149s\n", line)
		} else {
			drops := 0
			if r.sk != nil {
				drops = int(r.sk.Drops)
			}
			line += fmt.Sprintf(" 2 %016x %d", ino, drops)
			fmt.Fprintf(&b, "%-127s\n", line)
		}
		n++
	}
	return b.String()
}

// nstat is nstat(8): what changed since it was asked last.
func nstat(p *Proc, a []string) int {
	var zeros, abs, noUpdate, noOutput, reset, asJSON bool
	rest, badOpt := flags(a[1:], "azsrnjpd:t:", func(c byte, _ string) {
		switch c {
		case 'a':
			abs = true
		case 'z':
			zeros = true
		case 's':
			noUpdate = true
		case 'r':
			reset = true
		case 'n':
			noOutput = true // the history is brought up to date all the same
		case 'j':
			asJSON = true
		}
	})
	if badOpt != "" {
		p.errf("nstat: invalid option -- '%s'\nUsage: nstat [OPTION] [ PATTERN [ PATTERN ] ]\n", strings.TrimLeft(badOpt, "-"))
		return 255
	}
	_ = reset
	l := p.lab
	var b strings.Builder
	b.WriteString("#kernel\n")
	o := object{}
	show := func(name string) {
		v := mib(p.host, name)
		key := fmt.Sprintf("nstat %d %s", p.host.NS.ID, name)
		old, _ := strconv.ParseInt(l.settings[key], 10, 64)
		if !noUpdate {
			l.settings[key] = strconv.FormatInt(v, 10)
		}
		d := v - old
		if abs || reset {
			d = v
		}
		switch name {
		case "IpForwarding", "IpDefaultTTL", "TcpRtoAlgorithm", "TcpRtoMin", "TcpRtoMax", "TcpMaxConn", "TcpCurrEstab":
			return
		}
		hit := len(rest) == 0
		for _, pat := range rest {
			hit = hit || match(pat, name)
		}
		if !hit || d == 0 && !zeros {
			return
		}
		fmt.Fprintf(&b, "%-32s%-16d   0.0\n", name, d)
		o.add(name, d)
	}
	for _, ext := range [...]bool{false, true} {
		for _, line := range lines(snmpText(p.host, ext)) {
			f := strings.Fields(line)
			if len(f) < 2 || f[1][0] >= '0' && f[1][0] <= '9' || f[1][0] == '-' {
				continue
			}
			for _, n := range f[1:] {
				show(strings.TrimSuffix(f[0], ":") + n)
			}
		}
		if !ext {
			for _, n := range snmp6Shown(p.host) {
				show(n)
			}
		}
	}
	switch {
	case noOutput:
	case asJSON:
		p.out(jsonText(object{{"kernel", o}}, false) + "\n")
	default:
		p.out(b.String())
	}
	return 0
}
