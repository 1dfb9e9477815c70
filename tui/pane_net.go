package tui

import (
	"github.com/packetwalk/packetwalk/stack/view"
)

// kindSigns are the signs of the kinds of device, in the order of the legend.
var kindSigns = []struct {
	kind, what string
	sign       rune
}{
	{"igb", "card", '■'}, {"veth", "veth", '↔'}, {"bridge", "bridge", '╫'}, {"vxlan", "vxlan", '◎'}, {"macvlan", "macvlan", '◆'}, {"vlan", "VLAN", '≡'},
	{"tun", "tun", '◁'}, {"tap", "tap", '▷'}, {"ifb", "ifb", '◇'}, {"dummy", "dummy", 'ø'}, {"loopback", "loopback", '□'},
}

// kindSign is the sign of a kind of device.
func kindSign(kind string) rune {
	for _, k := range kindSigns {
		if k.kind == kind {
			return k.sign
		}
	}
	return '·'
}

// drawNet is the machines side by side with their devices, the packet passing
// between.
func drawNet(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PaneNet
	in := g.Title(r, "the machines and their devices", focus)
	in.X, in.W = in.X+1, in.W-2
	if s.Net == nil {
		g.Para(in, in.Y, "A capture has one machine; a lab has several: packetwalk walk LAB.sh, or the name of a bundled lab (bridge, vxlan).", 0, StyleDim)
		return
	}
	g.draw(Rect{in.X, in.Y, in.W, 1}, []line{wayLine(s.Net, in.W)}, 0)
	pic := Rect{in.X, in.Y + 1, in.W, in.H - 1}
	n := layNet(s.Net, pic.W)
	if n.h+2 <= pic.H {
		g.draw(Rect{in.X, in.Y + in.H - 1, in.W, 1}, []line{legendLine(s.Net)}, 0)
		pic.H--
		if n.h+3 <= pic.H {
			pic.Y++
			pic.H--
		}
	}
	c, x, y := n.draw()
	ox := max(0, min(x-pic.W/2, n.w-pic.W))
	oy := max(0, min(y-pic.H/2, n.h-pic.H))
	if focus {
		oy = max(0, min(oy+l.scroll, n.h-pic.H))
	}
	for cy := range min(pic.H, n.h-oy) {
		for cx := range min(pic.W, n.w-ox) {
			k := c.cells[(cy+oy)*c.W+cx+ox]
			g.Set(pic.X+cx, pic.Y+cy, k.r, k.s)
		}
	}
	if more := n.h - oy - pic.H; more > 0 {
		g.more(r, more, focus)
		return
	}
	if y := pic.Y + n.h + 1; pic.Y+pic.H-y >= 3 {
		rows := pic.Y + pic.H - y - 1
		ls := hopLines(s.Net)
		g.draw(Rect{pic.X, y, pic.W, rows}, ls, firstOf(max(0, s.Net.Hop-1), rows, len(ls)))
	}
}

// hopLines are the hops of the packet, a line each.
func hopLines(p *view.NetPage) (ls []line) {
	long := 0
	for i := range p.Way {
		long = max(long, width(p.Way[i].Host))
	}
	for i := range p.Way {
		h := &p.Way[i]
		sign, st := "  ", StyleDim
		switch {
		case i+1 == p.Hop && p.Lost:
			sign, st = "✗ ", StyleWarn
		case i+1 == p.Hop:
			sign, st = "▶ ", StyleHere
		case i < p.Hop:
			st = StyleVisited
		}
		ls = append(ls, line{{sign, StyleToken}, {padLeft(itoa(i+1), 3) + "  ", StyleDim}, {padRight(h.Host, long), st}, {"  " + h.Words(), st}})
	}
	return ls
}

// wayLine is the packet's way in one line, its place in view.
func wayLine(p *view.NetPage, w int) line {
	if len(p.Way) == 0 {
		return line{{"This comes to no device.", StyleDim}}
	}
	var all line
	here, used := 0, 0
	host := ""
	for i := range p.Way {
		h := &p.Way[i]
		st := StyleDim
		switch {
		case i+1 == p.Hop:
			st, here = StyleHere, used
		case i < p.Hop:
			st = StyleVisited
		}
		sep := " "
		if i > 0 {
			sep = " → "
		}
		text := string(kindSign(h.Kind)) + h.Dev
		if h.Host != host {
			text, host = h.Host+":"+text, h.Host
		}
		if i > 0 {
			all = append(all, seg{sep, StyleDim})
			used += width(sep)
		}
		all = append(all, seg{text, st})
		used += width(text)
	}
	if used <= w {
		return all
	}
	skip := max(0, min(here-w/3, used-w))
	var out line
	at := 0
	for _, s := range all {
		n := width(s.text)
		if at+n > skip {
			if at < skip {
				s.text = string([]rune(s.text)[skip-at:])
			}
			out = append(out, s)
		}
		at += n
	}
	return out
}

// legendLine explains the signs that the picture has.
func legendLine(p *view.NetPage) (l line) {
	for _, k := range kindSigns {
		some := false
		for i := range p.Hosts {
			for j := range p.Hosts[i].Devs {
				some = some || p.Hosts[i].Devs[j].Kind == k.kind
			}
		}
		if some {
			l = append(l, seg{string(k.sign) + " " + k.what + "   ", StyleDim})
		}
	}
	return append(l, seg{"● the packet", StyleToken})
}

// netHeight is how far the picture can be scrolled.
func netHeight(s *view.Scene, l *local, w, h int) int {
	if s.Net == nil {
		return 0
	}
	return layNet(s.Net, w-2).h + 1
}
