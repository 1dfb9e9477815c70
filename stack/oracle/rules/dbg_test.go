package rules

import ("testing";"fmt";"os";"encoding/hex";"strings")
import "github.com/packetwalk/packetwalk/stack/oracle/gen"

// TestDbg: DBG=script file, DBGP=hex frames side:hex,...
func TestDbg(t *testing.T) {
	b, err := os.ReadFile(os.Getenv("DBG"))
	if err != nil { t.Skip() }
	c := Case{Kind: "nft", Script: string(b)}
	if k := os.Getenv("DBGK"); k != "" { c.Kind = k }
	for _, p := range strings.Split(os.Getenv("DBGP"), ",") {
		if p == "" { continue }
		f, _ := hex.DecodeString(p[2:])
		c.Packets = append(c.Packets, gen.Packet{Side: int(p[0]-'0'), Frame: f})
	}
	k := &kernel{}
	real, err := k.run(c)
	ours, _ := (&model{}).run(c)
	fmt.Println(err, real.Refused, ours.Refused, ours.Without)
	for i := range real.Frames { fmt.Println("real", texts(real.Frames[i].Out[0]), "|", texts(real.Frames[i].Out[1])); fmt.Println("ours", texts(ours.Frames[i].Out[0]), "|", texts(ours.Frames[i].Out[1])) }
	fmt.Println(real.Listing, ours.Listing, Compare(c, real, ours))
}
