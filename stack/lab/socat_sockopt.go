package lab

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Options of socat for any option of a socket: setsockopt-int=17:103:1000 is UDP_SEGMENT.

// socatAny are their names, and the kind of their value.
var socatAny = [...]struct {
	name string
	kind byte
}{{"setsockopt", 'd'}, {"sockopt", 'd'}, {"setsockopt-int", 'i'}, {"sockopt-int", 'i'}, {"setsockopt-bin", 'd'}, {"sockopt-bin", 'd'},
	{"setsockopt-string", 's'}, {"sockopt-string", 's'}, {"setsockopt-listen", 'd'}, {"sockopt-listen", 'd'}}

// earlySocat are those that anyOption has set before the socket was bound.
const earlySocat = " 1:36 0:19 0:15 "

// isSocatAny reports whether an option is one of these.
func isSocatAny(name string) bool {
	for _, o := range socatAny {
		if o.name == name {
			return true
		}
	}
	return false
}

// checkAny says what is wrong with the words of such an option, "" if nothing is.
func checkAny(name, v string) string {
	w := strings.SplitN(v, ":", 3)
	if len(w) < 3 {
		return "parseopts(): option \"" + name + "\": 3 arguments required"
	}
	for _, n := range w[:2] {
		if _, err := strconv.ParseUint(n, 0, 31); err != nil {
			return "parseopts(): missing numerical value of option \"" + name + "=" + v + "\""
		}
	}
	for _, o := range socatAny {
		if o.name == name && o.kind == 'i' {
			if _, err := strconv.ParseInt(w[2], 0, 32); err != nil {
				return "parseopts(): missing numerical value of option \"" + name + "=" + v + "\""
			}
		}
	}
	return ""
}

// unused counts the options that an address has no time for: a UDP socket that is bound
// to receive is never connected.
func (s *socatSpec) unused() string {
	n := 0
	for _, o := range socatAny {
		n += b2i(s.has(o.name) && !strings.HasSuffix(o.name, "-listen"))
	}
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " option(s) could not be used"
}

// sockopts sets them on a socket, those for a listening socket or the others, and returns
// the words of the error, "" if there is none.
func (c *socatCmd) sockopts(s *socatSpec, fd int, listen bool) string {
	for _, o := range socatAny {
		v, ok := s.opts[o.name]
		if !ok || listen != strings.HasSuffix(o.name, "-listen") {
			continue
		}
		w := strings.SplitN(v, ":", 3)
		if listen && strings.Contains(earlySocat, " "+w[0]+":"+w[1]+" ") {
			continue
		}
		level, _ := strconv.ParseUint(w[0], 0, 31)
		name, _ := strconv.ParseUint(w[1], 0, 31)
		var b []byte
		show := "{...}"
		switch o.kind {
		case 'i':
			n, _ := strconv.ParseInt(w[2], 0, 32)
			b, show = core.Int32(int(n)), "{"+strconv.FormatInt(n, 10)+"}"
		case 's':
			b, show = append([]byte(w[2]), 0), strconv.Quote(w[2])
		default:
			if b, ok = dalan(w[2]); !ok {
				return "parseopts(): option \"" + o.name + "\": syntax error in \"" + w[2] + "\""
			}
		}
		call := &socket.Call{Op: socket.OpSetSockOpt, FD: fd, Level: int(level), Name: int(name), Data: b}
		if c.n.prog.Do(call); call.Err == step.NotModelled {
			return fmt.Sprintf("not modelled: setsockopt %d:%d", level, name)
		} else if call.Err != 0 {
			return fmt.Sprintf("setsockopt(5, %d, %d, %s, %d): %s", level, name, show, len(b), errnoWords(call.Err))
		}
	}
	return ""
}

// dalan is socat's little language for bytes, without its choice of byte order: i an
// int, l a long, s a short, b a byte, x bytes in hexadecimal, "text". A number alone is
// an int.
func dalan(s string) (b []byte, ok bool) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		size := 4
		switch c := s[0]; {
		case c == '"':
			end := strings.IndexByte(s[1:], '"')
			if end < 0 {
				return nil, false
			}
			b, s = append(b, s[1:1+end]...), s[end+2:]
			continue
		case c == 'x':
			end := 1 + len(s[1:]) - len(strings.TrimLeft(s[1:], "0123456789abcdefABCDEF"))
			p, err := hex.DecodeString(s[1:end])
			if err != nil {
				return nil, false
			}
			b, s = append(b, p...), s[end:]
			continue
		case c == 'i':
			s = s[1:]
		case c == 'l':
			size, s = 8, s[1:]
		case c == 's':
			size, s = 2, s[1:]
		case c == 'b':
			size, s = 1, s[1:]
		}
		end := len(s) - len(strings.TrimLeft(s, "-0123456789"))
		n, err := strconv.ParseInt(s[:end], 10, 64)
		if err != nil {
			return nil, false
		}
		for i := range size {
			b = append(b, byte(n>>(8*i)))
		}
		s = s[end:]
	}
	return b, true
}
