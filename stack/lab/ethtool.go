package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sim"
)

func init() { extra["ethtool"] = ethtool }

const (
	ethtoolBad   = "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n"
	ethtoolNoDev = "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n"
	ethtoolNoOp  = "netlink error: Operation not supported\n"
)

var ethtoolLong = map[string]string{"--statistics": "-S", "--show-ring": "-g", "--set-ring": "-G", "--show-coalesce": "-c", "--coalesce": "-C", "--show-features": "-k", "--show-offload": "-k",
	"--features": "-K", "--offload": "-K", "--show-channels": "-l", "--set-channels": "-L", "--driver": "-i", "--show-pause": "-a", "--pause": "-A", "--change": "-s", "--show-permaddr": "-P",
	"--show-rxfh-indir": "-x", "--show-rxfh": "-x", "--set-rxfh-indir": "-X", "--rxfh": "-X", "--show-nfc": "-n", "--show-ntuple": "-n", "--config-nfc": "-N", "--config-ntuple": "-N"}

// ethtool is ethtool(8) 6.1.
func ethtool(p *Proc, a []string) int {
	w := a[1:]
	if len(w) == 0 {
		p.errf(ethtoolBad)
		return 1
	}
	op := ""
	if strings.HasPrefix(w[0], "-") {
		if op = w[0]; ethtoolLong[op] != "" {
			op = ethtoolLong[op]
		}
		if op == "--version" {
			p.out("ethtool version 6.1\n")
			return 0
		}
		if op == "-h" || op == "--help" {
			p.out("ethtool version 6.1\nUsage:\n        ethtool [ FLAGS ] DEVNAME\tDisplay standard information about device\n")
			return 0
		}
		if w = w[1:]; len(op) != 2 || strings.IndexByte("SgGcCkKlLiaAsPpTxXmdetnNwWfuUrzEF", op[1]) < 0 || len(w) == 0 {
			p.errf(ethtoolBad)
			return 1
		}
	}
	d := p.host.NS.DevByName(w[0])
	e := &ethCmd{p: p, d: d, w: w[1:]}
	if d != nil {
		e.nic, _ = d.Ops.(*device.NIC)
		e.veth, _ = d.Ops.(*device.Veth)
		e.lo = d == p.host.NS.Loopback
		e.tun = device.TunOf(d) != nil
		switch e.kind = (&ipCmd{p: p}).kind(d); {
		case e.lo:
			e.kind = "lo"
		case e.nic != nil:
			e.kind = "igb"
		}
	} else {
		return e.noDevice(op)
	}
	switch op {
	case "":
		return e.settings()
	case "-S":
		return e.statistics()
	case "-i":
		return e.driver()
	case "-k":
		return e.features()
	case "-K":
		return e.setFeatures()
	case "-g", "-G", "-c", "-C":
		return e.rings(op)
	case "-l":
		return e.showChannels()
	case "-L":
		return e.setChannels()
	case "-x":
		return e.showRSS()
	case "-X":
		return e.setRSS()
	case "-n", "-u":
		return e.showFlowHash()
	case "-N", "-U":
		return e.setFlowHash()
	case "-P":
		if e.nic != nil {
			p.outf("Permanent address: %s\n", d.Addr)
		} else {
			p.out("Permanent address: not set\n")
		}
		return 0
	case "-a", "-A", "-s":
		if e.nic == nil {
			p.errf(ethtoolNoOp)
			return map[string]int{"-a": 1, "-A": 76, "-s": 75}[op]
		}
	}
	p.errf("not modelled: ethtool %s\n", op)
	return 1
}

// An ethCmd is one command about one device.
type ethCmd struct {
	p    *Proc
	d    *core.Device
	w    []string
	nic  *device.NIC
	veth *device.Veth
	lo   bool
	tun  bool
	kind string // a key of ethColumn, if its answers are known
}

// noDevice is what each command says of a device that is not there.
func (e *ethCmd) noDevice(op string) int {
	switch op {
	case "-S":
		e.p.errf("Cannot get stats strings information: No such device\n")
		return 96
	case "-i":
		e.p.errf("Cannot get driver information: No such device\n")
		return 71
	case "":
		e.p.errf("%sNo data available\n", strings.Repeat(ethtoolNoDev, 5))
		return 75
	case "-K":
		e.p.errf(ethtoolNoDev)
		return 92
	case "-G":
		e.p.errf(ethtoolNoDev)
		return 81
	case "-A":
		e.p.errf(ethtoolNoDev)
		return 76
	case "-x", "-X", "-n", "-u", "-N", "-U":
		return e.flow(op, "No such device")
	}
	e.p.errf(ethtoolNoDev)
	return 1
}

// known reports whether the driver's answers are known; else it says so.
func (e *ethCmd) known(op string) bool {
	if _, ok := ethColumn[e.kind]; !ok {
		e.p.errf("not modelled: ethtool %s of this kind of device\n", op)
		return false
	}
	return true
}

// settings is ethtool without an option.
func (e *ethCmd) settings() int {
	if !e.known("DEVICE") {
		return 1
	}
	p := e.p
	link := "no"
	if e.d.Up() && e.d.CarrierOK() {
		link = "yes"
	}
	if e.kind != "ifb" && e.kind != "dummy" {
		p.outf("Settings for %s:\n", e.d.Name)
	}
	switch {
	case e.veth != nil:
		p.out(ethVethSettings)
	case e.nic != nil:
		speed, duplex := "1000Mb/s", "Full"
		if link == "no" {
			speed, duplex = "Unknown!", "Unknown! (255)"
		}
		p.outf(ethIGBSettings, speed, duplex)
	case e.tun:
		p.out(ethTunSettings)
	case e.kind == "macvlan":
		p.out(ethVethSettings) // those of the device below
	case e.kind == "bridge", e.kind == "vxlan":
		p.out(strings.NewReplacer("10000Mb/s", "Unknown!", "Full", "Unknown! (255)", "Twisted Pair", "Other", "\tMDI-X: Unknown\n", "").Replace(ethVethSettings))
	case e.kind == "ifb", e.kind == "dummy":
		p.errf("%s", strings.Repeat(ethtoolNoOp, 0)+"No data available\n")
		return 75
	}
	p.outf("\tLink detected: %s\n", link)
	return 0
}

// igbStats are the names of igb's own counters, in their order, and of the
// counters of a network device that follow.
var igbStats = strings.Fields(`rx_packets tx_packets rx_bytes tx_bytes rx_broadcast tx_broadcast rx_multicast tx_multicast multicast collisions rx_crc_errors
rx_no_buffer_count rx_missed_errors tx_aborted_errors tx_carrier_errors tx_window_errors tx_abort_late_coll tx_deferred_ok tx_single_coll_ok tx_multi_coll_ok tx_timeout_count
rx_long_length_errors rx_short_length_errors rx_align_errors tx_tcp_seg_good tx_tcp_seg_failed rx_flow_control_xon rx_flow_control_xoff tx_flow_control_xon tx_flow_control_xoff
rx_long_byte_count tx_dma_out_of_sync tx_smbus rx_smbus dropped_smbus os2bmc_rx_by_bmc os2bmc_tx_by_bmc os2bmc_tx_by_host os2bmc_rx_by_host tx_hwtstamp_timeouts tx_hwtstamp_skipped
rx_hwtstamp_cleared rx_errors tx_errors tx_dropped rx_length_errors rx_over_errors rx_frame_errors rx_fifo_errors tx_fifo_errors tx_heartbeat_errors`)

// igbUncounted are those that the simulated card does not count.
var igbUncounted = map[string]bool{"rx_broadcast": true, "tx_broadcast": true, "tx_multicast": true, "tx_tcp_seg_good": true}

func (e *ethCmd) statistics() int {
	p := e.p
	switch {
	case e.lo:
		p.errf("no stats available\n")
		return 94
	case e.veth != nil:
		peer := 0
		if e.veth.Peer != nil && e.veth.Peer.Dev != nil {
			peer = e.veth.Peer.Dev.Index
		}
		p.outf("NIC statistics:\n     peer_ifindex: %d\n", peer)
		for _, s := range strings.Fields("rx_queue_0_xdp_packets rx_queue_0_xdp_bytes rx_queue_0_drops rx_queue_0_xdp_redirect rx_queue_0_xdp_drops rx_queue_0_xdp_tx rx_queue_0_xdp_tx_errors tx_queue_0_xdp_xmit tx_queue_0_xdp_xmit_errors") {
			p.outf("     %s: 0\n", s)
		}
		return 0
	case e.nic == nil:
		p.errf("no stats available\n")
		return 94
	}
	s := &e.d.Stats
	val := map[string]uint64{"rx_packets": s.RxPackets, "tx_packets": s.TxPackets, "rx_bytes": s.RxBytes, "tx_bytes": s.TxBytes, "rx_multicast": s.Multicast, "multicast": s.Multicast,
		"rx_no_buffer_count": e.nic.RxNoBuffer, "rx_missed_errors": s.RxMissed, "rx_long_byte_count": s.RxBytes, "rx_errors": s.RxErrors, "tx_errors": s.TxErrors, "tx_dropped": s.TxDropped}
	p.out("NIC statistics:\n")
	for _, n := range igbStats {
		if !igbUncounted[n] {
			p.outf("     %s: %d\n", n, val[n])
		}
	}
	for i := range e.nic.Queues() {
		_, _, tx, _, _ := e.nic.Queue(i)
		p.outf("     tx_queue_%d_packets: %d\n     tx_queue_%d_restart: 0\n", i, tx, i)
	}
	for i := range e.nic.Queues() {
		rx, drops, _, _, _ := e.nic.Queue(i)
		p.outf("     rx_queue_%d_packets: %d\n     rx_queue_%d_drops: %d\n     rx_queue_%d_csum_err: 0\n     rx_queue_%d_alloc_failed: 0\n", i, rx, i, drops, i, i)
	}
	p.errf("not modelled: rx_broadcast, tx_broadcast, tx_multicast, tx_tcp_seg_good, bytes by queue\n")
	return 0
}

func (e *ethCmd) driver() int {
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	}
	name, version, na, bus := "", "", "", ""
	all := false
	switch k := e.p.lab.dev(e.d).kind; {
	case e.lo:
		e.p.errf("Cannot get driver information: Operation not supported\n")
		return 71
	case e.veth != nil:
		name, version = "veth", "1.0"
	case e.nic != nil:
		name, version, all = "igb", release, true
	case k == "bridge":
		name, version, na = "bridge", "2.3", "N/A"
	case k == "vlan":
		name, version, na = "802.1Q VLAN Support", "1.8", "N/A"
	case k == "dummy":
		name, version = "dummy", release
	case k == "ifb":
		name, version = "ifb", release
	case e.tun:
		name, version, bus = "tun", "1.6", "tun"
		if device.TunOf(e.d).Tap() {
			bus = "tap"
		}
	case e.kind == "vxlan", e.kind == "macvlan":
		name, version = e.kind, "0.1"
	case e.kind == "ifb":
		name, version = "ifb", release
	default:
		e.known("-i")
		return 1
	}
	if bus == "" {
		bus = na
	}
	stats := all || e.veth != nil
	e.p.outf("driver: %s\nversion: %s\nfirmware-version: %s\nexpansion-rom-version: \nbus-info: %s\nsupports-statistics: %s\nsupports-test: %s\nsupports-eeprom-access: %s\nsupports-register-dump: %s\nsupports-priv-flags: %s\n",
		name, version, na, bus, yes(stats), yes(all), yes(all), yes(all), yes(all))
	return 0
}

// rings is -g, -G, -c and -C: rings and interrupt moderation.
func (e *ethCmd) rings(op string) int {
	p := e.p
	words := map[string][]string{"-G": {"rx", "rx-mini", "rx-jumbo", "tx"}, "-C": {"rx-usecs", "tx-usecs", "rx-frames", "tx-frames", "adaptive-rx", "adaptive-tx"}}[op]
	v, ok := map[string]int(nil), true
	if words != nil {
		if v, ok = e.numbers(op, words); !ok {
			return 1
		}
	}
	if e.nic == nil {
		p.errf(ethtoolNoOp)
		return map[string]int{"-g": 1, "-G": 81, "-c": 1, "-C": 1}[op]
	}
	_, _, _, rx, tx := e.nic.Queue(0)
	switch op {
	case "-g":
		p.outf("Ring parameters for %s:\nPre-set maximums:\nRX:\t\t4096\nRX Mini:\tn/a\nRX Jumbo:\tn/a\nTX:\t\t4096\nCurrent hardware settings:\nRX:\t\t%d\nRX Mini:\tn/a\nRX Jumbo:\tn/a\nTX:\t\t%d\nRX Buf Len:\t\tn/a\nCQE Size:\t\tn/a\nTX Push:\toff\nTCP data split:\tn/a\n",
			e.d.Name, rx, tx)
		return 0
	case "-c":
		p.outf(ethCoalesce, e.d.Name, e.nic.RxGap()/sim.Microsecond)
		return 0
	}
	if op == "-C" {
		return e.coalesce(v)
	}
	for _, k := range []string{"rx", "rx-mini", "rx-jumbo", "tx"} {
		if most := 4096 * b2i(len(k) == 2); v[k] > most {
			i, _ := e.wordAt(k)
			p.errf("netlink error: requested ring size exceeds maximum (offset %d)\nnetlink error: Invalid argument\n", e.attrAt(i))
			return 81
		}
	}
	size := func(k string, old int) int {
		n, ok := v[k]
		if !ok {
			return old
		}
		return (max(64, n) + 7) &^ 7 // igb: at least 64, a multiple of 8
	}
	if nrx, ntx := size("rx", rx), size("tx", tx); nrx != rx || ntx != tx {
		if !e.nic.SetRings(nrx, ntx) {
			p.errf("not modelled: ethtool -G while frames are in the rings\n")
			return 1
		}
	}
	return 0
}

func (e *ethCmd) coalesce(v map[string]int) int {
	p := e.p
	for _, k := range []string{"rx-frames", "tx-frames", "adaptive-rx", "adaptive-tx"} {
		if _, ok := v[k]; ok {
			p.errf("netlink error: cannot modify an unsupported parameter (offset 36)\nnetlink error: Operation not supported\n")
			return 1
		}
	}
	rx, has := v["rx-usecs"]
	bad := func(n int) bool { return n > 10000 || n > 3 && n < 10 || n == 2 || n < 0 }
	// With pairs of queues the transmit side has no time of its own.
	if bad(rx) || v["tx-usecs"] != 0 {
		p.errf("netlink error: Invalid argument\n")
		return 1
	}
	if has {
		if rx == 1 || rx == 3 { // the two adaptive modes of the card
			rx = 3
		}
		e.nic.SetRxGap(sim.Time(rx) * sim.Microsecond)
	}
	return 0
}
