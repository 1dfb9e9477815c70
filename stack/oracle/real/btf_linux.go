package real

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
)

// A btf is the kernel's own description of its types (/sys/kernel/btf/vmlinux).
type btf struct {
	strs  string
	types []btfType
	names map[string][]int
}

type btfType struct {
	name    uint32
	kind    uint8
	kflag   bool
	size    uint32 // or type
	members []btfMember
}

type btfMember struct{ name, typ, off uint32 }

// Kinds of BTF types that matter here.
const (
	btfPtr       = 2
	btfArray     = 3
	btfStruct    = 4
	btfUnion     = 5
	btfEnum      = 6
	btfTypedef   = 8
	btfVolatile  = 9
	btfConst     = 10
	btfRestrict  = 11
	btfFunc      = 12
	btfFuncProto = 13
	btfVar       = 14
	btfDatasec   = 15
	btfDeclTag   = 17
	btfTypeTag   = 18
	btfEnum64    = 19
)

func loadBTF(path string) (*btf, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseBTF(b)
}

func parseBTF(b []byte) (*btf, error) {
	le := binary.LittleEndian
	bad := fmt.Errorf("BTF: cut short")
	if len(b) < 24 || le.Uint16(b) != 0xeb9f {
		return nil, fmt.Errorf("BTF: not in the format that is expected")
	}
	hdr := uint64(le.Uint32(b[4:]))
	toff, tlen, soff, slen := uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:])), uint64(le.Uint32(b[16:])), uint64(le.Uint32(b[20:]))
	if hdr+toff+tlen > uint64(len(b)) || hdr+soff+slen > uint64(len(b)) {
		return nil, bad
	}
	f := &btf{strs: string(b[hdr+soff : hdr+soff+slen]), types: []btfType{{}}, names: map[string][]int{}}
	for t := b[hdr+toff : hdr+toff+tlen]; len(t) > 0; {
		if len(t) < 12 {
			return nil, bad
		}
		info := le.Uint32(t[4:])
		x := btfType{name: le.Uint32(t), kind: uint8(info >> 24 & 31), kflag: info>>31 != 0, size: le.Uint32(t[8:])}
		n := int(info & 0xffff)
		t = t[12:]
		per := 0
		switch x.kind {
		case 1, btfVar, btfDeclTag: // INT
			per, n = 4, 1
		case btfArray:
			per, n = 12, 1
		case btfStruct, btfUnion, btfEnum64, btfDatasec:
			per = 12
		case btfEnum, btfFuncProto:
			per = 8
		default:
			n = 0
		}
		if len(t) < per*n {
			return nil, bad
		}
		if x.kind == btfStruct || x.kind == btfUnion || x.kind == btfFuncProto {
			for i := range n {
				m := btfMember{name: le.Uint32(t[i*per:]), typ: le.Uint32(t[i*per+4:])}
				if per == 12 {
					m.off = le.Uint32(t[i*per+8:])
				}
				x.members = append(x.members, m)
			}
		}
		if x.kind == btfArray {
			x.size = le.Uint32(t)
		}
		t = t[per*n:]
		if s := f.str(x.name); s != "" {
			f.names[s] = append(f.names[s], len(f.types))
		}
		f.types = append(f.types, x)
	}
	return f, nil
}

// maxName is the longest name that a kernel has (KSYM_NAME_LEN).
const maxName = 512

// str is the name at an offset; a name shares the memory of all.
func (f *btf) str(off uint32) string {
	if uint64(off) >= uint64(len(f.strs)) {
		return ""
	}
	s := f.strs[off:]
	if i := strings.IndexByte(s[:min(len(s), maxName)], 0); i >= 0 {
		return s[:i]
	}
	return ""
}

func (f *btf) find(name string, kinds ...uint8) int {
	for _, i := range f.names[name] {
		for _, k := range kinds {
			if f.types[i].kind == k {
				return i
			}
		}
	}
	return 0
}

// strip passes over typedefs and qualifiers.
func (f *btf) strip(t uint32) int {
	for i := 0; i < 32 && int(t) < len(f.types); i++ {
		switch x := &f.types[t]; x.kind {
		case btfTypedef, btfVolatile, btfConst, btfRestrict, btfTypeTag:
			t = x.size
		default:
			return int(t)
		}
	}
	return 0
}

// args are the names of a tracepoint's arguments, in order.
func (f *btf) args(tp string) ([]string, error) {
	t := f.find("__traceiter_"+tp, btfFunc)
	if t == 0 {
		return nil, fmt.Errorf("this kernel has no tracepoint %s", tp)
	}
	p := f.strip(f.types[t].size)
	if f.types[p].kind != btfFuncProto || len(f.types[p].members) == 0 {
		return nil, fmt.Errorf("no prototype")
	}
	var out []string
	for _, m := range f.types[p].members[1:] {
		out = append(out, f.str(m.name))
	}
	return out, nil
}

// A place is where a member stands in a structure.
type place struct {
	off   int // bytes
	bit   int // from there, for a bit field
	width int // in bits, 0 for a whole member
}

// offset finds a member by its path, "__sk_common.skc_net.net"; members of
// nameless structures and unions count as the outer one's.
func (f *btf) offset(strct, path string) (place, error) {
	t := f.find(strct, btfStruct, btfUnion)
	if t == 0 {
		return place{}, fmt.Errorf("this kernel has no struct %s", strct)
	}
	bits, width := 0, 0
	for _, name := range strings.Split(path, ".") {
		left := maxMembers
		m, off, ok := f.member(t, name, 0, &left)
		if !ok {
			return place{}, fmt.Errorf("struct %s has no %s", strct, path)
		}
		bits += off
		width = m.bits
		if t = f.strip(m.typ); f.types[t].kind == btfArray { // its first element
			t = f.strip(f.types[t].size)
		}
	}
	p := place{off: bits / 8, width: width}
	if width > 0 {
		p.bit = bits % 8
	}
	return p, nil
}

type found struct {
	typ  uint32
	bits int
}

// maxMembers is how many members are looked at to find one: nameless structures
// that stand in each other again and again would take for ever.
const maxMembers = 1 << 16

func (f *btf) member(t int, name string, depth int, left *int) (found, int, bool) {
	x := &f.types[t]
	if depth > 16 || x.kind != btfStruct && x.kind != btfUnion {
		return found{}, 0, false
	}
	for _, m := range x.members {
		if *left--; *left < 0 {
			break
		}
		off, width := int(m.off), 0
		if x.kflag {
			off, width = int(m.off&0xffffff), int(m.off>>24)
		}
		s := f.str(m.name)
		if s == name {
			return found{m.typ, width}, off, true
		}
		if s == "" {
			if r, o, ok := f.member(f.strip(m.typ), name, depth+1, left); ok {
				return r, off + o, true
			}
		}
	}
	return found{}, 0, false
}
