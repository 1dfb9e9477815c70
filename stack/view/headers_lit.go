package view

import (
	"strconv"
	"strings"
	"sync"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// bits are the fields that a function reads or writes: by header.
type bits struct {
	header string
	fields map[string]bool // nil: all
}

// bitsOf are the bits of each function.
var bitsOf = sync.OnceValue(func() map[string][]bits {
	all := map[string][]bits{}
	for _, e := range readText("bits") {
		var list []bits
		for _, part := range strings.Split(e.words, "; ") {
			head, names, _ := strings.Cut(part, " ")
			b := bits{header: head}
			if names != "*" {
				b.fields = map[string]bool{}
				for _, n := range strings.Split(names, ", ") {
					b.fields[n] = true
				}
			}
			list = append(list, b)
		}
		for _, k := range e.keys {
			all[k] = list
		}
	}
	return all
})

// lightFields marks the fields that the function reads or writes, in the first
// header of each kind. It reports whether there were any.
func lightFields(sc *Scene, fn string) bool {
	found := false
	for _, b := range bitsOf()[fn] {
		for i := range sc.Headers {
			h := &sc.Headers[i]
			if h.Name != b.header {
				continue
			}
			for j := range h.Fields {
				if f := &h.Fields[j]; b.fields == nil || b.fields[f.Name] {
					f.Lit = true
				}
			}
			if !found {
				h.Lit, found = true, true
			}
			break
		}
	}
	return found
}

// rewrite shows the header as this step leaves it: what the kernel changed in
// the packet since it came. Was is what this very step replaced.
func (b *builder) rewrite() {
	id := b.skb()
	if id == 0 || b.e.Kind != trace.Call {
		return
	}
	t := b.tabler()
	ttl, wrote := t.get(id, step.KindSKB, step.SKBTTL)
	if ttl == 0 {
		return
	}
	for i := range b.sc.Headers {
		h := &b.sc.Headers[i]
		name, at := "Time to live", 8
		switch h.Name {
		case "IPv4":
		case "IPv6":
			name, at = "Hop limit", 7
		default:
			continue
		}
		if h.From+20 > len(b.sc.Bytes) || h.To > len(b.sc.Bytes) {
			return
		}
		p := b.sc.Bytes[h.From:h.To]
		src, dst := t.addr(id, step.KindSKB, step.SKBSaddr), t.addr(id, step.KindSKB, step.SKBDaddr)
		if s, d := addrsOf(h.Name, p); s != src || d != dst {
			return // another packet's buffer, or another header's
		}
		was := uint64(p[at])
		if wrote {
			was = t.st[StateKey{Obj: id, Key: step.KeyOf(step.KindSKB, step.SKBTTL)}]
			b.log.Set(b.e, func(c *trace.Change) {
				if c.Obj == id && c.Key == step.KeyOf(step.KindSKB, step.SKBTTL) {
					was = c.Old
				}
			})
		}
		if uint64(p[at]) == ttl && !wrote {
			return
		}
		oldSum := uint64(0)
		if h.Name == "IPv4" {
			oldSum = uint64(p[10])<<8 | uint64(p[11])
		}
		p[at] = byte(ttl)
		sumWas := oldSum
		if h.Name == "IPv4" {
			sumWas = uint64(headerSum(p, byte(was)))
			sum := headerSum(p, byte(ttl))
			p[10], p[11] = byte(sum>>8), byte(sum)
		}
		for j := range h.Fields {
			f := &h.Fields[j]
			switch {
			case f.Name == name:
				f.Value = strconv.FormatUint(ttl, 10)
				if wrote && was != ttl {
					f.Was, f.Lit = strconv.FormatUint(was, 10), true
				}
			case f.Name == "Header checksum" && h.Name == "IPv4":
				f.Value = hexSum(uint64(p[10])<<8 | uint64(p[11]))
				if wrote && was != ttl {
					f.Was, f.Lit = hexSum(sumWas), true
				}
			}
		}
		return
	}
}

// skb is the buffer that the step is about, 0 if there is none.
func (b *builder) skb() uint32 {
	st := b.stateAt()
	for _, id := range b.objects() {
		if b.kindOf(st, id) == step.KindSKB {
			return id
		}
	}
	return 0
}

func addrsOf(header string, p []byte) (src, dst wire.Addr) {
	if header == "IPv4" {
		ip := wire.IPv4(p)
		return ip.Src().Addr(), ip.Dst().Addr()
	}
	if len(p) < 40 {
		return src, dst
	}
	ip := wire.IPv6(p)
	return ip.Src(), ip.Dst()
}

// headerSum is the checksum of an IPv4 header with this time to live (RFC 791).
func headerSum(p []byte, ttl byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(p); i += 2 {
		hi, lo := p[i], p[i+1]
		switch i {
		case 8:
			hi = ttl
		case 10:
			hi, lo = 0, 0
		}
		sum += uint32(hi)<<8 | uint32(lo)
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

func hexSum(v uint64) string {
	return "0x" + hex2(byte(v>>8)) + hex2(byte(v))
}
