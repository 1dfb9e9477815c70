package drill

import (
	"math/big"
	"strings"
	"testing"
)

func TestPython(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"print(1 + 2 * 3 ** 2, 7 // 2, -7 // 2, -7 % 3, 7 / 2)", "19 3 -4 2 3.5\n"},
		{"print(1 < 2 <= 2 != 3, 1 == 1.0, not 0, 5 in (1, 5), 3 not in [3])", "True True True True False\n"},
		{"x = 5; x += 10; x <<= 1; print(x, x & 6, x | 1, ~x, x ^ 2)", "30 6 31 -31 28\n"},
		{"print('%d us, %5.2f %s %x%%' % (5, 1.5, 'a', 255))", "5 us,  1.50 a ff%\n"},
		{"print('srtt=%d' % n)", "srtt=7\n"},
		{"if n > 5:\n  print('big')\nelif n:\n  print('some')\nelse:\n  print('none')", "big\n"},
		{"for i in range(3):\n    print(i)\nwhile n < 9: n += 1\nprint(n)", "0\n1\n2\n9\n"},
		{"print(abs(-3), min(4, 2), max([1, 9]), int(2.7), float(3), len('abc'), round(2.5), sum((1, 2)))", "3 2 9 2 3.0 3 2 3\n"},
		{"a, b = 1, 2\nprint(b, a)", "2 1\n"},
		{"assert n == 7, n; \\\nassert n == 7,\\\n n", ""},
		{"print(1 if n else 2, 0 or 'x', 1 and 2)", "1 x 2\n"},
		{"# a comment\nprint((1,), [2], None)  # more", "(1,) [2] None\n"},
		{"print(18446744073709551615 + 1)", "18446744073709551616\n"},
		{"assert n == 8, 'n=%d' % n", "AssertionError: n=7 (n is 7)"},
		{"assert 5 <= n and n < 7", "assert 5 <= n and n < 7: AssertionError (n is 7, n is 7)"},
		{"assert m == 8", "NameError: name 'm' is not defined"},
		{" assert 1", "IndentationError: unexpected indent"},
		{"assert 1\n  assert 1", "IndentationError: unexpected indent"},
		{"assert 1 +", "SyntaxError: invalid syntax"},
		{"import os", "not modelled: python: import"},
		{"print(n.real)", "not modelled: python: attributes (.real)"},
		{"while 1: pass", "stopped after"},
		{"1 / 0", "ZeroDivisionError: division by zero"},
		{"assert n = 7", "SyntaxError: invalid syntax"},
	} {
		var out strings.Builder
		m := &pyMachine{vars: map[string]pyValue{"n": big.NewInt(7)}, out: &out}
		err := m.run(c.src)
		got := out.String()
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%q: %q, not %q", c.src, got, c.want)
		}
	}
}

// FuzzPython: no panic, and an end.
func FuzzPython(f *testing.F) {
	f.Add("assert tcpi_rtt >= 5 and -1 < 2, 'x=%d' % 5\nif 1:\n  y = (1, 2)[0]\nelse: pass")
	f.Add("for i in range(5):\n\tprint(i ** 2 // 3)")
	f.Fuzz(func(t *testing.T, src string) {
		m := &pyMachine{vars: map[string]pyValue{"tcpi_rtt": big.NewInt(7)}, out: &strings.Builder{}}
		_ = m.run(src)
	})
}
