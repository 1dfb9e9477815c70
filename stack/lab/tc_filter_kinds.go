package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// tc filter … matchall and fw (iproute2, tc/f_matchall.c, tc/f_fw.c): reading.

const tcMatchallUsage = `Usage: ... matchall [skip_sw | skip_hw]
                 [ action ACTION_SPEC ] [ classid CLASSID ]

Where: SELECTOR := SAMPLE SAMPLE ...
       FILTERID := X:Y:Z
       ACTION_SPEC := ... look at individual actions

NOTE: CLASSID is parsed as hexadecimal input.
`

const tcFwUsage = `Usage: ... fw [ classid CLASSID ] [ indev DEV ] [ action ACTION_SPEC ]
	CLASSID := Push matching packets to the class identified by CLASSID with format X:Y
		CLASSID is parsed as hexadecimal input.
	DEV := specify device for incoming device classification.
	ACTION_SPEC := Apply an action on matching packets.
	NOTE: handle is represented as HANDLE[/FWMASK].
		FWMASK is 0xffffffff by default.
`

// parseMatchall is matchall_parse_opt.
func (f *tcFilterCmd) parseMatchall() int {
	if f.handle != "" {
		n, _ := cNumber(f.handle, 0)
		f.r.Handle = uint32(n)
	}
	if !f.more() {
		return 0
	}
	p := &sched.MatchallParams{}
	for f.more() {
		switch {
		case f.is("classid"), f.at("flowid"):
			p.ClassID, p.ClassGiven = f.classID(), true
		case f.is("action"):
			f.actions("\"action\"")
		case f.at("skip_hw"):
			f.next()
			p.SkipHW = true
		case f.at("skip_sw"):
			f.die(1, "not modelled: tc filter skip_sw\n")
		case f.at("help"):
			f.die(1, "%s", tcMatchallUsage)
		default:
			f.die(1, "What is \"%s\"?\n%s", f.cur(), tcMatchallUsage)
		}
	}
	f.r.Opts = p
	return 0
}

// parseFw is fw_parse_opt.
func (f *tcFilterCmd) parseFw() int {
	p := &sched.FwParams{}
	if f.handle != "" {
		h, mask, slash := strings.Cut(f.handle, "/")
		var ok bool
		if f.r.Handle, ok = tcfU32(h, 0); !ok {
			f.die(1, "Illegal \"handle\"\n")
		}
		if slash {
			if p.Mask, ok = tcfU32(mask, 0); !ok {
				f.die(1, "Illegal \"handle\" mask\n")
			}
			p.MaskGiven = true
		}
	}
	if !f.more() {
		return 0
	}
	for f.more() {
		switch {
		case f.is("classid"), f.is("flowid"):
			p.ClassID, p.ClassGiven = f.classID(), true
		case f.is("police"):
			f.police()
		case f.is("action"):
			f.actions("fw \"action\"")
		case f.at("indev"):
			p.InDev, p.InDevGiven = f.inDev(), true
		case f.at("help"):
			f.die(1, "%s", tcFwUsage)
		default:
			f.die(1, "What is \"%s\"?\n%s", f.cur(), tcFwUsage)
		}
	}
	f.r.Opts = p
	return 0
}
