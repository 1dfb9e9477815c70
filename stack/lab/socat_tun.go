package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
)

// socatFlags are the options of TUN and INTERFACE that set a flag of the device
// (xio-interface.c), with what ip link calls it; "" is what the model cannot set.
var socatFlags = map[string]string{"up": "up", "promisc": "promisc", "allmulti": "allmulticast", "noarp": "arp", "multicast": "multicast", "broadcast": "", "debug": "", "loopback": "",
	"pointopoint": "", "notrailers": "", "running": "", "master": "", "slave": "", "portsel": "", "automedia": ""}

// tunOption reports whether an option belongs to TUN.
func tunOption(k string) bool {
	_, flag := socatFlags[strings.TrimPrefix(k, "iff-")]
	return flag || k == "iff-no-pi" || k == "no-pi" || k == "tun-no-pi" || k == "tun-name" || k == "tun-type" || k == "tun-device"
}

// openTun is TUN[:ADDRESS/BITS] (xioopen_tun): a new device, or one that ip tuntap has
// made, that socat holds.
func (c *socatCmd) openTun(s *socatSpec, e *socatEnd) string {
	flags := uint16(device.TunIff)
	switch t, ok := s.opts["tun-type"]; {
	case ok && t == "tap":
		flags = device.TapIff
	case ok && t != "tun":
		return "unknown tun-type \"" + t + "\""
	}
	for _, k := range []string{"iff-no-pi", "no-pi", "tun-no-pi"} {
		if v, ok := s.opts[k]; ok && v != "0" {
			flags |= device.TunNoPI
		}
	}
	if dev := s.opts["tun-device"]; dev != "" && dev != "/dev/net/tun" {
		return "open(\"" + dev + "\", 02, 0666): No such file or directory"
	}
	name := s.opts["tun-name"]
	if len(name) > 15 {
		name = name[:15]
	}
	f, er := c.p.tunOpen(name, flags)
	if er != 0 {
		return "ioctl(5, TUNSETIFF, {\"" + name + "\"}: " + errnoWords(er)
	}
	e.fd, e.tun = c.n.prog.OpenDev(f), true
	return c.setUpTun(s, f.Device())
}

// setUpTun gives the device its address and its flags.
func (c *socatCmd) setUpTun(s *socatSpec, d *core.Device) string {
	if len(s.params) == 1 {
		a, bits, ok := strings.Cut(s.params[0], "/")
		if !ok {
			return "xioparsenetwork_ip4(\"" + a + "\",,): missing netmask delimiter"
		}
		if n, err := strconv.Atoi(bits); err != nil || n < 0 || n > 32 {
			return "xioparsenetwork_ip4(\"" + bits + "\",,): invalid netmask"
		}
		w := []string{"ip", "addr", "add", s.params[0], "dev", d.Name}
		if device.TunOf(d).Tap() {
			w = append(w, "broadcast", "+")
		}
		if err := Do(c.p.host, w); err != nil {
			return "ioctl(6, SIOCSIFADDR, {\"" + d.Name + "\", \"" + a + "\"}: " + err.Error()
		}
	}
	for k, v := range s.opts {
		word, ok := socatFlags[strings.TrimPrefix(k, "iff-")]
		switch {
		case !ok:
			continue
		case word == "":
			return "not modelled: socat " + k
		}
		on := (v != "0") != (word == "arp")
		w := []string{"ip", "link", "set", d.Name, word}
		switch {
		case word == "up" && !on:
			w[4] = "down"
		case word != "up":
			w = append(w, map[bool]string{true: "on", false: "off"}[on])
		}
		if err := Do(c.p.host, w); err != nil {
			return "ioctl(6, SIOCSIFFLAGS, {\"" + d.Name + "\"}: " + err.Error()
		}
	}
	return ""
}
