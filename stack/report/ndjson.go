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

	n      uint64
	buf    []byte
	hosts  [][]byte
	fields map[step.Key]*fieldJSON
	calls  [][]byte // of each step, in JSON
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
	p.buf = append(p.buf, `,"t":`...)
	p.buf = strconv.AppendUint(p.buf, uint64(e.At), 10)
	p.buf = append(p.buf, p.host(e.Host)...)
	p.buf = append(p.buf, `,"cpu":`...)
	p.buf = strconv.AppendUint(p.buf, uint64(e.CPU), 10)
	if e.Dev != 0 {
		p.str("dev", on(p.Names, e).DevName(int(e.Dev)))
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
	p.buf = append(p.buf, `,"depth":`...)
	p.buf = strconv.AppendUint(p.buf, uint64(e.Depth), 10)
	p.buf = append(p.buf, kinds[e.Kind]...)
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

// kinds are the kinds of events, in JSON.
var kinds = func() (t [trace.Note + 1][]byte) {
	for k := range t {
		t[k] = quote([]byte(`,"ev":`), trace.EventKind(k).String())
	}
	return t
}()

// points are the tracepoints, in JSON: what they begin with, and each
// argument's name.
var points = func() (t [step.NumTPs]struct {
	head []byte
	args [][]byte
}) {
	for n := 1; n < step.NumTPs; n++ {
		i := step.TP(n).Info()
		t[n].head = append(quote([]byte(`,"tp":`), i.Name), `,"args":{`...)
		for k, a := range i.Args {
			b := quote(nil, a.Name)
			if k > 0 {
				b = quote([]byte(","), a.Name)
			}
			t[n].args = append(t[n].args, append(b, ':'))
		}
	}
	return t
}()

// A fieldJSON is what a change of a field begins with, in JSON; nil for a field
// without a name.
type fieldJSON struct {
	json []byte
	fmt  step.Fmt
}

func (p *NDJSON) field(k step.Key) *fieldJSON {
	f := p.fields[k]
	if f == nil {
		i := k.Field()
		f = &fieldJSON{fmt: i.Fmt}
		if i.Name != "" {
			f.json = append(quote([]byte("["), i.Name), ',')
		}
		if p.fields == nil {
			p.fields = map[step.Key]*fieldJSON{}
		}
		p.fields[k] = f
	}
	return f
}

// host is a host's name, in JSON.
func (p *NDJSON) host(i uint8) []byte {
	if int(i) >= len(p.hosts) {
		p.hosts = append(p.hosts, make([][]byte, int(i)+1-len(p.hosts))...)
	}
	if p.hosts[i] == nil {
		p.hosts[i] = quote([]byte(`,"host":`), p.Names.HostName(i))
	}
	return p.hosts[i]
}

// call is what every call of a function begins with, in JSON.
func (p *NDJSON) call(s step.Step) []byte {
	if int(s) >= len(p.calls) {
		p.calls = append(p.calls, make([][]byte, int(s)+1-len(p.calls))...)
	}
	b := p.calls[s]
	if b == nil {
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
	p.buf = append(p.buf, `,"why":"`...)
	start := len(p.buf)
	p.buf = closeQuote(step.AppendRender(p.buf, e.Why.Text(), l.WhyArgs(e), p.Names), start)
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
		f := p.field(c.Key)
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
		p.buf = closeQuote(f.Append(p.buf, 0, v, p.Names), start)
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

// plain are the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// closeQuote ends a JSON string that was written from start on as it is; what
// needs escapes is written again.
func closeQuote(b []byte, start int) []byte {
	for _, c := range b[start:] {
		if !plain[c] {
			return quote(b[:start-1], string(b[start:]))
		}
	}
	return append(b, '"')
}

// quote appends s as a JSON string.
func quote(b []byte, s string) []byte {
	b = append(b, '"')
	for from := 0; ; {
		i := from
		for i < len(s) && plain[s[i]] {
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
			r, n := utf8.DecodeRuneInString(s[i:])
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
