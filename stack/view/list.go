package view

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// line is the one-line view of a frame of the capture.
func (s *Session) line(i int) string {
	if l, ok := s.lines[i]; ok {
		return l
	}
	f, err := s.k.Frame(i)
	if err != nil {
		return Clean(err.Error())
	}
	if len(s.lines) > 4096 {
		clear(s.lines)
	}
	if s.lab != nil {
		if l := s.itemLine(i); l != "" {
			return l
		}
	}
	l := fragmentLine(Clean(wire.Summary(f.Data, wire.LinkKind(f.Link), f.OrigLen)))
	s.lines[i] = l
	return l
}

// fragmentLine names the protocol of a fragment that has no header of it, where
// tcpdump gives its number only.
func fragmentLine(l string) string {
	for _, p := range [...][2]string{{"ip-proto-1", "ICMP"}, {"ip-proto-6", "TCP"}, {"ip-proto-17", "UDP"}} {
		if head, ok := strings.CutSuffix(l, ": "+p[0]); ok {
			return head + ": fragment of " + p[1]
		}
	}
	return l
}

// maxScan is how many frames are looked at to fill the list when a filter is on.
const maxScan = 2000

// list is the packets around the place.
func (s *Session) list() []Item {
	var before, after []int
	take := func(i int, to *[]int) {
		if ok, err := s.shows(i); err != nil || !ok {
			return
		}
		*to = append(*to, i)
	}
	for i := s.frame - 1; i >= max(s.oldest(), s.frame-maxScan) && len(before) < listRows; i-- {
		take(i, &before)
	}
	for i := s.frame + 1; i < min(s.k.Indexed(), s.frame+maxScan) && len(after) < listRows; i++ {
		take(i, &after)
	}
	list := make([]Item, 0, len(before)+1+len(after))
	for n := len(before) - 1; n >= 0; n-- {
		list = append(list, s.item(before[n]))
	}
	list = append(list, s.item(s.frame))
	for _, i := range after {
		list = append(list, s.item(i))
	}
	return list
}

func (s *Session) item(i int) Item {
	p := s.k.Packet(i)
	it := Item{N: i + 1, At: at(p.At), Out: p.Landmarks&MarkOut != 0, Line: s.line(i), Mark: MarkText(p), Here: i == s.frame}
	if s.lab != nil {
		x := s.lab.Item(i)
		it.Script, it.Host = x.Kind == walk.ItemLine, s.hostName(x.Host)
	}
	return it
}

func at(ns int64) string {
	if ns < 0 {
		return "-" + report.At(-ns)
	}
	return report.At(ns)
}

// MarkText is what is worth telling of a packet, in a few words; the worst
// first. Empty if nothing.
func MarkText(p Summary) string {
	switch {
	case p.Outcome == trace.Dropped && !p.Reason.NoLoss(p.Fn):
		return "DROP " + p.Reason.String()
	case p.Outcome == trace.NotModelled || p.Landmarks&MarkNotModelled != 0:
		return "not modelled"
	case p.Landmarks&MarkDrop != 0:
		return "a DROP"
	case p.Landmarks&MarkRetransmit != 0:
		return "again"
	case p.Landmarks&MarkReset != 0:
		return "reset"
	case p.Landmarks&MarkState != 0:
		return "state"
	case p.Landmarks&MarkCong != 0:
		return "congestion"
	case p.Landmarks&MarkNeigh != 0:
		return "neigh"
	case p.Landmarks&MarkNote != 0:
		return "note"
	}
	return ""
}
