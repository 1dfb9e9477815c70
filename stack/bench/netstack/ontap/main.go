//go:build linux

// Command ontap compares three machines at the other end of a cable: a real Linux
// in a network namespace over veth, gVisor's netstack on a TAP interface, and
// packetwalk live on one. The same client, on the real kernel's sockets, sends and
// receives as fast as it can over TCP, and measures the round trip of UDP echoes.
//
//	cd stack/bench/netstack && go run ./ontap
//
// All have an MTU of 1500 and the same kernel, client and moment. Linux over veth
// passes large packets on as they are. packetwalk does on a TAP what cards do: the
// kernel hands over and takes large TCP packets, which are cut to frames, and put
// together from frames, at the border (TUNSETOFFLOAD); the model sees frames of
// 1500 bytes. gVisor's own link layer has that for packet sockets only: on a TAP
// it reads and writes each frame by itself. So packetwalk is measured in that way
// too, in the row "frame by frame": that is the one to compare the two stacks by.
//
// It makes a user and a network namespace of its own, and needs no root where that
// is allowed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Ports of the servers that each machine has: RFC 862 to 864.
const (
	portEcho    = 7
	portDiscard = 9
	portChargen = 19
)

// insideEnv tells the program that it is in its own namespaces; serveEnv that it
// is the Linux at the far end.
const (
	insideEnv = "ONTAP_INSIDE"
	serveEnv  = "ONTAP_SERVE"
)

// A machine is set up by start; it is at addr then.
type machine struct {
	name  string
	addr  string
	start func() (stop func(), err error)
}

func main() {
	long := flag.Duration("time", 3*time.Second, "how long each direction is measured")
	only := flag.String("only", "", "measure only the machines whose name has this `WORD`")
	profile := flag.String("cpuprofile", "", "write where the time goes to `FILE`, for go tool pprof")
	flag.Parse()
	if err := run(*long, *only, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "ontap:", err)
		os.Exit(1)
	}
}

func run(long time.Duration, only, profile string) error {
	switch {
	case os.Getenv(serveEnv) != "":
		return serve()
	case os.Getenv(insideEnv) == "":
		return again()
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Println("one TCP stream of the real kernel to each machine, and from it; round trips of UDP echoes; MTU 1500.")
	fmt.Println("gVisor's TAP link and \"frame by frame\" read and write one frame a call; packetwalk live has TSO and LRO at the border.")
	fmt.Printf("%-28s %14s %14s %12s %12s\n", "the other end", "to it, Gbit/s", "from it", "echo p50", "echo p99")
	for _, m := range []machine{
		{"Linux over veth", "10.8.0.2", startLinux},
		{"gVisor netstack on a TAP", "10.7.0.2", startGVisor},
		{"packetwalk, frame by frame", "10.9.0.2", startPlain},
		{"packetwalk live on a TAP", "10.9.0.2", startPacketwalk},
	} {
		if !strings.Contains(m.name, only) {
			continue
		}
		stop, err := m.start()
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if err := measure(m, long); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		stop()
	}
	return nil
}

// again runs the program in namespaces of its own.
func again() error {
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Env = append(os.Environ(), insideEnv+"=1")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New("it failed in its own network")
	}
	return err
}

func measure(m machine, long time.Duration) error {
	up, err := upload(m.addr, long)
	if err != nil {
		return err
	}
	down, err := download(m.addr, long)
	if err != nil {
		return err
	}
	p50, p99, err := echo(m.addr)
	if err != nil {
		return err
	}
	fmt.Printf("%-28s %14.2f %14.2f %12s %12s\n", m.name, up, down, p50, p99)
	return nil
}

func dial(network, addr string, port int) (net.Conn, error) {
	for try := 0; ; try++ {
		c, err := net.DialTimeout(network, net.JoinHostPort(addr, fmt.Sprint(port)), 2*time.Second)
		if err == nil || try == 20 {
			return c, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func gbits(n int64, d time.Duration) float64 { return float64(n) * 8 / 1e9 / d.Seconds() }

// upload sends for a while, and waits until all is taken.
func upload(addr string, long time.Duration) (float64, error) {
	c, err := dial("tcp", addr, portDiscard)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	buf := make([]byte, 1<<17)
	begin, n := time.Now(), int64(0)
	for time.Since(begin) < long {
		k, err := c.Write(buf)
		if err != nil {
			return 0, err
		}
		n += int64(k)
	}
	c.(*net.TCPConn).CloseWrite() //nolint:errcheck // the read tells
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(buf); err != io.EOF {
		return 0, fmt.Errorf("the discard server does not close: %w", err)
	}
	return gbits(n, time.Since(begin)), nil
}

// download reads for a while.
func download(addr string, long time.Duration) (float64, error) {
	c, err := dial("tcp", addr, portChargen)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	buf := make([]byte, 1<<17)
	begin, n := time.Now(), int64(0)
	for time.Since(begin) < long {
		k, err := c.Read(buf)
		if err != nil {
			return 0, err
		}
		n += int64(k)
	}
	return gbits(n, time.Since(begin)), nil
}

// echo measures round trips.
func echo(addr string) (p50, p99 time.Duration, err error) {
	c, err := dial("udp", addr, portEcho)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	var list []time.Duration
	var buf [64]byte
	for i := range 3000 {
		begin := time.Now()
		c.SetReadDeadline(begin.Add(2 * time.Second))
		if _, err := c.Write(buf[:]); err != nil {
			return 0, 0, err
		}
		if _, err := c.Read(buf[:]); err != nil {
			return 0, 0, err
		}
		if i >= 100 {
			list = append(list, time.Since(begin))
		}
	}
	slices.Sort(list)
	return list[len(list)/2], list[len(list)*99/100], nil
}
