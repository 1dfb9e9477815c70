package lab

import (
	"strconv"
	"strings"
)

func init() { extra["dd"] = ddTool }

// ddMost is how many bytes dd copies at most.
const ddMost = 64 << 20

// ddTool is dd: count blocks of bs bytes from one file to another.
func ddTool(p *Proc, a []string) int {
	in, out, status := "", "", ""
	bs, count, skip := 512, -1, 0
	for _, w := range a[1:] {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			p.errf("dd: unrecognized operand '%s'\nTry 'dd --help' for more information.\n", w)
			return 1
		}
		num := func(to *int) bool {
			n, good := ddNumber(v)
			if !good {
				p.errf("dd: invalid number: '%s'\n", v)
			}
			*to = n
			return good
		}
		good := true
		switch k {
		case "if":
			in = v
		case "of":
			out = v
		case "status":
			status = v
		case "bs":
			if good = num(&bs); good && bs == 0 {
				p.errf("dd: invalid number: '0'\n")
				good = false
			}
		case "count":
			good = num(&count)
		case "skip":
			good = num(&skip)
		case "conv", "seek", "ibs", "obs", "cbs", "iflag", "oflag":
			p.errf("not modelled: dd %s\n", w)
			return 1
		default:
			p.errf("dd: unrecognized operand '%s'\nTry 'dd --help' for more information.\n", w)
			return 1
		}
		if !good {
			return 1
		}
	}
	return p.dd(in, out, status, bs, count, skip)
}

// ddNumber is a number with a suffix.
func ddNumber(s string) (int, bool) {
	unit := 1
	for _, u := range [...]struct {
		s string
		n int
	}{{"kB", 1000}, {"MB", 1e6}, {"c", 1}, {"w", 2}, {"b", 512}, {"K", 1 << 10}, {"M", 1 << 20}, {"k", 1 << 10}} {
		if t, ok := strings.CutSuffix(s, u.s); ok {
			s, unit = t, u.n
			break
		}
	}
	n, err := strconv.Atoi(s)
	return n * unit, err == nil && n >= 0 && n <= ddMost
}

// dd copies.
func (p *Proc) dd(in, out, status string, bs, count, skip int) int {
	var b []byte
	switch {
	case in == "/dev/zero" && count < 0, bs*max(count, 0) > ddMost:
		p.errf("not modelled: dd of more than %d bytes\n", ddMost)
		return 1
	case in == "/dev/zero":
		b = make([]byte, bs*count)
	case in == "":
		b = p.readAll(0)
	default:
		var e string
		if b, e = p.readFile(in); e != "" {
			p.errf("dd: failed to open '%s': %s\n", in, e)
			return 1
		}
	}
	if in != "/dev/zero" {
		b = b[min(skip*bs, len(b)):]
		if count >= 0 {
			b = b[:min(count*bs, len(b))]
		}
	}
	p.grow(len(b))
	if out == "" {
		p.write(1, b)
	} else {
		d, e := p.open(out, 'w')
		if e != "" {
			p.errf("dd: failed to open '%s': %s\n", out, e)
			return 1
		}
		p.set(200, d)
		p.write(200, b)
		p.close(200)
	}
	if status != "none" {
		part := map[bool]int{true: 1}[len(b)%bs != 0]
		p.errf("%d+%d records in\n%d+%d records out\n", len(b)/bs, part, len(b)/bs, part)
	}
	if status == "" {
		p.errf("%d bytes copied, 0 s, Infinity B/s\n", len(b))
	}
	return 0
}
