package lab

import (
	"encoding/json"
	"fmt"
	"strings"
)

// An object is a JSON object with its members in order, as the tools print it.
type object []member

type member struct {
	key   string
	value any // string, int, uint32, bool, nil, object, []any
}

func (o *object) add(key string, v any) { *o = append(*o, member{key, v}) }

// jsonText is the compact form of iproute2; pretty adds its line breaks.
func jsonText(v any, pretty bool) string {
	var b strings.Builder
	writeJSON(&b, v, pretty, 0)
	return b.String()
}

func writeJSON(b *strings.Builder, v any, pretty bool, depth int) {
	pad := func(n int) {
		if pretty {
			b.WriteString("\n" + strings.Repeat(" ", 4*n))
		}
	}
	switch x := v.(type) {
	case nil:
		b.WriteString("null")
	case object:
		b.WriteByte('{')
		for i, m := range x {
			if i > 0 {
				b.WriteByte(',')
			}
			pad(depth + 1)
			k, _ := json.Marshal(m.key)
			b.Write(k)
			b.WriteByte(':')
			if pretty {
				b.WriteByte(' ')
			}
			writeJSON(b, m.value, pretty, depth+1)
		}
		pad(depth)
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		simple := true
		for i, e := range x {
			if i > 0 {
				b.WriteByte(',')
			}
			if _, ok := e.(object); ok {
				simple = false
			}
			if pretty && i == 0 {
				b.WriteByte(' ')
			}
			writeJSON(b, e, pretty, depth+1)
		}
		if pretty && len(x) > 0 {
			if simple {
				b.WriteByte(' ')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte(']')
	case string:
		k, _ := json.Marshal(x)
		b.Write(k)
	default:
		fmt.Fprint(b, x)
	}
}
