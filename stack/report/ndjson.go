package report

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// NDJSON prints one JSON object a line, as TRACE says.
type NDJSON struct {
	W     io.Writer
	Names Names
	Bytes bool // frames with their bytes in hex

	n     uint64
	buf   []byte
	text  []byte
	calls map[step.Step][]byte
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
	p.buf = append(p.buf, ',', '"')
	p.buf = append(p.buf, key...)
	p.buf = append(p.buf, '"', ':')
	p.buf = strconv.AppendUint(p.buf, v, 10)
}

func (p *NDJSON) str(key, v string) {
	p.buf = append(p.buf, ',', '"')
	p.buf = append(p.buf, key...)
	p.buf = append(p.buf, '"', ':')
	p.buf = quote(p.buf, v)
}

func (p *NDJSON) event(l *trace.Log, e *trace.Event) {
	p.n++
	p.buf = append(p.buf, `{"n":`...)
	p.buf = strconv.AppendUint(p.buf, p.n, 10)
	p.num("t", uint64(e.At))
	p.str("host", p.Names.HostName(e.Host))
	p.num("cpu", uint64(e.CPU))
	if e.Dev != 0 {
		p.str("dev", p.Names.DevName(int(e.Dev)))
	}
	if e.Pkt != 0 {
		p.num("pkt", uint64(e.Pkt))
	}
	if e.Parent != 0 {
		p.num("parent", uint64(e.Parent))
	}
	if e.SKB != 0 {
		p.num("skb", uint64(e.SKB))
	}
	p.num("depth", uint64(e.Depth))
	p.str("ev", e.Kind.String())
	switch e.Kind {
	case trace.Call:
		p.buf = append(p.buf, p.call(step.Step(e.Code))...)
		p.why(l, e)
		p.set(l, e)
	case trace.Point:
		p.point(l, e)
	case trace.Tried:
		t := step.Try(e.Code).Info()
		a := l.Args(e)
		p.str("what", t.What)
		p.str("candidate", step.Render(t.Candidate, a, p.Names))
		p.str("because", step.Render(t.Because, a, p.Names))
	case trace.Frame:
		b := l.Bytes(e)
		p.str("dir", direction(e))
		p.num("len", uint64(len(b)))
		p.str("summary", summary(b))
		if p.Bytes {
			p.str("hex", hex.EncodeToString(b))
		}
	case trace.End:
		p.str("outcome", trace.Outcome(e.Code).String())
		p.str("at", e.Fn.String())
		if e.Reason != 0 {
			p.str("reason", e.Reason.String())
		}
		if w := Why(l, e, p.Names); w != "" {
			p.str("why", w)
		}
	case trace.Note:
		p.str("note", Why(l, e, p.Names))
	}
	p.buf = append(p.buf, '}', '\n')
}

// call is what every call of a function begins with, in JSON.
func (p *NDJSON) call(s step.Step) []byte {
	if p.calls == nil {
		p.calls = map[step.Step][]byte{}
	}
	b, ok := p.calls[s]
	if !ok {
		i := s.Info()
		b = quote(append(b, `,"fn":`...), i.Func)
		b = quote(append(b, `,"file":`...), i.File)
		b = quote(append(b, `,"layer":`...), i.Layer.String())
		p.calls[s] = b
	}
	return b
}

// why prints a call's sentence.
func (p *NDJSON) why(l *trace.Log, e *trace.Event) {
	if e.Why == 0 {
		p.str("why", step.Step(e.Code).Info().What)
		return
	}
	p.text = step.AppendRender(p.text[:0], e.Why.Text(), l.WhyArgs(e), p.Names)
	p.buf = append(p.buf, `,"why":`...)
	p.buf = quote(p.buf, p.text)
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
		f := c.Key.Field()
		if f.Name == "" {
			return
		}
		if first {
			p.buf = append(p.buf, `,"set":[`...)
		} else {
			p.buf = append(p.buf, ',')
		}
		first = false
		p.buf = append(p.buf, '[')
		p.buf = quote(p.buf, f.Name)
		p.buf = append(p.buf, ',')
		p.value(f.Fmt, c.Old)
		p.buf = append(p.buf, ',')
		p.value(f.Fmt, c.New)
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
		p.text = f.Append(p.text[:0], 0, v, p.Names)
		p.buf = quote(p.buf, p.text)
	}
}

func (p *NDJSON) point(l *trace.Log, e *trace.Event) {
	i := step.TP(e.Code).Info()
	p.str("tp", i.Name)
	p.buf = append(p.buf, `,"args":{`...)
	a := l.Args(e)
	for n, arg := range i.Args {
		if len(a) == 0 {
			break
		}
		if n > 0 {
			p.buf = append(p.buf, ',')
		}
		p.buf = quote(p.buf, arg.Name)
		p.buf = append(p.buf, ':')
		if arg.Fmt == step.IP {
			if len(a) < 2 {
				p.buf = append(p.buf, `""`...)
				break
			}
			p.text = step.IP.Append(p.text[:0], a[0], a[1], p.Names)
			p.buf = quote(p.buf, p.text)
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

// quote appends s as a JSON string.
func quote[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	for from := 0; ; {
		i := from
		for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' && s[i] < utf8.RuneSelf {
			i++
		}
		b = append(b, s[from:i]...)
		if i == len(s) {
			return append(b, '"')
		}
		const digits = "0123456789abcdef"
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
			i++
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			i++
		default:
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && n == 1 {
				b = append(b, `\ufffd`...)
			} else {
				b = append(b, s[i:i+n]...)
			}
			i += n
		}
		from = i
	}
}
