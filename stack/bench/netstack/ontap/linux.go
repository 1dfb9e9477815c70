//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"

	"github.com/vishvananda/netlink"
)

// startLinux makes a network namespace with servers in it, and a veth pair.
func startLinux() (func(), error) {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), serveEnv+"=1")
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	stop := func() { c.Process.Kill(); c.Wait() }
	v := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "here"}, PeerName: "there"}
	if err := netlink.LinkAdd(v); err != nil {
		stop()
		return nil, err
	}
	peer, err := netlink.LinkByName("there")
	if err == nil {
		err = netlink.LinkSetNsPid(peer, c.Process.Pid)
	}
	if err == nil {
		err = setUp("here", "10.8.0.1/24")
	}
	if err == nil {
		_, err = fmt.Fprintln(in, "go")
	}
	if err == nil {
		_, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

func setUp(name, addr string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(l); err != nil {
		return err
	}
	a, err := netlink.ParseAddr(addr)
	if err != nil {
		return err
	}
	return netlink.AddrAdd(l, a)
}

// serve is the Linux at the far end: it waits for its interface, and serves.
func serve() error {
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	if err := setUp("there", "10.8.0.2/24"); err != nil {
		return err
	}
	for port, talk := range map[int]func(net.Conn){portDiscard: discard, portChargen: chargen} {
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		go accept(l, talk)
	}
	u, err := net.ListenPacket("udp", fmt.Sprintf(":%d", portEcho))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return echoes(u)
}

func accept(l net.Listener, talk func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			talk(c)
			c.Close()
		}()
	}
}

func discard(c net.Conn) { io.Copy(io.Discard, onlyRead{c}) } //nolint:errcheck // until the other side closes

// onlyRead keeps io.Copy from finding a faster way.
type onlyRead struct{ io.Reader }

func chargen(c net.Conn) {
	buf := make([]byte, 4736)
	for {
		if _, err := c.Write(buf); err != nil {
			return
		}
	}
}

func echoes(u net.PacketConn) error {
	buf := make([]byte, 2048)
	for {
		n, from, err := u.ReadFrom(buf)
		if err != nil {
			return err
		}
		if _, err := u.WriteTo(buf[:n], from); err != nil {
			return err
		}
	}
}
