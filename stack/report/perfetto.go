package report

import (
	"io"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Perfetto writes a Chrome trace: a track a CPU, a slice a call, an instant a
// tracepoint, and flows that follow a packet. Trace viewers open it.
type Perfetto struct {
	W     io.Writer
	Names Names

	buf   []byte
	any   bool
	open  []slice
	named map[int]bool
	flows map[uint32]bool
	at    map[int]uint64 // of the last entry of a track
}

type slice struct {
	depth uint8
	tid   int
}

// Head opens the list.
func (p *Perfetto) Head(h *Head) error {
	p.named, p.flows, p.at = map[int]bool{}, map[uint32]bool{}, map[int]uint64{}
	_, err := io.WriteString(p.W, `{"displayTimeUnit":"ns","otherData":{"input":`+string(quote(nil, h.Input))+`,"kernel":"`+step.Kernel+`"},"traceEvents":[`)
	return err
}

// Take writes the events. All calls of a Log are over at its end.
func (p *Perfetto) Take(l *trace.Log) error {
	p.buf = p.buf[:0]
	var at uint64
	for i := range l.Events {
		e := &l.Events[i]
		at = uint64(e.At)
		tid := int(e.Host)*64 + int(e.CPU)
		if !p.named[tid] {
			p.named[tid] = true
			p.begin("M", "thread_name", tid, at)
			p.buf = append(p.buf, `,"args":{"name":`...)
			p.buf = quote(p.buf, p.Names.HostName(e.Host)+" CPU "+strconv.Itoa(int(e.CPU)))
			p.buf = append(p.buf, "}}"...)
		}
		p.closeTo(e.Depth, at)
		switch e.Kind {
		case trace.Call:
			p.begin("B", step.Step(e.Code).String(), tid, at)
			p.args(e, Why(l, e, p.Names))
			p.open = append(p.open, slice{e.Depth, tid})
			p.flow(e, tid, at)
		case trace.Point:
			p.begin("i", step.TP(e.Code).String(), tid, at)
			p.buf = append(p.buf, `,"s":"t"`...)
			p.args(e, Point(l, e, p.Names))
		case trace.End, trace.Frame, trace.Note:
			p.begin("i", e.Kind.String(), tid, at)
			p.buf = append(p.buf, `,"s":"t"`...)
			p.args(e, Line(l, e, p.Names))
		}
	}
	p.closeTo(0, at)
	_, err := p.W.Write(p.buf)
	return err
}

// begin opens an entry. One task's work may reach over the beginning of the
// next: on its track an entry is never earlier than the one before.
func (p *Perfetto) begin(ph, name string, tid int, at uint64) {
	at = max(at, p.at[tid])
	p.at[tid] = at
	if p.any {
		p.buf = append(p.buf, ",\n"...)
	}
	p.any = true
	p.buf = append(p.buf, `{"ph":"`...)
	p.buf = append(p.buf, ph...)
	p.buf = append(p.buf, `","name":`...)
	p.buf = quote(p.buf, name)
	p.buf = append(p.buf, `,"pid":1,"tid":`...)
	p.buf = strconv.AppendInt(p.buf, int64(tid), 10)
	p.buf = append(p.buf, `,"ts":`...)
	p.buf = strconv.AppendUint(p.buf, at/1000, 10)
	p.buf = append(p.buf, '.')
	frac := strconv.AppendUint(nil, at%1000+1000, 10)
	p.buf = append(p.buf, frac[1:]...)
}

func (p *Perfetto) args(e *trace.Event, why string) {
	p.buf = append(p.buf, `,"args":{"pkt":`...)
	p.buf = strconv.AppendUint(p.buf, uint64(e.Pkt), 10)
	p.buf = append(p.buf, `,"why":`...)
	p.buf = quote(p.buf, why)
	p.buf = append(p.buf, "}}"...)
}

// closeTo ends the slices that are at a depth or below it.
func (p *Perfetto) closeTo(depth uint8, at uint64) {
	for n := len(p.open); n > 0 && p.open[n-1].depth >= depth; n-- {
		p.begin("E", "", p.open[n-1].tid, at)
		p.buf = append(p.buf, '}')
		p.open = p.open[:n-1]
	}
}

// flow ties the calls of one packet together where they begin anew.
func (p *Perfetto) flow(e *trace.Event, tid int, at uint64) {
	if e.Pkt == 0 || e.Depth != 0 {
		return
	}
	ph := "t"
	if !p.flows[e.Pkt] {
		ph = "s"
		if len(p.flows) > 1<<16 {
			clear(p.flows)
		}
		p.flows[e.Pkt] = true
	}
	p.begin(ph, "packet", tid, at)
	p.buf = append(p.buf, `,"cat":"packet","id":`...)
	p.buf = strconv.AppendUint(p.buf, uint64(e.Pkt), 10)
	p.buf = append(p.buf, '}')
}

// End closes the list.
func (p *Perfetto) End(*Totals) error {
	_, err := io.WriteString(p.W, "]}\n")
	return err
}
