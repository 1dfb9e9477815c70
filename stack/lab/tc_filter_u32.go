package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// tc filter … u32 (iproute2, tc/f_u32.c): reading.

const tcU32Usage = `Usage: ... u32 [ match SELECTOR ... ] [ link HTID ] [ classid CLASSID ]
               [ action ACTION_SPEC ] [ offset OFFSET_SPEC ]
               [ ht HTID ] [ hashkey HASHKEY_SPEC ]
               [ sample SAMPLE ] [skip_hw | skip_sw]
or         u32 divisor DIVISOR

Where: SELECTOR := SAMPLE SAMPLE ...
       SAMPLE := { ip | ip6 | udp | tcp | icmp | u{32|16|8} | mark }
                 SAMPLE_ARGS [ divisor DIVISOR ]
       FILTERID := X:Y:Z

NOTE: CLASSID is parsed at hexadecimal input.
`

// tcU32Handle is get_u32_handle.
func tcU32Handle(s string) (uint32, bool) {
	if !strings.Contains(s, ":") {
		if !strings.HasPrefix(s, "0x") {
			return 0, false
		}
		return tcfU32(s, 16)
	}
	parts := strings.SplitN(s, ":", 3)
	var n [3]uint64
	most := [3]uint64{0xfff, 0xff, 0xfff}
	for i, x := range parts {
		if x == "" {
			continue
		}
		v, ok := cNumber(x, 16)
		if !ok || v > most[i] {
			return 0, false
		}
		n[i] = v
	}
	return uint32(n[0]<<20 | n[1]<<12 | n[2]), true
}

// A tcU32Filter is a u32 filter while it is read.
type tcU32Filter struct {
	f   *tcFilterCmd
	p   *sched.U32Params
	sel *sched.U32Sel
}

// parseU32 is u32_parse_opt.
func (f *tcFilterCmd) parseU32() int {
	if f.handle != "" {
		var ok bool
		if f.r.Handle, ok = tcU32Handle(f.handle); !ok {
			f.die(1, "Illegal filter ID\n")
		}
	}
	if !f.more() {
		return 0
	}
	u := &tcU32Filter{f: f, p: &sched.U32Params{}, sel: &sched.U32Sel{}}
	terminal, selected, sample := false, false, false
	order := uint32(0)
	for f.more() {
		switch {
		case f.is("match"):
			f.next()
			if !u.selector(u.sel) {
				f.die(1, "Illegal \"match\"\n")
			}
			selected = true
		case f.is("offset"):
			f.next()
			if !u.offset() {
				f.die(1, "Illegal \"offset\"\n")
			}
		case f.is("hashkey"):
			f.next()
			if !u.hashkey() {
				f.die(1, "Illegal \"hashkey\"\n")
			}
		case f.is("classid"), f.at("flowid"):
			u.p.ClassID, u.p.ClassGiven = f.classID(), true
			u.sel.Flags |= sched.U32Terminal
		case f.is("divisor"):
			u.p.Divisor = f.divisor("Illegal \"divisor\"\n")
		case f.is("order"):
			var ok bool
			if order, ok = tcfU32(f.next(), 0); !ok {
				f.die(1, "Illegal \"order\"\n")
			}
			f.fwd()
		case f.at("link"):
			id, ok := tcU32Handle(f.next())
			if !ok {
				f.die(1, "Illegal \"link\"\n")
			}
			if id&0xfff != 0 {
				f.die(1, "\"link\" must be a hash table.\n")
			}
			u.p.Link, u.p.LinkGiven = id, true
			f.fwd()
		case f.at("ht"):
			id, ok := tcU32Handle(f.next())
			if !ok {
				f.die(1, "Illegal \"ht\"\n")
			}
			if f.handle != "" && id&0xfff != 0 {
				f.die(1, "\"ht\" must be a hash table.\n")
			}
			if sample {
				u.p.Table = u.p.Table&0xff000 | id&0xfff00000
			} else {
				u.p.Table = id & 0xfffff000
			}
			f.fwd()
		case f.at("sample"):
			f.next()
			u.sample()
			sample = true
		case f.at("indev"):
			u.p.InDev, u.p.InDevGiven = f.inDev(), true
		case f.is("action"):
			f.actions("\"action\"")
			terminal = true
		case f.is("police"):
			f.police()
			terminal = true
		case f.at("skip_hw"):
			u.p.SkipHW = true
			f.fwd()
		case f.at("skip_sw"):
			f.die(1, "not modelled: tc filter skip_sw\n")
		case f.at("help"):
			f.die(1, "%s", tcU32Usage)
		default:
			f.die(1, "What is \"%s\"?\n%s", f.cur(), tcU32Usage)
		}
	}
	if terminal {
		u.sel.Flags |= sched.U32Terminal
	}
	if order != 0 {
		if n := f.r.Handle & 0xfff; n != 0 && n != order {
			f.die(1, "\"order\" contradicts \"handle\"\n")
		}
		f.r.Handle |= order
	}
	if selected {
		u.p.Sel = u.sel
	}
	f.r.Opts = u.p
	return 0
}

// divisor reads a power of two up to 256.
func (f *tcFilterCmd) divisor(bad string) uint32 {
	n, ok := tcfU32(f.next(), 0)
	if !ok || n == 0 || n > 0x100 || n&(n-1) != 0 {
		f.die(1, "%s", bad)
	}
	f.fwd()
	return n
}

// sample computes a bucket from a value of the packet.
func (u *tcU32Filter) sample() {
	f, sel := u.f, &sched.U32Sel{}
	if !u.selector(sel) {
		f.die(1, "Illegal \"sample\"\n")
	}
	if len(sel.Keys) != 1 {
		f.die(1, "\"sample\" must contain exactly ONE key.\n")
	}
	divisor := uint32(0x100)
	if f.at("divisor") {
		divisor = f.divisor("Illegal sample \"divisor\"\n")
		if !f.more() {
			f.die(255, "Command line is not complete. Try option \"help\"\n")
		}
	}
	k := sel.Keys[0]
	h := k.Val & k.Mask
	for m := k.Mask; m != 0 && m&1 == 0; m >>= 1 {
		h >>= 1
	}
	u.p.Table = h%divisor<<12 | u.p.Table&0xfff00000
}
