package nft

import (
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// A val is a number of up to 128 bits: every scalar that nft knows. Texts
// (device names) are numbers, too: their letters, the first in the highest byte.
type val struct{ hi, lo uint64 }

func num(n uint64) val { return val{0, n} }

func (v val) and(w val) val { return val{v.hi & w.hi, v.lo & w.lo} }
func (v val) or(w val) val  { return val{v.hi | w.hi, v.lo | w.lo} }
func (v val) xor(w val) val { return val{v.hi ^ w.hi, v.lo ^ w.lo} }
func (v val) zero() bool    { return v.hi|v.lo == 0 }

func (v val) cmp(w val) int {
	switch {
	case v.hi < w.hi || v.hi == w.hi && v.lo < w.lo:
		return -1
	case v == w:
		return 0
	}
	return 1
}

func (v val) shl(n uint) val {
	switch {
	case n >= 128:
		return val{}
	case n >= 64:
		return val{v.lo << (n - 64), 0}
	case n == 0:
		return v
	}
	return val{v.hi<<n | v.lo>>(64-n), v.lo << n}
}

func (v val) shr(n uint) val {
	switch {
	case n >= 128:
		return val{}
	case n >= 64:
		return val{0, v.hi >> (n - 64)}
	case n == 0:
		return v
	}
	return val{v.hi >> n, v.lo>>n | v.hi<<(64-n)}
}

// lowest is the number with its lowest one only.
func (v val) lowest() val { return v.and(v.xor(v.dec())) }

func (v val) inc() val {
	lo, c := bits.Add64(v.lo, 1, 0)
	return val{v.hi + c, lo}
}

func (v val) dec() val {
	lo, c := bits.Sub64(v.lo, 1, 0)
	return val{v.hi - c, lo}
}

// mask is a number of n ones.
func mask(n int) val {
	if n >= 128 {
		return val{^uint64(0), ^uint64(0)}
	}
	return num(1).shl(uint(n)).dec()
}

// bytes are the n bytes of the number, the highest first.
func (v val) bytes(n int) []byte {
	b := make([]byte, n)
	v.put(b)
	return b
}

// put writes the number into b, the highest byte first.
func (v val) put(b []byte) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(v.lo)
		v = v.shr(8)
	}
}

func valOf(b []byte) (v val) {
	for _, c := range b {
		v = v.shl(8).or(num(uint64(c)))
	}
	return v
}

// reversed is the number with its n bytes in the other order, as a machine reads
// it from memory.
func (v val) reversed(n int) (r val) {
	for i := 0; i < n; i++ {
		r = r.shl(8).or(num(v.lo & 255))
		v = v.shr(8)
	}
	return r
}

func (v val) String() string {
	if v.hi == 0 {
		return strconv.FormatUint(v.lo, 10)
	}
	n := new(big.Int).SetUint64(v.hi)
	n.Lsh(n, 64)
	return n.Or(n, new(big.Int).SetUint64(v.lo)).String()
}

func (v val) hex() string {
	if v.hi == 0 {
		return strconv.FormatUint(v.lo, 16)
	}
	s := strconv.FormatUint(v.lo, 16)
	for len(s) < 16 {
		s = "0" + s
	}
	return strconv.FormatUint(v.hi, 16) + s
}

// bitLen is the number of bits that it needs.
func (v val) bitLen() int {
	if v.hi != 0 {
		return 64 + bits.Len64(v.hi)
	}
	return bits.Len64(v.lo)
}

// parseNum reads a number of any length that fits: decimal, hexadecimal or
// (as nft does) octal.
func parseNum(s string) (val, bool) {
	if len(s) > 0 && len(s) < 19 && (s[0] != '0' || len(s) == 1) {
		n, plain := uint64(0), true
		for i := 0; i < len(s) && plain; i++ {
			n, plain = n*10+uint64(s[i]-'0'), isDigit(s[i])
		}
		if plain {
			return num(n), true
		}
		if strings.IndexByte(s, '.') > 0 {
			return val{}, false // an address
		}
	}
	n, ok := new(big.Int).SetString(s, 0)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 {
		return val{}, false
	}
	lo := new(big.Int).And(n, new(big.Int).SetUint64(^uint64(0))).Uint64()
	return val{n.Rsh(n, 64).Uint64(), lo}, true
}
