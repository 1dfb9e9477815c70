package lab

import "testing"

// What dash and the small text tools say of odd words; each text was compared
// with dash 0.5.12 and the tools of Debian 12.
func TestOddWords(t *testing.T) {
	for _, c := range []struct {
		name, script, out string
		status            int
	}{
		{"arithmetic without an operand", "(echo $((1+))); echo $?", "lab.sh: 1: arithmetic expression: expecting primary: \"1+\"\n2\n", 0},
		{"an octal that is none", "(echo $((08)))", "lab.sh: 1: arithmetic expression: expecting EOF: \"08\"\n", 2},
		{"a comma", "echo $(( (1,2) ))", "lab.sh: 1: arithmetic expression: expecting ')': \" (1,2) \"\n", 2},
		{"a variable that is an expression", "x=1+1; echo $((x*2))", "lab.sh: 1: Illegal number: 1+1\n", 2},
		{"expanded, then read", "o=+; echo $((2 $o 3)) $(( $(echo 3) * 2 ))", "5 6\n", 0},
		{"what is not chosen is not worked out", "echo $((1 ? 2 : 1/0)) $((0 && 1/0))", "2 0\n", 0},
		{"nothing in it", "echo $(( ))", "lab.sh: 1: arithmetic expression: expecting primary: \" \"\n", 2},
		{"a here-document that the end ends", "cat <<never\noops", "oops\n", 0},
		{"an unset name under -u", "set -u; echo $((nope+1))", "1\n", 0},
		{"getopts inside a word", "set -- -ax; while getopts ab: o; do echo \"$o [${OPTARG-unset}] $OPTIND\"; done 2>/dev/null", "a [] 2\n? [unset] 2\n", 0},
		{"read to no name", "echo a | { read 1x; echo $?; }", "lab.sh: 1: read: 1x: bad variable name\n2\n", 0},
		{"a keyword out of place", "if true; then\necho two\nfi fi\n", "lab.sh: 3: Syntax error: \"fi\" unexpected\n", 2},
		{"inside eval", "eval 'echo a; echo )'", "lab.sh: 1: eval: Syntax error: \")\" unexpected\n", 2},
		{"options", "set -efu; echo $-", "ufe\n", 0},
		{"every variable exported", "set -a; x=5; sh -c 'echo $x'", "5\n", 0},
		{"a mask in letters", "umask 027; umask -S", "u=rwx,g=rx,o=\n", 0},
		{"two words and an operator", "[ a = ]; echo $?", "lab.sh: 1: [: =: argument expected\n2\n", 0},
		{"no loop to go on with", "continue 0", "lab.sh: 1: continue: Illegal number: 0\n", 2},
		{"a job that there is not", "wait %9; echo $?", "lab.sh: 1: wait: No such job: %9\n2\n", 0},
		{"who ends itself at a signal", "ip link set lo up; socat -u UDP4-RECV:6000 STDOUT & p=$!; sleep .1; kill $p; wait $p; echo $?", "143\n", 0},
		{"the echo of /bin", "/bin/echo 'a\\tb'; /bin/echo -e 'a\\tb\\x41'", "a\\tb\na\tbA\n", 0},
		{"expr", "expr 1 + 2 \\* 3; expr abc : 'a\\(.\\)'; expr 3 '<' 10; expr 5 / 0; echo $?", "7\nb\n1\nexpr: division by zero\n2\n", 0},
		{"sums", "echo hi > /tmp/f; md5sum /tmp/f; sha256sum < /tmp/f; md5sum /tmp/f | md5sum -c", "764efa883dda1e11db47671c4a3bbd9e  /tmp/f\n98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4  -\n/tmp/f: OK\n", 0},
		{"base64", "echo hello | base64; echo aGVsbG8K | base64 -d", "aGVsbG8K\nhello\n", 0},
		{"words of xargs", "echo \"'q s' d\\\\ e\" | xargs -n1; seq 4 | xargs -L2; echo a,b | xargs -d, echo; echo \"a'b\" | xargs; echo $?",
			"q s\nd e\n1 2\n3 4\na b\n\nxargs: unmatched single quote; by default quotes are special to xargs unless you use the -0 option\n1\n", 0},
		{"long options", "seq 5 | tail --lines=2; seq 3 | wc --lines; printf 'b\\na\\n' | sort --rev", "4\n5\n3\nb\na\n", 0},
		{"a value that is missing", "head -n; echo $?", "head: option requires an argument -- 'n'\nTry 'head --help' for more information.\n1\n", 0},
		{"all but these fields", "echo a:b:c | cut --complement -d: -f2; cut -f2-1 /dev/null", "a:c\ncut: invalid decreasing range\nTry 'cut --help' for more information.\n", 1},
		{"cat shows", "printf 'a\\tb\\n\\n\\nc\\001' | cat -sA", "a^Ib$\n$\nc^A", 0},
		{"a range that goes down", "echo x | tr z-a b; echo x | tr '[:foo:]' b", "tr: range-endpoints of 'z-a' are in reverse collating sequence order\ntr: invalid character class ‘foo’\n", 1},
		{"a directory that is not empty", "mkdir -p /tmp/d/e; rmdir /tmp/d; echo $?; rmdir /tmp/d/e /tmp/d; echo $?", "rmdir: failed to remove '/tmp/d': Directory not empty\n1\n0\n", 0},
		{"no operand", "rm; touch; echo $?", "rm: missing operand\nTry 'rm --help' for more information.\ntouch: missing file operand\nTry 'touch --help' for more information.\n1\n", 0},
		{"a flood", "ip link set lo up; ping -f -c2 127.0.0.1 | sed -n 2p | od -An -c", "   .  \\b      \\b   .  \\b      \\b  \\n\n", 0},
		{"a hop limit out of range", "ip link add va type veth peer name vb; sysctl -w net.ipv6.conf.va.hop_limit=300", "sysctl: setting key \"net.ipv6.conf.va.hop_limit\": Invalid argument\n", 1},
	} {
		if *record { // nothing is written: the real ones are asked again
			if out, st := runReal(t, c.script+"\n"); out != c.out || st != c.status {
				t.Errorf("%s: the real status is %d, the table has %d\n%s", c.name, st, c.status, lineDiff(c.out, out))
			}
		}
		if got, st := runModel(t, c.script+"\n"); got != c.out || st != c.status {
			t.Errorf("%s: %s\nstatus %d, wanted %d\n%s", c.name, c.script, st, c.status, lineDiff(c.out, got))
		}
	}
}
