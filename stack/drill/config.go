package drill

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// An IPVersion says which packets and which sockets a script runs with.
type IPVersion uint8

// The three modes of a run.
const (
	IPv4   IPVersion = iota
	IPv6             //
	Mapped           // sockets of IPv6, packets of IPv4
)

var versions = [...]string{IPv4: "ipv4", IPv6: "ipv6", Mapped: "ipv4-mapped-ipv6"}

// String is the mode as --ip_version takes it.
func (v IPVersion) String() string { return versions[v] }

// A Setting is an option with its value as it was given.
type Setting struct{ Name, Value string }

// A Config says how a script is run: options of the command line, then what
// they mean together with the script's own.
type Config struct {
	Given   []Setting // of the command line, in order: they win over the script's
	MaxTime sim.Time  // virtual time after which a script is stopped, 0: DefaultMaxTime

	Version                         IPVersion
	LocalIP, GatewayIP, RemoteIP    netip.Addr
	RemotePrefix                    netip.Prefix
	PrefixLen                       int
	MTU, MSS                        int
	BindPort, ConnectPort           uint16
	ToleranceUsecs                  int64
	TolerancePercent                float64
	TSEcrScaled                     bool
	TSTickUsecs                     int64
	StrictSegments                  bool
	NonFatalPacket, NonFatalSyscall bool
	AnyIP                           bool
	DryRun, Verbose                 bool
	Speed                           int
	InitScripts                     []string
	Defs                            Defines
	local, remote, gateway, netmask string
	mtuGiven                        bool
}

// DefaultMaxTime is how much virtual time a script may take: a day.
const DefaultMaxTime = 86400 * sim.Second

// A ConfigError is an option that cannot be.
type ConfigError struct{ Where, What string }

// Error says where and what.
func (e *ConfigError) Error() string { return e.Where + ": " + e.What }

// options with an argument, and those without (config.c).
var (
	withValue = words(`ip_version bind_port code_command code_format code_sockopt connect_port remote_ip local_ip gateway_ip netmask_ip speed mss mtu
		init_scripts tolerance_usecs tolerance_percent wire_server_ip wire_server_at wire_server_port wire_client_dev wire_server_dev so_filename so_flags
		tcp_ts_tick_usecs non_fatal psp_udp_port define`)
	withoutValue = words("wire_client wire_server tcp_ts_ecr_scaled strict_segments dry_run is_anyip send_omit_free debug verbose")
)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// IsOption reports whether name is an option of packetdrill, and whether it
// takes a value.
func IsOption(name string) (value, ok bool) {
	return withValue[name], withValue[name] || withoutValue[name]
}

// preset are the definitions that hold before any other: what the kernel's own
// selftests define, and the Fast Open cookies of the default addresses and key.
func (c *Config) preset() Defines {
	v := IPv4
	for _, s := range c.Given {
		if s.Name == "ip_version" {
			for i, n := range versions {
				if s.Value == n {
					v = IPVersion(i)
				}
			}
		}
	}
	level, recverr, cookie, null := "SOL_IPV6", "IPV6_RECVERR", "3021b9d889017eeb", "b7c12350a90dc8f5"
	switch v {
	case IPv4:
		level, recverr = "SOL_IP", "IP_RECVERR"
	case IPv6:
		cookie, null = "c1d1e9742a47a9bc", "82af1a8f9a205c34"
	}
	d := Defines{{"CMSG_LEVEL_IP", level}, {"CMSG_TYPE_RECVERR", recverr}, {"TFO_COOKIE", cookie}, {"TFO_COOKIE_ZERO", null}}
	if v != IPv6 {
		d = append(d, Define{"CODE", "host_unreachable"})
	}
	return d
}

// defines are the definitions of the command line.
func (c *Config) defines() (d Defines) {
	for _, s := range c.Given {
		if n, v, ok := strings.Cut(s.Value, "="); s.Name == "define" && ok {
			d = append(d, Define{n, v})
		}
	}
	return d
}

// finalize takes the script's options, then the command line's, and works out
// what follows (parse_and_finalize_config).
func (c *Config) finalize(s *Script) error {
	c.BindPort, c.ConnectPort, c.ToleranceUsecs, c.TolerancePercent, c.MTU = 8080, 8080, 4000, 12.5, 1500
	if c.MaxTime == 0 {
		c.MaxTime = DefaultMaxTime
	}
	for _, o := range s.Options {
		where := fmt.Sprintf("%s:%d", s.File, o.Line)
		val, ok := IsOption(o.Name)
		switch {
		case !ok:
			return &ConfigError{where, fmt.Sprintf("option '%s' unknown", o.Name)}
		case o.Has && !val:
			return &ConfigError{where, fmt.Sprintf("option '%s' forbids an argument", o.Name)}
		case !o.Has && val:
			return &ConfigError{where, fmt.Sprintf("option '%s' requires an argument", o.Name)}
		}
		if err := c.set(where, o.Name, o.Value); err != nil {
			return err
		}
	}
	for _, g := range c.Given {
		if err := c.set("Command Line", g.Name, g.Value); err != nil {
			return err
		}
	}
	return c.addresses()
}

// set takes one option (process_option).
func (c *Config) set(where, name, v string) error {
	bad := func() error { return &ConfigError{where, fmt.Sprintf("bad --%s: %s", name, v)} }
	num := func(lo, hi int64) (int64, bool) {
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil && n >= lo && n <= hi
	}
	ok := true
	var n int64
	switch name {
	case "ip_version":
		ok = false
		for i, s := range versions {
			if s == v {
				c.Version, ok = IPVersion(i), true
			}
		}
	case "bind_port":
		n, ok = num(1, 0xffff)
		c.BindPort = uint16(n)
	case "connect_port":
		n, ok = num(1, 0xffff)
		c.ConnectPort = uint16(n)
	case "remote_ip":
		c.remote = v
	case "local_ip":
		c.local = v
	case "gateway_ip":
		c.gateway = v
	case "netmask_ip":
		c.netmask = v
	case "mss":
		n, ok = num(1, 0xffff)
		c.MSS = int(n)
	case "mtu":
		n, ok = num(0, 0xffff)
		c.MTU, c.mtuGiven = int(n), true
	case "init_scripts":
		c.InitScripts = strings.Split(v, ",")
	case "non_fatal":
		for _, w := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }) {
			c.NonFatalPacket = c.NonFatalPacket || w == "packet"
			c.NonFatalSyscall = c.NonFatalSyscall || w == "syscall"
		}
	case "speed":
		n, ok = num(0, 1<<32-1)
		c.Speed = int(n)
	case "tolerance_usecs":
		c.ToleranceUsecs, ok = num(1, 1<<40)
	case "tolerance_percent":
		f, err := strconv.ParseFloat(v, 64)
		c.TolerancePercent, ok = f, err == nil && f >= 0 && f <= 100
	case "tcp_ts_tick_usecs":
		c.TSTickUsecs, ok = num(0, 1000000)
	case "define":
		i := strings.IndexByte(v, '=')
		ok = i > 0
	case "code_format":
		ok = v == "python"
	case "code_command", "code_sockopt":
	case "wire_client", "wire_server", "wire_server_ip", "wire_server_at", "wire_server_port", "wire_client_dev", "wire_server_dev", "so_filename", "so_flags", "psp_udp_port":
		return &ConfigError{where, "not modelled: --" + name}
	default:
		c.flag(name)
	}
	if !ok {
		return bad()
	}
	return nil
}

// flag takes an option without a value.
func (c *Config) flag(name string) {
	switch name {
	case "tcp_ts_ecr_scaled":
		c.TSEcrScaled = true
	case "strict_segments":
		c.StrictSegments = true
	case "dry_run":
		c.DryRun = true
	case "is_anyip":
		c.AnyIP = true
	case "verbose":
		c.Verbose = true
	}
}

// addresses fills in what was not given: the addresses that the kernel's
// selftests use. An IPv6 link gets 20 bytes more, so that segments are as large
// as with IPv4.
func (c *Config) addresses() error {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	if c.Version == IPv6 {
		def(&c.local, "fd3d:0a0b:17d6::1")
		def(&c.gateway, "fd3d:0a0b:17d6:8888::1")
		def(&c.remote, "fd3d:fa7b:d17d::1")
		c.PrefixLen = 48
		if !c.mtuGiven {
			c.MTU = 1520
		}
	} else {
		def(&c.local, "192.168.0.1")
		def(&c.gateway, "192.168.0.1")
		def(&c.remote, "192.0.2.1")
		def(&c.netmask, "255.255.0.0")
	}
	return c.parse()
}

// parse reads the addresses.
func (c *Config) parse() error {
	var err error
	bad := func(what, v string) error {
		return &ConfigError{"options", fmt.Sprintf("bad --%s: %s is no address of %s", what, v, map[bool]string{true: "IPv6", false: "IPv4"}[c.Version == IPv6])}
	}
	addr := func(what, v string, to *netip.Addr) {
		a, e := netip.ParseAddr(v)
		if (e != nil || a.Is6() != (c.Version == IPv6)) && err == nil {
			err = bad(what, v)
		}
		*to = a
	}
	addr("local_ip", c.local, &c.LocalIP)
	addr("gateway_ip", c.gateway, &c.GatewayIP)
	ip, bits, has := strings.Cut(c.remote, "/")
	addr("remote_ip", ip, &c.RemoteIP)
	n := c.RemoteIP.BitLen()
	if has {
		n, _ = strconv.Atoi(bits)
	}
	if err == nil {
		if c.RemotePrefix, err = c.RemoteIP.Prefix(n); err != nil {
			return bad("remote_ip", c.remote)
		}
	}
	if err == nil && c.Version != IPv6 {
		var mask netip.Addr
		addr("netmask_ip", c.netmask, &mask)
		if err == nil {
			c.PrefixLen = maskLen(mask)
		}
	}
	return err
}

// maskLen is netmask_to_prefix.
func maskLen(m netip.Addr) (n int) {
	for _, b := range m.As4() {
		for ; b&0x80 != 0; b <<= 1 {
			n++
		}
	}
	return n
}
