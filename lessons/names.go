package lessons

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
)

// A HeaderField is a field of the packet at hand, by the name of its header and
// its own (wire.Fields has them).
type HeaderField struct{ Header, Field string }

// HeaderFields are the names by which lessons call the fields of headers, as
// tcpdump and Wireshark do where they agree.
var HeaderFields = map[string]HeaderField{
	"eth.dst":      {"Ethernet", "Destination"},
	"eth.src":      {"Ethernet", "Source"},
	"eth.type":     {"Ethernet", "Type"},
	"vlan.id":      {"VLAN", "VLAN"},
	"arp.opcode":   {"ARP", "Operation"},
	"arp.src.hw":   {"ARP", "Sender hardware address"},
	"arp.src.ip":   {"ARP", "Sender protocol address"},
	"arp.dst.hw":   {"ARP", "Target hardware address"},
	"arp.dst.ip":   {"ARP", "Target protocol address"},
	"ip.version":   {"IPv4", "Version"},
	"ip.len":       {"IPv4", "Total length"},
	"ip.id":        {"IPv4", "Identification"},
	"ip.df":        {"IPv4", "DF"},
	"ip.mf":        {"IPv4", "MF"},
	"ip.offset":    {"IPv4", "Fragment offset"},
	"ip.hops":      {"IPv4", "Time to live"},
	"ip.proto":     {"IPv4", "Protocol"},
	"ip.src":       {"IPv4", "Source"},
	"ip.dst":       {"IPv4", "Destination"},
	"ip6.hops":     {"IPv6", "Hop limit"},
	"ip6.proto":    {"IPv6", "Next header"},
	"ip6.src":      {"IPv6", "Source"},
	"ip6.dst":      {"IPv6", "Destination"},
	"icmp.type":    {"ICMP", "Type"},
	"icmp.code":    {"ICMP", "Code"},
	"icmp6.type":   {"ICMPv6", "Type"},
	"icmp6.code":   {"ICMPv6", "Code"},
	"igmp.type":    {"IGMP", "Type"},
	"udp.src_port": {"UDP", "Source port"},
	"udp.dst_port": {"UDP", "Destination port"},
	"udp.len":      {"UDP", "Length"},
	"tcp.src_port": {"TCP", "Source port"},
	"tcp.dst_port": {"TCP", "Destination port"},
	"tcp.seq":      {"TCP", "Sequence number"},
	"tcp.ack":      {"TCP", "Acknowledgment number"},
	"tcp.window":   {"TCP", "Window"},
}

// PlaceFields are the names of what is known about a place itself.
var PlaceFields = map[string]string{
	"packet":    "number of the packet in the capture",
	"packets":   "how many the capture has",
	"line":      "the packet at hand in one line",
	"func":      "the kernel function",
	"file":      "its file in the kernel tree",
	"says":      "why it did what it did",
	"outcome":   "what becomes of the packet at hand",
	"reason":    "why it is dropped",
	"in":        "the function in which it ends",
	"length":    "bytes of the frame",
	"clock":     "seconds since the first packet",
	"tcp.flags": "the flags of the segment, as tcpdump writes them: S, S., F.",
}

// Objects are the names that look takes.
var Objects = objects()

func objects() (list []string) {
	for k := step.KindSKB; k <= step.KindQdisc; k++ {
		if k != step.KindNS {
			list = append(list, k.String())
		}
	}
	return list
}

// Panes are the names that show takes.
var Panes = []string{"map", "calls", "why", "state", "bytes", "list", "timeline", "tables", "plots", "time", "family", "breaks", "overview", "glossary", "help"}

// fields are the names of the catalogue's fields and counters.
var fields = func() map[string]step.Key {
	m := map[string]step.Key{}
	for _, o := range Objects {
		for k := step.KindSKB; k <= step.KindQdisc; k++ {
			if k.String() != o {
				continue
			}
			for i, f := range step.Fields(k) {
				if f.Name != "" {
					m[f.Name] = step.KeyOf(k, i)
				}
			}
		}
	}
	for i := range int(step.NumMIB) {
		if name := step.MIB(i).String(); name != "" {
			m[name] = step.KeyOf(step.KindNS, i)
		}
	}
	return m
}()

// FieldKey finds a field of the catalogue, or a counter, by its name.
func FieldKey(name string) (step.Key, bool) {
	k, ok := fields[name]
	return k, ok
}

// known reports whether a name stands for a value.
func known(name string) bool {
	_, a := fields[name]
	_, b := HeaderFields[name]
	_, c := PlaceFields[name]
	return a || b || c
}

// sorted is the first n of a list, in order.
func sorted(list []string, n int) []string {
	slices.Sort(list)
	return list[:min(n, len(list))]
}

// near suggests names like a word that is none, at most four: those that begin
// as it does, as far as any does, or else hold as much of it.
func near(word string, each func(func(string))) string {
	for _, like := range [...]func(name, w string) bool{strings.HasPrefix, strings.Contains} {
		for w := word[:min(len(word), 40)]; len(w) >= 3; w = w[:len(w)-1] {
			var list []string
			each(func(n string) {
				if like(n, w) {
					list = append(list, n)
				}
			})
			if len(list) > 0 {
				return "try " + strings.Join(sorted(list, 4), ", ")
			}
		}
	}
	return ""
}

func nearField(word string) string {
	return near(word, func(f func(string)) {
		for n := range fields {
			f(n)
		}
		for n := range HeaderFields {
			f(n)
		}
		for n := range PlaceFields {
			f(n)
		}
	})
}

func nearStep(word string) string {
	return near(word, func(f func(string)) { step.Each(func(_ step.Step, i *step.Info) { f(i.Func) }) })
}
