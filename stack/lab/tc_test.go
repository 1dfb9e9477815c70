package lab

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
)

// The texts are those of iproute2 6.1 on Linux 6.18.
func TestTcNumbers(t *testing.T) {
	for _, x := range [][2]string{
		{tcSize(5120), "5Kb"}, {tcSize(10237), "10Kb"}, {tcSize(1048500), "1048500b"}, {tcSize(12344), "12344b"}, {tcSize(1539), "1539b"}, {tcSize(0), "0b"},
		{tcBits(125000), "1Mbit"}, {tcBits(1543209), "12345Kbit"}, {tcBits(196608), "1572Kbit"}, {tcBits(1), "8bit"}, {tcBits(62500), "500Kbit"}, {tcBits(1250000000), "10Gbit"},
		{tcMicros(40960), "41ms"}, {tcMicros(45626), "45.6ms"}, {tcMicros(1477867733), "1.48e+03s"}, {tcMicros(3), "3us"}, {tcMicros(2500000), "2.5s"}, {tcMicros(400000), "400ms"},
		{tcNanos(10000), "10us"}, {tcNanos(1000000), "1ms"}, {tcNanos(100), "100ns"},
	} {
		if x[0] != x[1] {
			t.Errorf("%q, want %q", x[0], x[1])
		}
	}
	for s, want := range map[string]uint64{"1mbit": 125000, "1mbps": 1000000, "1.5Mibit": 196608, "8bit": 1, "3000": 375} {
		if n, ok := tcRate(s); !ok || n != want {
			t.Errorf("%s: %d, %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "x", "-1mbit", "1mbitt", "50%"} {
		if _, ok := tcRate(s); ok {
			t.Errorf("%q is no rate", s)
		}
	}
	for s, want := range map[string]int{"32kbit": 4096, "1540": 1540, "5k": 5120, "1.5k": 1536, "1m": 1 << 20} {
		if n, ok := tcBytes(s); !ok || n != want {
			t.Errorf("%s: %d, %v", s, n, ok)
		}
	}
}

func FuzzTcNumbers(f *testing.F) {
	for _, s := range []string{"1mbit", "10.5ms", "50%", "1e9", "-3", "", "999999999999999999999gbit", "1..2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tcRate(s)
		tcTime(s)
		tcTime64(s)
		tcPercent(s)
		tcSizeCell(s)
		if n, ok := tcBytes(s); ok && n < 0 {
			t.Error(n)
		}
	})
}

// tcRunLab runs a script on a fresh machine with a veth pair v0, v1.
func tcRunLab(t testing.TB, script string) string {
	t.Helper()
	w := stack.NewWorld(1)
	l := NewLab(w, w.AddHost("host"))
	var out bytes.Buffer
	l.Stdout, l.Stderr = &out, &out
	if _, err := l.Run("lab.sh", "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up\n"+script); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What iproute2 6.1 and Linux 6.18 answered: classes, parents, and what is refused.
func TestTcClasses(t *testing.T) {
	for _, x := range []struct{ script, want string }{
		{"tc class add dev v0 parent 1: classid 1:30 htb rate 1kbit", "Warning: sch_htb: quantum of class 10030 is small. Consider r2q change.\n"},
		{"tc class add dev v0 parent 1: classid 1:31 htb rate 1gbit", "Warning: sch_htb: quantum of class 10031 is big. Consider r2q change.\n"},
		{"tc class add dev v0 parent 1:1 classid 1:20 htb rate 3mbit", "RTNETLINK answers: File exists\n"},
		{"tc class add dev v0 parent 2: classid 2:30 htb rate 1kbit", "RTNETLINK answers: No such file or directory\n"},
		{"tc class add dev v0 parent 1: classid 2:30 htb rate 1kbit", "RTNETLINK answers: Invalid argument\n"},
		{"tc class change dev v0 parent 1: classid 1:99 htb rate 1kbit", "RTNETLINK answers: No such file or directory\n"},
		{"tc qdisc add dev v0 parent 1:1 pfifo", "RTNETLINK answers: Invalid argument\n"},
		{"tc qdisc add dev v0 parent 1:55 pfifo", "Error: Specified class not found.\n"},
		{"tc qdisc add dev v0 parent 3:55 pfifo", "Error: Failed to find specified qdisc.\n"},
		{"tc qdisc add dev v0 parent 10:1 pfifo", "Error: Parent qdisc is not classful.\n"},
		{"tc qdisc add dev v0 parent 1:10 pfifo", "Error: Exclusivity flag on, cannot modify.\n"},
		{"tc qdisc del dev v0 parent 1:30", "Error: Cannot find specified qdisc on specified device.\n"},
		{"tc class del dev v0 classid 1:1", "Error: HTB class in use.\n"},
		{"tc class add dev v0 parent 1: classid 1:1 pfifo", "Error: Qdisc \"pfifo\" is classless.\n"},
		{"tc class add dev v0 parent 1: classid 1:5 htb ceil 1mbit", "\"rate\" is required.\n"},
		{"tc qdisc replace dev v0 root handle 1: htb default 5", "Error: Change operation not supported by specified qdisc.\n"},
		{"tc class show dev v0 classid 1:20", "class htb 1:20 parent 1:1 prio 3 rate 3Mbit ceil 5Mbit burst 10Kb cburst 20Kb \n"},
		{"tc class show dev v0 classid 1:10", "class htb 1:10 parent 1:1 leaf 10: prio 0 rate 3Mbit ceil 10Mbit burst 1599b cburst 1600b \n"},
		{"tc -s -d class show dev v0 classid 1:10", "class htb 1:10 parent 1:1 leaf 10: prio 0 quantum 37500 rate 3Mbit ceil 10Mbit linklayer ethernet burst 1599b/1 mpu 0b cburst 1600b/1 mpu 0b level 0 \n" +
			" Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n lended: 0 borrowed: 0 giants: 0\n tokens: 66656 ctokens: 20000\n\n"},
		{"tc -d qdisc show dev v0 root", "qdisc htb 1: root refcnt 3 r2q 10 default 0x20 direct_packets_stat 0 ver 3.17 direct_qlen 1000\n"},
	} {
		got := tcRunLab(t, `tc qdisc add dev v0 root handle 1: htb default 20
tc class add dev v0 parent 1: classid 1:1 htb rate 10mbit
tc class add dev v0 parent 1:1 classid 1:10 htb rate 3mbit ceil 10mbit
tc class add dev v0 parent 1:1 classid 1:20 htb rate 3mbit ceil 5mbit prio 3 burst 10k cburst 20k quantum 3000
tc qdisc add dev v0 parent 1:10 handle 10: pfifo limit 5
`+x.script)
		if got != x.want {
			t.Errorf("%s:\n%swant\n%s", x.script, got, x.want)
		}
	}
}

// The printed form of disciplines that the recorded kernel lacks follows iproute2's
// source.
func TestTcPrinted(t *testing.T) {
	for _, x := range []struct{ options, want string }{
		{"fq_codel", "limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms memory_limit 32Mb ecn drop_batch 64"},
		{"fq_codel limit 1000 flows 256 memory_limit 16mb", "limit 1000p flows 256 quantum 1514 target 5ms interval 100ms memory_limit 16Mb ecn drop_batch 64"},
		{"fq_codel target 2000us ce_threshold 1s noecn quantum 1", "limit 10240p flows 1024 quantum 256 target 2ms ce_threshold 1e+03ms interval 100ms memory_limit 32Mb drop_batch 64"},
		{"fq_codel interval 30ms drop_batch 100 ce_threshold 5ms ce_threshold_selector 0x02/3", "limit 10240p flows 1024 quantum 1514 target 5ms ce_threshold 5ms ce_threshold_selector 0x2/0x3 interval 30ms memory_limit 32Mb ecn drop_batch 100"},
		{"codel", "limit 1000p target 5ms interval 100ms"},
		{"codel limit 1500 target 100ms interval 1s ecn ce_threshold 20ms", "limit 1500p target 100ms ce_threshold 20ms interval 1e+03ms ecn"},
		{"prio", "bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1"},
		{"prio bands 4 priomap 1 1 2 2 3 3 0 0 1 2 3 0 0 0 0 0", "bands 4 priomap 1 1 2 2 3 3 0 0 1 2 3 0 0 0 0 0"},
		{"netem limit 200", "limit 200"},
		{"netem delay 100ms", "limit 1000 delay 100ms"},
		{"netem delay 200ms 10ms 50%", "limit 1000 delay 200ms  10ms 50%"},
		{"netem loss state 5% 50% 10%", "limit 1000 loss state p13 5% p31 50% p32 10% p23 100% p14 0%"},
		{"netem loss gemodel 5% 20% 80% 1%", "limit 1000 loss gemodel p 5% r 20% 1-h 80% 1-k 1%"},
		{"netem slot 800us 1ms packets 3 bytes 4000", "limit 1000 slot 800us 1ms packets 3 bytes 4000"},
		{"netem rate 20kbit 10 50 -3", "limit 1000 rate 20Kbit packetoverhead 10 cellsize 50 celloverhead -3"},
		{"netem delay 10ms reorder 2% 50% gap 5", "limit 1000 delay 10ms reorder 2% 50% gap 5"},
		{"netem corrupt 1% duplicate 2%", "limit 1000 duplicate 2% corrupt 1%"},
	} {
		got := strings.TrimSpace(tcRunLab(t, "tc qdisc add dev v0 root handle 1: "+x.options+"; tc qdisc show dev v0"))
		kind, _, _ := strings.Cut(x.options, " ")
		if want := "qdisc " + kind + " 1: root refcnt 3 " + x.want; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", x.options, got, want)
		}
	}
}

// A change of netem leaves what it does not name, but for what is always told.
func TestTcNetemChange(t *testing.T) {
	got := tcRunLab(t, `tc qdisc add dev v0 root handle 1: netem delay 10ms loss 5% corrupt 3% rate 1mbit
tc qdisc change dev v0 root netem delay 20ms
tc qdisc show dev v0`)
	if want := "qdisc netem 1: root refcnt 3 limit 1000 delay 20ms corrupt 3% rate 1Mbit\n"; got != want {
		t.Errorf("%swant\n%s", got, want)
	}
}

// The tables of netem are those that iproute2 installs.
func TestTcDistributions(t *testing.T) {
	for name, table := range map[string][]int16{"normal": tcNormal(), "pareto": tcPareto(), "paretonormal": tcParetoNormal()} {
		if len(table) != 4096 {
			t.Fatalf("%s: %d values", name, len(table))
		}
		b, err := os.ReadFile("/usr/lib/x86_64-linux-gnu/tc/" + name + ".dist")
		if err != nil {
			t.Logf("%s: not compared: %v", name, err)
			continue
		}
		i := 0
		for _, row := range strings.Split(string(b), "\n") {
			if strings.HasPrefix(row, "#") {
				continue
			}
			for _, s := range strings.Fields(row) {
				if i < len(table) && strconv.Itoa(int(table[i])) != s {
					t.Fatalf("%s: value %d is %d, want %s", name, i, table[i], s)
				}
				i++
			}
		}
	}
}

// mq lists what each queue has; the kernel's table says in which order.
func TestTcMq(t *testing.T) {
	got := tcRunLab(t, `ip link add w0 numtxqueues 3 numrxqueues 3 type veth peer name w1
ip link set w0 up; ip link set w1 up
tc qdisc add dev w0 root handle 1: mq
tc qdisc add dev w0 parent 1:1 handle 10: pfifo limit 3
tc qdisc replace dev w0 parent 1:2 handle 12: htb default 5
tc qdisc show dev w0
tc class show dev w0
tc qdisc add dev w0 parent 1:9 pfifo
tc qdisc del dev w0 parent 1:3
tc qdisc del dev w0 root
sysctl -qw net.core.default_qdisc=fq_codel
tc qdisc add dev w0 root handle 1: mq
tc qdisc show dev w0 | grep -c fq_codel
sysctl -qw net.core.default_qdisc=nothing`)
	want := `qdisc mq 1: root 
qdisc pfifo_fast 0: parent 1:3 bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1
qdisc pfifo 10: parent 1:1 limit 3p
qdisc htb 12: parent 1:2 r2q 10 default 0x5 direct_packets_stat 0 direct_qlen 1000
class mq 1:1 root leaf 10: 
class mq 1:2 root leaf 12: 
class mq 1:3 root 
Error: Specified class not found.
Error: Cannot delete qdisc with handle of zero.
3
sysctl: setting key "net.core.default_qdisc": No such file or directory
`
	if got != want {
		t.Errorf("%swant\n%s", got, want)
	}
}

const tcLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .:%/_-+,"

// tcStrange leaves the letters that no command line of tc has.
func tcStrange(r rune) rune {
	if strings.ContainsRune(tcLetters, r) {
		return -1
	}
	return r
}

// Any command line about disciplines and classes ends, and the machine still works.
func FuzzTcQdisc(f *testing.F) {
	for _, s := range []string{"qdisc add dev v0 root htb default 10", "class add dev v0 parent 1: classid 1:10 htb rate 1mbit ceil 2mbit", "qdisc add dev v0 parent 1:10 fq_codel flows 3",
		"qdisc replace dev v0 root handle 1: prio bands 16", "qdisc add dev v0 root netem slot distribution normal 1ms 2ms packets 3", "qdisc add dev v0 root mq", "class show dev v0 classid 1:1",
		"qdisc del dev v0 parent 1:", "qdisc change dev v0 handle 1: netem loss gemodel 1% 2%", "-s -d qdisc show dev v0 invisible", "class del dev v0 classid ffff:ffff", "qdisc add dev v0 root tbf rate 1 burst 1 limit 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "\n;|&<>`$(){}'\"\\#*?[]~=!") || len(s) > 200 || strings.Map(tcStrange, s) != "" {
			return
		}
		out := tcRunLab(t, `ip addr add 10.0.0.1/24 dev v0
tc qdisc add dev v0 root handle 1: htb default 10
tc class add dev v0 parent 1: classid 1:10 htb rate 1mbit
tc `+s+`
ping -qc 2 -i 0.01 -W 0.1 10.0.0.2 > /dev/null
tc -s -d qdisc show dev v0 > /dev/null; tc -s class show dev v0 > /dev/null; tc -j -s qdisc show > /dev/null
echo end`)
		if !strings.HasSuffix(out, "end\n") {
			t.Errorf("%q: %s", s, out)
		}
	})
}
