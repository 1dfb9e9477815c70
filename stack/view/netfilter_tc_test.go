package view

import (
	"os"
	"testing"
)

// TestTCPanel steps through what a packet meets at a router's ingress: one filter
// passed over, with the operand, and one that matches.
func TestTCPanel(t *testing.T) {
	text, err := os.ReadFile("../../lessons/labs/tc-ingress.sh")
	if err != nil {
		t.Fatal(err)
	}
	s := labSession(t, string(text))
	toPacket(t, s, "10.0.2.10.9001")
	commands(t, s, Command{Verb: Until, Expr: "tcf_action_exec"})
	n := s.Scene().Netfilter
	if n == nil || n.TC == nil {
		t.Fatalf("no filters of tc: %+v", n)
	}
	r := n.TC.Rules
	if n.TC.Chain != "tc filters at ingress" || len(r) != 2 || r[0].State != NFFailed || r[0].Because != "ip protocol is 17, the filter wants 1" ||
		r[1].State != NFMatched || r[1].Verdict != "1 action" || r[1].Parts[0].Text != "pref 2 u32 fh 801::800" || !r[1].Here {
		t.Errorf("filters: %+v", n.TC)
	}
}
