package nft

import (
	"fmt"
	"strconv"
	"strings"
)

// one is json_unpack_stmt: an object with one member.
func (j *jsonReader) one(v any) (string, any, bool) {
	o, ok := v.(jobject)
	if !ok || len(o) != 1 {
		var b strings.Builder
		jdump(&b, v)
		j.err("Malformed object (too many properties): '%s'.", b.String())
		return "", nil, false
	}
	return o[0].key, o[0].value, true
}

// jword is a text as nft's language can hold it.
func jword(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && c != '.' && c != ':' && c != '-' && c != '/' && (c < '0' || c > '9') && (c|32 < 'a' || c|32 > 'z') {
			return `"` + s + `"`
		}
	}
	if s == "" || keywords[s] && !rhsWords[s] || s[0] == '-' || s[0] == '.' || s[0] == '/' {
		return `"` + s + `"`
	}
	return s
}

// immediate is json_parse_immediate.
func (j *jsonReader) immediate(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		if v == "*" {
			return v, true
		}
		if strings.HasPrefix(v, "@") {
			return v, true
		}
		return jword(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		if v {
			return "exists", true
		}
		return "missing", true
	}
	j.err("Unexpected JSON type %s for immediate value.", jtype(v))
	return "", false
}

// expr is json_parse_expr: in nft's own language.
func (j *jsonReader) expr(v any) (string, bool) {
	switch x := v.(type) {
	case []any:
		var l []string
		for i, y := range x {
			t, ok := j.expr(y)
			if !ok {
				j.err("Parsing list expression item at index %d failed.", i)
				return "", false
			}
			l = append(l, t)
		}
		return strings.Join(l, ","), true
	case jobject:
	case nil:
		j.err("Malformed object (too many properties): '%s'.", "null")
		return "", false
	default:
		return j.immediate(v)
	}
	k, x, ok := j.one(v)
	if !ok {
		return "", false
	}
	switch k {
	case "concat":
		return j.joined(x, " . ", "concat")
	case "set":
		t, ok := j.setText(x)
		if strings.HasPrefix(t, "@") {
			return t, ok
		}
		return "{ " + t + " }", ok
	case "map":
		return j.mapText(x, " map ")
	case "prefix":
		return j.prefix(x)
	case "range":
		return j.rangeText(x)
	case "payload":
		return j.payload(x)
	case "exthdr", "tcp option", "ip option":
		return j.option(k, x)
	case "meta":
		return j.keyed("meta ", x, func(s string) bool { return findMeta(s) != nil })
	case "socket":
		return j.keyed("socket ", x, func(s string) bool { return s == "transparent" || s == "mark" || s == "wildcard" || s == "cgroupv2" })
	case "rt":
		return j.rt(x)
	case "ct":
		return j.ct(x)
	case "numgen":
		return j.numgen(x)
	case "jhash", "symhash":
		return j.hash(k, x)
	case "fib":
		return j.fib(x)
	case "|", "^", "&", ">>", "<<":
		return j.binop(k, x)
	case "accept", "drop", "continue", "return", "jump", "goto":
		return j.verdict(k, x)
	case "elem":
		return j.elem(x)
	case "osf", "ipsec", "sctp chunk":
		j.err("not modelled: %s", k)
		return "", false
	}
	j.err("Unknown expression type '%s'.", k)
	return "", false
}

func (j *jsonReader) joined(v any, sep, what string) (string, bool) {
	a, ok := v.([]any)
	if !ok {
		j.err("Unexpected %s object type %s.", what, jtype(v))
		return "", false
	}
	var l []string
	for i, x := range a {
		t, ok := j.expr(x)
		if !ok {
			j.err("Parsing expr at index %d failed.", i)
			return "", false
		}
		l = append(l, t)
	}
	return strings.Join(l, sep), true
}

// pair is two values in an array.
func (j *jsonReader) pair(v any, left, right string) (a, b string, ok bool) {
	l, isArray := v.([]any)
	if !isArray || len(l) != 2 {
		if !isArray {
			j.lib(1, "Expected array, got %s", jtype(v))
		} else {
			j.lib(6, "%d array item(s) left unpacked", len(l)-2)
		}
		return "", "", false
	}
	if a, ok = j.expr(l[0]); !ok {
		j.err("%s", left)
		return "", "", false
	}
	if b, ok = j.expr(l[1]); !ok {
		j.err("%s", right)
		return "", "", false
	}
	return a, b, true
}

func (j *jsonReader) binop(op string, v any) (string, bool) {
	a, b, ok := j.pair(v, "Failed to parse LHS of binop expression.", "Failed to parse RHS of binop expression.")
	if l, isArray := v.([]any); ok && isArray {
		if bits, list := l[1].([]any); list { // several flags
			w := make([]string, len(bits))
			for i := range bits {
				w[i], _ = j.expr(bits[i])
			}
			b = "(" + strings.Join(w, " | ") + ")"
		}
	}
	return "(" + a + " " + op + " " + b + ")", ok
}

func (j *jsonReader) rangeText(v any) (string, bool) {
	a, b, ok := j.pair(v, "Invalid low value in range expression.", "Invalid high value in range expression.")
	return a + "-" + b, ok
}

func (j *jsonReader) prefix(v any) (string, bool) {
	if !j.need(v, "o addr", "I len") {
		return "", false
	}
	x, _ := jany(v, "addr")
	t, ok := j.expr(x)
	if !ok {
		j.err("Invalid address in prefix expr.")
		return "", false
	}
	n, _ := jint(v, "len")
	return fmt.Sprintf("%s/%d", t, n), true
}

// setText is elements without braces, or the name of a set.
func (j *jsonReader) setText(v any) (string, bool) {
	a, ok := v.([]any)
	if !ok {
		return j.immediate(v)
	}
	var l []string
	for i, x := range a {
		t, ok := "", false
		if p, isPair := x.([]any); isPair && len(p) == 2 {
			var d string
			if t, ok = j.expr(p[0]); ok {
				d, ok = j.expr(p[1])
				t += " : " + d
			}
		} else {
			t, ok = j.expr(x)
		}
		if !ok {
			j.err("Invalid set elem at index %d.", i)
			return "", false
		}
		l = append(l, t)
	}
	return strings.Join(l, ", "), true
}

func (j *jsonReader) mapText(v any, op string) (string, bool) {
	if !j.need(v, "o key", "o data") {
		return "", false
	}
	k, _ := jany(v, "key")
	d, _ := jany(v, "data")
	a, ok := j.expr(k)
	if !ok {
		j.err("Illegal map expression key.")
		return "", false
	}
	b, ok := j.expr(d)
	if !ok {
		j.err("Illegal map expression data.")
		return "", false
	}
	return a + op + b, true
}

func (j *jsonReader) payload(v any) (string, bool) {
	if b, ok := jstr(v, "base"); ok {
		off, ok1 := jint(v, "offset")
		n, ok2 := jint(v, "len")
		if ok1 && ok2 {
			if b != "ll" && b != "nh" && b != "th" && b != "ih" {
				j.err("Invalid payload base '%s'.", b)
				return "", false
			}
			return fmt.Sprintf("@%s,%d,%d", b, off, n), true
		}
	}
	name, ok1 := jstr(v, "protocol")
	field, ok2 := jstr(v, "field")
	if !ok1 || !ok2 {
		return "", j.need(v, "s protocol", "s field")
	}
	p := protosByName[name]
	if p == nil {
		j.err("Unknown payload protocol '%s'.", name)
		return "", false
	}
	if p.field(field) == nil {
		j.err("Unknown %s field '%s'.", name, field)
		return "", false
	}
	if p == pICMP6 && field == "parameter-problem" {
		field = "param-problem"
	}
	return name + " " + field, true
}

func (j *jsonReader) option(kind string, v any) (string, bool) {
	name, ok := jstr(v, "name")
	if !ok {
		return "", j.need(v, "s name")
	}
	field, has := jstr(v, "field")
	switch {
	case kind == "exthdr" && !has:
		return "exthdr " + name, true
	case kind == "exthdr":
		return name + " " + field, true
	}
	return strings.TrimSpace(kind + " " + name + " " + field), true
}

func (j *jsonReader) keyed(pre string, v any, known func(string) bool) (string, bool) {
	k, ok := jstr(v, "key")
	if !ok {
		return "", j.need(v, "s key")
	}
	if !known(k) {
		j.err("Invalid %skey value.", pre)
		return "", false
	}
	return pre + k, true
}

func (j *jsonReader) rt(v any) (string, bool) {
	k, ok := jstr(v, "key")
	if !ok {
		return "", j.need(v, "s key")
	}
	f, ok := jstr(v, "family")
	if ok {
		f += " "
	}
	return "rt " + f + k, true
}

func (j *jsonReader) ct(v any) (string, bool) {
	k, ok := jstr(v, "key")
	if !ok {
		return "", j.need(v, "s key")
	}
	if findCT(k) == nil {
		j.err("Unknown ct key '%s'.", k)
		return "", false
	}
	if d, ok := jstr(v, "dir"); ok {
		if d != "original" && d != "reply" {
			j.err("Invalid direction '%s'.", d)
			return "", false
		}
		k = d + " " + k
	}
	return "ct " + k, true
}

func (j *jsonReader) numgen(v any) (string, bool) {
	if !j.need(v, "s mode", "I mod") {
		return "", false
	}
	m, _ := jstr(v, "mode")
	n, _ := jint(v, "mod")
	t := fmt.Sprintf("numgen %s mod %d", m, n)
	if o, _ := jint(v, "offset"); o != 0 {
		t += fmt.Sprintf(" offset %d", o)
	}
	return t, true
}

func (j *jsonReader) hash(k string, v any) (string, bool) {
	if !j.need(v, "I mod") {
		return "", false
	}
	n, _ := jint(v, "mod")
	t := k
	if k == "jhash" {
		if !j.need(v, "o expr") {
			return "", false
		}
		x, _ := jany(v, "expr")
		e, ok := j.expr(x)
		if !ok {
			j.err("Invalid jhash expression.")
			return "", false
		}
		t += " " + e
	}
	t += fmt.Sprintf(" mod %d", n)
	if s, ok := jint(v, "seed"); ok {
		t += fmt.Sprintf(" seed %d", s)
	}
	if o, _ := jint(v, "offset"); o != 0 {
		t += fmt.Sprintf(" offset %d", o)
	}
	return t, true
}

func (j *jsonReader) fib(v any) (string, bool) {
	if !j.need(v, "s result") {
		return "", false
	}
	r, _ := jstr(v, "result")
	if r != "oif" && r != "oifname" && r != "type" {
		j.err("Invalid fib result '%s'.", r)
		return "", false
	}
	x, _ := jany(v, "flags")
	a, isArray := x.([]any)
	if s, ok := x.(string); ok {
		a, isArray = []any{s}, true
	}
	if !isArray {
		j.err("Unexpected object type in fib tuple.")
		return "", false
	}
	var l []string
	for _, y := range a {
		s, _ := y.(string)
		switch s {
		case "saddr", "daddr", "mark", "iif", "oif":
			l = append(l, s)
		default:
			j.err("Unknown fib flag '%s'.", s)
			return "", false
		}
	}
	return "fib " + strings.Join(l, " . ") + " " + r, true
}

func (j *jsonReader) verdict(k string, v any) (string, bool) {
	if k != "jump" && k != "goto" {
		return k, true
	}
	if !j.need(v, "s target") {
		return "", false
	}
	t, _ := jstr(v, "target")
	return k + " " + t, true
}

func (j *jsonReader) elem(v any) (string, bool) {
	if !j.need(v, "o val") {
		return "", false
	}
	x, _ := jany(v, "val")
	t, ok := j.expr(x)
	if n, has := jint(v, "timeout"); has {
		t += fmt.Sprintf(" timeout %ds", n)
	}
	if n, has := jint(v, "expires"); has {
		t += fmt.Sprintf(" expires %ds", n)
	}
	if s, has := jstr(v, "comment"); has {
		t += ` comment "` + s + `"`
	}
	return t, ok
}
