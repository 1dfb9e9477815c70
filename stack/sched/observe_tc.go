package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Names of the disciplines on which only filters hang.
const (
	ingressName = "ingress"
	clsactName  = "clsact"
)

var filterNames = [...]string{"u32", "flower", "matchall", "fw"}

// String is what tc calls the classifier.
func (k FilterKind) String() string { return filterNames[k] }

var actNames = [numActs]string{"gact", "mirred", "police", "skbedit", "vlan", "pedit", "csum"}

// String is what tc calls the kind of action.
func (k ActKind) String() string { return actNames[k] }

// csumNames are the checksums of a Csum, in order of its flags.
var csumNames = [...]string{"IPv4", "ICMP", "IGMP", "TCP", "UDP"}

var verdictNames = [...]string{"continue", "pass", "reclassify", "drop", "pipe", "stolen", "queued", "repeat", "redirect", "trap"}

// String is what tc calls a verdict, without the chain or the number behind it
// (action_n2a).
func (v Verdict) String() string {
	switch {
	case v == TCActConsumed:
		return "consumed"
	case v >= -1 && v <= TCActTrap:
		return verdictNames[v+1]
	}
	if _, ok := v.Goto(); ok {
		return "goto"
	}
	return "jump"
}

// A tcText is a sentence of the kernel about a command that it refuses.
type tcText uint8

const (
	sayNothing tcText = iota
	sayNotClassful
	sayNoParent
	sayNoBlocks
	sayNoClass
	sayNoPrio
	sayChainLimit
	sayNoSuchPrio
	sayNoKind
	sayAutoTaken
	sayOtherProto
	sayNotCreated
	sayNoClassifier
	sayOtherKind
	sayExists
	sayNoFlush
	sayNoChain
	sayNoHandle
	sayChainExists
	sayNoModule
	sayNullChain
	sayControl
	sayFlags
	sayNoAction
	sayNotDeleted
	sayNotAllFlushed
	sayNoGotoElse
	sayMirredWay
	sayMirredDev
	sayU32Options
	sayU32KeyZero
	sayU32LinkTable
	sayU32NoLink
	sayU32LinkRoot
	sayU32Divisor
	sayU32DivisorMax
	sayU32DivisorKey
	sayU32NoTable
	sayU32Bucket
	sayU32Mismatch
	sayU32NoSel
	sayU32Shift
	sayU32Root
	sayU32InUse
	sayU32Full
	sayU32Flags
	sayNoInDev
	sayPoliceRate
	sayPolicePeak
	sayPoliceGoto
	sayVlanID
	sayPeditKeys
	sayPeditWide
	sayFlowerMask
	numTcTexts
)

var tcTexts = [numTcTexts]string{
	sayNotClassful: "Qdisc not classful", sayNoParent: "Parent Qdisc doesn't exists", sayNoBlocks: "Class doesn't support blocks",
	sayNoClass: "Specified class doesn't exist", sayNoPrio: "Invalid filter command with priority of zero",
	sayChainLimit: "Specified chain index exceeds upper limit", sayNoSuchPrio: "Filter with specified priority/protocol not found",
	sayAutoTaken: "Lowest ID from auto-alloc range already in use", sayOtherProto: "Protocol mismatch for filter with specified priority",
	sayNoKind: "Filter kind and protocol must be specified", sayNotCreated: "Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter",
	sayNoClassifier: "TC classifier not found", sayOtherKind: "Specified filter kind does not match existing one", sayExists: "Filter already exists",
	sayNoFlush: "Cannot flush filters with protocol, handle or kind set", sayNoChain: "Cannot find specified filter chain",
	sayNoHandle: "Specified filter handle not found", sayChainExists: "Filter chain already exists",
	sayNoModule: "Failed to load TC action module", sayControl: "invalid control action", sayFlags: "Mismatch between action and filter offload flags",
	sayNullChain: "can't goto NULL proto/chain",
	sayNoAction:  "TC action with specified index not found", sayNotDeleted: "Failed to delete TC action",
	sayNotAllFlushed: "Unable to flush all TC actions", sayNoGotoElse: "goto chain not allowed on fallback",
	sayMirredWay: "act_mirred: Unknown mirred option", sayMirredDev: "act_mirred: Specified device does not exist",
	sayU32Options: "cls_u32: Filter handle requires options", sayU32KeyZero: "cls_u32: Key node id cannot be zero",
	sayU32LinkTable: "cls_u32: u32 Link handle must be a hash table", sayU32NoLink: "cls_u32: Link hash table not found", sayU32LinkRoot: "cls_u32: Not linking to root node",
	sayU32Divisor: "cls_u32: Divisor is not a power of 2", sayU32DivisorMax: "cls_u32: Exceeded maximum 256 hash buckets", sayU32DivisorKey: "cls_u32: Divisor can only be used on a hash table",
	sayU32NoTable: "cls_u32: Specified hash table not found", sayU32Bucket: "cls_u32: Specified hash table buckets exceed configured value",
	sayU32Mismatch: "cls_u32: Handle specified hash table address mismatch", sayU32NoSel: "cls_u32: Selector not specified", sayU32Shift: "cls_u32: offshift must be less than 16",
	sayU32Root: "cls_u32: Not allowed to delete root node", sayU32InUse: "cls_u32: Can not delete in-use filter", sayU32Full: "cls_u32: Hash table node ID pool exhausted",
	sayU32Flags: "cls_u32: Key node flags do not match passed flags", sayNoInDev: "Network device not found",
	sayPoliceRate: "TC police action with rate requires rate table", sayPolicePeak: "peakrate requires rate", sayPoliceGoto: "goto chain not allowed on fallback",
	sayVlanID: "vlan id out of range", sayPeditKeys: "act_pedit: Pedit requires keys to be passed", sayPeditWide: "act_pedit: Offsets must be on 32bit boundaries",
	sayFlowerMask: "Destination port range must be both min and max",
}

// A Refusal is the kernel's answer to a command: an errno, and maybe a sentence. The
// zero value refuses nothing; a sentence without an errno is a warning.
type Refusal struct {
	Err  core.Errno
	text tcText
}

func refuse(e core.Errno, t tcText) Refusal { return Refusal{e, t} }

// String is the sentence, "" if there is none.
func (r Refusal) String() string { return tcTexts[r.text] }

// pack puts texts into values of 8 letters (step.Chars).
func pack(dst []uint64, texts ...[]byte) {
	clear(dst)
	i := 0
	for _, s := range texts {
		for k := 0; k < len(s) && i < 8*len(dst); k++ {
			dst[i/8] |= uint64(s[k]) << (56 - 8*(i%8))
			i++
		}
	}
}

const digits = "0123456789abcdef"

// appendNum appends a number in some base.
func appendNum(b []byte, n uint64, base uint64) []byte {
	var t [20]byte
	i := len(t)
	for {
		i--
		t[i] = digits[n%base]
		if n /= base; n == 0 {
			return append(b, t[i:]...)
		}
	}
}

// appendHandle is a filter's number as tc prints it.
func appendHandle(b []byte, k FilterKind, h uint32) []byte {
	if k != FilterU32 {
		return appendNum(append(b, "handle 0x"...), uint64(h), 16)
	}
	b = append(appendNum(append(b, "fh "...), uint64(h>>20), 16), ':')
	if bucket := h >> 12 & 0xff; bucket != 0 {
		b = appendNum(b, uint64(bucket), 16)
	}
	if node := h & 0xfff; node != 0 {
		b = appendNum(append(b, ':'), uint64(node), 16)
	}
	return b
}

// appendClass is a class's number.
func appendClass(b []byte, id uint32) []byte {
	return appendNum(append(appendNum(b, uint64(id>>16), 16), ':'), uint64(id&0xffff), 16)
}

// name fills the first six of w with the name of a filter.
func (tp *Proto) name(w []uint64, handle uint32) {
	b := append(make([]byte, 0, 64), "pref "...)
	b = append(appendNum(b, uint64(tp.Prio), 10), ' ')
	b = append(b, tp.Kind.String()...)
	if tp.chain.Index != 0 {
		b = appendNum(append(b, " chain "...), uint64(tp.chain.Index), 10)
	}
	if handle != 0 {
		b = appendHandle(append(b, ' '), tp.Kind, handle)
	}
	pack(w[:6], b)
}

func (w *walk) triedProto(tp *Proto, p uint16) {
	if !w.ns.Listening() {
		return
	}
	var a [8]uint64
	tp.name(a[:], 0)
	a[6], a[7] = uint64(p), uint64(tp.Protocol)
	w.ns.Tried(step.TryTcProto, a[:]...)
}

// tried tells that a filter was passed over: its field, what it wants, and what the
// packet has.
func (w *walk) tried(as step.Try, handle uint32, field, want []byte, v ...uint64) {
	var a [18]uint64
	w.tp.name(a[:], handle)
	pack(a[6:10], field)
	pack(a[10:16], want)
	n := copy(a[16:], v)
	w.ns.Tried(as, a[:16+n]...)
}

// triedDev tells that a filter wants another incoming device.
func (w *walk) triedDev(handle uint32, have, want int) {
	if !w.ns.Listening() {
		return
	}
	var a [8]uint64
	w.tp.name(a[:], handle)
	a[6], a[7] = uint64(have), uint64(want)
	w.ns.Tried(step.TryTcDev, a[:]...)
}

// matched tells that a filter matches.
func (w *walk) matched(handle, class uint32, acts int) {
	if !w.ns.Listening() {
		return
	}
	var a [9]uint64
	w.tp.name(a[:], handle)
	if class == 0 {
		a[6] = uint64(acts)
		w.ns.Why(step.WhyTcMatch, a[:7]...)
		return
	}
	pack(a[6:8], appendClass(nil, class))
	a[8] = uint64(acts)
	w.ns.Why(step.WhyTcMatchClass, a[:]...)
}

// verdictText fills three values with what a verdict says.
func verdictText(dst []uint64, v Verdict) {
	b := append(make([]byte, 0, 32), v.String()...)
	if c, ok := v.Goto(); ok {
		b = appendNum(append(b, " chain "...), uint64(c), 10)
	} else if n, ok := v.Jump(); ok {
		b = appendNum(append(b, ' '), uint64(n), 10)
	}
	pack(dst[:3], b)
}

func (w *walk) whyVerdict(v Verdict) { w.whyControl(step.WhyTcVerdict, v) }

// whyControl tells a sentence that ends with a verdict; args come before it.
func (w *walk) whyControl(why step.Why, v Verdict, args ...uint64) {
	if !w.ns.Listening() {
		return
	}
	var a [8]uint64
	n := copy(a[:], args)
	verdictText(a[n:n+3], v)
	w.ns.Why(why, a[:n+3]...)
}
