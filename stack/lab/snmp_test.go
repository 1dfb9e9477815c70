package lab

import "testing"

// nstat -n prints nothing, and what comes after counts from there.
func TestNstatNoOutput(t *testing.T) {
	out, st := runModel(t, "ip link set lo up\nping -c 1 127.0.0.1 >/dev/null\nnstat -n\nnstat IcmpInEchos\nping -c 1 127.0.0.1 >/dev/null\nnstat IcmpInEchos\n")
	want := "#kernel\n#kernel\nIcmpInEchos                     1                  0.0\n"
	if out != want || st != 0 {
		t.Errorf("status %d\n%q, want\n%q", st, out, want)
	}
}
