package nft

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// jsonDeep is how deep libjansson follows brackets (JSON_PARSER_MAX_DEPTH).
const jsonDeep = 2048

// jparse reads JSON into objects that keep their order. ok is false where libjansson
// would refuse the text.
func jparse(text string) (v any, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, ok = jvalue(d, 0)
	if !ok {
		return nil, false
	}
	switch v.(type) {
	case jobject, []any:
	default:
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}

func jvalue(d *json.Decoder, depth int) (any, bool) {
	t, err := d.Token()
	if err != nil || depth > jsonDeep {
		return nil, false
	}
	switch t := t.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return n, true
		}
		f, err := t.Float64()
		return f, err == nil && strings.ContainsAny(t.String(), ".eE")
	case json.Delim:
		if t == '{' {
			return jmembers(d, depth)
		}
		l := []any{}
		for d.More() {
			x, ok := jvalue(d, depth+1)
			if !ok {
				return nil, false
			}
			l = append(l, x)
		}
		_, err := d.Token()
		return l, err == nil
	}
	return t, true
}

func jmembers(d *json.Decoder, depth int) (any, bool) {
	o := jobject{}
	seen := map[string]bool{}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, false
		}
		x, ok := jvalue(d, depth+1)
		if !ok {
			return nil, false
		}
		if key := k.(string); seen[key] {
			o.set(key, x)
		} else {
			seen[key] = true
			o = append(o, jmember{key, x})
		}
	}
	_, err := d.Token()
	return o, err == nil
}

// jtype is what libjansson calls a value's type.
func jtype(v any) string {
	switch v := v.(type) {
	case jobject:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case int64:
		return "integer"
	case float64:
		return "real"
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return "null"
}

// A jsonReader makes commands of JSON (parser_json.c): structure into commands, rules
// into the words of nft's own language, which are read as such.
type jsonReader struct {
	env  *Env
	src  *source
	errs []*failure
}

// internal is where nft says that all JSON stands.
var internalSource = &source{name: "internal"}

// err is json_error.
func (j *jsonReader) err(f string, a ...any) {
	j.errs = append(j.errs, errAt(loc{src: internalSource}, fmt.Sprintf(f, a...)))
}

// lib is json_lib_error: a complaint of libjansson, at a column of the pattern that it
// was to follow.
func (j *jsonReader) lib(col int, f string, a ...any) {
	j.errs = append(j.errs, errAt(loc{src: &source{lines: j.src.lines}, line: 1, first: col, end: col}, fmt.Sprintf(f, a...)))
}

// need is json_unpack_err of members of these types: 's' a string, 'I' a number, 'o'
// anything.
func (j *jsonReader) need(v any, fields ...string) bool {
	o, ok := v.(jobject)
	if !ok {
		j.lib(1, "Expected object, got %s", jtype(v))
		return false
	}
	for i, f := range fields {
		col := 4 + 5*i
		x, ok := o.get(f[2:])
		if !ok {
			j.lib(col, "Object item not found: %s", f[2:])
			return false
		}
		switch f[0] {
		case 's':
			if _, ok := x.(string); !ok {
				j.lib(col, "Expected string, got %s", jtype(x))
				return false
			}
		case 'I':
			if _, ok := x.(int64); !ok {
				j.lib(col, "Expected integer, got %s", jtype(x))
				return false
			}
		}
	}
	return true
}

func jstr(v any, key string) (string, bool) {
	o, _ := v.(jobject)
	x, _ := o.get(key)
	s, ok := x.(string)
	return s, ok
}

func jint(v any, key string) (int64, bool) {
	o, _ := v.(jobject)
	x, _ := o.get(key)
	n, ok := x.(int64)
	return n, ok
}

func jbool(v any, key string) bool {
	o, _ := v.(jobject)
	x, _ := o.get(key)
	b, _ := x.(bool)
	return b
}

func jany(v any, key string) (any, bool) {
	o, _ := v.(jobject)
	return o.get(key)
}

// read makes the commands (__json_parse).
func (j *jsonReader) read(root any) (cmds []*cmd) {
	if !j.need(root, "o nftables") {
		return nil
	}
	x, _ := jany(root, "nftables")
	l, ok := x.([]any)
	if !ok {
		j.err(`Value of property "nftables" must be an array.`)
		return nil
	}
	for i, v := range l {
		o, ok := v.(jobject)
		if !ok {
			j.err("Unexpected command array element of type %s, expected object.", jtype(v))
			return nil
		}
		if m, ok := o.get("metainfo"); ok {
			if n, ok := jint(m, "json_schema_version"); ok && n > 1 {
				j.err("Schema version %d not supported, maximum supported version is 1\n", n)
				j.err("Metainfo verification failed.")
				return nil
			}
			continue
		}
		c := j.cmd(o)
		if c == nil {
			j.err("Parsing command array at index %d failed.", i)
			return nil
		}
		c.json = &l[i]
		cmds = append(cmds, c)
	}
	return cmds
}

// words reads text in nft's language: parse gets a parser that stands before it.
func (j *jsonReader) words(text string, parse func(p *parser)) (ok bool) {
	src := &source{name: "internal", lines: []string{text}}
	toks, err := lex(src)
	if err != nil {
		j.err("%s", err.msg)
		return false
	}
	at := loc{src: internalSource}
	for i := range toks {
		toks[i].at = at
	}
	defer func() {
		if r := recover(); r != nil {
			e, isSyntax := r.(syntaxError)
			if !isSyntax {
				panic(r)
			}
			j.err("%s", e.f.msg)
			ok = false
		}
	}()
	p := &parser{env: j.env, toks: toks, vars: map[string]*expr{}}
	parse(p)
	if t := p.peek(); t.kind != tokEOF && t.kind != tokNewline {
		p.unexpected("")
	}
	return true
}
