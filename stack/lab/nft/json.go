package nft

import (
	"fmt"
	"strings"
)

// A jobject is a JSON object with its members in order, as libjansson keeps them.
type jobject []jmember

type jmember struct {
	key   string
	value any // nil, bool, int64, uint64, int, string, float64, jobject, []any
}

// jpair is an object with one member.
func jpair(key string, v any) jobject { return jobject{{key, v}} }

func (o *jobject) set(key string, v any) {
	for i := range *o {
		if (*o)[i].key == key {
			(*o)[i].value = v
			return
		}
	}
	*o = append(*o, jmember{key, v})
}

func (o jobject) get(key string) (any, bool) {
	for _, m := range o {
		if m.key == key {
			return m.value, true
		}
	}
	return nil, false
}

// jdump writes a value as json_dumpf without flags does.
func jdump(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case string:
		jquote(b, v)
	case jobject:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			jquote(b, m.key)
			b.WriteString(": ")
			jdump(b, m.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			jdump(b, x)
		}
		b.WriteByte(']')
	default:
		fmt.Fprint(b, v)
	}
}

func jquote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\b':
			b.WriteString(`\b`)
		case '\f':
			b.WriteString(`\f`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			if c < 0x20 {
				fmt.Fprintf(b, `\u%04X`, c)
			} else {
				b.WriteByte(c)
			}
		}
	}
	b.WriteByte('"')
}
