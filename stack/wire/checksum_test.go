package wire

import (
	"math/rand"
	"strconv"
	"testing"
)

// slowSum is RFC 1071 as written: words of 16 bits, one at a time.
func slowSum(b []byte, initial uint32) uint16 {
	s := uint64(initial)
	for i := 0; i+1 < len(b); i += 2 {
		s += uint64(b[i])<<8 | uint64(b[i+1])
	}
	if len(b)%2 == 1 {
		s += uint64(b[len(b)-1]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}

func FuzzChecksum(f *testing.F) {
	ones := make([]byte, 200)
	for i := range ones {
		ones[i] = 0xff
	}
	for n := range 200 {
		f.Add(ones[:n], uint32(n))
		f.Add(ones[:n], ^uint32(0))
	}
	r := rand.New(rand.NewSource(1))
	for range 200 {
		b := make([]byte, r.Intn(300))
		r.Read(b)
		f.Add(b, r.Uint32())
	}
	f.Fuzz(func(t *testing.T, b []byte, initial uint32) {
		if got, want := Fold(Checksum(b, initial)), slowSum(b, initial); got != want {
			t.Fatalf("Fold(Checksum(%x, %#x)) = %#04x, want %#04x", b, initial, got, want)
		}
		// A packet cut at any even place sums to the same.
		cut := len(b) / 2 &^ 1
		if got, want := Fold(Checksum(b[cut:], Checksum(b[:cut], initial))), slowSum(b, initial); got != want {
			t.Fatalf("in two parts %#04x, want %#04x", got, want)
		}
		if len(b) > 3 {
			odd := Add(Checksum(b[:3], initial), Rotate(Checksum(b[3:], 0)))
			if got, want := Fold(odd), slowSum(b, initial); got != want {
				t.Fatalf("cut at 3: %#04x, want %#04x", got, want)
			}
		}
	})
}

func TestUpdate(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	b := make([]byte, 40)
	for range 20000 {
		r.Read(b)
		if r.Intn(4) == 0 {
			clear(b[8:12])
		}
		before := Fold(Checksum(b, 0))
		o16, o32, oa := be16(b[6:]), be32(b[8:]), AddrFrom16(b[12:])
		put16(b[6:], uint16(r.Uint32()))
		c16 := Update16(before, o16, be16(b[6:]))
		if want := Fold(Checksum(b, 0)); c16 != want {
			t.Fatalf("Update16: %#x, want %#x", c16, want)
		}
		put32(b[8:], r.Uint32())
		c32 := Update32(c16, o32, be32(b[8:]))
		if want := Fold(Checksum(b, 0)); c32 != want {
			t.Fatalf("Update32: %#x, want %#x", c32, want)
		}
		a := Addr{r.Uint64(), r.Uint64()}
		a.Put16(b[12:])
		if got, want := UpdateAddr(c32, oa, a), Fold(Checksum(b, 0)); got != want {
			t.Fatalf("UpdateAddr: %#x, want %#x", got, want)
		}
		whole := Checksum(b, 0)
		if got, want := Fold(Sub(whole, Checksum(b[:20], 0))), Fold(Checksum(b[20:], 0)); got != want {
			t.Fatalf("Sub: %#x, want %#x", got, want)
		}
	}
}

func TestPseudoHeader(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range 5000 {
		src, dst, p, n := IP4(r.Uint32()), IP4(r.Uint32()), Proto(r.Intn(256)), r.Intn(65536)
		b := make([]byte, 12)
		putIP4(b, src)
		putIP4(b[4:], dst)
		b[9] = byte(p)
		put16(b[10:], uint16(n))
		if got, want := Fold(PseudoHeader4(src, dst, p, n)), slowSum(b, 0); got != want {
			t.Fatalf("PseudoHeader4: %#x, want %#x", got, want)
		}
		s6, d6 := Addr{r.Uint64(), r.Uint64()}, Addr{r.Uint64(), ^uint64(0)}
		b = make([]byte, 40)
		s6.Put16(b)
		d6.Put16(b[16:])
		put32(b[32:], uint32(n))
		b[39] = byte(p)
		if got, want := Fold(PseudoHeader6(s6, d6, p, n)), slowSum(b, 0); got != want {
			t.Fatalf("PseudoHeader6: %#x, want %#x", got, want)
		}
	}
}

func TestDecreaseTTL(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	h := IPv4(make([]byte, 24))
	for range 20000 {
		r.Read(h)
		h.SetVersionIHL(24)
		h.SetTTL(uint8(1 + r.Intn(255)))
		h.ComputeChecksum()
		if !h.ChecksumOK() || slowSum(h, 0) != 0 {
			t.Fatalf("checksum of %x is wrong", []byte(h))
		}
		old := h.TTL()
		if got := h.DecreaseTTL(); got != old-1 || h.TTL() != old-1 || !h.ChecksumOK() {
			t.Fatalf("DecreaseTTL from %d: ttl %d, checksum ok %v, header %x", old, got, h.ChecksumOK(), []byte(h))
		}
		h.SetECN(uint8(r.Intn(4)))
		if !h.ChecksumOK() {
			t.Fatalf("SetECN broke the checksum of %x", []byte(h))
		}
	}
}

func BenchmarkChecksum(b *testing.B) {
	for _, n := range []int{20, 64, 1400, 65535} {
		p := make([]byte, n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			var s uint32
			for b.Loop() {
				s += Checksum(p, 0)
			}
			sink = s
		})
	}
}

var sink uint32
