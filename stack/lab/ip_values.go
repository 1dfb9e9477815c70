package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
)

// How iproute2 reads and prints values: lib/utils.c, lib/rt_names.c.

// strtoulMax is strtoul(3) with a limit, as get_unsigned and its like use it: base 0 is
// by the prefix. The whole word must be the number.
func strtoulMax(s string, base int, limit uint64) (uint64, bool) {
	s = strings.TrimPrefix(strings.TrimLeft(s, " \t"), "+")
	hex := strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X")
	switch {
	case hex && (base == 0 || base == 16):
		s, base = s[2:], 16
	case base == 0 && len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	case base == 0:
		base = 10
	}
	if strings.ContainsAny(s, "_+-") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil && n <= limit
}

// u32 takes a number of 32 bits.
func (a *args) u32(complaint string) (uint32, error) {
	s, err := need(a)
	if err != nil {
		return 0, err
	}
	n, ok := strtoulMax(s, 0, 1<<32-1)
	if !ok {
		return 0, invarg(complaint, s)
	}
	return uint32(n), nil
}

// number32 takes a value of 32 bits.
func number32(a *args, complaint string) (uint32, error) { return a.u32(complaint) }

// dsfields are /etc/iproute2/rt_dsfield.
var dsfields = []struct {
	n    uint8
	name string
}{{0, "default"}, {0x28, "AF11"}, {0x30, "AF12"}, {0x38, "AF13"}, {0x48, "AF21"}, {0x50, "AF22"}, {0x58, "AF23"}, {0x68, "AF31"}, {0x70, "AF32"}, {0x78, "AF33"}, {0x88, "AF41"}, {0x90, "AF42"}, {0x98, "AF43"},
	{0x20, "CS1"}, {0x40, "CS2"}, {0x60, "CS3"}, {0x80, "CS4"}, {0xa0, "CS5"}, {0xc0, "CS6"}, {0xe0, "CS7"}, {0xb8, "EF"}}

// dsfield takes a value of rtnl_dsfield_a2n: a name, or hexadecimal.
func (a *args) dsfield(complaint string) (uint8, error) {
	s, err := need(a)
	if err != nil {
		return 0, err
	}
	for _, d := range dsfields {
		if d.name == s {
			return d.n, nil
		}
	}
	n, ok := strtoulMax(s, 16, 255)
	if !ok {
		return 0, invarg(complaint, s)
	}
	return uint8(n), nil
}

// dsfieldName is rtnl_dsfield_n2a.
func dsfieldName(n uint8) string {
	for _, d := range dsfields {
		if d.n == n {
			return d.name
		}
	}
	return fmt.Sprintf("0x%02x", n)
}

// hexByte is a value of rt_dsfield: hexadecimal.
func hexByte(s string) (uint8, bool) {
	n, ok := strtoulMax(s, 16, 255)
	return uint8(n), ok
}

// ipProtos are the protocols of /etc/protocols that have names here.
var ipProtos = map[string]uint8{"ip": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "st": 5, "tcp": 6, "egp": 8, "igp": 9, "pup": 12, "udp": 17, "hmp": 20, "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "dccp": 33, "xtp": 36, "ddp": 37,
	"idpr-cmtp": 38, "ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44, "idrp": 45, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "skip": 57, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "rspf": 73, "vmtp": 81,
	"eigrp": 88, "ospf": 89, "ax.25": 93, "ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124, "sctp": 132, "fc": 133, "mobility-header": 135, "udplite": 136, "mpls-in-ip": 137,
	"manet": 138, "hip": 139, "shim6": 140, "wesp": 141, "rohc": 142}

// protoNames are the same, by number.
var protoNames = func() map[uint8]string {
	m := map[uint8]string{}
	for k, v := range ipProtos {
		m[v] = k
	}
	return m
}()

// ipProto reads a protocol by number or name (inet_proto_a2n).
func ipProto(s string) (uint8, bool) {
	if n, ok := strtoulMax(s, 10, 255); ok {
		return uint8(n), true
	}
	n, ok := ipProtos[s]
	return n, ok
}

// ack is a request's end: the kernel's words, if it has some, or its errno.
func ack(e core.Errno, words inet.Extack) error {
	switch {
	case e == 0:
		return nil
	case words != 0:
		return kernelSays(words.String() + ".")
	}
	return answer(e)
}

// A shown is one object as ip prints it: as text, and as JSON.
type shown struct {
	b strings.Builder
	o object
}

// any prints a value with a format, and adds it to the object.
func (p *shown) any(key, format string, v any) {
	fmt.Fprintf(&p.b, format, v)
	p.o.add(key, v)
}

// as is any for a value that is a string in JSON and printed as it is.
func (p *shown) as(key, format, text string) { p.any(key, format, text) }

// null prints a word that is a member without a value.
func (p *shown) null(key, text string) {
	p.b.WriteString(text)
	p.o.add(key, nil)
}

func (p *shown) text(s string) { p.b.WriteString(s) }
