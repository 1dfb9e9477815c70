package oracle

import (
	"fmt"
	"math/bits"
	"net/netip"
	"regexp"
	"sort"
	"strings"

	"github.com/packetwalk/packetwalk/stack/oracle/real"
	"github.com/packetwalk/packetwalk/stack/step"
)

// FromReal turns a recording of the real kernel into facts.
func FromReal(name, script string, r *real.Recording) *LabFacts {
	f := &LabFacts{Lab: name, Kernel: r.Kernel, Status: r.Status, Stdout: string(r.Stdout), Stderr: string(r.Stderr), Sysctl: otherThanModel(r.Sysctl), Without: r.Missing}
	if r.TimedOut {
		f.Without = append(f.Without, "the script was stopped: it took too long")
	}
	if r.Lost > 0 {
		f.Without = append(f.Without, fmt.Sprintf("%d tracepoints were lost", r.Lost))
	}
	at := map[*real.Space]int{}
	for _, s := range r.Spaces {
		if s.Lost > 0 {
			f.Without = append(f.Without, fmt.Sprintf("%s: %d frames or messages were lost", s.Name, s.Lost))
		}
		h := HostFacts{Name: s.Name, MIB: s.MIB, Tables: s.Tables, MACs: s.MACs, CT: ctLines(s.CT)}
		for _, x := range s.Frames {
			h.Frames = append(h.Frames, LabFrame{At: x.At, Dev: x.Dev, Out: x.Out, Partial: x.Partial, Bytes: x.Bytes})
		}
		h.NFT = nftTraces(s.NFT, s.Tables["nft -a list ruleset"])
		at[s] = len(f.Hosts)
		f.Hosts = append(f.Hosts, h)
	}
	for i := range r.Events {
		e := &r.Events[i]
		if s, ok := stepOf(e); ok {
			h := &f.Hosts[at[e.Space]]
			h.Steps = append(h.Steps, LabStep{s, chain(e.Stack)})
		}
	}
	f.forget(script)
	return f
}

// forget drops the Ethernet addresses that the script itself names: they are no
// accident and are compared as they are.
func (f *LabFacts) forget(script string) {
	script = strings.ToLower(script)
	for i := range f.Hosts {
		for mac := range f.Hosts[i].MACs {
			if strings.Contains(script, mac) {
				delete(f.Hosts[i].MACs, mac)
			}
		}
	}
}

// entries are functions behind which a chain begins: what led to them is
// another's work, that of the program or the packet that was interrupted.
var entries = map[string]bool{"handle_softirqs": true, "__do_softirq": true, "do_syscall_64": true, "kthread": true}

// chain is a stack from the last entry into the kernel on, without the
// compiler's endings and without the tracepoint's own function.
func chain(stack []string) []string {
	from := 0
	for i, f := range stack {
		if entries[f] {
			from = i + 1
		}
	}
	var out []string
	for _, f := range stack[from:] {
		f, _, _ = strings.Cut(f, ".")
		if n := len(out); n == 0 || out[n-1] != f {
			out = append(out, f)
		}
	}
	return out
}

// asked is the innermost function of a chain that is not one of those.
func asked(stack []string, not ...string) string {
	for i := len(stack) - 1; i >= 0; i-- {
		f, _, _ := strings.Cut(stack[i], ".")
		found := true
		for _, n := range not {
			found = found && f != n
		}
		if found {
			return f
		}
	}
	return ""
}

func swap16(v uint64) uint16 { return bits.ReverseBytes16(uint16(v)) }

func addr4(v uint64) string {
	return fmt.Sprintf("%d.%d.%d.%d", v&255, v>>8&255, v>>16&255, v>>24&255)
}

func addr6(b []byte) string {
	if len(b) < 16 {
		return "::"
	}
	return netip.AddrFrom16([16]byte(b[:16])).String()
}

func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// protoOf is the EtherType of an event's packet. Before ip_local_out there is none: then
// it is that of the socket's family, if there is an IP header already.
func protoOf(e *real.Event) uint16 {
	if p := swap16(e.V["proto"]); p != 0 || e.V["net"] == 0 || e.V["net"] == 0xffff || len(e.B["packet"]) == 0 {
		return p
	}
	switch v := e.B["packet"][0] >> 4; {
	case e.V["skfam"] == 2 && v == 4:
		return 0x0800
	case e.V["skfam"] == 10 && v == 6:
		return 0x86dd
	}
	return 0
}

// packetOf is the packet line of an event's packet.
func packetOf(e *real.Event) string {
	proto := protoOf(e)
	net, room := e.V["net"], int64(e.V["tail"])-int64(e.V["net"])
	b := e.B["packet"]
	if net == 0 || net == 0xffff {
		b, room = e.B["bytes"], int64(e.V["tail"])-int64(e.V["data"]-e.V["head"])
	}
	if room < 0 {
		room = 0
	}
	b = b[:min(int64(len(b)), room)]
	if len(b) == 0 {
		b = nil
	}
	return PacketLine(proto, b)
}

// ends are the two ends of a socket.
func ends(e *real.Event) (local, remote string) {
	l, r := addr4(e.V["saddr"]), addr4(e.V["daddr"])
	if e.V["skfam"] == 10 {
		l, r = "["+addr6(e.B["saddr6"])+"]", "["+addr6(e.B["daddr6"])+"]"
	}
	return l + ":" + fmt.Sprint(uint16(e.V["sport"])), r + ":" + fmt.Sprint(swap16(e.V["dport"]))
}

// stepOf is an event as a step; false if there is none of its kind.
func stepOf(e *real.Event) (Step, bool) {
	dev := text(e.B["dev"])
	switch e.Point {
	case "netif_receive_skb":
		return gsoOf(e, Rx(dev, packetOf(e), pktTypes[min(int(e.V["type"]), len(pktTypes)-1)])), true
	case "net_dev_queue":
		s := Tx(dev, packetOf(e), uint32(e.V["mark"]))
		tracked(&s, e.V["nfct"]&^7 != 0, uint8(e.V["nfct"]&7), uint32(e.V["ctstatus"]), uint8(e.V["ctproto"]), uint8(e.V["cttcp"]))
		return gsoOf(e, s), true
	case "kfree_skb":
		if e.V["skfam"] == 16 || e.V["skfam"] == 1 || protoOf(e) == 0 {
			return Step{}, false // of netlink or a local socket; or no packet at all
		}
		r := step.DropReason(e.V["reason"]).String()
		if e.V["reason"]>>16 != 0 {
			r = fmt.Sprintf("subsys%d:%d", e.V["reason"]>>16, e.V["reason"]&0xffff)
		}
		return Drop(r, string(e.B["at"]), packetOf(e)), true
	case "consume_skb":
		if e.V["skfam"] == 16 || e.V["skfam"] == 1 || e.V["type"] == 4 || swap16(e.V["proto"]) == 0 {
			return Step{}, false
		}
		return Consumed(string(e.B["at"]), packetOf(e)), true
	case "icmp_send":
		return ICMPSend(int(e.V["icmptype"]&255), int(e.V["code"]&255), packetOf(e), asked(e.Stack, "__icmp_send", "icmp_send", "__icmp_ndo_send", "nf_send_unreach")), true
	case "fib_table_lookup":
		return fibOf(e, dev), true
	case "fib6_table_lookup":
		l := Fib6Lookup{Table: int(e.V["table"]), Src: addr6(e.B["src"]), Dst: addr6(e.B["dst"]), IIF: int(e.V["iif"]), OIF: int(e.V["oif"]), Proto: int(e.V["ipproto"]), Mark: uint32(e.V["mark"]),
			Type: int(e.V["rtype"]), Prefix: addr6(e.B["prefix"]) + "/" + itoa(int(e.V["plen"])), Dev: dev,
			By: asked(e.Stack, "fib6_table_lookup", "ip6_pol_route", "fib6_rule_lookup", "pol_lookup_func", "__fib6_rule_action", "fib6_rule_action", "fib_rules_lookup", "ip6_pol_route_input", "ip6_pol_route_output")}
		if l.Dev == "" {
			l.Dev = "lo"
		}
		if e.V["gwfam"] == 10 {
			l.Gateway = addr6(e.B["gw"])
		}
		return l.Step(), true
	case "neigh_create", "neigh_update", "neigh_update_done", "neigh_timer_handler", "neigh_event_send_done", "neigh_event_send_dead":
		return neighOf(e), true
	case "inet_sock_set_state":
		l, r := ends(e)
		return State(stateName(e.V["old"]), stateName(e.V["new"]), l, r, asked(e.Stack, "tcp_set_state", "inet_sk_state_store", "inet_sk_set_state")), true
	case "inet_sk_error_report":
		l, _ := ends(e)
		return SockError(int(int32(e.V["err"])), l), e.V["skfam"] == 2 || e.V["skfam"] == 10
	case "sk_data_ready":
		l, _ := ends(e)
		return Ready(l), e.V["skfam"] == 2 || e.V["skfam"] == 10
	case "tcp_cong_state_set":
		return CongState(caStates[min(int(e.V["ca"]&255), len(caStates)-1)]), true
	case "tcp_retransmit_skb":
		l, _ := ends(e)
		return Retransmit(l), true
	case "tcp_retransmit_synack":
		l, _ := ends(e)
		return Step{"retransmit_synack", []Field{{"retransmit_synack", l}}}, true
	case "tcp_send_reset":
		return Reset(rstReasons[min(int(e.V["reason"]&0xff), len(rstReasons)-1)]), true
	case "br_fdb_update":
		a := e.V["addr"]
		return Step{"fdb", []Field{{"fdb", fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", a&255, a>>8&255, a>>16&255, a>>24&255, a>>32&255, a>>40&255)}, {"dev", dev}}}, true
	}
	return Step{}, false
}

func stateName(v uint64) string {
	if v < uint64(len(tcpStates)) {
		return tcpStates[v]
	}
	return fmt.Sprint(v)
}

func gsoOf(e *real.Event, s Step) Step {
	if e.V["gsosize"] != 0 {
		s.Fields = append(s.Fields, Field{"gso", fmt.Sprintf("[%d,%d,%d]", e.V["gsosize"], e.V["gsosegs"], e.V["gsotype"])})
	}
	return s
}

func fibOf(e *real.Event, dev string) Step {
	f := FibLookup{Table: int(e.V["table"]), Src: addr4(e.V["src"]), Dst: addr4(e.V["dst"]), IIF: int(e.V["iif"]), OIF: int(e.V["oif"]), Mark: uint32(e.V["mark"]), TOS: int(e.V["tos"]), Proto: int(e.V["ipproto"]),
		Sport: int(swap16(e.V["sport"])), Dport: int(swap16(e.V["dport"])), Err: int(int32(e.V["err"])), Dev: dev, NextHopScope: int(e.V["scope"]),
		By: asked(e.Stack, "fib_table_lookup", "fib4_rule_action", "fib_rules_lookup", "__fib_lookup", "fib_lookup")}
	if f.Dev == "" {
		f.Dev = "lo"
	}
	switch e.V["gwfam"] {
	case 2:
		f.Gateway = addr4(e.V["gw"])
	case 10:
		f.Gateway = addr6(e.B["gw6"])
	}
	return f.Step()
}

func neighOf(e *real.Event) Step {
	key, fam := e.B["key"], e.V["family"]
	if e.Point == "neigh_create" {
		key, fam = e.B["wanted"], e.V["tblfam"]
	}
	ip := addr6(key)
	if fam == 2 {
		ip = netip.AddrFrom4([4]byte(key[:4])).String()
	}
	fresh := ""
	if e.Point == "neigh_update" {
		fresh = nudStates[e.V["new"]&255]
	}
	return Neigh(e.Point, ip, nudStates[e.V["state"]&255], fresh, int(e.V["queue"]))
}

// nftFamilies are nft's names of NFPROTO_*.
var nftFamilies = map[uint8]string{1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}

var nftVerdicts = map[int32]string{0: "drop", 1: "accept", 2: "stolen", 3: "queue", 4: "repeat", -1: "continue", -2: "break", -3: "jump", -4: "goto", -5: "return"}

// nftTraces sorts the messages of the trace by packet and hook: the first message
// at a hook tells the packet's headers. A packet's id comes from its address in
// memory: a copy has another one, and it is used again.
func nftTraces(list []real.NFTMessage, ruleset string) [][]NFTStep {
	rules := ruleTexts(ruleset)
	cur := map[uint32]int{}
	var out [][]NFTStep
	for _, m := range list {
		if m.Handle == 0 && m.Type != 1 && m.Verdict == -1 {
			continue // the end of a chain was reached: nft prints no line
		}
		at := nftFamilies[m.Family] + " " + m.Table + " " + m.Chain
		n, ok := cur[m.ID]
		if !ok || m.Network != nil {
			n = len(out)
			out = append(out, []NFTStep{{Type: "packet", Rule: nftPacket(&m)}})
			cur[m.ID] = n
		}
		s := NFTStep{At: at}
		switch {
		case m.Type == 1:
			s.Type, s.Verdict = "policy", nftVerdicts[int32(m.Policy)]
		case m.Type == 2 && m.Handle == 0:
			s.Type, s.Verdict = "return", nftVerdicts[m.Verdict]
		case m.Type == 2 || m.Type == 3:
			s.Type, s.Verdict = "rule", nftVerdicts[m.Verdict]
			if s.Rule = rules[at+" "+fmt.Sprint(m.Handle)]; s.Rule == "" {
				s.Rule = fmt.Sprintf("handle %d", m.Handle)
			}
			if m.Jump != "" {
				s.Verdict += " " + m.Jump
			}
		default:
			s.Type = fmt.Sprint(m.Type)
		}
		out[n] = append(out[n], s)
	}
	return out
}

// nftPacket is the packet line of a message: the kernel tells the beginnings of
// the headers.
func nftPacket(m *real.NFTMessage) string {
	b := append([]byte(nil), m.Network...)
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return PacketLine(typeIPv4, append(b[:min(len(b), int(b[0]&15)*4)], m.Transport...))
	case len(b) >= 40 && b[0]>>4 == 6:
		if b[6] == 0 { // the options before it are not told: it is a report of groups
			b[6] = 58
		}
		return PacketLine(typeIPv6, append(b[:40], m.Transport...))
	case len(b) >= 28:
		return PacketLine(typeARP, b)
	}
	return ""
}

var ruleCounter = regexp.MustCompile(`counter packets \d+ bytes \d+`)

// ruleTexts reads `nft -a list ruleset`: the text of each rule by "family table
// chain handle".
func ruleTexts(s string) map[string]string {
	out := map[string]string{}
	table, chain := "", ""
	for _, l := range strings.Split(s, "\n") {
		w := strings.Fields(l)
		if len(w) < 2 {
			continue
		}
		depth := len(l) - len(strings.TrimLeft(l, "\t"))
		switch {
		case depth == 0 && w[0] == "table" && len(w) > 2:
			table = w[1] + " " + w[2]
		case depth == 1:
			if chain = ""; w[0] == "chain" {
				chain = w[1]
			}
		case depth == 2 && chain != "":
			text, handle, ok := strings.Cut(strings.TrimSpace(l), " # handle ")
			if ok {
				out[table+" "+chain+" "+handle] = ruleCounter.ReplaceAllString(text, "counter")
			}
		}
	}
	return out
}

// sortedKeys are the keys of a map, in order.
func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
