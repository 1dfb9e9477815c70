package report

import (
	"unicode/utf8"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A count is a number as people write it. To count on is quicker than to write
// the next number anew.
type count struct{ digits []byte }

// next adds one and returns the digits: they are its own.
func (c *count) next() []byte {
	for i := len(c.digits) - 1; i >= 0; i-- {
		if c.digits[i] != '9' {
			c.digits[i]++
			return c.digits
		}
		c.digits[i] = '0'
	}
	c.digits = append([]byte{'1'}, c.digits...)
	return c.digits
}

// known keeps what is the same in many lines, in JSON.
type known struct {
	place  []byte // see NDJSON.place
	hosts  [][]byte
	calls  []callJSON
	fields [][]fieldJSON // by kind, by index
}

// host is a host's name.
func (k *known) host(i uint8, names Names) []byte {
	if int(i) >= len(k.hosts) {
		k.hosts = append(k.hosts, make([][]byte, int(i)+1-len(k.hosts))...)
	}
	if k.hosts[i] == nil {
		k.hosts[i] = quote([]byte(`,"host":`), names.HostName(i))
	}
	return k.hosts[i]
}

// A callJSON is what every call of a function begins with.
type callJSON struct {
	head []byte
	what []byte // the same with the catalogue's line about the function
}

func (k *known) call(s step.Step) *callJSON {
	if int(s) >= len(k.calls) {
		k.calls = append(k.calls, make([]callJSON, int(s)+1-len(k.calls))...)
	}
	c := &k.calls[s]
	if c.head == nil {
		i := s.Info()
		b := append([]byte(nil), kinds[trace.Call]...)
		b = quote(append(b, `,"fn":`...), i.Func)
		b = quote(append(b, `,"file":`...), i.File)
		c.head = quote(append(b, `,"layer":`...), i.Layer.String())
		c.what = quote(append(c.head[:len(c.head):len(c.head)], `,"why":`...), i.What)
	}
	return c
}

// A fieldJSON is what a change of a field begins with; json is nil for a field
// without a name.
type fieldJSON struct {
	known bool
	json  []byte
	fmt   step.Fmt
}

func (k *known) field(key step.Key) *fieldJSON {
	kind, at := int(key.Kind()), key.Index()
	if kind >= len(k.fields) {
		k.fields = append(k.fields, make([][]fieldJSON, kind+1-len(k.fields))...)
	}
	if n := len(k.fields[kind]); at >= n {
		k.fields[kind] = append(k.fields[kind], make([]fieldJSON, at+1-n)...)
	}
	f := &k.fields[kind][at]
	if !f.known {
		i := key.Field()
		f.known, f.fmt = true, i.Fmt
		if i.Name != "" {
			f.json = append(quote([]byte("["), i.Name), ',')
		}
	}
	return f
}

// kinds are the kinds of events.
var kinds = func() (t [trace.Note + 1][]byte) {
	for k := range t {
		t[k] = quote([]byte(`,"ev":`), trace.EventKind(k).String())
	}
	return t
}()

// points are the tracepoints: what they begin with, and each argument's name.
var points = func() (t [step.NumTPs]struct {
	head []byte
	args [][]byte
}) {
	for n := 1; n < step.NumTPs; n++ {
		i := step.TP(n).Info()
		b := append([]byte(nil), kinds[trace.Point]...)
		t[n].head = append(quote(append(b, `,"tp":`...), i.Name), `,"args":{`...)
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

// plain are the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// escaped makes what was written from start on as it is a part of a JSON string.
func escaped(b []byte, start int) []byte {
	for _, c := range b[start:] {
		if !plain[c] {
			return escape(b[:start], string(b[start:]))
		}
	}
	return b
}

// quote appends s as a JSON string.
func quote(b []byte, s string) []byte { return append(escape(append(b, '"'), s), '"') }

// escape appends s as a part of a JSON string.
func escape(b []byte, s string) []byte {
	for from := 0; ; {
		i := from
		for i < len(s) && plain[s[i]] {
			i++
		}
		b = append(b, s[from:i]...)
		if i == len(s) {
			return b
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
