package report

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// NDJSON prints one JSON object a line, as TRACE says.
type NDJSON struct {
	W     io.Writer
	Names Names
	Bytes bool // frames with their bytes in hex

	n     count // of the events
	buf   []byte
	where where
	whys  []sentence // by step.Why
	json  known
}

// Head prints the first line.
func (p *NDJSON) Head(h *Head) error {
	line, err := json.Marshal(struct {
		Version int    `json:"packetwalk"`
		Kernel  string `json:"kernel"`
		Input   string `json:"input"`
		Mode    string `json:"mode"`
		Hosts   []Host `json:"hosts"`
	}{1, step.Kernel, h.Input, h.Mode, h.Hosts})
	if err != nil {
		return err
	}
	_, err = p.W.Write(append(line, '\n'))
	return err
}

// Take prints a line an event.
func (p *NDJSON) Take(l *trace.Log) error {
	p.buf = p.buf[:0]
	for i := range l.Events {
		p.event(l, &l.Events[i])
		if len(p.buf) > 1<<16 {
			if _, err := p.W.Write(p.buf); err != nil {
				return err
			}
			p.buf = p.buf[:0]
		}
	}
	_, err := p.W.Write(p.buf)
	return err
}

func (p *NDJSON) num(key string, v uint64) {
	p.key(key)
	p.buf = strconv.AppendUint(p.buf, v, 10)
}

func (p *NDJSON) str(key, v string) {
	p.key(key)
	p.buf = quote(p.buf, v)
}

func (p *NDJSON) key(key string) {
	p.buf = append(p.buf, ',', '"')
	p.buf = append(p.buf, key...)
	p.buf = append(p.buf, '"', ':')
}

func (p *NDJSON) event(l *trace.Log, e *trace.Event) {
	p.buf = append(p.buf, `{"n":`...)
	p.buf = append(p.buf, p.n.next()...)
	p.buf = append(p.buf, p.place(e)...)
	p.buf = strconv.AppendUint(p.buf, uint64(e.Depth), 10)
	switch e.Kind {
	case trace.Call:
		p.call(l, e)
		p.set(l, e)
	case trace.Point:
		p.point(l, e)
	case trace.Tried:
		p.buf = append(p.buf, kinds[e.Kind]...)
		t := step.Try(e.Code).Info()
		a := l.Args(e)
		p.str("what", t.What)
		p.str("candidate", step.Render(t.Candidate, a, p.Names))
		p.str("because", step.Render(t.Because, a, p.Names))
	case trace.Frame:
		p.buf = append(p.buf, kinds[e.Kind]...)
		b := l.Bytes(e)
		p.str("dir", direction(e))
		p.num("len", uint64(len(b)))
		p.str("summary", summary(b))
		if p.Bytes {
			p.str("hex", hex.EncodeToString(b))
		}
	case trace.End:
		p.buf = append(p.buf, kinds[e.Kind]...)
		p.str("outcome", trace.Outcome(e.Code).String())
		p.str("at", e.Fn.String())
		if e.Reason != 0 {
			p.str("reason", e.Reason.String())
		}
		if w := Why(l, e, p.Names); w != "" {
			p.str("why", w)
		}
	case trace.Note:
		p.buf = append(p.buf, kinds[e.Kind]...)
		p.str("note", Why(l, e, p.Names))
	}
	p.buf = append(p.buf, '}', '\n')
}

// where is what lines say of time and place. Most events happen where the one
// before did, at the same moment and to the same packet: then it is not written
// anew.
type where struct {
	at               sim.Time
	pkt, parent, skb uint32
	dev              uint16
	host, cpu        uint8
}

// place is the part of a line between its number and its depth, in JSON.
func (p *NDJSON) place(e *trace.Event) []byte {
	w := where{e.At, e.Pkt, e.Parent, e.SKB, e.Dev, e.Host, e.CPU}
	if w == p.where && p.json.place != nil {
		return p.json.place
	}
	p.where = w
	b := append(p.json.place[:0], `,"t":`...)
	b = strconv.AppendUint(b, uint64(e.At), 10)
	b = append(b, p.json.host(e.Host, p.Names)...)
	b = append(b, `,"cpu":`...)
	b = strconv.AppendUint(b, uint64(e.CPU), 10)
	if e.Dev != 0 {
		b = quote(append(b, `,"dev":`...), on(p.Names, e).DevName(int(e.Dev)))
	}
	if e.Pkt != 0 {
		b = strconv.AppendUint(append(b, `,"pkt":`...), uint64(e.Pkt), 10)
	}
	if e.Parent != 0 {
		b = strconv.AppendUint(append(b, `,"parent":`...), uint64(e.Parent), 10)
	}
	if e.SKB != 0 {
		b = strconv.AppendUint(append(b, `,"skb":`...), uint64(e.SKB), 10)
	}
	p.json.place = append(b, `,"depth":`...)
	return p.json.place
}

// call prints which function was called, and its sentence.
func (p *NDJSON) call(l *trace.Log, e *trace.Event) {
	c := p.json.call(step.Step(e.Code))
	if e.Why == 0 {
		p.buf = append(p.buf, c.what...)
		return
	}
	p.buf = append(append(p.buf, c.head...), `,"why":"`...)
	args := l.WhyArgs(e)
	for i, s := 0, p.sentence(e.Why); i < len(s); i++ {
		p.buf = append(p.buf, s[i].json...)
		start := len(p.buf)
		p.buf = escaped(s[i].AppendPlace(p.buf, args, p.Names), start)
	}
	p.buf = append(p.buf, '"')
}

// A sentence is one of the catalogue's, taken apart.
type sentence []struct {
	step.Part
	json []byte // its text
}

func (p *NDJSON) sentence(w step.Why) sentence {
	if int(w) >= len(p.whys) {
		p.whys = append(p.whys, make([]sentence, int(w)+1-len(p.whys))...)
	}
	s := &p.whys[w]
	if *s == nil {
		parts := step.Parts(w.Text())
		*s = make(sentence, len(parts))
		for i, part := range parts {
			(*s)[i].Part, (*s)[i].json = part, escape(nil, part.Text)
		}
	}
	return *s
}

func direction(e *trace.Event) string {
	if e.Code == 0 {
		return "rx"
	}
	return "tx"
}

// set prints what the call changed: [key, from, to].
func (p *NDJSON) set(l *trace.Log, e *trace.Event) {
	first := true
	l.Set(e, func(c *trace.Change) {
		f := p.json.field(c.Key)
		if f.json == nil {
			return
		}
		if first {
			p.buf = append(p.buf, `,"set":[`...)
		} else {
			p.buf = append(p.buf, ',')
		}
		first = false
		p.buf = append(p.buf, f.json...)
		p.value(f.fmt, c.Old)
		p.buf = append(p.buf, ',')
		p.value(f.fmt, c.New)
		p.buf = append(p.buf, ']')
	})
	if !first {
		p.buf = append(p.buf, ']')
	}
}

// value prints a number as a number and everything else as a string.
func (p *NDJSON) value(f step.Fmt, v uint64) {
	switch f {
	case step.Dec, step.SKB, step.SK:
		p.buf = strconv.AppendUint(p.buf, v, 10)
	case step.Int:
		p.buf = strconv.AppendInt(p.buf, int64(v), 10)
	case step.Dur:
		p.buf = strconv.AppendUint(p.buf, v, 10)
	case step.Time:
		p.buf = strconv.AppendInt(p.buf, int64(v)-step.Start(p.Names), 10)
	case step.Bool:
		p.buf = strconv.AppendBool(p.buf, v != 0)
	default:
		p.buf = append(p.buf, '"')
		start := len(p.buf)
		p.buf = append(escaped(f.Append(p.buf, 0, v, p.Names), start), '"')
	}
}

func (p *NDJSON) point(l *trace.Log, e *trace.Event) {
	i := step.TP(e.Code).Info()
	p.buf = append(p.buf, points[e.Code].head...)
	a := l.Args(e)
	for n, arg := range i.Args {
		if len(a) == 0 {
			break
		}
		p.buf = append(p.buf, points[e.Code].args[n]...)
		if arg.Fmt == step.IP {
			if len(a) < 2 {
				p.buf = append(p.buf, `""`...)
				break
			}
			p.buf = append(step.IP.Append(append(p.buf, '"'), a[0], a[1], p.Names), '"')
			a = a[2:]
			continue
		}
		p.value(arg.Fmt, a[0])
		a = a[1:]
	}
	p.buf = append(p.buf, '}')
}

// End prints the last line.
func (p *NDJSON) End(t *Totals) error {
	b := append(p.buf[:0], `{"summary":{"packets":`...)
	b = strconv.AppendInt(b, int64(t.Packets), 10)
	b = append(b, `,"events":`...)
	b = strconv.AppendUint(b, t.Events, 10)
	for o := trace.Delivered; int(o) < len(t.Outcomes); o++ {
		b = append(b, ',', '"')
		b = append(b, o.String()...)
		b = append(b, '"', ':')
		b = strconv.AppendInt(b, int64(t.Outcomes[o]), 10)
	}
	paths, err := json.Marshal(t.Paths)
	if err != nil {
		return err
	}
	if t.Paths == nil {
		paths = []byte("[]")
	}
	b = append(append(b, `,"paths":`...), paths...)
	b = append(b, `,"mib":{`...)
	for i, m := range t.Counters() {
		if i > 0 {
			b = append(b, ',')
		}
		b = quote(b, m.String())
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(t.MIB[m]), 10)
	}
	b = append(b, '}')
	if t.React != nil {
		b = append(b, `,"react":{"frames":`...)
		b = strconv.AppendInt(b, int64(t.React.Frames), 10)
		b = append(b, `,"agree":`...)
		b = strconv.AppendInt(b, int64(t.React.Agree), 10)
		b = append(b, '}')
	}
	b = append(b, `,"hash":"`...)
	b = append(b, hash(t.Hash)...)
	b = append(b, "\"}}\n"...)
	_, err = p.W.Write(b)
	return err
}

// Counters lists the counters that moved, in the kernel's order.
func (t *Totals) Counters() []step.MIB {
	var ms []step.MIB
	for m, v := range t.MIB {
		if v != 0 {
			ms = append(ms, m)
		}
	}
	slices.Sort(ms)
	return ms
}

func hash(h uint64) string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[i] = digits[h>>(60-4*i)&15]
	}
	return string(b[:])
}
