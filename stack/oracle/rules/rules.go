package rules

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/oracle/gen"
)

// Kinds are the languages that rules are made in.
var Kinds = []string{"nft", "iptables", "ip6tables", "nft-bridge", "iptables-legacy", "ip6tables-legacy"}

// A Case is a rule set and the packets that it is asked about.
type Case struct {
	Kind    string // one of Kinds
	Seed    int64
	Script  string // for nft -f, or for iptables-restore
	Packets []gen.Packet
	Salt    uint16 // of the identification of fragments: another one in each run
}

// Make is the case of a seed.
func Make(kind string, seed int64, packets int) Case {
	r := rand.New(rand.NewSource(seed))
	c := Case{Kind: kind, Seed: seed}
	families := []bool{false, false, true}
	switch kind {
	case "nft":
		if seed%3 == 0 {
			c.Script = gen.NewNft(r, true).Rules()
		} else {
			c.Script = gen.NewWide(r, false).Rules()
		}
	case "nft-bridge":
		c.Script = gen.NewWide(r, true).Rules()
		c.Packets = gen.L2Packets(r, packets)
		return c
	default:
		six := strings.HasPrefix(kind, "ip6")
		c.Script = gen.NewIpt(r, six, !strings.HasSuffix(kind, "-legacy")).Script()
		families = []bool{six}
	}
	c.Packets = gen.Packets(r, packets, families...)
	return c
}

// nft reports whether the rules are in nft's language.
func (c *Case) nft() bool { return isNft(c.Kind) }

func isNft(kind string) bool { return strings.HasPrefix(kind, "nft") }

// bridge reports whether the router's two devices are ports of a bridge.
func (c *Case) bridge() bool { return c.Kind == "nft-bridge" }

// slow reports whether the rules look at the clock: what counts connections cleans
// up once a tick.
func (c *Case) slow() bool {
	return strings.Contains(c.Script, "connlimit") || strings.Contains(c.Script, "ct count")
}

// A Result is what a router did with a case.
type Result struct {
	Refused string // what the tool said, if it did not take the rules
	Status  int    // its exit status
	Frames  []gen.Frames
	Listing string // the rules with their counters
	Without string // what of it is not modelled
}

// A router carries out cases.
type router interface {
	run(Case) (Result, error)
	close()
}

// play sends a case's packets.
func play(c Case, send func(side int, f []byte) [2][][]byte) (l []gen.Frames) {
	for _, p := range c.Packets {
		if p.Frame == nil {
			l = append(l, gen.Frames{}) // left out
			continue
		}
		side, f := p.Make(l)
		gen.Salt(f, c.Salt)
		l = append(l, gen.Frames{Side: side, Sent: f, Out: send(side, f)})
	}
	return l
}

// Options choose the cases.
type Options struct {
	N       int      // rule sets
	Seed    int64    // of the first
	Kinds   []string // of Kinds, taken in turn; none: all
	Packets int      // for each rule set; 0: 25
	Most    int      // how many that differ are made small and printed; then it stops. 0: 3
	Whole   bool     // print those that differ as they are
}

// A Report is how the cases went.
type Report struct {
	Sets, Packets, Out int // compared: rule sets, packets into the router and out of it
	Refused            int // rule sets that both refused
	Words              int // of those, in other words
	Differ             int
	Text               int      // agree, but a rule is listed in another form
	Forms              []string // of those, and of the other words: the first few
	Unsteady           int      // the real kernel did not do it twice in the same way
	Without            int      // not compared: not modelled
	ByKind             map[string]int
	Why                map[string]int // what is not modelled
	Took               time.Duration
}

// Run compares. Differences are written to out.
func Run(ctx context.Context, o Options, out io.Writer) (rep Report, err error) {
	if len(o.Kinds) == 0 {
		o.Kinds = Kinds
	}
	if o.Packets == 0 {
		o.Packets = 25
	}
	if o.Most == 0 {
		o.Most = 3
	}
	rep = Report{ByKind: map[string]int{}, Why: map[string]int{}}
	start := time.Now()
	defer func() { rep.Took = time.Since(start) }()
	k := &kernel{}
	defer k.close()
	type asked struct {
		c   Case
		r   Result
		err error
	}
	ch, next := make(chan asked, 2), make(chan Case, 2)
	go func() { // the real kernel works while the model does
		for c := range next {
			r, err := k.run(c)
			ch <- asked{c, r, err}
		}
		close(ch)
	}()
	defer func() {
		close(next)
		for range ch {
		}
	}()
	sent := 0
	feed := func() {
		if sent < o.N {
			next <- Make(o.Kinds[sent%len(o.Kinds)], o.Seed+int64(sent), o.Packets)
			sent++
		}
	}
	feed()
	for got := 0; got < o.N; got++ {
		feed()
		a := <-ch
		if a.err != nil {
			return rep, a.err
		}
		if ctx.Err() != nil {
			return rep, ctx.Err()
		}
		d := rep.count(a.c, a.r)
		if d == "" {
			continue
		}
		for again := 0; again < 3 && d != ""; again++ {
			a.c.Salt++
			r, err := k.run(a.c)
			if err != nil {
				return rep, err
			}
			ours, _ := (&model{}).run(a.c)
			d = Compare(a.c, r, ours)
		}
		if d == "" {
			rep.Unsteady++
			continue
		}
		rep.Differ++
		fmt.Fprintf(out, "%s, seed %d: differs\n%s", a.c.Kind, a.c.Seed, d)
		if !o.Whole {
			a.c.Salt++
			small := shrink(ctx, a.c, k)
			small.print(out)
			if r, err := k.run(small); err == nil {
				ours, _ := (&model{}).run(small)
				fmt.Fprintf(out, "then they differ so:\n%s", Compare(small, r, ours))
			}
		} else {
			a.c.print(out)
		}
		if rep.Differ >= o.Most {
			fmt.Fprintf(out, "stopped after %d rule sets that differ\n", rep.Differ)
			return rep, nil
		}
	}
	return rep, nil
}

// count compares a case with the model and counts it. It returns how it differs.
func (rep *Report) count(c Case, real Result) string {
	ours, _ := (&model{}).run(c)
	d := Compare(c, real, ours)
	switch {
	case ours.Without != "":
		rep.Without++
		rep.Why[ours.Without]++
		return ""
	case d == "" && real.Refused != "":
		rep.Refused++
		if !SameWords(real.Refused, ours.Refused) {
			rep.Words++
			rep.form(c, lines("", real.Refused, ours.Refused))
		}
		return ""
	}
	rep.Sets++
	rep.ByKind[c.Kind]++
	if d == "" && !SameText(c.Kind, real, ours) {
		rep.Text++
		rep.form(c, lines("", handlesOff(real.Listing), handlesOff(ours.Listing)))
	}
	for _, f := range real.Frames {
		rep.Packets++
		rep.Out += len(f.Out[0]) + len(f.Out[1])
	}
	return d
}

// form keeps in which words the two differ.
func (rep *Report) form(c Case, how string) {
	if len(rep.Forms) < 5 {
		rep.Forms = append(rep.Forms, fmt.Sprintf("  %s, seed %d, words:\n%s", c.Kind, c.Seed, how))
	}
}

// print writes a case so that it can be done by hand.
func (c *Case) print(out io.Writer) {
	tool := "nft -f -"
	if !c.nft() {
		tool = c.Kind + "-restore"
	}
	fmt.Fprintf(out, "%s <<'EOF'\n%sEOF\n", tool, c.Script)
	for i, p := range c.Packets {
		if p.Frame == nil {
			continue
		}
		fmt.Fprintf(out, "packet %d by eth%d: %x", i, p.Side, p.Frame)
		switch {
		case p.Error:
			fmt.Fprintf(out, " (about packet %d)", p.Of-1)
		case p.Of > 0:
			fmt.Fprintf(out, " (the ends of packet %d, turned around)", p.Of-1)
		}
		fmt.Fprintln(out)
	}
}
