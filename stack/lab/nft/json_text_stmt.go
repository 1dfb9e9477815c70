package nft

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// stmt is json_parse_stmt: in nft's own language.
func (j *jsonReader) stmt(v any) (string, bool) {
	k, x, ok := j.one(v)
	if !ok {
		return "", false
	}
	switch k {
	case "vmap":
		t, ok := j.mapText(x, " vmap ")
		if !ok {
			j.err("Illegal vmap statement.")
		}
		return t, ok
	case "xt":
		j.err("unsupported xtables compat expression, use iptables-nft with this ruleset")
		return "", false
	case "accept", "drop", "continue", "return", "jump", "goto":
		return j.verdict(k, x)
	case "match":
		return j.match(x)
	case "counter":
		if p, ok := jint(x, "packets"); ok {
			if b, ok := jint(x, "bytes"); ok {
				return fmt.Sprintf("counter packets %d bytes %d", p, b), true
			}
		}
		return j.ref(k, x, x == nil)
	case "quota":
		if _, ok := jint(x, "val"); ok {
			return "quota " + jsonQuotaText(x), true
		}
		return j.ref(k, x, false)
	case "limit":
		if _, ok := jint(x, "rate"); ok {
			if _, ok := jstr(x, "per"); ok {
				return "limit " + limitText(jsonRateStmt(x)), true
			}
		}
		return j.ref(k, x, false)
	case "ct helper", "ct timeout", "ct expectation":
		t, ok := j.quotedOrMap(x)
		return k + " set " + t, ok
	case "mangle":
		return j.mangle(x)
	case "notrack":
		return k, true
	case "snat", "dnat", "masquerade", "redirect":
		return j.nat(k, x)
	case "reject":
		return j.reject(x)
	case "set":
		return j.setStmt(x)
	case "log":
		return j.log(x)
	case "dup", "fwd":
		return j.dupFwd(k, x)
	case "ct count":
		if !j.need(x, "I val") {
			return "", false
		}
		n, _ := jint(x, "val")
		if jbool(x, "inv") {
			return fmt.Sprintf("ct count over %d", n), true
		}
		return fmt.Sprintf("ct count %d", n), true
	case "tproxy":
		return j.tproxy(x)
	case "flow":
		return j.flowStmt(x)
	case "synproxy":
		return j.synproxy(x)
	case "queue", "reset", "secmark", "meter":
		j.err("not modelled: %s in JSON", k)
		return "", false
	}
	j.err("Unknown statement object '%s'.", k)
	return "", false
}

// ref is a statement that names an object, or without arguments.
func (j *jsonReader) ref(k string, v any, plain bool) (string, bool) {
	if plain {
		return k, true
	}
	t, ok := j.quotedOrMap(v)
	if !ok {
		j.err("Invalid %s reference.", k)
	}
	return k + " name " + t, ok
}

func (j *jsonReader) quotedOrMap(v any) (string, bool) {
	if s, ok := v.(string); ok {
		return `"` + s + `"`, true
	}
	return j.expr(v)
}

func jsonQuotaText(v any) string {
	n, _ := jint(v, "val")
	unit, ok := jstr(v, "val_unit")
	if !ok {
		unit = "bytes"
	}
	t := fmt.Sprintf("%d %s", n, unit)
	if jbool(v, "inv") {
		t = "over " + t
	}
	if u, _ := jint(v, "used"); u != 0 {
		unit, ok := jstr(v, "used_unit")
		if !ok {
			unit = "bytes"
		}
		t += fmt.Sprintf(" used %d %s", u, unit)
	}
	return t
}

func jsonRateStmt(v any) *stmt {
	s := jsonRate(v)
	if !s.isBytes && s.burst == 0 {
		s.burst = 5
	}
	return s
}

func (j *jsonReader) match(v any) (string, bool) {
	if !j.need(v, "o left", "o right", "s op") {
		return "", false
	}
	l, _ := jany(v, "left")
	r, _ := jany(v, "right")
	op, _ := jstr(v, "op")
	switch op {
	case "in":
		op = ""
	case "==", "!=", "<", ">", "<=", ">=", "!":
		op += " "
	default:
		j.err("Unknown relational op '%s'.", op)
		return "", false
	}
	a, ok := j.expr(l)
	if !ok {
		j.err("Invalid LHS of relational.")
		return "", false
	}
	b, ok := j.expr(r)
	if !ok {
		j.err("Invalid RHS of relational.")
		return "", false
	}
	if o, ok := l.(jobject); ok && len(o) == 1 && len(o[0].key) <= 2 && strings.Contains("|&^<<>>", o[0].key) {
		a = strings.TrimSuffix(strings.TrimPrefix(a, "("), ")")
	}
	return a + " " + op + b, true
}

func (j *jsonReader) mangle(v any) (string, bool) {
	if !j.need(v, "o key", "o value") {
		return "", false
	}
	k, _ := jany(v, "key")
	x, _ := jany(v, "value")
	a, ok := j.expr(k)
	if !ok {
		j.err("Invalid mangle statement key")
		return "", false
	}
	b, ok := j.expr(x)
	if !ok {
		j.err("Invalid mangle statement value")
		return "", false
	}
	if o, isBinop := x.(jobject); isBinop && len(o) == 1 && strings.HasPrefix(b, "(") {
		b = strings.TrimSuffix(strings.TrimPrefix(b, "("), ")")
	}
	return a + " set " + b, true
}

// flags are the words of an array, or one word.
func jwords(v any) (l []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok {
				l = append(l, s)
			}
		}
	}
	return l
}

// prefixRange is a prefix as a range of addresses, "" for what is none.
func prefixRange(s string) string {
	x, err := netip.ParsePrefix(s)
	if err != nil {
		return ""
	}
	from := x.Masked().Addr()
	to := from.AsSlice()
	for i := x.Bits(); i < len(to)*8; i++ {
		to[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(to)
	return from.String() + "-" + last.String()
}

func (j *jsonReader) nat(k string, v any) (string, bool) {
	t := k
	fam, _ := jstr(v, "family")
	if fam != "" {
		if fam != "ip" && fam != "ip6" {
			j.err("Invalid family '%s'.", fam)
			return "", false
		}
		if k == "snat" || k == "dnat" {
			t += " " + fam
		}
	}
	tf, _ := jany(v, "type_flags")
	if slices.Contains(jwords(tf), "prefix") {
		t += " prefix"
	}
	addr, hasAddr := jany(v, "addr")
	port, hasPort := jany(v, "port")
	a, p, ok := "", "", true
	if hasAddr {
		if a, ok = j.expr(addr); !ok {
			j.err("Invalid nat addr.")
			return "", false
		}
	}
	if hasPort {
		if r := prefixRange(a); r != "" { // the language has no prefix before a port
			a = r
		}
		if p, ok = j.expr(port); !ok {
			j.err("Invalid nat port.")
			return "", false
		}
		if hasAddr && strings.Contains(a, ":") {
			if x, isObject := addr.(jobject); !isObject || len(x) == 1 && (x[0].key == "range" || x[0].key == "prefix") {
				a = "[" + strings.Replace(a, "-", "]-[", 1) + "]"
			}
		}
		p = ":" + p
	}
	if a+p != "" {
		t += " to " + a + p
	}
	f, _ := jany(v, "flags")
	var l []string
	for _, w := range jwords(f) {
		switch w {
		case "random", "fully-random", "persistent":
			l = append(l, w)
		case "netmap":
		default:
			j.err("Unknown nat flag '%s'.", w)
			return "", false
		}
	}
	return strings.TrimSpace(t + " " + strings.Join(l, ",")), true
}

func (j *jsonReader) reject(v any) (string, bool) {
	typ, _ := jstr(v, "type")
	x, has := jany(v, "expr")
	if !has || typ == "" {
		if typ == "tcp reset" {
			return "reject with tcp reset", true
		}
		return "reject", true
	}
	c, ok := j.immediate(x)
	if !ok {
		j.err("Illegal reject expr.")
		return "", false
	}
	return "reject with " + typ + " type " + c, true
}

func (j *jsonReader) setStmt(v any) (string, bool) {
	if !j.need(v, "s op", "o elem", "s set") {
		return "", false
	}
	op, _ := jstr(v, "op")
	if op != "add" && op != "update" && op != "delete" {
		j.err("Unknown set statement op '%s'.", op)
		return "", false
	}
	e, _ := jany(v, "elem")
	set, _ := jstr(v, "set")
	t, ok := j.expr(e)
	if !ok {
		j.err("Illegal set statement element.")
		return "", false
	}
	if !strings.HasPrefix(set, "@") {
		j.err("Illegal set reference in set statement.")
		return "", false
	}
	if x, has := jany(v, "stmt"); has {
		l, _ := x.([]any)
		for _, y := range l {
			s, ok := j.stmt(y)
			if !ok {
				return "", false
			}
			t += " " + s
		}
	}
	return op + " " + set + " { " + t + " }", true
}

func (j *jsonReader) log(v any) (string, bool) {
	t := "log"
	if s, ok := jstr(v, "prefix"); ok {
		t += ` prefix "` + s + `"`
	}
	for _, k := range []string{"group", "snaplen", "queue-threshold"} {
		if n, ok := jint(v, k); ok {
			t += fmt.Sprintf(" %s %d", k, n)
		}
	}
	if s, ok := jstr(v, "level"); ok {
		if !slices.Contains(logLevels, s) {
			j.err("Invalid log level '%s'.", s)
			return "", false
		}
		t += " level " + s
	}
	f, _ := jany(v, "flags")
	for _, w := range jwords(f) {
		switch w {
		case "tcp sequence", "tcp options", "ip options", "skuid", "ether", "all":
			t += " flags " + w
		default:
			j.err("Unknown log flag '%s'.", w)
			return "", false
		}
	}
	return t, true
}

func (j *jsonReader) dupFwd(k string, v any) (string, bool) {
	key := "dev"
	if k == "dup" {
		key = "addr"
	}
	if !j.need(v, "o "+key) {
		return "", false
	}
	x, _ := jany(v, key)
	t, ok := j.expr(x)
	return k + " to " + t, ok
}
