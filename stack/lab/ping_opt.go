package lab

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Options of the IPv4 header in ping: -R records the route, -T collects time stamps
// (RFC 791). iputils calls the room for them rspace.

// options makes what IP_OPTIONS is given, and returns what is wrong with the words.
func (g *pinger) options(p *Proc, record bool, stamps string, hosts []string) string {
	if !g.Addr.Is4() || !record && stamps == "" {
		return ""
	}
	b := make([]byte, 40)
	switch stamps {
	case "":
		copy(b, []byte{1, 7, 39, 4})
	case "tsonly", "tsandaddr":
		copy(b, []byte{0x44, 40, 5, 0})
		if stamps == "tsandaddr" {
			b[3] = 1
		}
	default:
		if len(hosts) == 0 {
			return "not modelled: ping -T tsprespec without hosts\n"
		}
		if len(hosts) > 4 {
			return "ping: too many arguments\n"
		}
		n := 4 + 8*len(hosts)
		copy(b, []byte{0x44, byte(n), 5, 3})
		for i, h := range hosts {
			a, e := p.resolve(h, 4)
			if e != "" {
				return fmt.Sprintf("ping: %s: %s\n", h, e)
			}
			if i == 0 {
				g.via = a
			}
			binary.BigEndian.PutUint32(b[4+8*i:], uint32(a.IP4()))
		}
		b = b[:n]
	}
	g.Opt = b
	return ""
}

// pingPattern reads the hexadecimal digits of -p: 16 bytes at most.
func pingPattern(v string) (b []byte, wrong string) {
	if at := strings.IndexFunc(v, func(c rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", c) }); at >= 0 {
		return nil, "ping: patterns must be specified as hex digits: " + v[at:] + "\n"
	}
	for i := 0; i < len(v) && len(b) < 16; i += 2 {
		n, _ := strconv.ParseUint(v[i:min(i+2, len(v))], 16, 8)
		b = append(b, byte(n))
	}
	return b, ""
}

// fill writes the data of a request; its first 16 bytes hold the time, if there are so
// many.
func (g *pinger) fill(b []byte) {
	for i := range b {
		if b[i] = byte(i); len(g.pattern) > 0 {
			b[i] = g.pattern[i%len(g.pattern)]
		}
	}
	if g.Size >= 16 {
		clear(b[:16])
	}
}

// optLen is what the banner counts for options: all of rspace.
func (g *pinger) optLen() int {
	if len(g.Opt) > 0 {
		return 40
	}
	return 0
}

// linkLocal reports whether an IPv6 address means another host on each link: fe80::/10
// and ff02::/16.
func linkLocal(a wire.Addr) bool {
	n := a.Netip()
	return !a.Is4() && (n.IsLinkLocalUnicast() || n.IsLinkLocalMulticast())
}

// from is the sender as getnameinfo writes it: a link-local one with its device.
func (g *pinger) from(p *socket.Program, a wire.Addr) string {
	s := a.String()
	if a.Is4() || !a.Netip().IsLinkLocalUnicast() {
		return s
	}
	dev := max(g.Dev, g.scope)
	if dev == 0 {
		for _, d := range p.NS.Devices {
			if d.Name != "lo" {
				dev = d.Index
				break
			}
		}
	}
	if d := p.NS.DevByIndex(dev); d != nil {
		s += "%" + d.Name
	}
	return s
}

// hasAddr reports whether a device has an address, as getifaddrs tells it.
func hasAddr(ns *core.Netns, d *core.Device, a wire.Addr) bool {
	if !a.Is4() {
		return true
	}
	for _, f := range ipv4.Of(ns).Addrs(d) {
		if f.Local == a.IP4() {
			return true
		}
	}
	return false
}

// showOptions is pr_options: what routers wrote into the options of a reply.
func (g *pinger) showOptions(o []byte) {
	for len(o) > 0 && o[0] != 0 {
		if o[0] == 1 {
			g.printf("\nNOP")
			o = o[1:]
			continue
		}
		if len(o) < 3 || o[1] < 2 || int(o[1]) > len(o) {
			return
		}
		one := o[:o[1]]
		o = o[o[1]:]
		used := min(int(one[2]), len(one)) - 4
		switch {
		case one[0] == 7 && used > 0:
			if string(one[2:min(2+used, len(one))]) == g.oldRoute && !g.Flood {
				g.printf("\t(same route)")
				continue
			}
			g.oldRoute = string(one[2:min(2+used, len(one))])
			g.printf("\nRR: ")
			for a := one[3:]; used > 0 && len(a) >= 4; a, used = a[4:], used-4 {
				g.printf("\t%s\n", ip4At(a))
			}
		case one[0] == 0x44 && used > 1 && len(one) > 4:
			g.showStamps(one[4:], used-1, one[3])
		case one[0] != 7 && one[0] != 0x44:
			g.printf("\nunknown option %x", one[0])
		}
	}
}

func ip4At(b []byte) string { return wire.IP4(binary.BigEndian.Uint32(b)).Addr().String() }

// showStamps prints n bytes of a time stamp option: the first stamp, then what each
// adds to the one before.
func (g *pinger) showStamps(b []byte, n int, flags byte) {
	g.printf("\nTS: ")
	var std, odd int64
	for {
		if flags&15 != 0 {
			if len(b) < 4 {
				return
			}
			g.printf("\t%s", ip4At(b))
			if b, n = b[4:], n-4; n <= 0 {
				break
			}
		}
		if len(b) < 4 {
			return
		}
		v := int64(binary.BigEndian.Uint32(b))
		switch l := v & 0x7fffffff; {
		case v != l && odd == 0:
			g.printf("\t%d absolute not-standard", l)
			odd = l
		case v != l:
			g.printf("\t%d not-standard", l-odd)
			odd = l
		case std == 0:
			g.printf("\t%d absolute", v)
			std = v
		default:
			g.printf("\t%s", strconv.FormatInt(v-std, 10))
			std = v
		}
		g.printf("\n")
		if b, n = b[4:], n-4; n <= 0 {
			break
		}
	}
	if flags>>4 != 0 {
		g.printf("Unrecorded hops: %d\n", flags>>4)
	}
}
