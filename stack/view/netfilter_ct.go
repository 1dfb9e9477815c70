package view

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// The status bits of a connection that conntrack -L prints (IPS_*).
const (
	ctSeenReply = 1 << 1
	ctAssured   = 1 << 2
	ctConfirmed = 1 << 3
	ctSrcNAT    = 1 << 4
	ctDstNAT    = 1 << 5
	ctDying     = 1 << 9
)

// conn is the connection of the packet at hand, 0 if it has none.
func (t *tabler) conn() uint32 {
	for n := t.n; n >= 0; n-- {
		e := t.event(n)
		if e.SKB == 0 || e.Host != t.e.Host {
			continue
		}
		if id := t.val(e.SKB, step.KindSKB, step.SKBNFCT); id != 0 {
			return uint32(id)
		}
		break
	}
	for _, id := range t.hand {
		if t.builder.kindOf(t.st, id) == step.KindSKB {
			if ct := t.val(id, step.KindSKB, step.SKBNFCT); ct != 0 {
				return uint32(ct)
			}
		}
		if t.builder.kindOf(t.st, id) == step.KindCT {
			return id
		}
	}
	return 0
}

// conntrack is the connection table as conntrack -L prints it.
func (t *tabler) conntrack() Table {
	tb := Table{Kind: "conntrack", Title: "connections", Tool: "conntrack -L", Columns: []string{"proto", "left", "state", "original", "reply", "is", "mark"},
		Empty: "no connection is tracked"}
	const k = step.KindCT
	here := t.conn()
	t.alive(k, func(o *object) {
		status := t.val(o.id, k, step.CTStatus)
		if status == 0 && t.val(o.id, k, step.CTProto) == 0 {
			return
		}
		left := t.cell(o.id, k, step.CTTimeout)
		if until := t.val(o.id, k, step.CTTimeout); until != 0 {
			left.Text = strconv.FormatInt(max(0, int64(until)-step.Start(t.names)-int64(t.e.At))/1e9, 10)
		} else {
			left.Text = "-"
		}
		is := t.cell(o.id, k, step.CTStatus)
		is.Text = ctWords(status)
		proto := t.val(o.id, k, step.CTProto)
		state := t.cell(o.id, k, step.CTState)
		if proto != protoTCP && proto != 132 {
			state.Text = ""
		}
		tb.Rows = append(tb.Rows, TRow{Here: o.id == here, Cells: []TCell{t.cell(o.id, k, step.CTProto), left, state,
			t.tupleCell(o.id, proto, step.CTOrigSrc), t.tupleCell(o.id, proto, step.CTReplySrc), is, t.cell(o.id, k, step.CTMark)}})
	})
	handFirst(tb.Rows)
	return tb
}

// tupleCell is one direction of a connection: "10.0.0.1:4711 > 192.0.2.1:80".
func (t *tabler) tupleCell(id uint32, proto uint64, at int) TCell {
	const k = step.KindCT
	c := t.cell(id, k, at)
	src, dst := t.addr(id, k, at), t.addr(id, k, at+2)
	sp, dp := t.val(id, k, at+4), t.val(id, k, at+5)
	for i := at; i < at+6; i++ {
		_, made := t.get(id, k, i)
		c.New = c.New || made
	}
	switch proto {
	case 1, 58:
		c.Text = fmt.Sprintf("%s > %s type %d id %d", src, dst, dp>>8, sp)
	case protoTCP, protoUDP, 132, 33, 136:
		c.Text = endpoint(src, sp) + " > " + endpoint(dst, dp)
	default:
		c.Text = src.String() + " > " + dst.String()
	}
	c.Text = Clean(c.Text)
	return c
}

// ctWords are the bits of a connection's status that conntrack -L tells.
func ctWords(status uint64) string {
	var w []string
	if status&ctSeenReply == 0 {
		w = append(w, "[UNREPLIED]")
	}
	if status&ctAssured != 0 {
		w = append(w, "[ASSURED]")
	}
	if status&ctConfirmed == 0 {
		w = append(w, "not confirmed")
	}
	if status&ctSrcNAT != 0 {
		w = append(w, "SNAT")
	}
	if status&ctDstNAT != 0 {
		w = append(w, "DNAT")
	}
	if status&ctDying != 0 {
		w = append(w, "dying")
	}
	return strings.Join(w, " ")
}

// nfNat tells what NAT makes of the packet's connection, nil if nothing.
func (b *builder) nfNat() *NFNat {
	t := b.tabler()
	id := t.conn()
	if id == 0 {
		return nil
	}
	const k = step.KindCT
	status := t.val(id, k, step.CTStatus)
	if status&(ctSrcNAT|ctDstNAT) == 0 {
		return nil
	}
	n := &NFNat{}
	row := func(field, before, after, manip string) {
		if before == after {
			manip = ""
		}
		n.Rows = append(n.Rows, NFNatRow{field, Clean(before), Clean(after), manip})
	}
	num := func(i int) string { return strconv.FormatUint(t.val(id, k, i), 10) }
	row("source", t.addr(id, k, step.CTOrigSrc).String(), t.addr(id, k, step.CTReplyDst).String(), "snat")
	row("source port", num(step.CTOrigSport), num(step.CTReplyDport), "snat")
	row("destination", t.addr(id, k, step.CTOrigDst).String(), t.addr(id, k, step.CTReplySrc).String(), "dnat")
	row("destination port", num(step.CTOrigDport), num(step.CTReplySport), "dnat")
	if p := t.val(id, k, step.CTProto); p == 1 || p == 58 {
		n.Rows[1].Field, n.Rows[1].After = "identifier", num(step.CTReplySport)
		if n.Rows[1].Before != n.Rows[1].After {
			n.Rows[1].Manip = "snat"
		}
		n.Rows = append(n.Rows[:3:3], n.Rows[4:]...)
	}
	now := b.until()
	for i := 0; i < now && len(n.Why) < 8; i++ {
		e := b.event(i)
		switch {
		case e.Host != b.e.Host:
		case e.Kind == trace.Call && natSays(e.Why):
			n.Why = append(n.Why, Clean(report.Why(b.log, e, b.names)))
		case e.Kind == trace.Tried && step.Try(e.Code) == step.TryNatRange:
			n.Why = append(n.Why, Clean(report.Line(b.log, e, b.names)))
		}
	}
	return n
}

// natSays reports whether a sentence tells how NAT came to its addresses.
func natSays(w step.Why) bool {
	switch w {
	case step.WhyNatChose, step.WhyNatKeepsPort, step.WhyNatSrcFound, step.WhyNatAddrOnly, step.WhyNatPortFixed, step.WhyNatFound, step.WhyNatNoPort, step.WhyNatMasq,
		step.WhyNatRedirect, step.WhyNatWrote, step.WhyNatKnown, step.WhyNftNat:
		return true
	}
	return false
}
