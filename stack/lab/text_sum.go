package lab

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

func init() {
	for _, n := range []string{"md5sum", "sha1sum", "sha256sum", "sha512sum"} {
		extra[n] = sumTool
	}
	extra["base64"] = base64Tool
	extra["which"] = whichTool
	extra["printenv"] = printenvTool
}

// sumOf is the digest of a text by the tool that makes it.
func sumOf(name, text string) string {
	switch name {
	case "md5sum":
		h := md5.Sum([]byte(text))
		return hex.EncodeToString(h[:])
	case "sha1sum":
		h := sha1.Sum([]byte(text))
		return hex.EncodeToString(h[:])
	case "sha256sum":
		h := sha256.Sum256([]byte(text))
		return hex.EncodeToString(h[:])
	}
	h := sha512.Sum512([]byte(text))
	return hex.EncodeToString(h[:])
}

// sumTool is md5sum(1) and its like: the digest of each file, or with -c a check
// of a list of them.
func sumTool(p *Proc, a []string) int {
	check, mark := false, ' '
	rest, bad := flags(a[1:], "btc", func(c byte, _ string) {
		switch c {
		case 'b':
			mark = '*'
		case 'c':
			check = true
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if !check {
		return p.operands(rest, func(name, text string) { p.outf("%s %c%s\n", sumOf(a[0], text), mark, name) })
	}
	failed, missing := 0, 0
	st := p.operands(rest, func(_, list string) {
		for _, l := range lines(list) {
			sum, name, ok := strings.Cut(l, " ")
			if !ok || len(name) < 2 {
				continue
			}
			name = name[1:]
			b, e := p.readFile(name)
			switch {
			case e != "":
				p.errf("%s: %s: %s\n", a[0], name, e)
				p.outf("%s: FAILED open or read\n", name)
				missing++
			case sumOf(a[0], string(b)) != strings.ToLower(sum):
				p.outf("%s: FAILED\n", name)
				failed++
			default:
				p.outf("%s: OK\n", name)
			}
		}
	})
	s := func(n int) string {
		if n == 1 {
			return ""
		}
		return "s"
	}
	if missing > 0 {
		p.errf("%s: WARNING: %d listed file%s could not be read\n", a[0], missing, s(missing))
	}
	if failed > 0 {
		p.errf("%s: WARNING: %d computed checksum%s did NOT match\n", a[0], failed, s(failed))
	}
	if missing+failed > 0 {
		return 1
	}
	return st
}

// base64Tool is base64(1).
func base64Tool(p *Proc, a []string) int {
	decode, wrap, wrong := false, 76, ""
	for i, s := range a {
		if s == "--decode" {
			a[i] = "-d"
		}
	}
	rest, bad := flags(a[1:], "diw:", func(c byte, v string) {
		switch c {
		case 'd':
			decode = true
		case 'w':
			n, err := strconv.Atoi(v)
			if wrap = n; err != nil || n < 0 {
				wrong = v
			}
		}
	})
	switch {
	case bad != "":
		return p.badOption(bad)
	case wrong != "":
		p.errf("base64: invalid wrap size: ‘%s’\n", wrong)
		return 1
	case len(rest) > 1:
		p.errf("base64: extra operand ‘%s’\nTry 'base64 --help' for more information.\n", rest[1])
		return 1
	}
	st := 0
	if e := p.operands(rest, func(_, text string) {
		if decode {
			b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
			p.out(string(b))
			if err != nil {
				p.errf("base64: invalid input\n")
				st = 1
			}
			return
		}
		s := base64.StdEncoding.EncodeToString([]byte(text))
		for wrap > 0 && len(s) > wrap {
			p.out(s[:wrap] + "\n")
			s = s[wrap:]
		}
		if p.out(s); wrap > 0 && s != "" {
			p.out("\n")
		}
	}); e != 0 {
		return e
	}
	return st
}

// whichTool is which(1) of Debian: where programs are.
func whichTool(p *Proc, a []string) int {
	rest, bad := flags(a[1:], "as", func(byte, string) {})
	if bad != "" {
		p.errf("Illegal option %s\nUsage: /usr/bin/which [-as] args\n", bad[:2])
		return 2
	}
	st := b2i(len(rest) == 0)
	for _, n := range rest {
		switch {
		case p.lab.tools[n] != nil && !strings.Contains(n, "/"):
			p.outf("/usr/bin/%s\n", n)
		default:
			if s, e := p.stat(n); strings.Contains(n, "/") && e == "" && s.exec && !s.dir {
				p.outf("%s\n", n)
				continue
			}
			st = 1
		}
	}
	return st
}

// printenvTool is printenv(1).
func printenvTool(p *Proc, a []string) int {
	if len(a) == 1 {
		return envTool(p, []string{"env"})
	}
	st := 0
	for _, n := range a[1:] {
		if v, ok := p.env[n]; ok {
			p.outf("%s\n", v)
		} else {
			st = 1
		}
	}
	return st
}
