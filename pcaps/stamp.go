package pcaps

import "math/bits"

// stamp is the time of ts units of a resolution (if_tsresol) after an offset
// in seconds, in ns since 1970, rounded down. pcapgo has it wrong for powers
// of two and for powers of ten above 10^-19.
func stamp(ts uint64, resol uint8, offset int64) int64 {
	e := uint(resol & 0x7f)
	var sec, ns uint64
	switch {
	case resol&0x80 != 0 && e < 64:
		sec = ts >> e
		hi, lo := bits.Mul64(ts&(1<<e-1), 1e9)
		ns = hi<<(64-e) | lo>>e // Go shifts by 64 give 0
	case resol&0x80 != 0:
		hi, _ := bits.Mul64(ts, 1e9)
		ns = hi >> (e - 64)
	case e > 19:
		for ns = ts; e > 9 && ns > 0; e-- {
			ns /= 10
		}
	default:
		unit := uint64(1)
		for range e {
			unit *= 10
		}
		sec = ts / unit
		hi, lo := bits.Mul64(ts%unit, 1e9)
		ns, _ = bits.Div64(hi, lo, unit)
	}
	if sec > uint64(epochMax) {
		return 1<<63 - 1
	}
	s := int64(sec) + offset
	if offset > epochMax || s > epochMax {
		return 1<<63 - 1
	}
	if offset < 2*epochMin || s < epochMin {
		return -1 << 63
	}
	return s*1e9 + int64(ns)
}

func saturate(sec int64) int64 {
	if sec < 0 {
		return -1 << 63
	}
	return 1<<63 - 1
}

// subNS is a-b, held at the ends of int64.
func subNS(a, b int64) int64 {
	d := a - b
	if (a < 0) != (b < 0) && (d < 0) != (a < 0) {
		if a < 0 {
			return -1 << 63
		}
		return 1<<63 - 1
	}
	return d
}
