package view

import (
	"bytes"
	"strings"
	"testing"
)

// TestPlainShort: as text, a walk is one line a step, packets are apart by an
// empty line, nothing is drawn, and only decisions have sentences.
func TestPlainShort(t *testing.T) {
	var out bytes.Buffer
	if err := Plain(&out, bundled(t, "tcp")); err != nil {
		t.Fatal(err)
	}
	s := bundled(t, "tcp")
	steps, packets := 0, 0
	for n := 1; ; n++ {
		sc := s.Scene()
		steps += sc.Steps
		packets++
		if s.Do(Command{Verb: NextPacket}) != nil {
			break
		}
	}
	lines := strings.Split(out.String(), "\n")
	body, heads := 0, 0
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, "Packet "):
			heads++
			if lines[i-1] != "" {
				t.Errorf("no empty line before %q", l)
			}
		case strings.HasPrefix(l, "  "):
			body++
		}
		if strings.ContainsAny(l, "|+-─│└├") && strings.Trim(l, " |+-─│└├") == "" && l != "" {
			t.Errorf("drawn: %q", l)
		}
		if !isClean(l) {
			t.Errorf("%q", l)
		}
	}
	if body != steps || heads != packets {
		t.Errorf("%d lines for %d steps, %d heads for %d packets", body, steps, heads, packets)
	}
	for _, want := range []string{"sk.state from SYN_SENT to ESTABLISHED.", ", at transport: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(out.String(), "skb.len from") {
		t.Error("numbers are told")
	}
}

// TestTalk: words, tables, terms and the overview can be asked for.
func TestTalk(t *testing.T) {
	var out bytes.Buffer
	in := strings.NewReader("until icmp_rcv\nwords\ntables\nexplain skb\nexplain sofirq\ndepth kernel\nwords\noverview\noverview\nquit\n")
	if err := Plain(&out, bundled(t, "ping"), PlainOptions{In: in}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"A message of the network itself: a ping", "Terms that explain tells more about: ", "neighbours, as ip neigh shows it:", "address 10.0.0.1, dev eth0, lladdr 02:00:00:00:00:01, state REACHABLE",
		"(this step is about it)", "sk_buff: The kernel's form for one packet", "See also: clone", "perhaps softirq", "net/ipv4/icmp.c, called by ip_protocol_deliver_rcu.", "Group 1, 3 packets",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
