package lab

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// tcWorld builds two hosts; h2 takes every datagram and says nothing.
const tcWorld = `ip netns add h1; ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
for n in h1 h2; do ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip -n $n link set eth0 up; done
ip -n h1 addr add 10.0.0.1/24 dev eth0; ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:00:21 dev eth0
ip netns exec h2 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in meta l4proto udp drop'
ip netns exec h1 nft 'add table ip t; add chain ip t out { type filter hook output priority mangle; }'
tc() { ip netns exec h1 tc "$@"; }
sleep 0.2
`

// tcRandomTree is a random htb, disciplines below its leaves, and a burst of datagrams
// that nftables spreads over the classes.
func tcRandomTree(r *rand.Rand) string {
	var b strings.Builder
	pick := func(l ...string) string { return l[r.Intn(len(l))] }
	n := 2 + r.Intn(4)
	top := []int{1000, 2000, 4000}[r.Intn(3)]
	fmt.Fprintf(&b, "tc qdisc add dev eth0 root handle 1: htb default %s r2q %s\n", pick("10", "11", "99"), pick("1", "10", "50"))
	fmt.Fprintf(&b, "tc class add dev eth0 parent 1: classid 1:1 htb rate %dkbit burst %sk cburst %sk\n", top, pick("2", "4", "15"), pick("2", "4", "15"))
	inner := []string{"1:1"}
	if r.Intn(2) == 0 {
		fmt.Fprintf(&b, "tc class add dev eth0 parent 1:1 classid 1:2 htb rate %dkbit ceil %dkbit burst 4k\n", top/2, top)
		inner = append(inner, "1:2")
	}
	for i := range n {
		rate := []int{100, 200, 300, 500, top / 4}[r.Intn(5)]
		ceil := max(rate, []int{rate, top / 2, top}[r.Intn(3)])
		fmt.Fprintf(&b, "tc class add dev eth0 parent %s classid 1:%d htb rate %dkbit ceil %dkbit %s %s prio %d\n", inner[r.Intn(len(inner))], 10+i, rate, ceil,
			pick("", "burst 2k", "burst 6k", "burst 3k cburst 3k"), pick("", "quantum 1500", "quantum 3000"), r.Intn(3))
		if r.Intn(5) < 2 {
			fmt.Fprintf(&b, "tc qdisc add dev eth0 parent 1:%d handle %d: %s\n", 10+i, 10+i,
				pick("pfifo limit 5", "bfifo limit 9000", "pfifo_head_drop limit 6", "tbf rate 400kbit burst 3k limit 12k", "pfifo_fast"))
		}
	}
	var m []string
	for i := range 2 * n {
		m = append(m, fmt.Sprintf("%d : 1:%d", i, 10+r.Intn(n)))
	}
	fmt.Fprintf(&b, "ip netns exec h1 nft 'add rule ip t out meta priority set numgen inc mod %d map { %s }'\n", 2*n, strings.Join(m, ", "))
	size := []int{100, 500, 942, 1400}[r.Intn(4)]
	fmt.Fprintf(&b, "dd if=/dev/zero of=/tmp/zz bs=%d count=%d status=none\n", size, 20+r.Intn(60))
	fmt.Fprintf(&b, "ip netns exec h1 socat -u -b%d OPEN:/tmp/zz UDP4:10.0.0.2:9000\nsleep 3\n", size)
	b.WriteString("tc -s class show dev eth0 | grep -v tokens; tc -s qdisc show dev eth0\n")
	return b.String()
}

var tcAnyNumber = regexp.MustCompile(`[0-9]+`)

// What the kernel and the model count for random trees of htb: packets, bytes, drops,
// overlimits, what was lent and borrowed. A real sender is never quite as fast twice; so
// the kernel runs up to four times, and each number of the model must lie where the
// kernel's do, or two packets, or a twelfth, beside it.
func TestTcKernel(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	if os.Getuid() != 0 {
		t.Skip("this needs root")
	}
	for seed := range int64(6) {
		script := tcWorld + tcRandomTree(rand.New(rand.NewSource(seed+1)))
		model := tcModelRun(t, script)
		var runs []string
		for range 4 {
			if runs = append(runs, tcReal(t, script)); runs[len(runs)-1] == model {
				break
			}
		}
		if why := tcOutside(model, runs); why != "" {
			t.Errorf("tree %d: %s\n%s\nmodel:\n%s\nkernel:\n%s", seed+1, why, script, model, runs[0])
		}
	}
}

// tcModelRun runs a script in the model.
func tcModelRun(t *testing.T, script string) string {
	t.Helper()
	_, out, _ := strings.Cut(tcRunLab(t, "echo begin\n"+script), "begin\n")
	return out
}

// tcReal runs it on the kernel, in namespaces that go away with it.
func tcReal(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s.sh"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c",
		"mkdir -p /run/netns && mount -t tmpfs none /run/netns && mount -t tmpfs none /tmp && sh "+filepath.Join("/proc/self/cwd", "s.sh"))
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// tcOutside says what differs: the words, or a number that the kernel never had.
func tcOutside(model string, runs []string) string {
	words := func(s string) string { return tcAnyNumber.ReplaceAllString(s, "N") }
	got := tcAnyNumber.FindAllString(model, -1)
	least, most := make([]int, len(got)), make([]int, len(got))
	for k, run := range runs {
		if words(run) != words(model) {
			return "other words"
		}
		for i, s := range tcAnyNumber.FindAllString(run, -1) {
			n := mustInt(s)
			if k == 0 || n < least[i] {
				least[i] = n
			}
			if k == 0 || n > most[i] {
				most[i] = n
			}
		}
	}
	for i, s := range got {
		n := mustInt(s)
		if slack := max(2, most[i]/12); n < least[i]-slack || n > most[i]+slack {
			return fmt.Sprintf("number %d is %d, the kernel's lie between %d and %d", i, n, least[i], most[i])
		}
	}
	return ""
}

func mustInt(s string) int {
	n := 0
	fmt.Sscan(s, &n)
	return n
}
