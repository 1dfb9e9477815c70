package lab

import (
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
)

func tee(p *Proc, a []string) int {
	mode, st := byte('w'), 0
	rest, bad := flags(a[1:], "ai", func(c byte, _ string) {
		if c == 'a' {
			mode = 'a'
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	fds := []int{1}
	for i, f := range rest {
		d, e := p.open(f, mode)
		if e != "" {
			p.errf("tee: %s: %s\n", f, e)
			st = 1
			continue
		}
		p.set(100+i, d)
		fds = append(fds, 100+i)
	}
	for {
		b, eof := p.read(0, 1<<15)
		if eof {
			break
		}
		for _, fd := range fds {
			if e := p.write(fd, b); e != "" {
				p.errf("tee: %s: %s\n", p.fds[fd].path, e)
				st = 1
			}
		}
	}
	for _, fd := range fds[1:] {
		p.close(fd)
	}
	return st
}

func xargs(p *Proc, a []string) int {
	n, perLine, repl, noEmpty, trace, delim := 0, 0, "", false, false, byte(0)
	hasDelim, wrong := false, ""
	i := 1
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		c, v := a[i][1], a[i][2:]
		if strings.IndexByte("nILdPs", c) >= 0 && v == "" {
			if i++; i >= len(a) {
				p.errf("xargs: option requires an argument -- '%c'\nTry 'xargs --help' for more information.\n", c)
				return 1
			}
			v = a[i]
		}
		switch k, err := strconv.Atoi(v); c {
		case 'r':
			noEmpty = true
		case 't':
			trace = true
		case '0':
			hasDelim, delim = true, 0
		case 'd':
			d, _ := unescape(v, false)
			if len(d) != 1 {
				p.errf("xargs: Invalid input delimiter specification %s: the delimiter must be either a single character or an escape sequence starting with \\.\n", v)
				return 1
			}
			hasDelim, delim = true, d[0]
		case 'n', 'L', 'P':
			if err != nil {
				p.errf("xargs: invalid number \"%s\" for -%c option\nTry 'xargs --help' for more information.\n", v, c)
				return 1
			}
			if k < 1 && c != 'P' {
				p.errf("xargs: value %d for -%c option should be >= 1\nTry 'xargs --help' for more information.\n", k, c)
				return 1
			}
			switch c {
			case 'n':
				n, perLine = k, 0
			case 'L':
				perLine, n = k, 0
			}
		case 'I':
			if n > 0 {
				wrong = "xargs: warning: options --max-args and --replace/-I/-i are mutually exclusive, ignoring previous --max-args value\n"
			}
			repl, n = v, 0
		case 's':
			p.errf("not modelled: xargs -s\n")
			return 1
		default:
			return p.badOption(a[i])
		}
	}
	p.errf("%s", wrong)
	cmd := a[i:]
	if len(cmd) == 0 {
		cmd = []string{"echo"}
	}
	text := string(p.readAll(0))
	st := 0
	run := func(words []string) bool {
		if trace {
			p.errf("%s\n", strings.Join(words, " "))
		}
		switch rc := p.runWords(words); {
		case rc == 127:
			p.errf("xargs: %s: No such file or directory\n", words[0])
			st = 127
			return false
		case rc == 255:
			p.errf("xargs: %s: exited with status 255; aborting\n", words[0])
			st = 124
			return false
		case rc != 0:
			st = 123
		}
		return true
	}
	if repl != "" {
		for _, l := range lines(text) {
			if l = strings.TrimLeft(l, " \t"); l == "" {
				continue
			}
			words, _ := xargsWords(strings.NewReplacer(" ", "\\ ", "\t", "\\\t").Replace(l))
			var w []string
			for _, c := range cmd {
				w = append(w, strings.ReplaceAll(c, repl, strings.Join(words, " ")))
			}
			if !run(w) {
				break
			}
		}
		return st
	}
	var items []string
	switch {
	case hasDelim:
		if items = strings.Split(text, string(delim)); items[len(items)-1] == "" {
			items = items[:len(items)-1]
		}
	case perLine > 0:
		for _, l := range lines(text) {
			if l = strings.TrimRight(l, "\n"); strings.TrimSpace(l) != "" {
				items = append(items, l)
			}
		}
	default:
		var bad string
		if items, bad = xargsWords(text); bad != "" {
			p.errf("xargs: unmatched %s quote; by default quotes are special to xargs unless you use the -0 option\n", bad)
			st = 1
		}
	}
	if len(items) == 0 && (noEmpty || st != 0) {
		return st
	}
	if n = max(n, perLine); n <= 0 {
		n = max(1, len(items))
	}
	for first := true; first || len(items) > 0; first = false {
		k := min(n, len(items))
		w := append([]string(nil), cmd...)
		for _, it := range items[:k] {
			if perLine > 0 && !hasDelim {
				words, _ := xargsWords(it)
				w = append(w, words...)
				continue
			}
			w = append(w, it)
		}
		if items = items[k:]; !run(w) {
			break
		}
	}
	return st
}

// xargsWords reads words as xargs does: blanks part them, quotes and backslashes
// hold them together; bad is the kind of a quote that is not closed.
func xargsWords(text string) (out []string, bad string) {
	var b strings.Builder
	has, quote := false, byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0 && c == '\n':
			return out, quoteName(quote)
		case quote != 0:
			b.WriteByte(c)
		case c == '\'' || c == '"':
			quote, has = c, true
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
			has = true
		case strings.IndexByte(" \t\n\v\f\r", c) >= 0:
			if has {
				out = append(out, b.String())
				b.Reset()
				has = false
			}
		default:
			b.WriteByte(c)
			has = true
		}
	}
	if quote != 0 {
		return out, quoteName(quote)
	}
	if has {
		out = append(out, b.String())
	}
	return out, ""
}

func quoteName(c byte) string {
	if c == '"' {
		return "double"
	}
	return "single"
}

// runWords runs a program by its words, from another program; 127: not found.
func (p *Proc) runWords(w []string) int {
	name := path.Base(w[0])
	if p.lab.tools[name] == nil {
		return 127
	}
	p.step()
	return p.tool(append([]string{name}, w[1:]...), nil)
}

// seconds reads a duration as sleep(1) does: a number with s, m, h or d.
func seconds(s string) (sim.Time, bool) {
	unit := 1.0
	if s != "" {
		switch s[len(s)-1] {
		case 's':
			s = s[:len(s)-1]
		case 'm':
			unit, s = 60, s[:len(s)-1]
		case 'h':
			unit, s = 3600, s[:len(s)-1]
		case 'd':
			unit, s = 86400, s[:len(s)-1]
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if s == "infinity" || s == "inf" {
		return sim.Time(math.MaxInt64 / 4), true
	}
	if err != nil || v < 0 || math.IsNaN(v) {
		return 0, false
	}
	return sim.Time(min(v*unit*1e9, math.MaxInt64/4)), true
}

func sleepTool(p *Proc, a []string) int {
	if len(a) < 2 {
		p.errf("sleep: missing operand\nTry 'sleep --help' for more information.\n")
		return 1
	}
	var d sim.Time
	for _, s := range a[1:] {
		x, ok := seconds(s)
		if !ok {
			p.errf("sleep: invalid time interval ‘%s’\nTry 'sleep --help' for more information.\n", s)
			return 1
		}
		d += x
	}
	p.sleep(d)
	return 0
}

func timeoutTool(p *Proc, a []string) int {
	sig, i := 15, 1
	var kill sim.Time
	keep := false
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		switch {
		case a[i] == "-s" && i+1 < len(a):
			i++
			sig = sigNumber(a[i])
		case strings.HasPrefix(a[i], "--signal="):
			sig = sigNumber(a[i][9:])
		case a[i] == "-k" && i+1 < len(a):
			i++
			kill, _ = seconds(a[i])
		case a[i] == "--preserve-status":
			keep = true
		case a[i] == "--foreground", a[i] == "-v":
		default:
			p.badOption(a[i])
			return 125
		}
	}
	if len(a) < i+2 {
		p.errf("timeout: missing operand\nTry 'timeout --help' for more information.\n")
		return 125
	}
	d, ok := seconds(a[i])
	if !ok || sig < 0 {
		p.errf("timeout: invalid time interval ‘%s’\nTry 'timeout --help' for more information.\n", a[i])
		return 125
	}
	w := a[i+1:]
	if p.lab.tools[path.Base(w[0])] == nil {
		p.errf("timeout: failed to run command ‘%s’: No such file or directory\n", w[0])
		return 127
	}
	c := p.fork(w[0], func(q *Proc) int { return q.runWords(w) })
	p.relay = c
	defer func() { p.relay = nil }()
	end := p.lab.now() + d
	if d == 0 {
		end = 0
	}
	p.until(end, func() bool { return c.exited || p.relayed })
	if p.relayed && kill == 0 {
		p.until(end, func() bool { return c.exited })
	}
	if c.exited {
		return p.wait(c)
	}
	if !p.relayed || kill == 0 {
		c.signal(sig)
	}
	if kill > 0 {
		p.until(p.lab.now()+kill, func() bool { return c.exited })
		if !c.exited {
			c.signal(9)
			p.wait(c)
			return 137
		}
	}
	st := p.wait(c)
	if keep || p.relayed {
		return st
	}
	if sig == 9 {
		return 137
	}
	return 124
}

func watchTool(p *Proc, a []string) int {
	every := 2 * sim.Second
	i := 1
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		switch {
		case a[i] == "-n" && i+1 < len(a):
			i++
			every, _ = seconds(a[i])
		case strings.HasPrefix(a[i], "-n"):
			every, _ = seconds(a[i][2:])
		case strings.Trim(a[i], "-tdegc") == "":
		default:
			return p.badOption(a[i])
		}
	}
	if i >= len(a) {
		p.errf("Usage:\n watch [options] command\n")
		return 1
	}
	for {
		p.outf("Every %.1fs: %s\n\n", float64(every)/1e9, strings.Join(a[i:], " "))
		p.runWords(append([]string{"sh", "-c"}, strings.Join(a[i:], " ")))
		p.sleep(max(every, 100*sim.Millisecond))
	}
}
