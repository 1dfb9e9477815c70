package stack

import (
	"slices"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const (
	// askAgain is longer than a neighbour waits between two questions
	// (retrans_time_ms), in ns.
	askAgain = 1500e6
	// mostAsks is how many there are before it gives up (mcast_solicit).
	mostAsks = 3
	// flushTime is within what time after the answer all packets that waited
	// for it have left, in ns.
	flushTime = 200e3
)

// resolve follows questions for link addresses: the acts from number n on,
// which frame f tells of, were done when the question was asked, if the packet
// waited for its answer.
func (s *Script) resolve(f *pcaps.Frame, p *packet, out bool, n int) {
	addr, question, answer := asked(f, p)
	switch {
	case out && question:
		s.ask(f, p.src, addr)
	case !out && answer:
		for _, a := range s.asks {
			if a.addr == addr && a.mac == 0 {
				a.mac, a.answered = p.smac, f.At
			}
		}
	case p.l3 == 0 || p.dmac.IsMulticast():
	case out:
		for _, a := range s.asks {
			if a.mac != p.dmac || a.mac == 0 || f.At > a.answered+flushTime {
				continue
			}
			for i := n; i < len(s.Acts); i++ {
				s.Acts[i].At = a.at
			}
		}
	default:
		s.heard[p.src] = true
		s.asks = slices.DeleteFunc(s.asks, func(a *ask) bool { return a.mac != 0 })
	}
}

// asked tells whether a frame is a question to everybody for the link address
// of a neighbour, or the answer to one.
func asked(f *pcaps.Frame, p *packet) (addr wire.Addr, question, answer bool) {
	switch {
	case p.arp && p.arpOp == 1:
		return p.dst, p.dmac == wire.Broadcast, false
	case p.arp:
		return p.src, false, p.arpOp == 2
	case p.proto == wire.ProtoICMPv6 && p.l4 != 0 && p.l4+24 <= len(f.Data):
		switch b := f.Data[p.l4:]; b[0] {
		case 135:
			return p.ndTarget, p.dmac.IsMulticast() && !p.src.IsZero(), false
		case 136:
			return wire.AddrFrom16(b[8:24]), false, true
		}
	}
	return addr, false, false
}

func (s *Script) ask(f *pcaps.Frame, local, addr wire.Addr) {
	for i, a := range s.asks {
		if a.addr != addr || a.mac != 0 {
			continue
		}
		if f.At < a.last+askAgain && a.n < mostAsks {
			a.n++
			a.last = f.At
			return
		}
		s.unanswered(a)
		s.asks = slices.Delete(s.asks, i, i+1)
		break
	}
	if len(s.asks) < 4096 {
		s.asks = append(s.asks, &ask{local: local, addr: addr, at: f.At, last: f.At, n: 1})
	}
}

// unanswered makes up what the host asked for: some packet that never left,
// unless the host only wanted to answer one that the capture shows.
func (s *Script) unanswered(a *ask) {
	if a.mac != 0 || s.heard[a.addr] || !s.p.onLink(a.addr) {
		return
	}
	const discard = 9
	s.add(Act{At: a.at, Kind: ActSendTo, Flow: Flow{Local: a.local, Remote: a.addr, Rport: discard, Proto: wire.ProtoUDP}, TTL: 64})
}
