package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A Row is what happened on behalf of one packet taken in, one system call, or
// one timer: the steps in the order in which the kernel did them.
type Row struct {
	T     int64       `json:"t"`  // of the first step, ns
	By    string      `json:"by"` // "packet", "syscall sendto by h1", "timer neigh_timer_handler", "softirq"
	Steps []Step      `json:"steps"`
	NFT   [][]NFTStep `json:"nft"` // the nftables trace of each packet that passed the chains in this row
}

// A Step is one tracepoint of the kernel, reduced to what can be compared. The
// constructors below make them; String prints them.
type Step struct {
	Kind   string // key of Kinds
	Fields []Field
}

// A Field is one value of a step or of a frame, as text.
type Field struct{ Name, Value string }

// NFTStep is one line of `nft monitor trace`.
type NFTStep struct {
	At      string // "inet filter input"
	Type    string // packet, rule, policy
	Rule    string // rule: its text; packet: the header line, which is not compared
	Verdict string
}

// fields of each kind of step, in the order in which they are written.
var kinds = []struct {
	kind   string
	fields []string
}{
	{"rx", []string{"rx", "pkt", "type", "gso"}},
	{"gro", []string{"gro", "pkt"}},
	{"tx", []string{"tx", "pkt", "mark", "ctinfo", "ctstatus", "cttcp", "gso"}},
	{"fib", []string{"fib", "iif", "oif", "mark", "tos", "proto", "ports", "result", "by"}},
	{"fib6", []string{"fib6", "iif", "oif", "proto", "mark", "result", "by"}},
	{"drop", []string{"drop", "at", "pkt"}},
	{"consumed", []string{"consumed", "pkt"}},
	{"neigh", []string{"neigh", "ev", "state", "new", "queue"}},
	{"icmp_send", []string{"icmp_send", "about", "by"}},
	{"rst", []string{"rst"}},
	{"ready", []string{"ready"}},
	{"error", []string{"error", "sk"}},
	{"ca", []string{"ca"}},
	{"retransmit_skb", []string{"retransmit_skb"}},
	{"retransmit_synack", []string{"retransmit_synack"}},
	{"enqueue", []string{"enqueue", "qlen"}},
	{"dequeue", []string{"dequeue", "qlen"}},
	{"fdb", []string{"fdb", "dev"}},
	{"copy", []string{"copy"}},
	{"ret", []string{"ret"}},
	{"state", []string{"state", "sk", "by"}}, // last: other kinds have a field of this name
}

// UnmarshalJSON reads the form of the recordings, {"drop":…,"at":…,"pkt":…}.
func (s *Step) UnmarshalJSON(b []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	for _, k := range kinds {
		if _, ok := m[k.kind]; !ok {
			continue
		}
		s.Kind = k.kind
		for _, f := range k.fields {
			raw, ok := m[f]
			if !ok {
				continue
			}
			delete(m, f)
			var v string
			if json.Unmarshal(raw, &v) != nil {
				v = string(bytes.TrimSpace(raw))
			}
			s.Fields = append(s.Fields, Field{f, v})
		}
		if len(m) > 0 {
			return fmt.Errorf("unknown fields in step %s", b)
		}
		return nil
	}
	return fmt.Errorf("unknown step %s", b)
}

// UnmarshalJSON reads the form of the recordings: [at, "rule", text, handle, verdict].
func (n *NFTStep) UnmarshalJSON(b []byte) error {
	var v []any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	get := func(i int) string {
		if i < len(v) && v[i] != nil {
			return fmt.Sprint(v[i])
		}
		return ""
	}
	n.At, n.Type = get(0), get(1)
	switch n.Type {
	case "rule":
		n.Rule, n.Verdict = get(2), get(4)
	case "packet":
		n.Rule = get(2)
	default:
		n.Verdict = get(2)
	}
	return nil
}

// Get returns a field, "" if there is none of that name.
func (s Step) Get(name string) string {
	for _, f := range s.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// String is one line for people: "drop NO_SOCKET at ping_rcv pkt [10.0.1.2 > …]".
func (s Step) String() string {
	var b strings.Builder
	for i, f := range s.Fields {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(f.Name + " ")
		if strings.Contains(f.Value, " ") {
			b.WriteString("[" + f.Value + "]")
		} else {
			b.WriteString(f.Value)
		}
	}
	return b.String()
}

// String is the row on one line.
func (r Row) String() string {
	var w []string
	for _, s := range r.Steps {
		w = append(w, s.String())
	}
	return r.By + ": " + strings.Join(w, "; ")
}

func itoa(n int) string { return strconv.Itoa(n) }

// Rx is net:netif_receive_skb. PktType is host, broadcast, multicast, otherhost, loopback.
func Rx(dev, pkt, pktType string) Step {
	return Step{"rx", []Field{{"rx", dev}, {"pkt", pkt}, {"type", pktType}}}
}

// Tx is net:net_dev_queue: the stack gives a packet to a device (before the
// queueing discipline). A mark of 0 is left out.
func Tx(dev, pkt string, mark uint32) Step {
	s := Step{"tx", []Field{{"tx", dev}, {"pkt", pkt}}}
	if mark != 0 {
		s.Fields = append(s.Fields, Field{"mark", strconv.FormatUint(uint64(mark), 10)})
	}
	return s
}

// Drop is skb:kfree_skb: the reason without SKB_DROP_REASON_, the function that dropped it.
func Drop(reason, at, pkt string) Step {
	return Step{"drop", []Field{{"drop", reason}, {"at", at}, {"pkt", pkt}}}
}

// Consumed is skb:consume_skb; not for packets whose type is outgoing.
func Consumed(at, pkt string) Step {
	return Step{"consumed", []Field{{"consumed", at}, {"pkt", pkt}}}
}

// A FibLookup is fib:fib_table_lookup.
type FibLookup struct {
	Table        int
	Src, Dst     string
	IIF, OIF     int
	Mark         uint32
	TOS, Proto   int
	Sport, Dport int    // host byte order, as the recordings have them
	Err          int    // negative errno; 0 if a route was found
	Dev, Gateway string // of the route; Gateway "" if directly connected
	NextHopScope int    // nhc_scope
	By           string // the function that asked: "ip_route_input_slow"
}

// Step is the lookup as a step.
func (f FibLookup) Step() Step {
	r := "err " + itoa(f.Err)
	if f.Err == 0 {
		r = "dev " + f.Dev
		if f.Gateway != "" {
			r += " via " + f.Gateway
		}
		r += " scope " + itoa(f.NextHopScope)
	}
	return Step{"fib", []Field{{"fib", itoa(f.Table) + " " + f.Src + ">" + f.Dst}, {"iif", itoa(f.IIF)}, {"oif", itoa(f.OIF)}, {"mark", strconv.FormatUint(uint64(f.Mark), 10)}, {"tos", itoa(f.TOS)},
		{"proto", itoa(f.Proto)}, {"ports", itoa(f.Sport) + ">" + itoa(f.Dport)}, {"result", r}, {"by", f.By}}}
}

// A Fib6Lookup is fib6:fib6_table_lookup.
type Fib6Lookup struct {
	Table        int
	Src, Dst     string
	IIF, OIF     int
	Proto        int
	Mark         uint32
	Type         int    // RTN_UNICAST 1, RTN_LOCAL 2, …
	Prefix       string // of the route found, "fd00:1::/64"
	Dev, Gateway string
	By           string
}

// Step is the lookup as a step.
func (f Fib6Lookup) Step() Step {
	r := "type " + itoa(f.Type) + " " + f.Prefix + " dev " + f.Dev
	if f.Gateway != "" {
		r += " via " + f.Gateway
	}
	return Step{"fib6", []Field{{"fib6", itoa(f.Table) + " " + f.Src + ">" + f.Dst}, {"iif", itoa(f.IIF)}, {"oif", itoa(f.OIF)}, {"proto", itoa(f.Proto)}, {"mark", strconv.FormatUint(uint64(f.Mark), 10)}, {"result", r}, {"by", f.By}}}
}

// Neigh is neigh:neigh_create, neigh_update, neigh_update_done,
// neigh_timer_handler, neigh_event_send_done, neigh_event_send_dead. New is ""
// but for neigh_update; queue is the number of packets that wait.
func Neigh(event, addr, state, new string, queue int) Step {
	s := Step{"neigh", []Field{{"neigh", addr}, {"ev", event}, {"state", state}}}
	if new != "" {
		s.Fields = append(s.Fields, Field{"new", new})
	}
	s.Fields = append(s.Fields, Field{"queue", itoa(queue)})
	return s
}

// State is sock:inet_sock_set_state; local and remote are address:port, by is
// the function that changed the state.
func State(from, to, local, remote, by string) Step {
	return Step{"state", []Field{{"state", from + ">" + to}, {"sk", local + ">" + remote}, {"by", by}}}
}

// ICMPSend is icmp:icmp_send: about is the packet line of what is refused.
func ICMPSend(typ, code int, about, by string) Step {
	return Step{"icmp_send", []Field{{"icmp_send", itoa(typ) + "/" + itoa(code)}, {"about", about}, {"by", by}}}
}

// Reset is tcp:tcp_send_reset.
func Reset(reason string) Step { return Step{"rst", []Field{{"rst", reason}}} }

// Ready is sock:sk_data_ready; local is address:port.
func Ready(local string) Step { return Step{"ready", []Field{{"ready", local}}} }

// SockError is sock:inet_sk_error_report.
func SockError(errno int, local string) Step {
	return Step{"error", []Field{{"error", itoa(errno)}, {"sk", local}}}
}

// CongState is tcp:tcp_cong_state_set: Open, Disorder, CWR, Recovery, Loss.
func CongState(name string) Step { return Step{"ca", []Field{{"ca", name}}} }

// Retransmit is tcp:tcp_retransmit_skb.
func Retransmit(local string) Step {
	return Step{"retransmit_skb", []Field{{"retransmit_skb", local}}}
}

// Copy is skb:skb_copy_datagram_iovec: n bytes to the program.
func Copy(n int) Step { return Step{"copy", []Field{{"copy", itoa(n)}}} }

// Ret is sock:sock_send_length or sock:sock_recv_length: bytes or negative errno.
func Ret(n int) Step { return Step{"ret", []Field{{"ret", itoa(n)}}} }
