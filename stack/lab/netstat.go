package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["netstat"] = netstat }

// netstat is netstat(8) of net-tools 2.10.
func netstat(p *Proc, a []string) int {
	var tcp, udp, listen, all, procs, numeric, route, ifs, stats, six, four, ext bool
	wrong := ""
	rest, badOpt := flags(a[1:], "tuwxlapnriseWcovM46NF", func(c byte, _ string) {
		switch c {
		case 't':
			tcp = true
		case 'u':
			udp = true
		case 'l':
			listen = true
		case 'a':
			all = true
		case 'p':
			procs = true
		case 'n':
			numeric = true
		case 'r':
			route = true
		case 'i':
			ifs = true
		case 's':
			stats = true
		case '6':
			six = true
		case '4':
			four = true
		case 'e':
			ext = true
		case 'W':
		default:
			wrong = string(c)
		}
	})
	_, _, _ = rest, ext, numeric
	if badOpt != "" {
		p.errf("netstat: invalid option -- '%s'\n", strings.TrimLeft(badOpt, "-"))
		return 4
	}
	if wrong != "" {
		p.errf("not modelled: netstat -%s\n", wrong)
		return 1
	}
	switch {
	case stats:
		netstatStats(p, tcp, udp)
	case route:
		netstatRoute(p)
	case ifs:
		netstatIfaces(p)
	default:
		if !tcp && !udp {
			tcp, udp = true, true
		}
		what := "(w/o servers)"
		if all {
			what = "(servers and established)"
		} else if listen {
			what = "(only servers)"
		}
		p.outf("Active Internet connections %s\n", what)
		p.outf("Proto Recv-Q Send-Q Local Address           Foreign Address         State      ")
		if procs {
			p.out(" PID/Program name    ")
		}
		p.out("\n")
		for _, proto := range [...]string{"tcp", "udp"} {
			if proto == "tcp" && !tcp || proto == "udp" && !udp {
				continue
			}
			for pass := 0; pass < 2; pass++ { // /proc/net/tcp, then tcp6
				for _, r := range p.lab.socks(p.host, proto) {
					if r.six != (pass == 1) || four && r.six || six && !r.six {
						continue
					}
					server := r.state == core.TCPListen || proto == "udp" && r.state == core.TCPClose
					if !all && server != listen {
						continue
					}
					netstatRow(p, &r, procs)
				}
			}
		}
	}
	return 0
}

func netstatRow(p *Proc, r *sockRow, procs bool) {
	end := func(a wire.Addr, port uint16) string {
		s := a.String()
		if a.IsZero() {
			s = "0.0.0.0"
			if r.six {
				s = "::"
			}
		}
		if port == 0 {
			return s + ":*"
		}
		return s + ":" + strconv.Itoa(int(port))
	}
	name := r.proto
	if r.six {
		name += "6"
	}
	st := netstatStates[r.state]
	if r.proto == "udp" && r.state == core.TCPClose {
		st = ""
	}
	rq, sq := r.rq, r.sq
	if r.state == core.TCPListen {
		sq = 0
	}
	p.outf("%-4s  %6d %6d %-23s %-23s %-11s", name, rq, sq, end(r.laddr, r.lport), end(r.faddr, r.fport), st)
	if procs {
		who := "-"
		if r.pid != 0 {
			who = fmt.Sprintf("%d/%s", r.pid, r.prog.Name)
		}
		p.outf(" %-20s", who)
	}
	p.out("\n")
}

func netstatRoute(p *Proc) {
	p.out("Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n")
	for _, r := range p.host.IPv4.Routes(ipv4.TableMain) {
		if r.Type == ipv4.RTNBroadcast || r.Type == ipv4.RTNLocal || r.Type == ipv4.RTNMulticast || r.Type == ipv4.RTNBlackhole || r.Type == ipv4.RTNThrow {
			continue
		}
		flags, gw, dev := "U", wire.IP4(0), "*"
		if len(r.NH) > 0 {
			gw = r.NH[0].Gw
			if d := p.host.NS.DevByIndex(r.NH[0].Dev); d != nil {
				dev = d.Name
			}
		}
		if gw != 0 {
			flags += "G"
		}
		if r.Plen == 32 {
			flags += "H"
		}
		if r.Type == ipv4.RTNUnreachable || r.Type == ipv4.RTNProhibit {
			flags = "!" + flags[1:]
		}
		mask := wire.IP4(0)
		if r.Plen > 0 {
			mask = ^wire.IP4(0) << (32 - r.Plen)
		}
		mss := 0
		if r.Metrics.AdvMSS != 0 {
			mss = r.Metrics.AdvMSS + 40
		}
		p.outf("%-15s %-15s %-15s %-6s %4d %-5d %6d %s\n", r.Dst, gw, mask, flags, mss, r.Metrics.Window, 0, dev)
	}
}

func netstatIfaces(p *Proc) {
	p.out("Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n")
	for _, d := range p.host.NS.Devices {
		if d == nil || !d.Up() {
			continue
		}
		fl := ""
		for _, x := range [...]struct {
			bit uint16
			c   string
		}{{core.IFFAllMulti, "A"}, {core.IFFBroadcast, "B"}, {core.IFFLoopback, "L"}, {core.IFFMulticast, "M"}, {core.IFFNoARP, "O"}, {core.IFFPromisc, "P"}} {
			if d.Flags&x.bit != 0 {
				fl += x.c
			}
		}
		if d.Running() {
			fl += "R"
		}
		s := &d.Stats
		p.outf("%-15s %5d %8d %6d %6d %-6d %8d %6d %6d %6d %s\n", d.Name, d.MTU, s.RxPackets, s.RxErrors, s.RxDropped+s.RxMissed, 0, s.TxPackets, s.TxErrors, s.TxDropped, 0, fl+"U")
	}
}

// statEntry is one row of net-tools' statistics.c: opt rows are shown only if
// they are not 0.
type statEntry struct {
	name, text string
	opt        bool
}

var statTitles = []struct {
	kind string
	rows []statEntry
}{
	{"Ip", []statEntry{{"Forwarding", "Forwarding: %d", true}, {"InReceives", "%d total packets received", false}, {"InHdrErrors", "%d with invalid headers", true},
		{"InAddrErrors", "%d with invalid addresses", true}, {"ForwDatagrams", "%d forwarded", false}, {"InUnknownProtos", "%d with unknown protocol", true},
		{"InDiscards", "%d incoming packets discarded", false}, {"InDelivers", "%d incoming packets delivered", false}, {"OutRequests", "%d requests sent out", false},
		{"OutDiscards", "%d outgoing packets dropped", true}, {"OutNoRoutes", "%d dropped because of missing route", true}, {"ReasmTimeout", "%d fragments dropped after timeout", true},
		{"ReasmReqds", "%d reassemblies required", true}, {"ReasmOKs", "%d packets reassembled ok", true}, {"ReasmFails", "%d packet reassemblies failed", true},
		{"FragOKs", "%d fragments received ok", true}, {"FragFails", "%d fragments failed", true}, {"FragCreates", "%d fragments created", true}, {"OutTransmits", "OutTransmits: %d", true}}},
	{"Icmp", []statEntry{{"InMsgs", "%d ICMP messages received", false}, {"InErrors", "%d input ICMP message failed", false}, {"", "ICMP input histogram:", false},
		{"InDestUnreachs", "    destination unreachable: %d", true}, {"InTimeExcds", "    timeout in transit: %d", true}, {"InParmProbs", "    wrong parameters: %d", true},
		{"InSrcQuenchs", "    source quenches: %d", true}, {"InRedirects", "    redirects: %d", true}, {"InEchos", "    echo requests: %d", true}, {"InEchoReps", "    echo replies: %d", true},
		{"InTimestamps", "    timestamp request: %d", true}, {"InTimestampReps", "    timestamp reply: %d", true},
		{"OutMsgs", "%d ICMP messages sent", false}, {"OutErrors", "%d ICMP messages failed", false}, {"", "ICMP output histogram:", false},
		{"OutDestUnreachs", "    destination unreachable: %d", true}, {"OutTimeExcds", "    time exceeded: %d", true}, {"OutParmProbs", "    wrong parameters: %d", true},
		{"OutSrcQuenchs", "    source quench: %d", true}, {"OutRedirects", "    redirect: %d", true}, {"OutEchos", "    echo requests: %d", true}, {"OutEchoReps", "    echo replies: %d", true}}},
	{"IcmpMsg", nil},
	{"Tcp", []statEntry{{"ActiveOpens", "%d active connection openings", false}, {"PassiveOpens", "%d passive connection openings", false}, {"AttemptFails", "%d failed connection attempts", false},
		{"EstabResets", "%d connection resets received", false}, {"CurrEstab", "%d connections established", false}, {"InSegs", "%d segments received", false}, {"OutSegs", "%d segments sent out", false},
		{"RetransSegs", "%d segments retransmitted", false}, {"InErrs", "%d bad segments received", false}, {"OutRsts", "%d resets sent", false}}},
	{"Udp", []statEntry{{"InDatagrams", "%d packets received", false}, {"NoPorts", "%d packets to unknown port received", false}, {"InErrors", "%d packet receive errors", false},
		{"OutDatagrams", "%d packets sent", false}, {"RcvbufErrors", "%d receive buffer errors", false}, {"SndbufErrors", "%d send buffer errors", false}}},
	{"UdpLite", nil}, {"TcpExt", []statEntry{{"SyncookiesSent", "%d SYN cookies sent", true}, {"SyncookiesRecv", "%d SYN cookies received", true}, {"SyncookiesFailed", "%d invalid SYN cookies received", true},
		{"EmbryonicRsts", "%d resets received for embryonic SYN_RECV sockets", true}, {"PruneCalled", "%d packets pruned from receive queue because of socket buffer overrun", true},
		{"OutOfWindowIcmps", "%d ICMP packets dropped because they were out-of-window", true}, {"LockDroppedIcmps", "%d ICMP packets dropped because socket was locked", true},
		{"TW", "%d TCP sockets finished time wait in fast timer", true}, {"TWRecycled", "%d time wait sockets recycled by time stamp", true},
		{"PAWSEstab", "%d packetes rejected in established connections because of timestamp", true}, {"DelayedACKs", "%d delayed acks sent", true},
		{"DelayedACKLocked", "%d delayed acks further delayed because of locked socket", true}, {"DelayedACKLost", "Quick ack mode was activated %d times", true},
		{"ListenOverflows", "%d times the listen queue of a socket overflowed", true}, {"ListenDrops", "%d SYNs to LISTEN sockets dropped", true}, {"TCPHPHits", "%d packet headers predicted", false},
		{"TCPPureAcks", "%d acknowledgments not containing data payload received", true}, {"TCPHPAcks", "%d predicted acknowledgments", true},
		{"TCPRenoRecovery", "%d times recovered from packet loss due to fast retransmit", true}, {"TCPSackRecovery", "%d times recovered from packet loss by selective acknowledgements", true},
		{"TCPLostRetransmit", "TCPLostRetransmit: %d", true}, {"TCPFastRetrans", "%d fast retransmits", true}, {"TCPSlowStartRetrans", "%d retransmits in slow start", true}, {"TCPTimeouts", "%d other TCP timeouts", true},
		{"TCPLossProbes", "TCPLossProbes: %d", true}, {"TCPDSACKOldSent", "%d DSACKs sent for old packets", true}, {"TCPDSACKOfoSent", "%d DSACKs sent for out of order packets", true},
		{"TCPDSACKRecv", "%d DSACKs received", true}, {"TCPAbortOnData", "%d connections reset due to unexpected data", true}, {"TCPAbortOnClose", "%d connections reset due to early user close", true},
		{"TCPAbortOnTimeout", "%d connections aborted due to timeout", true}}},
	{"IpExt", nil},
}

// netstatStats is netstat -s.
func netstatStats(p *Proc, tcp, udp bool) {
	heads := map[string][]string{}
	for _, l := range lines(snmpHeads) {
		f := strings.Fields(l)
		heads[strings.TrimSuffix(f[0], ":")] = f[1:]
	}
	for _, t := range statTitles {
		if tcp && !strings.HasPrefix(t.kind, "Tcp") || udp && !strings.HasPrefix(t.kind, "Udp") {
			if tcp != udp {
				continue
			}
		}
		var b strings.Builder
		if t.kind == "IcmpMsg" {
			for _, d := range [...]string{"In", "Out"} {
				for i := 0; i < 256; i++ {
					if v := mib(p.host, fmt.Sprintf("IcmpMsg%sType%d", d, i)); v != 0 {
						fmt.Fprintf(&b, "    %sType%d: %d\n", d, i, v)
					}
				}
			}
			if b.Len() > 0 {
				p.out("IcmpMsg:\n" + b.String())
			}
			continue
		}
		known := map[string]bool{"DefaultTTL": true, "RtoAlgorithm": true, "RtoMin": true, "RtoMax": true, "MaxConn": true}
		for _, e := range t.rows {
			known[e.name] = true
			if e.name == "" {
				b.WriteString("    " + e.text + "\n")
				continue
			}
			v := mib(p.host, t.kind+e.name)
			if v != 0 || !e.opt {
				fmt.Fprintf(&b, "    "+e.text+"\n", v)
			}
		}
		for _, n := range heads[t.kind] {
			if v := mib(p.host, t.kind+n); !known[n] && v != 0 {
				fmt.Fprintf(&b, "    %s: %d\n", n, v)
			}
		}
		p.out(t.kind + ":\n" + b.String())
	}
	if !tcp && !udp {
		p.out("MPTcpExt:\n")
	}
}
