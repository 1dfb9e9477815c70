package drills

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// A mutant is a script with one token of one line changed, so that it states
// something false.
type mutant struct {
	Line int    // of the script, from 1
	Kind string // what was changed
	New  string // the line as it is now; "" if it was removed
}

// apply returns the script with the change in it. A second line in New is
// one that was added.
func (m mutant) apply(text string) string {
	lines := strings.Split(text, "\n")
	if m.Line < 1 || m.Line > len(lines) {
		return text
	}
	if m.Kind == "removed" {
		// An empty line keeps the numbers of the others.
		lines[m.Line-1] = ""
		return strings.Join(lines, "\n")
	}
	lines[m.Line-1] = m.New
	if m.Kind == "doubled" {
		lines[m.Line-1] += "\n" + m.New
	}
	return strings.Join(lines, "\n")
}

var (
	reEvent   = regexp.MustCompile(`^(\s*)(\*|\+?\s?[0-9]*\.?[0-9]+(?:~\+?[0-9]*\.?[0-9]+)?)(\s+)(.*)$`)
	reSeq     = regexp.MustCompile(`\b(\d+):(\d+)\((\d+)\)`)
	reAck     = regexp.MustCompile(`\back (\d+)`)
	reWin     = regexp.MustCompile(`\bwin (\d+)`)
	reUrg     = regexp.MustCompile(`\burg (\d+)`)
	reFlags   = regexp.MustCompile(`^([<>]\s*(?:\[\w+\]|\(\w+\))?\s*)([SFRPUEWA.]+)(\s+\d+:)`)
	reEcn     = regexp.MustCompile(`\[(ect0|ect1|ce|noecn)\]`)
	reOptions = regexp.MustCompile(`\s*<[^<>]*>\s*$`)
	reOption  = regexp.MustCompile(`\b(mss|wscale|ecr) (\d+)`)
	reSack    = regexp.MustCompile(`\b(\d+):(\d+)([ ,>])`)
	reResult  = regexp.MustCompile(`\)\s*=\s*(-?\d+)(\s+E[A-Z0-9]+)?(.*)$`)
	reRevents = regexp.MustCompile(`revents=([A-Z|0]+)`)
	reEpoll   = regexp.MustCompile(`(epoll_wait\(.*events=)([A-Z|0]+)`)
	reGetopt  = regexp.MustCompile(`((?:getsockopt|ioctl)\(.*\[)(\d+|E[A-Z]+)(\][^\]]*(?:\[\d+\])?\) = )`)
	reEqual   = regexp.MustCompile(`(tcpi_\w+ == )(\d+|0x7fffffff)\b`)
	reState   = regexp.MustCompile(`(tcpi_\w+ == )(TCP_[A-Za-z_0-9]+)`)
	reBit     = regexp.MustCompile(`(TCPI_OPT_\w+\)? )== 0`)
	reCode    = regexp.MustCompile(`^(\s*\+?[0-9.]+\s+%\{\s*)?(assert\b.*)$`)
)

// mutants lists every change that the mutator knows for a script, in order of
// lines. Whether a change makes the script false only a kernel can tell.
func mutants(text string) []mutant {
	var list []mutant
	comment := false
	for i, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "/*") && !strings.Contains(line, "*/") {
			comment = true
		}
		if comment {
			comment = !strings.Contains(line, "*/")
			continue
		}
		body, tail := line, ""
		if j := strings.Index(line, "//"); j >= 0 {
			body, tail = line[:j], line[j:]
		}
		add := func(kind, new string) {
			if new != body {
				list = append(list, mutant{i + 1, kind, strings.TrimRight(new+tail, " ")})
			}
		}
		mutateLine(body, add)
	}
	return list
}

func mutateLine(line string, add func(kind, new string)) {
	if reCode.MatchString(line) {
		mutateCode(line, add)
		return
	}
	m := reEvent.FindStringSubmatch(line)
	if m == nil {
		return
	}
	when, what := m[2], m[4]
	head := m[1] + when + m[3]
	put := func(kind, what string) { add(kind, head+what) }
	switch {
	case strings.HasPrefix(what, ">") && !strings.Contains(what, "icmp"):
		mutateOut(what, put)
		for _, t := range [][2]string{{"later", shift(when, true)}, {"earlier", shift(when, false)}} {
			if t[1] != "" {
				add(t[0], m[1]+t[1]+m[3]+what)
			}
		}
		add("removed", "")
		add("doubled", line+" ")
	case strings.HasPrefix(what, "<") && !strings.Contains(what, "icmp"):
		mutateIn(what, put)
		add("removed", "")
	case reResult.MatchString(what):
		mutateCall(what, put)
	}
}

// shift moves a time beyond the tolerance of 4 ms or an eighth of the gap.
func shift(when string, later bool) string {
	if when == "*" || strings.Contains(when, " ") {
		return ""
	}
	parts := strings.Split(when, "~")
	var out []string
	for _, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimPrefix(p, "+"), 64)
		if err != nil {
			return ""
		}
		switch {
		case later:
			v = v*1.5 + 0.06
		case v < 0.03:
			return ""
		default:
			v *= 0.5
		}
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if strings.HasPrefix(p, "+") {
			s = "+" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, "~")
}

func mutateOut(p string, put func(kind, new string)) {
	if m := reSeq.FindStringSubmatch(p); m != nil {
		put("sequence +1", seqText(p, m, 1, 1, 0))
		put("length +1", seqText(p, m, 0, 1, 1))
		if m[3] != "0" {
			put("length -1", seqText(p, m, 0, -1, -1))
		}
	}
	put("acknowledgement +1", bump(p, reAck, 1))
	put("acknowledgement -1", bump(p, reAck, -1))
	put("window +1", bump(p, reWin, 1))
	put("urgent pointer -1", bump(p, reUrg, -1))
	if m := reFlags.FindStringSubmatchIndex(p); m != nil {
		f := p[m[4]:m[5]]
		flags := func(kind, f string) { put(kind, p[:m[4]]+f+p[m[5]:]) }
		if strings.Contains(f, "P") {
			flags("flag P off", strings.Replace(f, "P", "", 1))
		} else if !strings.ContainsAny(f, "SR") {
			flags("flag P on", "P"+f)
		}
		if strings.Contains(f, "F") {
			flags("flag F off", strings.Replace(f, "F", "", 1))
		} else if !strings.ContainsAny(f, "SR") {
			flags("flag F on", "F"+f)
		}
		switch {
		case strings.Contains(f, "R"):
			flags("flag R off", strings.ReplaceAll(strings.Replace(f, "R", ".", 1), "..", "."))
		case strings.Contains(f, "E"):
			flags("flag E off", strings.Replace(f, "E", "", 1))
		case !strings.Contains(f, "S"):
			flags("flag R on", "R"+f)
			flags("flag E on", "E"+f)
		}
	}
	if m := reEcn.FindStringSubmatchIndex(p); m != nil {
		other := "ect0"
		if p[m[2]:m[3]] == "ect0" {
			other = "noecn"
		}
		put("ECN field", p[:m[2]]+other+p[m[3]:])
	}
	mutateOptions(p, put)
}

func mutateOptions(p string, put func(kind, new string)) {
	o := reOptions.FindStringIndex(p)
	if o == nil || o[0] == 0 {
		put("option added", strings.TrimRight(p, " ")+" <nop,nop,nop,nop>")
		return
	}
	opts := p[o[0]:]
	if strings.Contains(opts, "...") {
		return
	}
	put("options removed", strings.TrimRight(p[:o[0]], " "))
	for _, m := range reOption.FindAllStringSubmatchIndex(opts, -1) {
		v, err := strconv.Atoi(opts[m[4]:m[5]])
		if err == nil {
			put("option "+opts[m[2]:m[3]]+" +1", p[:o[0]]+opts[:m[4]]+strconv.Itoa(v+1)+opts[m[5]:])
		}
	}
	if strings.Contains(opts, "sackOK") {
		put("option sackOK off", p[:o[0]]+strings.Replace(opts, "sackOK", "nop,nop", 1))
	}
	if i := strings.Index(opts, "sack "); i >= 0 {
		if m := reSack.FindStringSubmatchIndex(opts[i:]); m != nil {
			v, _ := strconv.Atoi(opts[i+m[4] : i+m[5]])
			put("option sack +1", p[:o[0]]+opts[:i+m[4]]+strconv.Itoa(v+1)+opts[i+m[5]:])
		}
	}
}

func mutateIn(p string, put func(kind, new string)) {
	if m := reSeq.FindStringSubmatch(p); m != nil && !strings.Contains(p, "S") {
		put("sequence +1", seqText(p, m, 1, 1, 0))
		if m[3] != "0" {
			put("length +1", seqText(p, m, 0, 1, 1))
		}
	}
	put("acknowledgement -1", bump(p, reAck, -1))
	put("acknowledgement +1", bump(p, reAck, 1))
	if m := reWin.FindStringSubmatchIndex(p); m != nil && p[m[2]:m[3]] != "0" {
		put("window 0", p[:m[2]]+"0"+p[m[3]:])
	}
	if m := reFlags.FindStringSubmatchIndex(p); m != nil {
		f := p[m[4]:m[5]]
		if strings.Contains(f, "F") {
			put("flag F off", p[:m[4]]+strings.Replace(f, "F", "", 1)+p[m[5]:])
		} else if !strings.ContainsAny(f, "SR") {
			put("flag F on", p[:m[4]]+"F"+f+p[m[5]:])
		}
	}
	if o := reOptions.FindStringIndex(p); o != nil && o[0] > 0 && strings.Contains(p[o[0]:], "sack ") {
		put("options removed", strings.TrimRight(p[:o[0]], " "))
	}
}

func mutateCall(p string, put func(kind, new string)) {
	m := reResult.FindStringSubmatchIndex(p)
	v, err := strconv.Atoi(p[m[2]:m[3]])
	if err != nil {
		return
	}
	opens := strings.Contains(p, "socket(") || strings.Contains(p, "accept(") || strings.Contains(p, "epoll_create(")
	switch {
	case m[4] >= 0: // -1 EXXX (text)
		e := " EBADF (Bad file descriptor)"
		put("error number", p[:m[4]]+e)
		put("result 0 for error", p[:m[2]]+"0")
	case !opens:
		put("result +1", p[:m[2]]+strconv.Itoa(v+1)+p[m[3]:])
		if v > 0 {
			put("result -1", p[:m[2]]+strconv.Itoa(v-1)+p[m[3]:])
		}
		put("error for result", p[:m[2]]+"-1 EAGAIN (Resource temporarily unavailable)")
	case strings.Contains(p, "accept("):
		put("error for result", p[:m[2]]+"-1 EAGAIN (Resource temporarily unavailable)")
	}
	events := func(kind string, re *regexp.Regexp, n int) {
		m := re.FindStringSubmatchIndex(p)
		if m == nil {
			return
		}
		s := p[m[2*n]:m[2*n+1]]
		in := "POLLIN"
		if n == 2 {
			in = "EPOLLIN"
		}
		if s == "0" {
			put(kind, p[:m[2*n]]+in+p[m[2*n+1]:])
			return
		}
		parts := strings.Split(s, "|")
		if len(parts) == 1 {
			put(kind, p[:m[2*n]]+"0"+p[m[2*n+1]:])
		} else {
			put(kind, p[:m[2*n]]+strings.Join(parts[1:], "|")+p[m[2*n+1]:])
		}
	}
	events("poll mask", reRevents, 1)
	events("epoll mask", reEpoll, 2)
	if m := reGetopt.FindStringSubmatchIndex(p); m != nil {
		s := p[m[4]:m[5]]
		if v, err := strconv.Atoi(s); err == nil {
			put("option value +1", p[:m[4]]+strconv.Itoa(v+1)+p[m[5]:])
		} else {
			put("option value 0", p[:m[4]]+"0"+p[m[5]:])
		}
	}
}

func mutateCode(line string, add func(kind, new string)) {
	if m := reEqual.FindStringSubmatchIndex(line); m != nil {
		v, err := strconv.ParseInt(line[m[4]:m[5]], 0, 64)
		if err == nil {
			add("assertion +1", line[:m[4]]+strconv.FormatInt(v+1, 10)+line[m[5]:])
		}
	}
	if m := reState.FindStringSubmatchIndex(line); m != nil {
		other := "TCP_LISTEN"
		if strings.HasPrefix(line[m[4]:m[5]], "TCP_CA_") {
			other = "TCP_CA_CWR"
			if line[m[4]:m[5]] == other {
				other = "TCP_CA_Open"
			}
		}
		add("assertion of a state", line[:m[4]]+other+line[m[5]:])
	}
	if m := reBit.FindStringSubmatchIndex(line); m != nil {
		add("assertion of a bit", line[:m[3]]+"!= 0"+line[m[1]:])
	}
}

// seqText adds to the numbers in "start:end(length)".
func seqText(p string, m []string, start, end, n int) string {
	a, _ := strconv.ParseInt(m[1], 10, 64)
	b, _ := strconv.ParseInt(m[2], 10, 64)
	c, _ := strconv.ParseInt(m[3], 10, 64)
	return strings.Replace(p, m[0], fmt.Sprintf("%d:%d(%d)", a+int64(start), b+int64(end), c+int64(n)), 1)
}

// bump adds to the first number that the expression finds.
func bump(p string, re *regexp.Regexp, by int64) string {
	m := re.FindStringSubmatchIndex(p)
	if m == nil {
		return p
	}
	v, err := strconv.ParseInt(p[m[2]:m[3]], 10, 64)
	if err != nil || v+by < 0 {
		return p
	}
	return p[:m[2]] + strconv.FormatInt(v+by, 10) + p[m[3]:]
}

// choose takes n of a script's mutants, spread over kinds and lines, always the
// same.
func choose(name string, list []mutant, n int) []mutant {
	used := map[string]int{}
	hash := func(m mutant) uint32 {
		h := fnv.New32a()
		fmt.Fprintf(h, "%s|%d|%s", name, m.Line, m.Kind)
		return h.Sum32()
	}
	lines := map[int]int{}
	var out []mutant
	rest := append([]mutant(nil), list...)
	for len(out) < n && len(rest) > 0 {
		sort.SliceStable(rest, func(i, j int) bool {
			a, b := used[rest[i].Kind]+3*lines[rest[i].Line], used[rest[j].Kind]+3*lines[rest[j].Line]
			if a != b {
				return a < b
			}
			return hash(rest[i]) < hash(rest[j])
		})
		m := rest[0]
		rest = rest[1:]
		used[m.Kind]++
		lines[m.Line]++
		out = append(out, m)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Line < out[j].Line })
	return out
}
