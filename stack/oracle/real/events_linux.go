package real

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"os"
	"sort"
	"strconv"
	"strings"
)

// symbols are the kernel's functions by address (/proc/kallsyms).
type symbols struct {
	addr  []uint64
	names []string
}

func loadSymbols() (*symbols, error) {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	type sym struct {
		a uint64
		n string
	}
	var all []sym
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		if len(w) < 3 || !strings.Contains("tTwW", w[1]) {
			continue
		}
		if a, err := strconv.ParseUint(w[0], 16, 64); err == nil && a != 0 {
			all = append(all, sym{a, w[2]})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].a < all[j].a })
	o := &symbols{}
	for _, s := range all {
		o.addr, o.names = append(o.addr, s.a), append(o.names, s.n)
	}
	return o, nil
}

// name is the function at an address.
func (s *symbols) name(a uint64) string {
	i := sort.Search(len(s.addr), func(i int) bool { return s.addr[i] > a }) - 1
	if i < 0 {
		return ""
	}
	return s.names[i]
}

// instrument are functions that are there because somebody traces.
func instrument(f string) bool {
	for _, p := range []string{"bpf_trace_run", "bpf_prog", "__bpf_trace_", "__traceiter_", "trace_event_", "bpf_get_stack", "0x"} {
		if strings.HasPrefix(f, p) {
			return true
		}
	}
	return false
}

// taps are functions that deliver to a packet socket: this recorder's.
var tapFunctions = map[string]bool{"packet_rcv": true, "tpacket_rcv": true, "packet_rcv_spkt": true, "packet_recvmsg": true, "packet_release": true, "packet_sock_destruct": true}

// talk are functions of the sockets by which tools speak to the kernel.
var talk = []string{"netlink_", "unix_", "rtnetlink_", "sock_diag", "ctnetlink", "nfnetlink", "nl80211"}

// decode turns the records into events of the known namespaces, in time order.
func (t *tracer) decode(spaces []*Space, self uint32) ([]Event, error) {
	syms, err := loadSymbols()
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	sort.SliceStable(t.records, func(i, j int) bool { return le.Uint64(t.records[i]) < le.Uint64(t.records[j]) })
	by := map[uint32][]*Space{}
	for _, s := range spaces {
		by[s.Inum] = append(by[s.Inum], s)
	}
	a := attribution{all: by, skb: map[uint64]*Space{}, cpu: map[int]lastSeen{}}
	var out []Event
	for _, b := range t.records {
		tp := &t.taps[le.Uint64(b[recPoint:])]
		if uint32(le.Uint64(b[recTID:])>>32) == self {
			continue
		}
		e := Event{At: int64(le.Uint64(b[recTime:])), Point: tp.name, CPU: int(le.Uint64(b[recCPU:])), TID: uint32(le.Uint64(b[recTID:])),
			Comm: cstring(b[recComm : recComm+16]), V: map[string]uint64{}, B: map[string][]byte{}}
		e.Stack = stackOf(syms, b, tp.stack)
		for i := range tp.slots {
			s := &tp.slots[i]
			if s.size > 8 {
				e.B[s.name] = b[s.at : s.at+s.size]
			} else {
				e.V[s.name] = s.value(b)
			}
		}
		if skip(&e) {
			continue
		}
		if l, ok := e.V["location"]; ok {
			e.B["at"] = []byte(syms.name(l))
		}
		if e.Space = a.space(&e, le.Uint32(b[recTask:])); e.Space != nil {
			out = append(out, e)
		}
	}
	return out, nil
}

// cstring is a text that ends at the first 0.
func cstring(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func stackOf(syms *symbols, b []byte, at int) []string {
	n := int(int64(binary.LittleEndian.Uint64(b[at:]))) / 8
	var out []string
	for i := min(n, recordMaxStack) - 1; i >= 0; i-- {
		out = append(out, syms.name(binary.LittleEndian.Uint64(b[at+8+8*i:])))
	}
	for len(out) > 0 && instrument(out[len(out)-1]) {
		out = out[:len(out)-1]
	}
	return out
}

// skip reports whether an event is the recorder's own doing or a tool's talk
// with the kernel.
func skip(e *Event) bool {
	for i := max(0, len(e.Stack)-8); i < len(e.Stack); i++ {
		if tapFunctions[e.Stack[i]] {
			return true
		}
	}
	switch e.Point {
	case "kfree_skb", "consume_skb", "sk_data_ready":
		if e.V["proto"] != 0 && !e.within("inet_rtm_getroute") && !e.within("inet6_rtm_getroute") {
			return false // a packet that goes because of what a tool said, not one made to answer `ip route get`
		}
		for _, f := range e.Stack {
			for _, p := range talk {
				if strings.HasPrefix(f, p) {
					return true
				}
			}
		}
	}
	return false
}

// within reports whether a function is the last or the one before in an event's
// stack.
func (e *Event) within(f string) bool {
	n := len(e.Stack)
	return n > 0 && e.Stack[n-1] == f || n > 1 && e.Stack[n-2] == f
}

// An attribution finds the namespace of an event.
type attribution struct {
	all map[uint32][]*Space
	at  int64 // of the event that is looked at
	skb map[uint64]*Space
	cpu map[int]lastSeen
}

type lastSeen struct {
	s  *Space
	at int64
}

// sameWork is how long after an event of known namespace an event without one,
// in the same softirq on the same CPU, is taken for its, in ns.
const sameWork = 2000000

// firstInum is the lowest number that a namespace can have (PROC_DYNAMIC_FIRST).
const firstInum = 0xf0000000

// space is the namespace of an event, nil if it is not one of the script's. A
// packet belongs to its device's; where a packet has no device (any more) to
// the one in which it was seen last, else to its socket's. A route lookup that
// found nothing names no namespace: it is that of the task, or in a softirq
// that of the event before it on the same CPU.
func (a *attribution) space(e *Event, task uint32) *Space {
	a.at = e.At
	dev, sk, skb := uint32(e.V["devns"]), uint32(e.V["skns"]), e.V["skb"]
	var s *Space
	switch e.Point {
	case "netif_receive_skb", "net_dev_queue":
		s = a.by(dev)
		if s != nil {
			a.skb[skb] = s
		} else {
			delete(a.skb, skb)
		}
	case "kfree_skb", "consume_skb", "icmp_send":
		switch {
		case dev >= firstInum: // else it is no device: the place has other uses (dev_scratch, rbnode)
			s = a.by(dev)
		case sk >= firstInum: // a packet that has its own socket still was never in another namespace
			s = a.by(sk)
		case e.within("skb_release_data"): // a piece of the packet that has just been told of
			if l := a.cpu[e.CPU]; e.At-l.at < sameWork {
				s = l.s
			}
		default:
			s = a.skb[skb]
		}
		if s != nil && s.to != 0 && a.at >= s.to {
			s = nil
		}
		if s == nil && dev == 0 && sk == 0 && !softirq(e.Stack) {
			s = a.by(task)
		}
		if e.Point != "icmp_send" {
			delete(a.skb, skb)
		}
	case "tcp_send_reset":
		if s = a.by(uint32(e.V["skonlyns"])); s == nil {
			if s = a.by(dev); s == nil {
				s = a.skb[skb]
			}
		}
	case "neigh_create":
		s = a.by(uint32(e.V["fordevns"]))
	default:
		if dev == 0 {
			dev = sk
		}
		s = a.by(dev)
		if dev == 0 {
			if softirq(e.Stack) {
				if l := a.cpu[e.CPU]; e.At-l.at < sameWork {
					s = l.s
				}
			} else {
				s = a.by(task)
			}
			return s
		}
	}
	a.cpu[e.CPU] = lastSeen{s, e.At}
	return s
}

// by is the namespace that had a number at the time of the event.
func (a *attribution) by(inum uint32) *Space {
	for _, s := range a.all[inum] {
		if a.at >= s.from && (s.to == 0 || a.at < s.to) {
			return s
		}
	}
	return nil
}

func softirq(stack []string) bool {
	for _, f := range stack {
		if f == "handle_softirqs" || f == "__do_softirq" {
			return true
		}
	}
	return false
}
