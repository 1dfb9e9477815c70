package lab

import (
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// An inetPrefix is what iproute2 reads as an address or a prefix (inet_prefix).
type inetPrefix struct {
	fam  int // 4, 6; 0: default, all, any without a family
	addr wire.Addr
	bits int
	some bool // it has bytes: default, all and any have none
	plen bool // a length was given
}

// anyPrefix is what default, all and any stand for.
func anyPrefix(s string) bool { return s == "default" || s == "any" || s == "all" }

// getAddr is get_addr: an address alone. fam 0 is any family.
func getAddr(s string, fam int) (inetPrefix, error) {
	if anyPrefix(s) {
		return inetPrefix{fam: fam, some: fam != 0, addr: zeroOf(fam)}, nil
	}
	if a, ok := readAddr(s, fam); ok {
		return a, nil
	}
	return inetPrefix{}, other("Error: %s address is expected rather than \"%s\".", famWords(fam), s)
}

// getPrefix is get_prefix: ADDR[/LEN].
func getPrefix(s string, fam int) (inetPrefix, error) {
	if anyPrefix(s) {
		return inetPrefix{fam: fam, plen: true}, nil
	}
	addr, mask, has := strings.Cut(s, "/")
	if a, ok := readAddr(addr, fam); ok {
		if !has {
			return a, nil
		}
		if n, ok := netmask(mask); ok && n <= a.bits {
			a.bits, a.plen = n, true
			return a, nil
		}
	}
	return inetPrefix{}, other("Error: %s prefix is expected rather than \"%s\".", famWords(fam), s)
}

func zeroOf(fam int) wire.Addr {
	if fam == 4 {
		return wire.IP4(0).Addr()
	}
	return wire.Addr{}
}

func famWords(fam int) string { return [...]string{0: "any valid", 4: "inet", 6: "inet6"}[fam] }

// readAddr is get_addr_1. IPv4 addresses may be cut off behind any of their numbers,
// and these may be octal or hexadecimal (get_addr_ipv4).
func readAddr(s string, fam int) (inetPrefix, bool) {
	if strings.Contains(s, ":") {
		a, err := netip.ParseAddr(s)
		if err != nil || fam == 4 || a.Zone() != "" {
			return inetPrefix{}, false
		}
		return inetPrefix{fam: 6, addr: wire.FromNetip(a), bits: 128, some: true}, true
	}
	if fam == 6 {
		return inetPrefix{}, false
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return inetPrefix{}, false
	}
	var ip wire.IP4
	for i, p := range parts {
		n, ok := strtoulMax(p, 0, 255)
		if !ok {
			return inetPrefix{}, false
		}
		ip |= wire.IP4(n) << (24 - 8*i)
	}
	return inetPrefix{fam: 4, addr: ip.Addr(), bits: 32, some: true}, true
}

// netmask is get_netmask: a number of bits, or a mask of IPv4.
func netmask(s string) (int, bool) {
	if n, ok := strtoulMax(s, 0, 128); ok {
		return int(n), true
	}
	a, ok := readAddr(s, 4)
	if !ok {
		return 0, false
	}
	m := uint32(a.addr.IP4())
	n := 0
	for n < 32 && m&(1<<(31-n)) != 0 {
		n++
	}
	return n, n == 32 || m<<n == 0
}

// prefix reads ADDR[/LEN]; kind is what the tool calls it in its error.
func prefix(s, kind string, fam int) (wire.Addr, int, error) {
	f := getPrefix
	if kind == "address" {
		f = getAddr
	}
	p, err := f(s, fam)
	return p.addr, p.bits, err
}
