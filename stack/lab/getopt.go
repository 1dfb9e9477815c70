package lab

import "strings"

// A word is one option of a command line, as getopt_long(3) hands it out: its
// letter, or its long name, and its value.
type word struct {
	c     byte   // the letter; 0 for a long option without one
	name  string // the long name, if it was given so
	value string
	has   bool // there is a value
}

// optError says what getopt_long would say: at fault is the option as the
// message names it.
type optError struct {
	kind optFault
	opt  string // "x" of -x, "name" of --name
	at   string // the word of the command line
}

type optFault uint8

const (
	optUnknown  optFault = iota // invalid option
	optMissing                  // requires an argument
	optExtra                    // doesn't allow an argument
	optAmbigous                 // is ambiguous
)

// glibc is the message of getopt_long of glibc, without the tool's name.
func (e *optError) glibc() string {
	long := strings.HasPrefix(e.at, "--")
	switch {
	case e.kind == optUnknown && long:
		return "unrecognized option '" + cutEq(e.at) + "'"
	case e.kind == optUnknown:
		return "invalid option -- '" + e.opt + "'"
	case e.kind == optMissing && long:
		return "option '--" + e.opt + "' requires an argument"
	case e.kind == optMissing:
		return "option requires an argument -- '" + e.opt + "'"
	case e.kind == optExtra:
		return "option '--" + e.opt + "' doesn't allow an argument"
	}
	return "option '" + cutEq(e.at) + "' is ambiguous"
}

func cutEq(s string) string { s, _, _ = strings.Cut(s, "="); return s }

// A longOpt is one long option: arg is 0 for none, 1 for a value, 2 for a value
// that may be left out.
type longOpt struct {
	name string
	arg  int
	c    byte
}

// getopt is getopt_long(3): short is its letters ("ab:c::"), a "+" in front
// stops at the first operand. Operands are moved behind the options.
func getopt(a []string, short string, long []longOpt) (opts []word, rest []string, bad *optError) {
	stop := strings.HasPrefix(short, "+")
	short = strings.TrimPrefix(short, "+")
	for i := 0; i < len(a); i++ {
		s := a[i]
		switch {
		case s == "--":
			return opts, append(rest, a[i+1:]...), nil
		case len(s) < 2 || s[0] != '-':
			if stop {
				return opts, append(rest, a[i:]...), nil
			}
			rest = append(rest, s)
			continue
		case s[1] == '-':
			w, used, e := longWord(s, a[i+1:], long)
			if e != nil {
				return opts, rest, e
			}
			opts = append(opts, w)
			i += used
			continue
		}
		for k := 1; k < len(s); k++ {
			j := strings.IndexByte(short, s[k])
			if j < 0 || s[k] == ':' {
				return opts, rest, &optError{optUnknown, s[k : k+1], s}
			}
			need := len(short[j+1:]) - len(strings.TrimLeft(short[j+1:], ":"))
			w := word{c: s[k]}
			if need > 0 {
				w.value, w.has = s[k+1:], k+1 < len(s)
				if !w.has && need == 1 {
					if i++; i >= len(a) {
						return opts, rest, &optError{optMissing, s[k : k+1], s}
					}
					w.value, w.has = a[i], true
				}
				k = len(s)
			}
			opts = append(opts, w)
		}
	}
	return opts, rest, nil
}

// longWord reads --name, --name=value or --name value; a beginning of a name
// that only one has is enough.
func longWord(s string, next []string, long []longOpt) (w word, used int, bad *optError) {
	name, value, has := strings.Cut(s[2:], "=")
	var o *longOpt
	for i := range long {
		switch {
		case long[i].name == name:
			o = &long[i]
		case !strings.HasPrefix(long[i].name, name) || o != nil && o.name == name:
			continue
		case o == nil:
			o = &long[i]
		case o.c != long[i].c || o.arg != long[i].arg || o.c == 0:
			return w, 0, &optError{optAmbigous, name, s}
		}
		if o.name == name {
			break
		}
	}
	switch {
	case o == nil:
		return w, 0, &optError{optUnknown, name, s}
	case has && o.arg == 0:
		return w, 0, &optError{optExtra, o.name, s}
	case !has && o.arg == 1:
		if len(next) == 0 {
			return w, 0, &optError{optMissing, o.name, s}
		}
		value, has, used = next[0], true, 1
	}
	return word{o.c, o.name, value, has}, used, nil
}
