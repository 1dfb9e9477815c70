package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
)

// A recorded lab is compared without root; what differs is told.
func TestVerifyRecorded(t *testing.T) {
	var out bytes.Buffer
	ok, err := verifyLab(context.Background(), &out, "../../lessons/labs/two-hosts.sh", &verifyFlags{recorded: true, facts: true})
	if err != nil || !ok {
		t.Fatalf("%v, %v\n%s", ok, err, out.String())
	}
	for _, want := range []string{"# the kernel's facts\n", "# the model's facts\n", "h2 consumed: consumed icmp_rcv pkt [10.0.1.1 > 10.0.1.2 ICMP echo-request/0 seq 1 ttl 64]\n", "two-hosts.sh: agrees, "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q", want)
		}
	}
}

// Mistakes on the command line are told as such.
func TestVerifyUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"--record", "--recorded", "x.sh"}} {
		c := verifyCommand()
		c.SilenceErrors, c.SilenceUsage = true, true
		c.SetArgs(args)
		var u usageError
		if err := c.Execute(); !errors.As(err, &u) {
			t.Errorf("%q: %v", args, err)
		}
	}
}
