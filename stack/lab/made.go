package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
)

// A madeEntry is a file of /proc or /sys: made when it is read.
type madeEntry struct {
	read  func() string
	write func(p *Proc, b []byte) string
	gone  bool // it is listed, and cannot be read
}

func (f madeEntry) text() string {
	if f.read == nil {
		return ""
	}
	return f.read()
}

// made reports whether a path is in /proc or /sys.
func made(abs string) bool {
	return abs == "/proc" || abs == "/sys" || strings.HasPrefix(abs, "/proc/") || strings.HasPrefix(abs, "/sys/")
}

// madeDir lists a directory of /proc or /sys.
func (p *Proc) madeDir(abs string) ([]string, bool) {
	l := p.lab
	switch abs {
	case "/proc":
		return []string{"net", "sys", "uptime", "version", "loadavg", "cpuinfo"}, true
	case "/proc/net":
		return sortedKeys(procNet), true
	case "/sys":
		return []string{"class", "module"}, true
	case "/sys/module":
		return []string{"tcp_cubic"}, true
	case "/sys/module/tcp_cubic":
		return []string{"parameters"}, true
	case cubicDir:
		return cubicNames, true
	case "/sys/class":
		return []string{"net"}, true
	case "/sys/class/net":
		var list []string
		for _, d := range p.host.NS.Devices {
			if d != nil {
				list = append(list, d.Name)
			}
		}
		return list, true
	}
	if rest, ok := strings.CutPrefix(abs, "/sys/class/net/"); ok {
		name, sub, _ := strings.Cut(rest, "/")
		d := p.host.NS.DevByName(name)
		switch {
		case d == nil:
			return nil, false
		case sub == "":
			return append(sortedKeys(sysNet), "queues", "statistics"), true
		case sub == "queues":
			return queueDir(d, "")
		case strings.HasPrefix(sub, "queues/"):
			return queueDir(d, strings.TrimPrefix(sub, "queues/"))
		case sub == "statistics":
			return sortedKeys(sysStats), true
		}
		return nil, false
	}
	if abs == "/proc/sys" || strings.HasPrefix(abs, "/proc/sys/") {
		prefix := strings.Trim(strings.TrimPrefix(abs, "/proc/sys"), "/")
		if prefix != "" {
			prefix += "/"
		}
		seen := map[string]bool{}
		for _, k := range l.sysctlKeys(p.host) {
			path := sysctlPath(k)
			if rest, ok := strings.CutPrefix(path, prefix); ok {
				name, _, _ := strings.Cut(rest, "/")
				seen[name] = true
			}
		}
		if len(seen) == 0 {
			return nil, false
		}
		return sortedKeys(seen), true
	}
	return nil, false
}

// sysctlPath is the file of a key below /proc/sys.
func sysctlPath(k string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, k)
}

// madeFile finds a file of /proc or /sys.
func (p *Proc) madeFile(abs string) (madeEntry, bool) {
	l := p.lab
	if rest, ok := strings.CutPrefix(abs, "/proc/sys/"); ok {
		key := sysctlPath(rest)
		host := p.host
		if _, ok := l.sysctlGet(host, key); !ok || !strings.Contains(key, ".") {
			return madeEntry{}, false
		}
		return madeEntry{
			read: func() string { v, _ := l.sysctlGet(host, key); return v + "\n" },
			write: func(q *Proc, b []byte) string {
				e := l.sysctlPut(host, key, string(b))
				if strings.HasPrefix(e, "not modelled") {
					q.errf("%s\n", e)
				}
				return e
			},
		}, true
	}
	abs = strings.Replace(abs, "/proc/self/net/", "/proc/net/", 1)
	if name, ok := strings.CutPrefix(abs, "/proc/net/"); ok {
		if f := procNet[name]; f != nil {
			return madeEntry{read: func() string { return f(p) }}, true
		}
		return madeEntry{}, false
	}
	if rest, ok := strings.CutPrefix(abs, "/sys/class/net/"); ok {
		name, file, _ := strings.Cut(rest, "/")
		d := p.host.NS.DevByName(name)
		if d == nil {
			return madeEntry{}, false
		}
		if s, ok := strings.CutPrefix(file, "statistics/"); ok {
			if f := sysStats[s]; f != nil {
				return madeEntry{read: func() string { return fmt.Sprintf("%d\n", f(d)) }}, true
			}
			return madeEntry{}, false
		}
		if q, ok := strings.CutPrefix(file, "queues/"); ok {
			return p.queueFile(d, q)
		}
		if f := sysNet[file]; f != nil {
			return madeEntry{read: func() string { return f(p, d) + "\n" }}, true
		}
		return madeEntry{}, false
	}
	if name, ok := strings.CutPrefix(abs, cubicDir+"/"); ok {
		return p.cubicFile(name)
	}
	now := float64(l.now()) / 1e9
	switch abs {
	case "/proc/uptime":
		return madeEntry{read: func() string { return fmt.Sprintf("%.2f %.2f\n", now, now) }}, true
	case "/proc/version":
		return madeEntry{read: func() string { return "Linux version " + release + "\n" }}, true
	case "/proc/loadavg":
		return madeEntry{read: func() string { return "0.00 0.00 0.00 1/1 1\n" }}, true
	case "/proc/cpuinfo":
		return madeEntry{read: func() string { return "processor\t: 0\n" }}, true
	}
	return madeEntry{}, false
}

// sysNet are the files of /sys/class/net/DEV.
var sysNet = map[string]func(p *Proc, d *core.Device) string{
	"address":         func(_ *Proc, d *core.Device) string { return d.Addr.String() },
	"broadcast":       func(_ *Proc, d *core.Device) string { return d.Broadcast.String() },
	"ifindex":         func(_ *Proc, d *core.Device) string { return fmt.Sprint(d.Index) },
	"iflink":          func(_ *Proc, d *core.Device) string { return fmt.Sprint(linkIndex(d)) },
	"mtu":             func(_ *Proc, d *core.Device) string { return fmt.Sprint(d.MTU) },
	"operstate":       func(_ *Proc, d *core.Device) string { return strings.ToLower(operState(d)) },
	"carrier":         func(_ *Proc, d *core.Device) string { return fmt.Sprint(b2i(d.Up() && d.CarrierOK())) },
	"carrier_changes": func(_ *Proc, d *core.Device) string { return fmt.Sprint(d.CarrierChanges) },
	"tx_queue_len":    func(_ *Proc, d *core.Device) string { return fmt.Sprint(d.TxQueueLen) },
	"type":            func(_ *Proc, d *core.Device) string { return fmt.Sprint(d.Type) },
	"flags":           func(_ *Proc, d *core.Device) string { return fmt.Sprintf("0x%x", sysFlags(d)) },
	"speed":           func(_ *Proc, d *core.Device) string { return "10000" },
	"duplex":          func(_ *Proc, d *core.Device) string { return "full" },
}

// sysStats are the files of /sys/class/net/DEV/statistics.
var sysStats = map[string]func(d *core.Device) uint64{
	"rx_packets": func(d *core.Device) uint64 { return d.Stats.RxPackets }, "tx_packets": func(d *core.Device) uint64 { return d.Stats.TxPackets },
	"rx_bytes": func(d *core.Device) uint64 { return d.Stats.RxBytes }, "tx_bytes": func(d *core.Device) uint64 { return d.Stats.TxBytes },
	"rx_errors": func(d *core.Device) uint64 { return d.Stats.RxErrors }, "tx_errors": func(d *core.Device) uint64 { return d.Stats.TxErrors },
	"rx_dropped": func(d *core.Device) uint64 { return d.Stats.RxDropped }, "tx_dropped": func(d *core.Device) uint64 { return d.Stats.TxDropped },
	"rx_missed_errors": func(d *core.Device) uint64 { return d.Stats.RxMissed }, "multicast": func(d *core.Device) uint64 { return d.Stats.Multicast },
	"collisions": func(d *core.Device) uint64 { return 0 },
}
