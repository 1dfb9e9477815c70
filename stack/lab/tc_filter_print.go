package lab

import (
	"fmt"
	"strings"
)

// A tcPrinter prints things once, as text or as JSON (iproute2, lib/json_print.c). Of a
// key and a format, the key is for JSON and the format for the text; what has only one
// of them appears only there.
type tcPrinter struct {
	json  bool
	text  strings.Builder
	stack []tcLevel // what is open
}

// A tcLevel is an open object or array of JSON.
type tcLevel struct {
	key   string
	obj   object
	arr   []any
	array bool
}

func newTcPrinter(json bool) *tcPrinter {
	return &tcPrinter{json: json, stack: []tcLevel{{array: true}}}
}

// add puts a value into what is open.
func (o *tcPrinter) add(key string, v any) {
	l := &o.stack[len(o.stack)-1]
	if l.array {
		l.arr = append(l.arr, v)
		return
	}
	l.obj.add(key, v)
}

// any is print_string, print_uint and so on with PRINT_ANY.
func (o *tcPrinter) any(key, format string, v any) {
	if o.json {
		o.add(key, v)
		return
	}
	fmt.Fprintf(&o.text, format, v)
}

// as is any with another value for the text.
func (o *tcPrinter) as(key string, v any, text string) {
	if o.json {
		o.add(key, v)
		return
	}
	o.text.WriteString(text)
}

// flag is print_bool with true.
func (o *tcPrinter) flag(key, text string) { o.as(key, true, text) }

// fp prints text only, js a value for JSON only.
func (o *tcPrinter) fp(format string, args ...any) {
	if !o.json {
		fmt.Fprintf(&o.text, format, args...)
	}
}

func (o *tcPrinter) js(key string, v any) {
	if o.json {
		o.add(key, v)
	}
}

// nl is print_nl.
func (o *tcPrinter) nl() { o.fp("\n") }

// open and close are open_json_object and close_json_object; array opens an array.
func (o *tcPrinter) open(key string)  { o.push(tcLevel{key: key, obj: object{}}) }
func (o *tcPrinter) array(key string) { o.push(tcLevel{key: key, arr: []any{}, array: true}) }

func (o *tcPrinter) push(l tcLevel) {
	if o.json {
		o.stack = append(o.stack, l)
	}
}

func (o *tcPrinter) close() {
	if !o.json {
		return
	}
	l := o.stack[len(o.stack)-1]
	o.stack = o.stack[:len(o.stack)-1]
	if l.array {
		o.add(l.key, l.arr)
	} else {
		o.add(l.key, l.obj)
	}
}

// flush writes what was printed.
func (o *tcPrinter) flush(c *tcCmd) {
	if o.json {
		c.p.outf("%s\n", jsonText(append([]any{}, o.stack[0].arr...), c.pretty))
		return
	}
	c.p.out(o.text.String())
}
