//go:build linux

package real

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kernel skips a test that needs the real kernel, unless it is asked for.
func kernel(t *testing.T) {
	t.Helper()
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("ran without the real kernel: PACKETWALK_KERNEL=1, as root on Linux, records a lab")
	}
	if os.Geteuid() != 0 {
		t.Skip("the real kernel can be asked as root only")
	}
}

const twoHosts = `
ip netns add h1
ip netns add h2
ip link add veth0 netns h1 type veth peer name veth0 netns h2
ip -n h1 addr add 10.0.0.1/24 dev veth0
ip -n h2 addr add 10.0.0.2/24 dev veth0
ip -n h1 link set veth0 up
ip -n h2 link set veth0 up
ip netns exec h1 ping -c 1 -W 2 10.0.0.2 >/tmp/ping && echo good
echo bad >&2
exit 3
`

func names(t *testing.T) string {
	t.Helper()
	out, _ := exec.Command("ip", "netns", "list").Output()
	links, _ := exec.Command("ip", "-br", "link").Output()
	return string(out) + string(links)
}

// A lab is recorded: frames, tracepoints with their stacks, counters, output;
// and nothing of it is left.
func TestRecord(t *testing.T) {
	kernel(t)
	before := names(t)
	r, err := Record(context.Background(), Lab{Name: "two.sh", Text: twoHosts, Timeout: 30 * time.Second, Tables: []string{"ip neigh"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != 3 || string(r.Stdout) != "good\n" || string(r.Stderr) != "bad\n" || r.TimedOut || len(r.Missing) > 0 {
		t.Errorf("status %d, stdout %q, stderr %q, timed out %v, missing %q", r.Status, r.Stdout, r.Stderr, r.TimedOut, r.Missing)
	}
	by := map[string]*Space{}
	for _, s := range r.Spaces {
		by[s.Name] = s
	}
	if len(r.Spaces) != 3 || by[First] == nil || by["h1"] == nil || by["h2"] == nil {
		t.Fatalf("namespaces %v", by)
	}
	echo := 0
	for _, f := range by["h1"].Frames {
		if len(f.Bytes) == 98 && f.Dev == "veth0" {
			echo++
		}
	}
	if echo != 2 || by["h2"].MIB["IcmpInEchos"] != 1 || !strings.Contains(by["h1"].Tables["ip neigh"], "10.0.0.2 dev veth0") {
		t.Errorf("%d echo frames, %d echos counted, neighbours %q", echo, by["h2"].MIB["IcmpInEchos"], by["h1"].Tables["ip neigh"])
	}
	seen := map[string]bool{}
	for _, e := range r.Events {
		for _, fn := range e.Stack {
			seen[e.Space.Name+" "+e.Point+" "+fn] = true
		}
	}
	for _, want := range []string{"h2 consume_skb icmp_rcv", "h1 net_dev_queue raw_sendmsg", "h2 fib_table_lookup ip_route_input_slow", "h1 neigh_update arp_process"} {
		if !seen[want] {
			t.Errorf("no %s", want)
		}
	}
	if after := names(t); after != before {
		t.Errorf("left behind: %s, before: %s", after, before)
	}
}

// A script that does not end is stopped, and so is one that is interrupted; the
// processes that it left in the background end too.
func TestRecordBounds(t *testing.T) {
	kernel(t)
	mark := "197.531"
	text := "ip netns add h1\n(sleep " + mark + ") &\nsleep " + mark + "\n"
	r, err := Record(context.Background(), Lab{Name: "long.sh", Text: text, Timeout: time.Second})
	if err != nil || !r.TimedOut {
		t.Errorf("%v, timed out %v", err, r != nil && r.TimedOut)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(500*time.Millisecond, cancel)
	if _, err := Record(ctx, Lab{Name: "long.sh", Text: text, Timeout: 30 * time.Second}); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
	r, err = Record(context.Background(), Lab{Name: "bg.sh", Text: "(sleep " + mark + ") & echo started", Timeout: 10 * time.Second, Settle: 50 * time.Millisecond})
	if err != nil || r.TimedOut || string(r.Stdout) != "started\n" {
		t.Errorf("%v, %+v", err, r)
	}
	time.Sleep(100 * time.Millisecond)
	list, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range list {
		if b, _ := os.ReadFile(p); strings.Contains(string(b), mark) {
			t.Errorf("still runs: %q", b)
		}
	}
}

// Files that a lab writes are its own.
func TestRecordFiles(t *testing.T) {
	kernel(t)
	text := "echo x >/tmp/packetwalk-real-test; mkdir -p /etc/iproute2; echo '177 packetwalk' >>/etc/iproute2/rt_tables; ip route add 10.9.9.0/24 dev lo table packetwalk && ip route show table 177; hostname"
	r, err := Record(context.Background(), Lab{Name: "files.sh", Text: text, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(r.Stdout); got != "10.9.9.0/24 scope link \nlab\n" && got != "10.9.9.0/24 dev lo scope link \nlab\n" {
		t.Errorf("stdout %q, stderr %q", got, r.Stderr)
	}
	var st syscall.Stat_t
	if syscall.Stat("/tmp/packetwalk-real-test", &st) == nil {
		t.Error("/tmp is the machine's")
	}
	if b, _ := os.ReadFile("/etc/iproute2/rt_tables"); strings.Contains(string(b), "packetwalk") {
		t.Error("/etc is the machine's")
	}
}

// The kernel's types are found as the compiler laid them out.
func TestBTF(t *testing.T) {
	f, err := loadBTF("/sys/kernel/btf/vmlinux")
	if err != nil {
		t.Skip("this kernel does not describe its types: ", err)
	}
	for _, p := range []string{"sk_buff.dev", "sk_buff.pkt_type", "sock.__sk_common.skc_net.net", "net.ns.inum", "nf_conn.tuplehash.tuple.dst.protonum"} {
		s, m, _ := strings.Cut(p, ".")
		if pl, err := f.offset(s, m); err != nil {
			t.Errorf("%s: %v", p, err)
		} else if p == "sk_buff.pkt_type" && pl.width != 3 {
			t.Errorf("%s: %+v", p, pl)
		}
	}
	if a, err := f.args("kfree_skb"); err != nil || len(a) < 3 || a[0] != "skb" || a[1] != "location" || a[2] != "reason" {
		t.Errorf("kfree_skb: %v %v", a, err)
	}
	if _, err := f.offset("sk_buff", "nonsense"); err == nil {
		t.Error("sk_buff.nonsense was found")
	}
}

// Structures that stand in themselves, nameless, do not keep the search busy for
// ever, and a name that never ends is no name.
func TestBTFNested(t *testing.T) {
	le := binary.LittleEndian
	const n = 1000
	types := make([]byte, 12+12*n)
	le.PutUint32(types, 1) // "a"
	le.PutUint32(types[4:], btfStruct<<24|n)
	for i := range n {
		le.PutUint32(types[12+12*i+4:], 1) // a member without a name: a itself
	}
	strs := append([]byte{0, 'a', 0}, bytes.Repeat([]byte{'x'}, 4096)...)
	b := make([]byte, 24)
	le.PutUint16(b, 0xeb9f)
	le.PutUint32(b[4:], 24)
	le.PutUint32(b[12:], uint32(len(types)))
	le.PutUint32(b[16:], uint32(len(types)))
	le.PutUint32(b[20:], uint32(len(strs)))
	f, err := parseBTF(append(append(b, types...), strs...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.offset("a", "b"); err == nil {
		t.Error("a.b was found")
	}
	if s := f.str(3); s != "" {
		t.Errorf("a name of %d bytes", len(s))
	}
}

// FuzzBTF and FuzzAttrs: nothing that a kernel may hand out panics.
func FuzzBTF(f *testing.F) {
	f.Add([]byte{0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 8, 0, 0, 0, 'a', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := parseBTF(b); err == nil {
			x.offset("a", "b.c")
			x.args("a")
		}
	})
}

func FuzzAttrs(f *testing.F) {
	f.Add([]byte{8, 0, 1, 0, 'a', 'b', 'c', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		nftMessage(1, b)
		s := &Space{}
		s.netlink(b)
	})
}
