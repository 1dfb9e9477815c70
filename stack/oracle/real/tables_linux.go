package real

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// final reads the counters and what the tools list.
func (s *Space) final(init int, commands []string) []string {
	var missing []string
	mnt, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", init))
	if err != nil {
		return []string{err.Error()}
	}
	defer mnt.Close()
	err = within(s.live.ns, func() error {
		s.MIB = counters()
		// The tools shall see the names of the script's namespaces.
		if err := syscall.Unshare(syscall.CLONE_FS); err != nil {
			return err
		}
		if _, _, e := syscall.RawSyscall(sysSetns, mnt.Fd(), syscall.CLONE_NEWNS, 0); e != 0 {
			return fmt.Errorf("setns: %w", e)
		}
		for _, c := range commands {
			out, err := tool(c)
			// A frame may pass between the last look and the listing.
			for n := len(s.Frames); err == nil && c == "ip -s link" && n >= 0; {
				if s.drain(); len(s.Frames) == n {
					break
				}
				n = len(s.Frames)
				out, err = tool(c)
			}
			if err != nil {
				missing = append(missing, fmt.Sprintf("%s: %v", c, err))
				continue
			}
			s.Tables[c] = out
		}
		return nil
	})
	if err != nil {
		missing = append(missing, err.Error())
	}
	return missing
}

// tool runs a command of a list; it is no shell.
func tool(line string) (string, error) {
	w := strings.Fields(line)
	if _, err := exec.LookPath(w[0]); err != nil {
		return "", fmt.Errorf("%s is not installed", w[0])
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, w[0], w[1:]...)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"}
	var out bytes.Buffer
	c.Stdout = &out
	c.Run()
	return out.String(), nil
}

// counters are /proc/net/snmp, netstat and snmp6 of the thread's namespace.
func counters() map[string]int64 {
	m := map[string]int64{}
	for _, f := range []string{"snmp", "netstat"} {
		b, _ := os.ReadFile("/proc/thread-self/net/" + f)
		l := strings.Split(string(b), "\n")
		for i := 0; i+1 < len(l); i += 2 {
			p, names, _ := strings.Cut(l[i], ":")
			_, vals, _ := strings.Cut(l[i+1], ":")
			v := strings.Fields(vals)
			for k, n := range strings.Fields(names) {
				if k < len(v) {
					m[p+n], _ = strconv.ParseInt(v[k], 10, 64)
				}
			}
		}
	}
	b, _ := os.ReadFile("/proc/thread-self/net/snmp6")
	for _, l := range strings.Split(string(b), "\n") {
		if w := strings.Fields(l); len(w) == 2 {
			m[w[0]], _ = strconv.ParseInt(w[1], 10, 64)
		}
	}
	return m
}

// addresses remembers the Ethernet addresses of the namespace's devices
// (RTM_GETLINK).
func (s *Space) addresses() {
	within(s.live.ns, func() error {
		rib, err := syscall.NetlinkRIB(syscall.RTM_GETLINK, syscall.AF_UNSPEC)
		if err != nil {
			return err
		}
		eachLink(rib, func(name string, mac net.HardwareAddr, _, _ bool) {
			if len(mac) == 6 && name != "lo" {
				s.MACs[mac.String()] = name
			}
		})
		return nil
	})
}

// eachLink reads the answer to RTM_GETLINK.
func eachLink(b []byte, f func(name string, mac net.HardwareAddr, untold, away bool)) {
	le := binary.LittleEndian
	for len(b) >= 16 {
		n := int(le.Uint32(b))
		if n < 16 || n > len(b) {
			return
		}
		if le.Uint16(b[4:]) == 16 && n >= 32 { // RTM_NEWLINK
			var name string
			var mac net.HardwareAddr
			state, away := byte(0), false
			Attrs(b[32:n], func(t int, v []byte) {
				switch t {
				case 1:
					mac = append(net.HardwareAddr(nil), v...)
				case 3:
					name = cstring(v)
				case 16: // IFLA_OPERSTATE
					state = v[0]
				case 37: // IFLA_LINK_NETNSID: its peer is in another namespace
					away = true
				}
			})
			flags := le.Uint32(b[24:])
			f(name, mac, flags&0x10001 == 0x10001 && state == 2, away) // up, with carrier, and IF_OPER_DOWN
		}
		b = b[min(len(b), (n+3)&^3):]
	}
}

// carrierUntold reports whether a device of the thread's namespace has a carrier
// that nobody has been told of.
func carrierUntold() (waits bool) {
	rib, err := syscall.NetlinkRIB(syscall.RTM_GETLINK, syscall.AF_UNSPEC)
	if err != nil {
		return false
	}
	eachLink(rib, func(_ string, _ net.HardwareAddr, untold, _ bool) { waits = waits || untold })
	return waits
}

// count is how many devices the namespace has, and how many of them have their
// other end elsewhere.
func (s *Space) count() (devices, away int) {
	within(s.live.ns, func() error {
		rib, err := syscall.NetlinkRIB(syscall.RTM_GETLINK, syscall.AF_UNSPEC)
		if err != nil {
			return err
		}
		eachLink(rib, func(_ string, _ net.HardwareAddr, _, a bool) {
			devices++
			if a {
				away++
			}
		})
		return nil
	})
	return devices, away
}

// peers are the devices whose other end is in another namespace.
func (s *Space) peers() int {
	_, away := s.count()
	return away
}

// sysctl reads all of /proc/sys/net that is not one device's own.
func (s *Space) sysctl() map[string]string {
	out := map[string]string{}
	within(s.live.ns, func() error {
		const root = "/proc/sys/"
		return filepath.WalkDir(root+"net", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			if b, err := os.ReadFile(p); err == nil {
				k := strings.ReplaceAll(strings.TrimPrefix(p, root), "/", ".")
				if strings.Contains(k, ".conf.") && !strings.Contains(k, ".conf.default.") && !strings.Contains(k, ".conf.all.") {
					return nil
				}
				out[k] = strings.Join(strings.Fields(string(b)), " ")
			}
			return nil
		})
	})
	return out
}
