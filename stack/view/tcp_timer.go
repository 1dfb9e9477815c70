package view

import (
	"github.com/packetwalk/packetwalk/stack/step"
)

// A timerRow is a timer of a connection: where it is, and what it is for.
type timerRow struct {
	pending uint64 // tcp.timer has this value; 0: field alone tells
	field   int
	name    string
	what    string
}

var timerRows = [...]timerRow{
	{1, step.TCPTimerAt, "retransmit (RTO)", "the oldest segment goes again, cwnd falls to 1"},
	{6, step.TCPTimerAt, "reordering (RACK)", "segments that are still missing count as lost"},
	{5, step.TCPTimerAt, "loss probe (TLP)", "the last segment goes again, to get an ACK"},
	{3, step.TCPTimerAt, "window probe", "a probe asks whether the window is open"},
	{0, step.TCPDelackAt, "delayed ACK", "the ACK goes alone"},
	{0, step.TCPCompressedAt, "compressed ACK", "ACKs that were held together go"},
	{0, step.TCPPaceAt, "pacing", "the next packets may go"},
	{0, step.TCPKeepAt, "keepalive", "is the other side still there?"},
}

// timers are those of a connection, as they count down.
func (b *builder) timers(v *vals, tr *track) []TCPTimer {
	var list []TCPTimer
	now := int64(b.e.At)
	for _, r := range timerRows {
		t := TCPTimer{Name: r.name, What: r.what}
		at := v[r.field]
		if at != 0 && (r.pending == 0 || v[step.TCPTimer] == r.pending) {
			fires := int64(at) - step.Start(b.names)
			t.Armed, t.Left = true, max(0, fires-now)
			t.Full = max(t.Left, fires-b.setAt(tr, r.field, now))
			if r.field == step.TCPKeepAt && v[step.SockDead] != 0 {
				t.What = "the orphan in FIN_WAIT2 goes away"
			}
		}
		list = append(list, t)
	}
	return list
}

// setAt is when a field was written last before now; now if that is not known.
func (b *builder) setAt(tr *track, field int, now int64) int64 {
	if ch := b.lastWrite(tr, field); ch != nil {
		return min(now, b.timeOf(ch))
	}
	return now
}
