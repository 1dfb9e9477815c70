package lab

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/device"
)

// runNIC runs a script on a machine with a card eth0.
func runNIC(t *testing.T, script string) (string, *device.NIC) {
	t.Helper()
	w := stack.NewWorld(1)
	h := w.AddHost("host")
	n := h.AddNIC("eth0", 0x020000000001, device.Config{})
	m := NewLab(w, h)
	var out bytes.Buffer
	m.Stdout, m.Stderr = &out, &out
	if _, err := m.Run("lab.sh", script); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String(), n
}

// Queues, rings and hashes of igb: what its driver and ethtool 6.1 say.
func TestEthtoolIGB(t *testing.T) {
	const script = `ethtool -l eth0 | tail -5
ethtool -x eth0 | head -3
ethtool -L eth0 combined 2; ethtool -l eth0 | tail -1; ls /sys/class/net/eth0/queues
ethtool -x eth0 | sed -n '1p;9p;10p;18,23p'
ethtool -X eth0 equal 3
ethtool -X eth0 weight 3 1; ethtool -x eth0 | sed -n '13p;14p'
ethtool -X eth0 weight 0 0
ethtool -X eth0 weight 100 100
ethtool -X eth0 start 1 equal 1; ethtool -x eth0 | sed -n '2p'
ethtool -L eth0 combined 1
ethtool -X eth0 default; ethtool -x eth0 | sed -n '2p'
ethtool -L eth0 combined 1; ethtool -l eth0 | tail -1
ethtool -L eth0 combined 5
ethtool -L eth0 combined 0
ethtool -L eth0 rx 1
ethtool -L eth0 other 0
ethtool -X eth0 hkey 6d:5a
ethtool -X eth0 hfunc toeplitz; echo $?
ethtool -X eth0 hfunc xor
ethtool -X eth0 hfunc sha
ethtool -X eth0 context new equal 1
ethtool -n eth0
ethtool -n eth0 rx-flow-hash udp4
ethtool -N eth0 rx-flow-hash udp4 sdfn; ethtool -n eth0 rx-flow-hash udp4
ethtool -N eth0 rx-flow-hash udp4 sdf
ethtool -N eth0 rx-flow-hash tcp4 sd
ethtool -n eth0 rx-flow-hash ether
ethtool -n eth0 rx-flow-hash tcp6 | tail -3
ethtool -N eth0 flow-type tcp4 dst-port 80 action 1
ethtool -G eth0 rx 100 tx 5000
ethtool -G eth0 rx 100; ethtool -g eth0 | sed -n 8,11p
ethtool -G eth0 rx-jumbo 1
`
	const want = `Current hardware settings:
RX:		n/a
TX:		n/a
Other:		1
Combined:	4
RX flow hash indirection table for eth0 with 4 RX ring(s):
    0:      0     0     0     0     0     0     0     0
    8:      0     0     0     0     0     0     0     0
Combined:	2
rx-0
rx-1
tx-0
tx-1
RX flow hash indirection table for eth0 with 2 RX ring(s):
   56:      0     0     0     0     0     0     0     0
   64:      1     1     1     1     1     1     1     1
RSS hash key:
Operation not supported
RSS hash function:
    toeplitz: on
    xor: off
    crc32: off
Cannot set RX flow hash configuration: Invalid argument
   88:      0     0     0     0     0     0     0     0
   96:      1     1     1     1     1     1     1     1
At least one weight must be non-zero
Total weight exceeds the size of the indirection table
    0:      1     1     1     1     1     1     1     1
netlink error: requested channel counts are too low for existing indirection table (1)
netlink error: Invalid argument
    0:      0     1     0     1     0     1     0     1
Combined:	1
netlink error: requested channel count exceeds maximum (offset 36)
netlink error: Invalid argument
netlink error: requested channel counts would result in no RX or TX channel being configured (offset 36)
netlink error: Invalid argument
netlink error: requested channel count exceeds maximum (offset 36)
netlink error: Invalid argument
netlink error: Invalid argument
Cannot set RX flow hash configuration:
 Hash key setting not supported
0
Cannot set RX flow hash configuration: Operation not supported
Unknown hash function: sha
Cannot set RX flow hash configuration: Operation not supported
1 RX rings available
Total 0 rules

UDP over IPV4 flows use these fields for computing Hash flow key:
IP SA
IP DA

UDP over IPV4 flows use these fields for computing Hash flow key:
IP SA
IP DA
L4 bytes 0 & 1 [TCP/UDP src port]
L4 bytes 2 & 3 [TCP/UDP dst port]

Cannot change RX network flow hashing options: Invalid argument
Cannot change RX network flow hashing options: Invalid argument
Cannot get RX network flow hashing options: Invalid argument
L4 bytes 0 & 1 [TCP/UDP src port]
L4 bytes 2 & 3 [TCP/UDP dst port]

not modelled: ethtool -N flow-type
netlink error: requested ring size exceeds maximum (offset 44)
netlink error: Invalid argument
RX:		104
RX Mini:	n/a
RX Jumbo:	n/a
TX:		256
netlink error: requested ring size exceeds maximum (offset 36)
netlink error: Invalid argument
`
	got, n := runNIC(t, script)
	if got != want {
		t.Errorf("%s", lineDiff(want, got))
	}
	n.SetQueues(4)
	if _, _, _, rx, _ := n.Queue(3); rx != 104 {
		t.Errorf("queue 3 has a ring of %d", rx)
	}
}

// Channels, rings and hashes of veth and lo, and the files of queues: the same on the
// machine's own kernel.
func TestQueuesReal(t *testing.T) {
	script, err := os.ReadFile("testdata/queues.sh")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/queues.out")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := runModel(t, string(script))
	if got != string(want) {
		t.Errorf("recorded and model:\n%s", lineDiff(string(want), got))
	}
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Log("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
		return
	}
	c := exec.Command("timeout", "20", "unshare", "-n", "-m", "sh", "-c", "mount -t tmpfs none /run/netns && mount -t sysfs none /sys && ip link set lo up && cd /var/tmp && sh /dev/stdin")
	c.Stdin = strings.NewReader(string(script))
	out, _ := c.CombinedOutput()
	if string(out) != got {
		t.Errorf("real and model:\n%s", lineDiff(string(out), got))
	}
}

// A mask of CPUs as bitmap_parse reads it.
func TestParseMask(t *testing.T) {
	for _, c := range []struct {
		in   string
		want uint64
		bad  string
	}{{"1", 1, ""}, {"3\n", 3, ""}, {"", 0, ""}, {"00000002", 2, ""}, {"4", 0, tooLarge}, {"ff", 0, tooLarge}, {"x", 0, badValue}, {"0x1", 0, badValue},
		{"1 2", 0, badValue}, {"-1", 0, badValue}, {"1,1", 0, tooLarge}, {"0,1", 1, ""}, {",", 0, badValue}, {"123456789", 0, tooLarge}} {
		m, bad := parseMask(c.in, 2)
		if uint64(m) != c.want || bad != c.bad {
			t.Errorf("%q: %x %q, want %x %q", c.in, m, bad, c.want, c.bad)
		}
	}
}

func FuzzCPUMask(f *testing.F) {
	for _, s := range []string{"1", "3,00000000", "0-1", "0-63:2", "1,3-7", "ffffffff,ffffffff,ffffffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if m, bad := parseMask(s, 2); bad != "" && m != 0 || m > 3 {
			t.Errorf("%q: %x %s", s, m, bad)
		}
		cpuList(s)
	})
}
