package rules

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"

	"github.com/packetwalk/packetwalk/stack/oracle/gen"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Compare tells how two results of a case differ; "" if they do not.
//
// What chance decides is not compared: the identification of IP packets, the flow
// labels and fragment identifications that the router itself draws, and the port
// that NAT draws where the one asked for is taken. Such a port must be the same
// one throughout. Checksums are right or wrong.
func Compare(c Case, real, ours Result) string {
	if ours.Without != "" {
		return ""
	}
	if real.Refused != "" || ours.Refused != "" {
		if (real.Refused == "") == (ours.Refused == "") {
			return "" // in which words is another question: SameWords
		}
		return fmt.Sprintf("  refused\n  real %q\n  ours %q\n", real.Refused, ours.Refused)
	}
	var b strings.Builder
	ports := &pairs{there: map[uint16]uint16{}, back: map[uint16]uint16{}}
	seen := &drawn{ids: map[uint16]bool{}, labels: map[uint32]bool{}, frags: map[uint32]bool{}}
	shown := 0
	for i := range real.Frames {
		seen.add(real.Frames[i].Sent)
		seen.add(ours.Frames[i].Sent)
		for side := range 2 {
			r, o := real.Frames[i].Out[side], ours.Frames[i].Out[side]
			same := len(r) == len(o)
			for k := 0; same && k < len(r); k++ {
				same = seen.same(r[k], o[k], ports)
			}
			if !same && shown < 2 {
				shown++
				fmt.Fprintf(&b, "  packet %d by eth%d: %s\n", i, ours.Frames[i].Side, text(ours.Frames[i].Sent))
				fmt.Fprintf(&b, "    out by eth%d: real %s\n                 ours %s\n", side, texts(r), texts(o))
			}
		}
	}
	b.WriteString(listings(c.Kind, real.Listing, ours.Listing))
	return b.String()
}

func text(f []byte) string {
	if len(f) < 14 {
		return "nothing"
	}
	return wire.Summary(f, wire.LinkEthernet, len(f))
}

func texts(l [][]byte) string {
	if len(l) == 0 {
		return "nothing"
	}
	var s []string
	for _, f := range l {
		s = append(s, text(f)+fmt.Sprintf(" [%x]", f[min(14, len(f)):]))
	}
	return strings.Join(s, "; ")
}

// SameWords compares refusals. What bison expected where the grammar is broken
// depends on its version.
func SameWords(a, b string) bool {
	cut := func(s string) string {
		var l []string
		for _, x := range strings.Split(s, "\n") {
			x, _, _ = strings.Cut(x, ", expecting")
			l = append(l, x)
		}
		return strings.Join(l, "\n")
	}
	return cut(a) == cut(b)
}

// pairs are the numbers that chance gave: the real kernel's and the model's.
type pairs struct{ there, back map[uint16]uint16 }

// known reports whether a port is one of those that rules and packets name.
func known(p uint16) bool {
	for _, k := range gen.Ports {
		if int(p) == k {
			return true
		}
	}
	return p < 9
}

func (p *pairs) same(a, b uint16) bool {
	if t, ok := p.there[a]; ok || p.back[b] != 0 {
		return t == b && p.back[b] == a
	}
	if a == b {
		return true
	}
	if known(a) || known(b) {
		return false
	}
	p.there[a], p.back[b] = b, a
	return true
}

// drawn knows which numbers came from the packets: others are the router's own.
type drawn struct {
	ids    map[uint16]bool
	labels map[uint32]bool
	frags  map[uint32]bool
}

func (d *drawn) add(f []byte) {
	if len(f) < 34 {
		return
	}
	clear(d.ids)
	clear(d.labels)
	clear(d.frags)
	if f[12] == 8 {
		d.ids[binary.BigEndian.Uint16(f[18:])] = true
	} else if len(f) >= 54 {
		d.labels[binary.BigEndian.Uint32(f[14:])&0xfffff] = true
		if f[20] == 44 && len(f) >= 62 {
			d.frags[binary.BigEndian.Uint32(f[58:])] = true
		}
	}
}

// same compares two frames.
func (d *drawn) same(a, b []byte, p *pairs) bool {
	if len(a) != len(b) || len(a) < 14 || !bytes.Equal(a[:14], b[:14]) {
		return false
	}
	a, b = bytes.Clone(a), bytes.Clone(b)
	switch {
	case a[12] == 8 && a[13] == 0:
		d.packet4(a[14:], b[14:], p, true)
	case a[12] == 0x86 && a[13] == 0xdd:
		d.packet6(a[14:], b[14:], p, true)
	}
	return bytes.Equal(a, b)
}

// packet4 takes out of two packets what need not be the same.
func (d *drawn) packet4(a, b wire.IPv4, p *pairs, whole bool) {
	if len(a) < 20 || a.IHL() < 20 || len(a) < a.IHL() || a.IHL() != b.IHL() || len(b) < b.IHL() {
		return
	}
	if a.ID() != b.ID() && !d.ids[a.ID()] && !d.ids[b.ID()] {
		ok := a.ChecksumOK() && b.ChecksumOK() || off(a) == off(b) // or both are wrong by as much
		a.SetID(0)
		b.SetID(0)
		if ok {
			a.ComputeChecksum()
			b.ComputeChecksum()
		}
	}
	if a.Proto() != b.Proto() || a.FragOffset() != 0 {
		return
	}
	var sa, sb uint32
	if a.Proto() != 1 {
		sa = wire.PseudoHeader4(a.Src(), a.Dst(), a.Proto(), len(a)-a.IHL())
		sb = wire.PseudoHeader4(b.Src(), b.Dst(), b.Proto(), len(b)-b.IHL())
	}
	d.upper(a[a.IHL():], b[b.IHL():], byte(a.Proto()), sa, sb, p, whole && !a.IsFragment())
}

// off is by how much an IPv4 checksum is wrong.
func off(h wire.IPv4) uint16 { return wire.Fold(wire.Checksum(h[:h.IHL()], 0)) }

func (d *drawn) packet6(a, b wire.IPv6, p *pairs, whole bool) {
	if len(a) < 40 || len(b) < 40 {
		return
	}
	if x, y := a.FlowLabel(), b.FlowLabel(); x != y && !d.labels[x] && !d.labels[y] {
		for _, h := range []wire.IPv6{a, b} {
			h[1], h[2], h[3] = h[1]&0xf0, 0, 0
		}
	}
	at, next := 40, a[6]
	for len(a) >= at+8 && len(b) >= at+8 && (next == 0 || next == 60 || next == 43 || next == 44 || next == 51) {
		n := 8 + int(a[at+1])*8
		if next == 51 {
			n = 8 + int(a[at+1])*4
		}
		if next == 44 {
			n = 8
			x, y := binary.BigEndian.Uint32(a[at+4:]), binary.BigEndian.Uint32(b[at+4:])
			if x != y && !d.frags[x] && !d.frags[y] {
				copy(a[at+4:at+8], []byte{0, 0, 0, 0})
				copy(b[at+4:at+8], []byte{0, 0, 0, 0})
			}
			if binary.BigEndian.Uint16(a[at+2:])&0xfff8 != 0 {
				return
			}
			whole = whole && a[at+3]&1 == 0
		}
		next, at = a[at], at+n
	}
	if at > len(a) || at > len(b) {
		return
	}
	d.upper(a[at:], b[at:], next, wire.PseudoHeader6(a.Src(), a.Dst(), wire.Proto(next), len(a)-at), wire.PseudoHeader6(b.Src(), b.Dst(), wire.Proto(next), len(b)-at), p, whole)
}

// upper takes out the ports that chance gave, and checksums with them.
func (d *drawn) upper(a, b []byte, proto byte, sa, sb uint32, p *pairs, whole bool) {
	if len(a) < 8 || len(b) < 8 {
		return
	}
	at, ports := 0, []int{}
	switch proto {
	case 6:
		at, ports = 16, []int{0, 2}
	case 17:
		at, ports = 6, []int{0, 2}
	case 1, 58:
		at = 2
		switch a[0] {
		case 0, 8, 128, 129:
			ports = []int{4}
		}
	default:
		return
	}
	sum := len(a) >= at+2 && len(b) >= at+2 // an ICMP error may end before the checksum
	right := whole && sum && wire.Fold(wire.Checksum(a, sa)) == 0 && wire.Fold(wire.Checksum(b, sb)) == 0
	drawn := false
	for _, o := range ports {
		x, y := binary.BigEndian.Uint16(a[o:]), binary.BigEndian.Uint16(b[o:])
		if same := p.same(x, y); same && x != y {
			drawn = true
			copy(a[o:o+2], b[o:o+2])
		}
	}
	if ports == nil || len(ports) == 0 { // an ICMP error: what it is about
		d.about(a, b, proto, p)
	}
	if !sum {
		return
	}
	zero := bytes.Equal(a[at:at+2], []byte{0, 0}) != bytes.Equal(b[at:at+2], []byte{0, 0})
	if (right && !zero) || !whole && drawn {
		copy(a[at:at+2], b[at:at+2])
	}
}

// about looks into ICMP errors.
func (d *drawn) about(a, b []byte, proto byte, p *pairs) {
	switch {
	case proto == 1 && (a[0] == 3 || a[0] == 11 || a[0] == 12 || a[0] == 4):
		d.packet4(a[8:], b[8:], p, false)
	case proto == 58 && a[0] >= 1 && a[0] <= 4:
		d.packet6(a[8:], b[8:], p, false)
	}
}

// listings compares the rules and counters.
func listings(kind, real, ours string) string {
	if isNft(kind) {
		a, b := handlesOff(real), handlesOff(ours)
		if counts(a) == counts(b) {
			return ""
		}
		return linesIf("", a, b, func(l, r string) bool { return counts(l) != counts(r) })
	}
	x, y := tables(real), tables(ours)
	d := ""
	for _, t := range []string{"*raw", "*mangle", "*nat", "*filter", "*security"} {
		d += lines(t+" ", x[t], y[t])
	}
	return d
}

// counted is what packets change in a listing of nft: counters, quotas, limits that
// are per element, and the elements of sets that rules fill.
var counted = regexp.MustCompile(`packets \d+ bytes \d+|used \d+ \w+|^\s*(set|map|elements|chain) .*|^\t\t\t .*`)

// counts is a listing's numbers with the sets' elements. How nft words a rule is not
// part of it: that does not depend on packets.
func counts(s string) string {
	var b strings.Builder
	for _, l := range strings.Split(s, "\n") {
		for _, m := range counted.FindAllString(l, -1) {
			b.WriteString(m + "\n")
		}
	}
	return b.String()
}

// SameText reports whether two listings agree in every letter.
func SameText(kind string, real, ours Result) bool {
	if isNft(kind) {
		return handlesOff(real.Listing) == handlesOff(ours.Listing)
	}
	return listings(kind, real.Listing, ours.Listing) == ""
}

// lines tells which lines differ, the first few of them.
func lines(pre, a, b string) string {
	return linesIf(pre, a, b, func(l, r string) bool { return l != r })
}

// linesIf tells of the first few lines which differ.
func linesIf(pre, a, b string, differ func(l, r string) bool) string {
	if a == b {
		return ""
	}
	p, q := strings.Split(a, "\n"), strings.Split(b, "\n")
	var s strings.Builder
	n := 0
	for i := 0; i < max(len(p), len(q)) && n < 6; i++ {
		l, r := "", ""
		if i < len(p) {
			l = p[i]
		}
		if i < len(q) {
			r = q[i]
		}
		if differ(l, r) {
			l, r = strings.TrimSpace(l), strings.TrimSpace(r)
			n++
			fmt.Fprintf(&s, "  %sreal %s\n  %sours %s\n", pre, l, pre, r)
		}
	}
	return s.String()
}

// clocks are the words of a listing that the clock decides.
var clocks = regexp.MustCompile(`expires \S+|used \d*[a-z]\S*( ago)?`)

func handlesOff(s string) string {
	var b strings.Builder
	for _, l := range strings.Split(s, "\n") {
		if i := strings.Index(l, " # handle"); i >= 0 {
			l = l[:i]
		}
		b.WriteString(clocks.ReplaceAllString(l, "…") + "\n")
	}
	return b.String()
}

// tables splits what iptables-save prints; comments are no part of it.
func tables(s string) map[string]string {
	m, name := map[string]string{}, ""
	for _, l := range strings.Split(s, "\n") {
		switch {
		case strings.HasPrefix(l, "#"), l == "", l == "COMMIT":
		case strings.HasPrefix(l, "*"):
			name = l
		default:
			m[name] += l + "\n"
		}
	}
	return m
}
