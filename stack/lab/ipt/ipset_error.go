package ipt

import "github.com/packetwalk/packetwalk/stack/netfilter/iptables"

// refused ends the run with ipset's words for what the kernel answered.
func (r *setRun) refused(cmd string, s *iptables.IPSet, e iptables.SetError) {
	if w := setErrorOf(s.Type, e); w != "" {
		r.fail("%s", w)
	}
	if w := setErrorWords[e]; w != "" {
		r.fail("%s", w)
	}
	if e == iptables.SetErrExist && cmd == "add" {
		r.fail("Element cannot be added to the set: it's already added")
	}
	r.fail("Element cannot be deleted from the set: it's not added")
}

var setErrorWords = map[iptables.SetError]string{
	iptables.SetErrENOENT:     "The set with the given name does not exist",
	iptables.SetErrEEXIST:     "Set cannot be created: set with the same name already exists",
	iptables.SetErrBusy:       "Set cannot be destroyed: it is in use by a kernel component",
	iptables.SetErrExistName2: "Set cannot be renamed: a set with the new name already exists",
	iptables.SetErrReferenced: "Set cannot be renamed: it is in use by another system",
	iptables.SetErrMismatch:   "The sets cannot be swapped: their type does not match",
	iptables.SetErrCIDR:       "The value of the CIDR parameter of the IP address is invalid",
	iptables.SetErrTimeout:    "Timeout cannot be used: set was created without timeout support",
	iptables.SetErrCounter:    "Packet/byte counters cannot be used: set was created without counter support",
	iptables.SetErrComment:    "Comment cannot be used: set was created without comment support",
	iptables.SetErrSkbInfo:    "Skbinfo mapping cannot be used: set was created without skbinfo support",
}

// setErrorOf is what only sets of a type answer.
func setErrorOf(t iptables.SetType, e iptables.SetError) string {
	switch {
	case t == iptables.SetList:
		return map[iptables.SetError]string{
			iptables.SetErrName:     "Set to be added/deleted/tested as element does not exist.",
			iptables.SetErrLoop:     "Sets with list:set type cannot be added to the set.",
			iptables.SetErrNameRef:  "The set to which you referred with 'before' or 'after' does not exist.",
			iptables.SetErrRefExist: "The set to which you referred with 'before' or 'after' is not added to the set.",
		}[e]
	case t.IsHash():
		return map[iptables.SetError]string{
			iptables.SetErrFull:     "Hash is full, cannot add more elements",
			iptables.SetErrHashElem: "Null-valued element, cannot be stored in a hash type of set",
			iptables.SetErrProto:    "Invalid protocol specified",
		}[e]
	}
	return map[iptables.SetError]string{
		iptables.SetErrBitmapRange: "Element is out of the range of the set",
		iptables.SetErrBitmapSize:  "The range you specified exceeds the size limit of the set type",
	}[e]
}
