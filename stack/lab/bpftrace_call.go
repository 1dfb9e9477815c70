package lab

import (
	"fmt"
	"strings"
)

// call is a function.
func (r *bpfRun) call(n *bpfNode) bpfVal {
	var a []bpfVal
	arg := func(i int) bpfVal {
		for len(a) <= i && len(a) < len(n.kids) {
			a = append(a, r.eval(n.kids[len(a)]))
		}
		if i < len(a) {
			return a[i]
		}
		return bpfVal{}
	}
	c := r.c
	switch n.text {
	case "printf":
		var v []bpfVal
		for _, k := range n.kids[1:] {
			v = append(v, r.eval(k))
		}
		c.print(bpfFormat(n.kids[0].text, v))
	case "exit":
		c.done = true
		panic(bpfStop{"exit"})
	case "print":
		if k := n.kids[0]; k.op == "map" && len(k.kids) == 0 {
			c.print(r.mapOf(k.text).text(argNum(r, n, 1), argNum(r, n, 2)))
		} else if k.op == "map" {
			c.print(fmt.Sprintf("@%s[%s]: %s\n", k.text[1:], keyText(r.key(k)), r.eval(k)))
		} else {
			c.print(arg(0).String() + "\n")
		}
	case "clear":
		r.mapOf(n.kids[0].text).rows = map[string]*bpfRow{}
	case "zero":
		for _, row := range r.mapOf(n.kids[0].text).rows {
			*row = bpfRow{key: row.key, kind: row.kind, seq: row.seq, min: row.min, max: row.max, s: row.s, buckets: map[int64]int64{}}
		}
	case "delete":
		for _, k := range n.kids {
			r.mapOf(k.text).drop(r.key(k))
		}
	case "str", "kstr":
		return bpfStr(arg(0).String())
	case "ntop":
		return bpfStr(bpfAddr(arg(len(n.kids) - 1)))
	case "kstack":
		depth := int64(127)
		for i := range n.kids {
			if v := argNum(r, n, i); v > 0 {
				depth = v
			}
		}
		return bpfStr(c.stack(int(depth)))
	case "time":
		f := "%H:%M:%S\n"
		if len(n.kids) > 0 {
			f = n.kids[0].text
		}
		c.print(strftime(f, c.p.lab.date()))
	case "strftime":
		return bpfStr(strftime(arg(0).String(), bootDate.Add(timeOf(arg(1).num))))
	case "ksym":
		return arg(0)
	case "strncmp":
		x, y, k := arg(0).String(), arg(1).String(), int(arg(2).num)
		x, y = x[:min(len(x), max(0, k))], y[:min(len(y), max(0, k))]
		return bpfNum(int64(b2i(x != y)))
	}
	return bpfVal{}
}

func argNum(r *bpfRun, n *bpfNode, i int) int64 {
	if i >= len(n.kids) || n.kids[i].op == "name" {
		return 0
	}
	return r.eval(n.kids[i]).num
}

func keyText(k []bpfVal) string {
	var l []string
	for _, v := range k {
		l = append(l, v.String())
	}
	return strings.Join(l, ", ")
}

// bpfFormat is printf.
func bpfFormat(f string, v []bpfVal) string {
	var b strings.Builder
	next := func() bpfVal {
		if len(v) == 0 {
			return bpfVal{}
		}
		x := v[0]
		v = v[1:]
		return x
	}
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 >= len(f) {
			b.WriteByte(f[i])
			continue
		}
		j := i + 1
		for j < len(f) && strings.IndexByte("-+ #0123456789.", f[j]) >= 0 {
			j++
		}
		spec := f[i+1 : min(j, len(f))]
		for j < len(f) && (f[j] == 'l' || f[j] == 'h') {
			j++
		}
		if j >= len(f) {
			break
		}
		if len(spec) > 6 {
			spec = spec[:6] // a width of thousands is of no use
		}
		switch c := f[j]; c {
		case '%':
			b.WriteByte('%')
		case 's':
			fmt.Fprintf(&b, "%"+spec+"s", next().String())
		case 'd', 'i':
			fmt.Fprintf(&b, "%"+spec+"d", next().num)
		case 'u':
			fmt.Fprintf(&b, "%"+spec+"d", uint64(next().num))
		case 'x', 'X', 'o':
			fmt.Fprintf(&b, "%"+spec+string(c), uint64(next().num))
		case 'p':
			fmt.Fprintf(&b, "%"+spec+"s", fmt.Sprintf("0x%x", uint64(next().num)))
		case 'c':
			b.WriteByte(byte(next().num))
		}
		i = j
	}
	return b.String()
}
