package real

import (
	"context"
	"os"
	"testing"
	"time"
)

func TestTry(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("ran without the real kernel: set PACKETWALK_KERNEL=1, as root on Linux")
	}
	b, _ := os.ReadFile("/tmp/vf/ping.sh")
	r, err := Record(context.Background(), Lab{Name: "ping.sh", Text: string(b), Timeout: 20 * time.Second, Settle: 200 * time.Millisecond, Trace: true, Tables: []string{"ip -s link"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("status %d timeout %v lost %d missing %q\n%s\n%s", r.Status, r.TimedOut, r.Lost, r.Missing, r.Stdout, r.Stderr)
	for _, s := range r.Spaces {
		t.Logf("%s %d frames=%d nft=%d ct=%d lost %d macs %v mib %v", s.Name, s.Inum, len(s.Frames), len(s.NFT), len(s.CT), s.Lost, s.MACs, len(s.MIB))
	}
	for _, e := range r.Events {
		t.Logf("%s %s %s %v %s %q", e.Space.Name, e.Point, e.Comm, e.V, e.B["at"], e.Stack)
	}
}
