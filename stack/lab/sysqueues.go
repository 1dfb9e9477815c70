package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
)

// The queues of /sys/class/net/DEV/queues (net/core/net-sysfs.c), and what else tells of
// CPUs: /proc/net/softnet_stat, net.core.rps_default_mask.

const tooLarge = "Value too large for defined data type"

func init() { procNet["softnet_stat"] = procSoftnet }

// queueDirs are the directories of a device's queues: those that it uses.
func queueDirs(d *core.Device) (l []string) {
	for i := range d.RxQueues() {
		l = append(l, "rx-"+strconv.Itoa(i))
	}
	for i := range max(1, d.TxQueues()) {
		l = append(l, "tx-"+strconv.Itoa(i))
	}
	return l
}

var (
	rxQueueFiles = []string{"rps_cpus", "rps_flow_cnt"}
	txQueueFiles = []string{"traffic_class", "tx_maxrate", "tx_timeout", "xps_cpus", "xps_rxqs"}
)

// queueDir lists queues, or the files of one.
func queueDir(d *core.Device, sub string) ([]string, bool) {
	if sub == "" {
		return queueDirs(d), true
	}
	rx, _, ok := queueNamed(d, sub)
	switch {
	case !ok:
		return nil, false
	case rx:
		return append([]string(nil), rxQueueFiles...), true
	}
	return append([]string(nil), txQueueFiles...), true
}

// queueNamed is the queue that a directory stands for.
func queueNamed(d *core.Device, dir string) (rx bool, n int, ok bool) {
	for _, s := range queueDirs(d) {
		if s == dir {
			n, _ = strconv.Atoi(dir[3:])
			return dir[0] == 'r', n, true
		}
	}
	return false, 0, false
}

// queueFile is one file of a queue.
func (p *Proc) queueFile(d *core.Device, rest string) (madeEntry, bool) {
	dir, name, _ := strings.Cut(rest, "/")
	rx, q, ok := queueNamed(d, dir)
	if !ok {
		return madeEntry{}, false
	}
	zero := func() string { return "0\n" }
	switch {
	case rx && name == "rps_cpus":
		return maskFile(d, func() core.CPUMask { return d.RPS(q) }, func(m core.CPUMask) { d.SetRPS(q, m) }), true
	case rx && name == "rps_flow_cnt":
		return madeEntry{read: zero, write: notYetNumber("rps_flow_cnt (receive flow steering)")}, true
	case rx:
		return madeEntry{}, false
	}
	if d.NumTxQueues <= 1 && (name == "xps_cpus" || name == "xps_rxqs" || name == "traffic_class") {
		// -ENOENT from a file that is there (netif_is_multiqueue).
		return madeEntry{gone: true, write: func(*Proc, []byte) string { return noSuch }}, true
	}
	switch name {
	case "xps_cpus":
		return maskFile(d, func() core.CPUMask { return d.XPS(q) }, func(m core.CPUMask) { d.SetXPS(q, m) }), true
	case "xps_rxqs":
		return madeEntry{read: zero, write: func(p *Proc, b []byte) string {
			m, bad := parseMask(string(b), d.RxQueues())
			if bad == "" && m != 0 {
				p.errf("not modelled: xps_rxqs\n")
				return badValue
			}
			return bad
		}}, true
	case "traffic_class":
		return madeEntry{read: zero}, true
	case "tx_timeout":
		return madeEntry{read: zero}, true
	case "tx_maxrate":
		return madeEntry{read: zero, write: func(*Proc, []byte) string { return "Operation not supported" }}, true
	}
	return madeEntry{}, false
}

// maskFile is a file with a mask of CPUs.
func maskFile(d *core.Device, get func() core.CPUMask, set func(core.CPUMask)) madeEntry {
	return madeEntry{
		read: func() string { return showMask(get(), d.NS.Machine.CPUs()) + "\n" },
		write: func(_ *Proc, b []byte) string {
			m, bad := parseMask(string(b), d.NS.Machine.CPUs())
			if bad == "" {
				set(m)
			}
			return bad
		},
	}
}

// notYetNumber takes 0, and says of any other number that it is not modelled.
func notYetNumber(what string) func(p *Proc, b []byte) string {
	return func(p *Proc, b []byte) string {
		n, err := strconv.ParseUint(strings.TrimSuffix(string(b), "\n"), 0, 64)
		if err == nil && n != 0 {
			p.errf("not modelled: %s\n", what)
			return badValue
		}
		if err != nil {
			return badValue
		}
		return ""
	}
}

// showMask is %*pb: hexadecimal, in groups of 32 bits, as wide as there are CPUs.
func showMask(m core.CPUMask, bits int) string {
	if bits <= 32 {
		return fmt.Sprintf("%0*x", (bits+3)/4, uint64(m))
	}
	return fmt.Sprintf("%0*x,%08x", (bits-32+3)/4, uint64(m)>>32, uint64(m)&0xffffffff)
}

// parseMask is bitmap_parse for a mask of so many bits.
func parseMask(s string, bits int) (m core.CPUMask, bad string) {
	s = strings.TrimSpace(s)
	groups := strings.Split(s, ",")
	if s == "" {
		groups = nil
	}
	for _, g := range groups {
		n, err := strconv.ParseUint(g, 16, 64)
		switch {
		case err != nil && len(strings.Trim(g, "0123456789abcdefABCDEF")) > 0, g == "":
			return 0, badValue
		case err != nil || n>>32 != 0 || m>>(64-32) != 0:
			return 0, tooLarge
		}
		m = m<<32 | core.CPUMask(n)
	}
	if bits < 64 && m>>bits != 0 {
		return 0, tooLarge
	}
	return m, ""
}

// procSoftnet is /proc/net/softnet_stat (softnet_seq_show): a line for each CPU.
func procSoftnet(p *Proc) string {
	var b strings.Builder
	m := p.host.NS.Machine
	for i := range m.CPUs() {
		s, in, process := &core.Softnet{}, 0, 0
		if i < len(m.CPU) {
			s = m.CPU[i]
			in, process = s.QueueLens()
		}
		for _, v := range [...]uint64{s.Processed, s.Dropped, s.TimeSqueeze, 0, 0, 0, 0, 0, 0, s.ReceivedRPS, 0, uint64(in + process), uint64(i), uint64(in)} {
			fmt.Fprintf(&b, "%08x ", uint32(v))
		}
		fmt.Fprintf(&b, "%08x\n", process)
	}
	return b.String()
}

const rpsDefaultMask = "net.core.rps_default_mask"

// putRPSDefault is rps_default_mask_sysctl: what new queues begin with. A wrong value
// leaves an empty mask behind.
func putRPSDefault(h *stack.Host, val string) string {
	m, bad := parseMask(val, h.Machine.CPUs())
	h.NS.Sysctl.RPSDefault = m
	return bad
}

// queues reads numtxqueues and numrxqueues, and keeps what the kernel says of them
// (rtnl_create_link).
func (r *linkReq) queues(to *int, key, what string, a *args) error {
	s, err := need(a)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil && s != "-1" {
		return invarg("Invalid \""+key+"\" value\n", s)
	}
	if *to = int(n); n < 1 || n > 4096 {
		r.noQueues = "Invalid number of " + what + " queues."
	}
	return nil
}
