package core

import "github.com/packetwalk/packetwalk/stack/step"

// Read before editing: net/netfilter/core.c, include/linux/netfilter.h,
// include/linux/netfilter_netdev.h.

// A HookNum is one of the places where netfilter hooks in. What a number
// stands for depends on the family.
type HookNum uint8

// The five places of IPv4, IPv6 and bridges (NF_INET_*, NF_BR_*), and how many
// they are.
const (
	PreRouting HookNum = iota
	LocalIn
	Forward
	LocalOut
	PostRouting
	NumHooks
)

// The places that other families have.
const (
	BrRouting   HookNum = 5 // NF_BR_BROUTING: bridge or route?
	InetIngress HookNum = 5 // NF_INET_INGRESS: a device's own, IP packets only

	ARPIn      HookNum = 0 // NF_ARP_IN
	ARPOut     HookNum = 1 // NF_ARP_OUT
	ARPForward HookNum = 2 // NF_ARP_FORWARD

	NetdevIngress HookNum = 0 // NF_NETDEV_INGRESS
	NetdevEgress  HookNum = 1 // NF_NETDEV_EGRESS

	maxHooks = 6
)

// A Family is a netfilter family (NFPROTO_*).
type Family uint8

// The families. Those with hooks in the namespace come first; NFInet stands
// for IPv4 and IPv6 together, NFNetdev for the hooks of one device.
const (
	NFIPv4 Family = iota
	NFIPv6
	NFARP
	NFBridge
	numFamilies
	NFInet   Family = 8
	NFNetdev Family = 9
)

// Priorities at a hook (enum nf_ip_hook_priorities): the lowest runs first.
const (
	PriFirst           = -1 << 31
	PriRawBeforeDefrag = -450
	PriDefrag          = -400
	PriRaw             = -300
	PriConntrack       = -200
	PriMangle          = -150
	PriNatDst          = -100
	PriFilter          = 0
	PriSecurity        = 50
	PriNatSrc          = 100
	PriLast            = 1<<31 - 1
)

// Priorities at a bridge's hook (enum nf_br_hook_priorities).
const (
	PriBrNatDstBridged = -300
	PriBrFilterBridged = -200
	PriBrBrnf          = 0
	PriBrNatDstOther   = 100
	PriBrFilterOther   = 200
	PriBrNatSrc        = 300
)

// A Verdict is what a hook says (NF_*), with an errno for the sender in the
// second byte.
type Verdict uint32

// What a hook may say.
const (
	Drop   Verdict = iota // the caller frees the packet
	Accept                // go on
	Stolen                // the hook has taken the packet
	Queue                 // hand it to a program: not modelled
)

// Kind is the verdict without what comes with it (NF_VERDICT_MASK).
func (v Verdict) Kind() Verdict { return v & 0xff }

// Errno is what the sender of the packet is told, 0 if nothing is said
// (NF_DROP_GETERR).
func (v Verdict) Errno() Errno { return Errno(v >> 8) }

// With is the verdict with an errno for the sender (NF_DROP_ERR).
func (v Verdict) With(e Errno) Verdict { return v | Verdict(e)<<8 }

// A HookState is struct nf_hook_state: where a packet is. It holds for the call
// only.
type HookState struct {
	Family  Family // of the packet: NFIPv4 and so on
	Hook    HookNum
	In, Out *Device
	SK      *Sock
}

// A Hook is struct nf_hook_ops. When it returns Drop the caller frees the
// packet; when it has freed it itself it returns Stolen.
type Hook interface {
	Run(ns *Netns, st *HookState, b *SKB) Verdict
}

// A NamedHook can say which kernel function it is, for listings and for the
// reader.
type NamedHook interface{ HookStep() step.Step }

type hookEntry struct {
	prio int
	h    Hook
}

// A HookInfo is one line of `nft list hooks`.
type HookInfo struct {
	Priority int
	Hook     Hook
}

// insertHook is nf_hook_entries_grow: of equal priorities the one registered
// last comes first.
func insertHook(l []hookEntry, prio int, h Hook) []hookEntry {
	i := len(l)
	for i > 0 && l[i-1].prio >= prio {
		i--
	}
	l = append(l, hookEntry{})
	copy(l[i+1:], l[i:])
	l[i] = hookEntry{prio, h}
	return l
}

func removeHook(l []hookEntry, h Hook) []hookEntry {
	for i := range l {
		if l[i].h == h {
			n := make([]hookEntry, 0, len(l)-1)
			return append(append(n, l[:i]...), l[i+1:]...)
		}
	}
	return l
}

// AddHook is nf_register_net_hook: lower priorities run first. NFInet is both
// IPv4 and IPv6.
func (ns *Netns) AddHook(f Family, n HookNum, prio int, h Hook) {
	if f == NFInet {
		ns.AddHook(NFIPv4, n, prio, h)
		f = NFIPv6
	}
	ns.hooks[f][n] = insertHook(ns.hooks[f][n], prio, h)
}

// DelHook is nf_unregister_net_hook. h must be comparable: a pointer.
func (ns *Netns) DelHook(f Family, n HookNum, h Hook) {
	if f == NFInet {
		ns.DelHook(NFIPv4, n, h)
		f = NFIPv6
	}
	ns.hooks[f][n] = removeHook(ns.hooks[f][n], h)
}

// HookCount is how many functions are registered at a hook.
func (ns *Netns) HookCount(f Family, n HookNum) int { return len(ns.hooks[f][n]) }

// Hooks lists what is registered at a hook, in the order in which it runs.
func (ns *Netns) Hooks(f Family, n HookNum) []HookInfo { return hookInfos(ns.hooks[f][n]) }

func hookInfos(l []hookEntry) []HookInfo {
	out := make([]HookInfo, len(l))
	for i, e := range l {
		out[i] = HookInfo{e.prio, e.h}
	}
	return out
}

// AddHook registers a hook of the netdev family, or of inet's ingress, on the
// device: n is NetdevIngress or NetdevEgress.
func (d *Device) AddHook(n HookNum, prio int, h Hook) { d.nf[n] = insertHook(d.nf[n], prio, h) }

// DelHook takes it away again.
func (d *Device) DelHook(n HookNum, h Hook) { d.nf[n] = removeHook(d.nf[n], h) }

// Hooks lists what is registered on the device.
func (d *Device) Hooks(n HookNum) []HookInfo { return hookInfos(d.nf[n]) }

// Hook is nf_hook: true lets the packet go on, false means that it is gone.
func (ns *Netns) Hook(f Family, n HookNum, in, out *Device, sk *Sock, b *SKB) bool {
	if len(ns.hooks[f][n]) == 0 {
		ns.hookNone(f, n)
		return true
	}
	return ns.HookErr(f, n, in, out, sk, b) < 0
}

// HookErr is nf_hook for those who tell a sender: below zero the packet goes
// on; else it is gone, and the result is the errno (0: nothing to tell).
func (ns *Netns) HookErr(f Family, n HookNum, in, out *Device, sk *Sock, b *SKB) int {
	l := ns.hooks[f][n]
	if len(l) == 0 {
		ns.hookNone(f, n)
		return -1
	}
	st := ns.pushHook()
	st.Family, st.Hook, st.In, st.Out, st.SK = f, n, in, out, sk
	r := ns.hookSlow(l, st, b)
	ns.popHook()
	return r
}

// devHook runs a device's own hooks (nf_hook_ingress, nf_hook_egress): below 0 the
// packet goes on, 0 says that a rule has taken it, and else it is dropped.
func (ns *Netns) devHook(d *Device, n HookNum, b *SKB) int {
	st := ns.pushHook()
	st.Family, st.Hook = NFNetdev, n
	if n == NetdevIngress {
		st.In = d
	} else {
		st.Out = d
	}
	r := ns.hookSlow(d.nf[n], st, b)
	ns.popHook()
	return r
}

func (ns *Netns) hookNone(f Family, n HookNum) {
	if f < NFARP && ns.Listening() && !ns.Trace.Explained() {
		ns.Why(step.WhyHookNone, uint64(n))
	}
}

// hookStack lends HookStates, so that a call allocates none; hooks that send
// packets nest.
type hookStack struct {
	states []*HookState
	n      int
}

func (ns *Netns) pushHook() *HookState {
	s := ns.hookStack
	if s == nil {
		s = &hookStack{}
		ns.hookStack = s
	}
	if s.n == len(s.states) {
		s.states = append(s.states, new(HookState))
	}
	s.n++
	return s.states[s.n-1]
}

func (ns *Netns) popHook() {
	s := ns.hookStack
	s.n--
	*s.states[s.n] = HookState{}
}

// hookSlow is nf_hook_slow: run the registered functions in order of priority
// until one objects. The result is HookErr's.
func (ns *Netns) hookSlow(l []hookEntry, st *HookState, b *SKB) int {
	defer ns.In(step.NFHookSlow, b).Out()
	for i := range l {
		switch v := l[i].h.Run(ns, st, b); v.Kind() {
		case Accept:
		case Drop:
			ns.Why(step.WhyHookDrop, st.code())
			ns.Drop(b, step.DropNetfilterDrop, step.NFHookSlow)
			if e := v.Errno(); e != 0 {
				return int(e)
			}
			return int(step.EPERM)
		case Queue:
			ns.NotModelled(b, step.WhyHookQueue, step.NFHookSlow, st.code())
			return 0
		default:
			ns.Why(step.WhyHookStolen, st.code())
			return int(v.Errno())
		}
	}
	if ns.Listening() {
		ns.Why(step.WhyHookPassed, uint64(len(l)), st.code())
	}
	return -1
}

// code is how sentences name the place.
func (st *HookState) code() uint64 { return uint64(st.Family)<<8 | uint64(st.Hook) }

// An NFCT is struct nf_conntrack: what package conntrack hangs on a packet.
type NFCT interface {
	Get()         // nf_conntrack_get: one more packet refers to it
	Put()         // nf_conntrack_put: one less
	CTID() uint32 // its number as a trace.Subject
}

// CTUntracked is the SKB.CTInfo of a packet that shall not be tracked
// (IP_CT_UNTRACKED).
const CTUntracked = 7

// SetCT is nf_ct_set: the packet belongs to a connection from now on (nil:
// none). The caller's reference becomes the packet's.
func (b *SKB) SetCT(c NFCT, info uint8) { b.NFCT, b.CTInfo = c, info }

// ResetCT is nf_reset_ct: forget the connection.
func (b *SKB) ResetCT() {
	if b.NFCT != nil {
		b.NFCT.Put()
		b.NFCT = nil
	}
	b.CTInfo = 0
}

// CopyCT is nf_copy: the packet belongs to from's connection.
func (b *SKB) CopyCT(from *SKB) {
	if from.NFCT != nil {
		from.NFCT.Get()
	}
	b.ResetCT()
	b.NFCT, b.CTInfo = from.NFCT, from.CTInfo
	b.NFTrace = from.NFTrace
}
