package lab

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// transfer sends or receives until the time, the bytes or the client say so.
func (t *iperfTest) transfer(sends bool) {
	t.began = t.n.now()
	t.heading(sends)
	next := t.began + t.every
	stop := sim.Time(math.MaxInt64)
	if t.par.Time > 0 && !t.server {
		stop = t.began + sim.Time(t.par.Time)*sim.Second
	}
	buf := make([]byte, max(t.par.Len, 1<<17))
	from := t.began
	for {
		now := t.n.now()
		if t.every > 0 && now >= next {
			t.interval(from, now, sends)
			from, next = now, now+t.every
		}
		if t.over(now, stop) {
			break
		}
		did := int64(0)
		if sends {
			did = t.sendSome(buf, now)
		} else {
			did = t.recvSome(buf)
		}
		at := min(stop, next)
		if t.every <= 0 {
			at = stop
		}
		if did > 0 { // the program's own work
			cost := max(sim.Microsecond, sim.Time(float64(did)/(1<<17)*float64(iperfCost)))
			t.p.until(min(at, now+cost), func() bool { return false })
			continue
		}
		if w := t.pace(); sends && t.par.UDP {
			at = min(at, w)
		}
		if at == math.MaxInt64 {
			at = 0
		}
		t.p.until(at, func() bool { return t.ready(sends) })
	}
	now := t.n.now()
	for _, s := range t.streams {
		s.end = now
	}
	if t.every > 0 && now > from && t.moved() {
		t.interval(from, now, sends)
	}
}

func (t *iperfTest) moved() bool {
	for _, s := range t.streams {
		if s.bytes > s.last {
			return true
		}
	}
	return false
}

// over reports whether the test has ended.
func (t *iperfTest) over(now, stop sim.Time) bool {
	if t.server {
		if t.n.prog.Poll(t.ctl)&(socket.PollIn|socket.PollErr|socket.PollHup) != 0 {
			t.take(t.ctl, 1)
			return true
		}
		return false
	}
	if now >= stop || t.n.prog.Poll(t.ctl)&(socket.PollErr|socket.PollHup) != 0 {
		return true
	}
	if t.par.Num > 0 || t.par.Blocks > 0 {
		sum, blocks := int64(0), int64(0)
		for _, s := range t.streams {
			sum += s.bytes
			blocks += s.packets
		}
		return t.par.Num > 0 && sum >= t.par.Num || t.par.Blocks > 0 && blocks >= t.par.Blocks
	}
	return false
}

func (t *iperfTest) ready(sends bool) bool {
	if t.server && t.n.prog.Poll(t.ctl)&(socket.PollIn|socket.PollErr|socket.PollHup) != 0 {
		return true
	}
	want := socket.PollIn
	if sends {
		want = socket.PollOut
	}
	for _, s := range t.streams {
		ev := t.n.prog.Poll(s.fd)
		if ev&socket.PollErr != 0 || ev&want != 0 && !(sends && t.par.UDP) {
			return true
		}
	}
	return false
}

// due is when a stream may send its next block at the rate that was asked for.
func (t *iperfTest) due(s *iperfStream) sim.Time {
	if t.par.Bandwidth <= 0 {
		return 0
	}
	return t.began + sim.Time(float64(s.bytes)*8/float64(t.par.Bandwidth)*1e9)
}

func (t *iperfTest) pace() sim.Time {
	at := sim.Time(math.MaxInt64)
	for _, s := range t.streams {
		at = min(at, t.due(s))
	}
	return at
}

// sendSome sends a block on each stream that may.
func (t *iperfTest) sendSome(buf []byte, now sim.Time) (did int64) {
	for _, s := range t.streams {
		if t.due(s) > now {
			continue
		}
		b := buf[:t.par.Len]
		if t.par.UDP {
			binary.BigEndian.PutUint32(b, uint32(now/sim.Second))
			binary.BigEndian.PutUint32(b[4:], uint32(now/sim.Microsecond%1e6))
			binary.BigEndian.PutUint32(b[8:], uint32(s.packets+1))
		}
		k, e := t.n.put(s.fd, b)
		if e != 0 {
			continue
		}
		s.bytes += int64(k)
		s.packets++
		did += int64(k)
	}
	return did
}

// recvSome reads what is there.
func (t *iperfTest) recvSome(buf []byte) (did int64) {
	for _, s := range t.streams {
		for range 64 {
			k, e := t.n.get(s.fd, buf)
			if e != 0 || k == 0 {
				break
			}
			s.bytes += int64(k)
			did += int64(k)
			if !t.par.UDP {
				break
			}
			t.datagram(s, buf[:k])
		}
	}
	return did
}

// datagram counts one datagram: its number tells of lost ones, its time of the
// jitter (RFC 1889).
func (t *iperfTest) datagram(s *iperfStream, b []byte) {
	if len(b) < 12 {
		return
	}
	n := int64(binary.BigEndian.Uint32(b[8:]))
	if n > s.packets {
		s.lost += n - s.packets - 1
		s.packets = n
	} else if s.lost > 0 {
		s.lost-- // it came late
	}
	sent := float64(binary.BigEndian.Uint32(b)) + float64(binary.BigEndian.Uint32(b[4:]))/1e6
	late := float64(t.n.now())/1e9 - sent
	if d := math.Abs(late - s.late); s.late != 0 {
		s.jitter += (d - s.jitter) / 16
	}
	s.late = late
}

// info is what the kernel tells of a TCP stream (TCP_INFO).
func (t *iperfTest) info(s *iperfStream) (retr, cwnd int64) {
	sk := t.n.prog.Sock(s.fd)
	if sk == nil {
		return 0, 0
	}
	x, ok := sk.Prot.(*tcp.Sock)
	if !ok {
		return 0, 0
	}
	var o trace.Obs
	x.Observe(&o)
	return int64(o[step.TCPTotalRetrans]), int64(o[step.TCPSndCwnd] * o[step.TCPMss])
}

func (t *iperfTest) heading(sends bool) {
	switch {
	case t.par.UDP && sends:
		t.say("[ ID] Interval           Transfer     Bitrate         Total Datagrams\n")
	case t.par.UDP:
		t.say("[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n")
	case sends:
		t.say("[ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n")
	default:
		t.say("[ ID] Interval           Transfer     Bitrate\n")
	}
}

// iperfUnits is unit_snprintf: three digits, and a letter.
func iperfUnits(v float64, base float64) (string, string) {
	u := []string{"", "K", "M", "G", "T"}
	i := 0
	for v >= base && i < 4 {
		v /= base
		i++
	}
	f := "%4.0f"
	switch {
	case v < 9.995:
		f = "%4.2f"
	case v < 99.95:
		f = "%4.1f"
	}
	return fmt.Sprintf(f, v), u[i]
}

func (t *iperfTest) line(id string, from, to sim.Time, bytes int64) string {
	a, au := iperfUnits(float64(bytes), 1024)
	rate := 0.0
	if to > from {
		rate = float64(bytes) * 8 / (float64(to-from) / 1e9)
	}
	b, bu := iperfUnits(rate, 1000)
	return fmt.Sprintf("[%3s] %6.2f-%-6.2f sec  %s %sBytes  %s %sbits/sec", id, float64(from-t.began)/1e9, float64(to-t.began)/1e9, a, au, b, bu)
}

// interval prints what each stream did since the last time.
func (t *iperfTest) interval(from, to sim.Time, sends bool) {
	sum := int64(0)
	for _, s := range t.streams {
		got := s.bytes - s.last
		sum += got
		tail := "                  "
		switch {
		case t.par.UDP && sends:
			tail = fmt.Sprintf("  %d  ", s.packets-s.lastPackets)
		case t.par.UDP:
			tail = fmt.Sprintf("  %.3f ms  %d/%d (%.2g%%)  ", s.jitter*1000, s.lost, s.packets-s.lastPackets, 100*float64(s.lost)/float64(max(1, s.packets)))
		case sends:
			retr, cwnd := t.info(s)
			s.retr = retr
			c, cu := iperfUnits(float64(cwnd), 1024)
			tail = fmt.Sprintf("  %3d   %s %sBytes       ", retr-s.lastRetr, c, cu)
			s.lastRetr = retr
		}
		t.say("%s%s\n", t.line(fmt.Sprint(s.id), from, to, got), tail)
		t.rows = append(t.rows, map[string]any{"socket": s.id, "start": float64(from-t.began) / 1e9, "end": float64(to-t.began) / 1e9, "bytes": got,
			"bits_per_second": float64(got) * 8 / max(1e-9, float64(to-from)/1e9)})
		s.last, s.lastPackets = s.bytes, s.packets
	}
	if len(t.streams) > 1 {
		t.say("%s                  \n", t.line("SUM", from, to, sum))
	}
}

// summary prints the two ends' results.
func (t *iperfTest) summary(other []iperfResult) {
	t.say("- - - - - - - - - - - - - - - - - - - - - - - - -\n")
	sends := t.par.Reverse == t.server
	if t.par.UDP {
		t.say("[ ID] Interval           Transfer     Bitrate         Jitter    Lost/Total Datagrams\n")
	} else if t.server && !sends {
		t.say("[ ID] Interval           Transfer     Bitrate\n")
	} else {
		t.say("[ ID] Interval           Transfer     Bitrate         Retr\n")
	}
	var sum [2]int64
	var retr int64
	for i, s := range t.streams {
		var o iperfResult
		if i < len(other) {
			o = other[i]
		}
		oEnd := t.began + sim.Time(o.End*1e9)
		sent, sentEnd, got, gotEnd := s.bytes, s.end, o.Bytes, oEnd
		rt, jit, lost, pk := s.retr, o.Jitter, o.Errors, o.Packets
		if !sends {
			sent, sentEnd, got, gotEnd = o.Bytes, oEnd, s.bytes, s.end
			rt, jit, lost, pk = o.Retr, s.jitter, s.lost, s.packets
		}
		sum[0] += sent
		sum[1] += got
		retr += rt
		if t.par.UDP {
			if !t.server {
				t.say("%s  0.000 ms  0/%d (0%%)  sender\n", t.line(fmt.Sprint(s.id), t.began, sentEnd, sent), max(pk, s.packets))
			}
			t.say("%s  %.3f ms  %d/%d (%.2g%%)  receiver\n", t.line(fmt.Sprint(s.id), t.began, gotEnd, got), jit*1000, lost, pk, 100*float64(lost)/float64(max(1, pk)))
			continue
		}
		if !t.server || sends {
			t.say("%s  %3d             sender\n", t.line(fmt.Sprint(s.id), t.began, sentEnd, sent), rt)
		}
		if !t.server || !sends {
			t.say("%s                  receiver\n", t.line(fmt.Sprint(s.id), t.began, gotEnd, got))
		}
	}
	if len(t.streams) > 1 && !t.par.UDP {
		t.say("%s  %3d             sender\n%s                  receiver\n", t.line("SUM", t.began, t.streams[0].end, sum[0]), retr, t.line("SUM", t.began, t.streams[0].end, sum[1]))
	}
	if t.json {
		secs := float64(t.n.now()-t.began) / 1e9
		b, _ := json.MarshalIndent(map[string]any{"start": map[string]any{"test_start": map[string]any{"protocol": map[bool]string{true: "UDP", false: "TCP"}[t.par.UDP], "num_streams": t.par.Parallel, "duration": t.par.Time, "bytes": t.par.Num, "reverse": b2i(t.par.Reverse)}},
			"intervals": t.rows, "end": map[string]any{"sum_sent": map[string]any{"bytes": sum[0], "seconds": secs, "bits_per_second": float64(sum[0]) * 8 / max(1e-9, secs), "retransmits": retr},
				"sum_received": map[string]any{"bytes": sum[1], "seconds": secs, "bits_per_second": float64(sum[1]) * 8 / max(1e-9, secs)}}}, "", "\t")
		t.p.outf("%s\n", b)
	}
}
