package view

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// plotSays is what a plot shows at the place, in one or two sentences.
func (b *builder) plotSays(p *Plot, near *track, v *vals) string {
	switch p.Title {
	case "congestion window":
		return b.cwndSays(near, v)
	case "round-trip time":
		return b.rttSays(near, v)
	case "receive queue":
		if v[step.SockProto] != protoTCP {
			return fmt.Sprintf("%s in %d of %d bytes of memory wait to be read.", nOf(v[step.SockRcvQueue], "packet"), v[step.SockRmem], v[step.SockRcvBuf])
		}
		return fmt.Sprintf("%s in %d of %d bytes of memory wait: %s to be read, %s behind a hole.", nOf(v[step.SockRcvQueue]+v[step.TCPOooLen], "packet"), v[step.SockRmem], v[step.SockRcvBuf], nOf(v[step.SockRcvQueue], "packet"), nOf(v[step.TCPOooLen], "packet"))
	case "receive window":
		return receiving(v, nil)
	}
	if p.Kind == "sequence" {
		return p.seqSays(near, v)
	}
	return ""
}

// seqSays tells the last segment before the place, and what is under way. Bytes
// are counted as the plot counts them.
func (p *Plot) seqSays(near *track, v *vals) string {
	out := strings.HasPrefix(p.Title, "sent")
	ref := uint32(v[step.TCPSndUna])
	if !out {
		ref = uint32(v[step.TCPRcvWup])
	}
	base := near.absolute(out, p.Here, ref)
	end := v[step.TCPSndUna] + v[step.TCPSndWnd]
	if !out {
		end = v[step.TCPRcvWup] + v[step.TCPRcvWnd]
	}
	if len(p.Series) == 2 { // as makePlots has them
		ack, window := uint64(max(0, base)), uint64(max(0, base+int64(int32(uint32(end)-ref))))
		p.Series[0].Now, p.Series[1].Now = &ack, &window
	}
	did := "came"
	if out {
		did = "was sent"
	}
	s := ""
	for i := len(near.segs) - 1; i >= 0; i-- {
		m := &near.segs[i]
		if m.at > p.Here || m.out != out {
			continue
		}
		from, to := base+int64(int32(m.from-ref)), base+int64(int32(m.to-ref))
		switch m.kind {
		case segData, segFin:
			s = fmt.Sprintf("The last segment that %s has bytes %d to %d.", did, from, to)
		case segAgain:
			s = fmt.Sprintf("The last segment that %s has bytes %d to %d: not the newest, it fills a hole or repeats.", did, from, to)
		case segSack:
			s = fmt.Sprintf("SACK says that bytes %d to %d have arrived, and that some before them are missing.", from, to)
		case segSyn:
			s = "The SYN: bytes are counted from behind it."
		case segRst:
			s = "A reset ended it."
		}
		break
	}
	if out {
		n := int64(int32(v[step.TCPSndNxt] - v[step.TCPSndUna]))
		return strings.TrimSpace(s + fmt.Sprintf(" %s not acknowledged; the window lets %s more go.", bytesAre(max(0, n)), bytesText(max(0, room(v)))))
	}
	return strings.TrimSpace(s + " " + receiving(v, nil))
}

// bytesAre is "1 byte is", "3 bytes are".
func bytesAre(n int64) string { return bytesVerb(uint64(n)) }

// change tells the last change of a field, and why it was made: by a sentence
// that has one of the words about in it.
func (b *builder) change(near *track, field int, name string, text func(uint64) string, about ...string) string {
	ch := b.lastWrite(near, field)
	if ch == nil || ch.First {
		return ""
	}
	s := fmt.Sprintf("%s %s → %s", name, text(ch.Old), text(ch.New))
	if ago := int64(b.e.At) - b.timeOf(ch); ago > 0 {
		s += ", " + nsWords(ago) + " ago"
	}
	if int(ch.Event) < len(b.log.Events) {
		e := &b.log.Events[ch.Event]
		if e.Kind == trace.Call {
			s += ", in " + step.Step(e.Code).String()
		}
		if why := b.whyChanged(ch, about); why != "" {
			return s + ": " + why
		}
	}
	return s + "."
}

// whyChanged is the sentence of the call that made a change, or that of the
// nearest call around it that has one.
func (b *builder) whyChanged(ch *trace.Change, about []string) string {
	depth := 256
	for i, n := int(ch.Event), 0; i >= 0 && n < 400 && depth > 0; i, n = i-1, n+1 {
		e := &b.log.Events[i]
		if e.Kind != trace.Call || int(e.Depth) >= depth {
			continue
		}
		depth = int(e.Depth)
		if e.Why != 0 {
			why := Clean(report.Why(b.log, e, b.names))
			for _, word := range about {
				if strings.Contains(why, word) {
					return capital(why)
				}
			}
			if len(about) == 0 {
				return capital(why)
			}
		}
		if i < int(ch.Event) && int(b.log.Events[ch.Event].Depth)-depth >= 2 {
			break
		}
	}
	return ""
}

func decimal(v uint64) string {
	if v == unlimited {
		return "no limit"
	}
	return strconv.FormatUint(v, 10)
}

func (b *builder) cwndSays(near *track, v *vals) string {
	s := b.change(near, step.TCPSndCwnd, "cwnd", decimal, "cwnd", "congestion window", "slow start")
	if ch := b.lastWrite(near, step.TCPSndCwnd); ch != nil && !ch.First && strings.HasSuffix(s, ".") && !strings.Contains(s, ": ") {
		s = strings.TrimSuffix(s, ".") + ": " + cwndBecause(ch.Old, ch.New, b.caAt(near, ch), v[step.TCPSsthresh])
	}
	if s == "" {
		s = fmt.Sprintf("cwnd is %d.", v[step.TCPSndCwnd])
	}
	mode := "above ssthresh it grows by about 1 a round trip"
	switch {
	case v[step.TCPCaState] >= 2:
		mode = "congestion state " + b.format(step.Fields(step.KindSock)[step.TCPCaState].Fmt, v[step.TCPCaState])
	case v[step.TCPSndCwnd] < v[step.TCPSsthresh]:
		mode = "below ssthresh (" + decimal(v[step.TCPSsthresh]) + "): slow start, it may double each round trip"
	}
	return fmt.Sprintf("%s %d of %d in flight; %s.", s, flight(v), v[step.TCPSndCwnd], mode)
}

// caAt is the congestion state when a change was made.
func (b *builder) caAt(near *track, ch *trace.Change) (ca uint64) {
	for _, i := range near.writes[step.TCPCaState] {
		if c := &b.log.Changes[i]; c.When <= ch.When {
			ca = c.New
		}
	}
	return ca
}

// cwndBecause says why cwnd moved, by the congestion state.
func cwndBecause(old, now, ca, ssthresh uint64) string {
	switch {
	case ca == 4 && now < old:
		return "the timeout ran out, and sending begins anew."
	case ca == 3 || ca == 2:
		return "cwnd was reduced after a loss or a sign of congestion; until that is over it follows what arrives (PRR)."
	case now > old && now <= ssthresh:
		return "slow start, each acknowledged segment adds one."
	case now > old:
		return "congestion avoidance."
	}
	return "it was not used to the full, or a recovery has ended."
}

func (b *builder) rttSays(near *track, v *vals) string {
	if v[step.TCPSrttUs] == 0 {
		return fmt.Sprintf("No round trip is measured yet: the timeout is %s.", nsWords(int64(v[step.TCPRto])))
	}
	s := b.change(near, step.TCPSrttUs, "srtt", func(us uint64) string {
		if us == 0 {
			return "none"
		}
		return nsWords(int64(us) * 125)
	})
	if v[step.TCPBackoff] > 0 {
		return strings.TrimSpace(s + fmt.Sprintf(" The timeout has doubled %s: %s.", timesText(v[step.TCPBackoff]), nsWords(int64(v[step.TCPRto]))))
	}
	return strings.TrimSpace(s + fmt.Sprintf(" Newest %s, smoothed %s: without an ACK, the timeout comes after %s.", nsWords(int64(v[step.TCPRttUs])*1000), nsWords(int64(v[step.TCPSrttUs])*125), nsWords(int64(v[step.TCPRto]))))
}

func timesText(n uint64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// nsWords is a stretch of time: "870 ns", "12.3 ms".
func nsWords(ns int64) string {
	f, unit := float64(ns), "ns"
	for _, u := range [...]string{"µs", "ms", "s"} {
		if f < 1000 {
			break
		}
		f, unit = f/1000, u
	}
	digits := 0
	if unit != "ns" && f < 100 {
		digits = 1
		if f < 10 {
			digits = 2
		}
	}
	return strconv.FormatFloat(f, 'f', digits, 64) + " " + unit
}
