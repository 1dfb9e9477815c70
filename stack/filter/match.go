package filter

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Filter is a filter for one kind of link. It is never changed and may be
// shared.
type Filter struct {
	root *test
	text string
	link wire.LinkKind
}

// Compile reads a filter for frames of one kind of link. The error is an
// *Error.
func Compile(s string, link wire.LinkKind) (*Filter, error) {
	n, err := Parse(s)
	if err != nil {
		return nil, err
	}
	lo, ok := newLowerer(link)
	if !ok {
		return nil, &Error{1, "filters for this kind of link are not supported"}
	}
	root := lo.lower(n)
	if lo.err != nil {
		return nil, lo.err
	}
	return &Filter{root, n.String(), link}, nil
}

// String is the filter in full words.
func (f *Filter) String() string { return f.text }

// Link is the kind of link the filter is for.
func (f *Filter) Link() wire.LinkKind { return f.link }

// Match reports whether the filter says yes to a frame; orig is the frame's
// length on the wire in bytes, which is more than len(frame) when the frame was
// cut. A test behind the end of the frame makes the whole filter say no, as in
// a BPF machine. Match does not allocate.
func (f *Filter) Match(frame []byte, orig int) bool {
	return f.root.eval(frame, uint32(orig)) == yes
}

type answer uint8

const (
	no answer = iota
	yes
	outside // a load behind the end, or a division by zero: no, at once
)

func (t *test) eval(b []byte, n uint32) answer {
	switch t.kind {
	case tTrue:
		return yes
	case tAnd:
		if a := t.a.eval(b, n); a != yes {
			return a
		}
		return t.b.eval(b, n)
	case tOr:
		if a := t.a.eval(b, n); a != no {
			return a
		}
		return t.b.eval(b, n)
	case tNot:
		switch t.a.eval(b, n) {
		case yes:
			return no
		case no:
			return yes
		}
		return outside
	case tCmp:
		l, ok := t.l.eval(b, n)
		if !ok {
			return outside
		}
		r, ok := t.r.eval(b, n)
		if !ok {
			return outside
		}
		if t.cmp.holds(l, r) {
			return yes
		}
	}
	return no
}

func (c cmpOp) holds(l, r uint32) bool {
	switch c {
	case cmpEQ:
		return l == r
	case cmpNE:
		return l != r
	case cmpLT:
		return l < r
	case cmpGT:
		return l > r
	case cmpLE:
		return l <= r
	}
	return l >= r
}

func (v *value) eval(b []byte, n uint32) (uint32, bool) {
	switch v.kind {
	case vConst:
		return v.k, true
	case vLen:
		return n, true
	case vLoad, vLoadTran:
		return v.load(b, n)
	case vNeg:
		x, ok := v.x.eval(b, n)
		return -x, ok
	}
	x, ok := v.x.eval(b, n)
	if !ok {
		return 0, false
	}
	y, ok := v.y.eval(b, n)
	if !ok {
		return 0, false
	}
	return operate(v.op, x, y)
}

func (v *value) load(b []byte, n uint32) (uint32, bool) {
	var index uint32
	if v.x != nil {
		x, ok := v.x.eval(b, n)
		if !ok {
			return 0, false
		}
		index = x
	}
	if v.kind == vLoadTran {
		if uint64(v.hdr) >= uint64(len(b)) {
			return 0, false
		}
		index += uint32(b[v.hdr]&0xf) * 4
	}
	off := uint64(v.k) + uint64(index)
	if off+uint64(v.size) > uint64(len(b)) {
		return 0, false
	}
	switch b = b[off:]; v.size {
	case 1:
		return uint32(b[0]), true
	case 2:
		return uint32(binary.BigEndian.Uint16(b)), true
	}
	return binary.BigEndian.Uint32(b), true
}

// operate computes x op y as a BPF machine does; false is a division by zero.
func operate(op byte, x, y uint32) (uint32, bool) {
	switch op {
	case '+':
		return x + y, true
	case '-':
		return x - y, true
	case '*':
		return x * y, true
	case '/':
		if y == 0 {
			return 0, false
		}
		return x / y, true
	case '%':
		if y == 0 {
			return 0, false
		}
		return x % y, true
	case '&':
		return x & y, true
	case '|':
		return x | y, true
	case '^':
		return x ^ y, true
	case '<':
		return x << y, true
	}
	return x >> y, true
}
