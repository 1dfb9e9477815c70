package drill

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sample has every part of the language.
const sample = "--tolerance_usecs=10000\n--ip_version=ipv4\n--define=CC=\"cubic\"\n--send_omit_free\n" +
	"`sysctl -q net.ipv4.tcp_timestamps=0`\n" + `
// a comment
/* another * one */
0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_TCP, TCP_CONGESTION, CC, 5) = 0
+0 setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0
0.100...0.200 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)
*  > S 0:0(0) <...>
0.1~0.2 > [ect01] SEW 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 8,FO 0123456789abcdef,nop,nop>
+.1~+.2 > [ce, flowlabel 0x7] P.5 1:1001(1000) ack 1 win 5 urg 3 <nop,nop,sack 1:2 3:4,ECN e0b 1 ceb 2 e1b 3,nop>
+0 < (ttl 5) 80 > 1234 - 1:1(0) win 0 <md5 0123456789abcdef0123456789abcdef,nop,nop>
+0 < [tos 0x3] . 1:1(0) ack 4294967295 win 65535 <FOEXP aabb,eol,nop>
+0 > udp 5 > 6 (100)
+0 < icmp unreachable frag_needed mtu 1200 [1:1001(1000)]
+0 < icmp echo_request id 7 [raw (100)]
+0 < icmp unreachable port_unreachable [udp (10)]
+0 < ipv4 192.0.2.1 > 192.168.0.1: ipv6 2001:db8::1 > ::1: gre: mpls (label 1, tc 0, [S], ttl 9): S 0:0(0) win 0
+0 < gre flags [key present,checksum present], sum 0x1, off 0x0, key=0x5, seq 0x0: S 0:0(0) win 0
+0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{...,10}], msg_flags=MSG_ERRQUEUE, msg_control=[
	{cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=0, ee_origin=5, ee_type=0, ee_code=1, ee_info=0, ee_data=2}},
	{cmsg_level=1, cmsg_type=37, cmsg_data={scm_sec=0, scm_nsec=30000000}},
	{cmsg_level=1, cmsg_type=54, cmsg_data={TCP_NLA_BUSY=5, TCP_NLA_SRTT=...}}]}, MSG_ERRQUEUE) = 10
+0 poll([{fd=3, events=POLLIN, revents=0}, {fd=4, events=POLLOUT}], 2, 0) = 0
+0 epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLET, u64=0x123}) = 0
+0 writev(3, [{..., 1}, {..., 2}], 2) = 3
+0 foo("a\x20b" "c", "d"..., {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("1.2.3.4")}, inet6_addr("::1"), inet_addr("1.2.3.4"), [], {A=1}) = 0
+0 %{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%
` + "+0 `ip route`\n`cleanup`\n"

func TestRoundTrip(t *testing.T) {
	s, err := Parse("x", sample, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Options) != 4 || s.Init == nil || s.Cleanup == nil || len(s.Events) != 23 {
		t.Fatalf("%d options, %d events", len(s.Options), len(s.Events))
	}
	roundTrip(t, s)
}

// roundTrip: printed and read again, a script is the same.
func roundTrip(t *testing.T, s *Script) {
	t.Helper()
	text := s.String()
	u, err := Parse("x", text, nil, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if again := u.String(); again != text {
		t.Fatalf("printed twice:\n%s\n%s", text, again)
	}
	if plain(s) != plain(u) && !reflect.DeepEqual(strip(s), strip(u)) {
		t.Fatalf("it is another script:\n%s", text)
	}
}

func plain(s *Script) string { return s.String() }

// strip takes away where things stood.
func strip(s *Script) *Script {
	c := *s
	c.File, c.Options = "", append([]Option{}, s.Options...)
	for i := range c.Options {
		c.Options[i].Line = 0
	}
	c.Events = nil
	for _, e := range s.Events {
		x := *e
		x.Line, x.End, x.Col = 0, 0, 0
		c.Events = append(c.Events, &x)
	}
	return &c
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "x:1:1: expected a time: seconds, +seconds or *, found the end of the script"},
		{"0 socket(", "x:1:10: expected an expression, found the end of the script"},
		{"0 socket(1, 2) = 3\n+0 > S 0:0(1)", "x:2:8: inconsistent TCP sequence numbers and payload size: 0:0(1)"},
		{"0 < S 0:0(0) <mss 1000>", "x:1:14: expected 'win': an inbound packet needs a window, found '<'"},
		{"0 > S 0:0(0) <mss 1000,nop>", "x:1:14: TCP options are not padded to a multiple of 4 bytes: 1 excess bytes"},
		{"0 > SX 0:0(0)", "x:1:5: 'X' is no TCP flag"},
		{"0 > S 0:0(0) <mss 70000>", "x:1:19: an MSS is out of range: 70000, it can be 0 to 65535"},
		{"0 > S 0:0(0) <foo>", "x:1:15: expected a TCP option, found 'foo'"},
		{"* read(1, ..., 2) = 3", "x:1:1: the time * can only be used with outbound packets"},
		{"0.2~0.1 > S 0:0(0)", "x:1:1: the time range is backwards"},
		{"0 read(3, ..., 5)\n+0 close(3) = 0", "x:2:1: expected '=', found '+'"},
		{"0 %{ assert 1", "x:1:3: expected }% at the end of the code, found the end of the script"},
		{"0 < S 0:0(0) win 1 <...>", "x:1:21: <...> for TCP options can only be used with outbound packets"},
		{"0 < [ect01] S 0:0(0) win 1", "x:1:6: [ect01] can only be used with outbound packets"},
		{"/* x", "x:1:1: expected */ at the end of the comment, found the end of the script"},
		{"0 foo() = -1 EFOO bar", "x:1:19: expected '(', found 'bar'"},
	} {
		_, err := Parse("x", c.text, nil, nil)
		var e *SyntaxError
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%q: %v, not %s", c.text, err, c.want)
		}
	}
}

func TestDefines(t *testing.T) {
	const text = "--define=N=x\n--define=M=\"6\"\n0 foo(N, M, S, ABC, N) = 0"
	s, err := Parse("x", text, Defines{{"N", "1"}, {"ABC", "2"}}, Defines{{"M", "7"}, {"S", `"x"`}})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Events[0].String(); got != `0.000000 foo(x, 7, "x", 2, x) = 0` {
		t.Error(got)
	}
}

func TestLexNumbers(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"0.1...0.2 x", "0.1|...|0.2|x"}, {"1:1001(1000)", "1|:|1001|(|1000|)"}, {"fd3d:fa7b:d17d::1 > ::1:", "fd3d:fa7b:d17d::1|>|::1|:"},
		{"P.5 S. .1 -1 0x1f", "P|.5|S|.|.1|-1|0x1f"}, {"192.168.0.1>1", "192.168.0.1|>|1"}, {"::ffff:1.2.3.4", "::ffff:1.2.3.4"}, {"1a2b 12 0x", "1a2b|12|0x"},
	} {
		l := lexer{src: c.text, line: 1, col: 1}
		var got []string
		for {
			tok, err := l.next()
			if err != nil {
				t.Fatal(err)
			}
			if tok.kind == tokEOF {
				break
			}
			got = append(got, tok.text)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%q: %s, not %s", c.text, s, c.want)
		}
	}
}

// FuzzParse: no panic; and what can be read is the same when it is printed and
// read again.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	files, _ := filepath.Glob("../../lessons/drill/*.pkt")
	for _, n := range files {
		if b, err := os.ReadFile(n); err == nil {
			f.Add(string(b))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("x", text, nil, nil)
		if err != nil {
			return
		}
		roundTrip(t, s)
	})
}
