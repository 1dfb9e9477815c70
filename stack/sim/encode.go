package sim

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"
)

// An image's data is a list of codes, in order of the regions' addresses.
// A code is a varint; its two low bits say what it is.
const (
	codeSame    = 0 // the next n regions of the base are the same
	codeChanged = 1 // the next region of the base, with differences
	codeGone    = 2 // the next n regions of the base are not there
	codeNew     = 3 // a region that the base lacks: address, plan, elements, differences
)

// encode appends the difference between the worlds f and base to out, and tells
// k what memory f shares that base does not. With noted, follow has noted the
// differences of what both have.
func (t *table) encode(out []byte, f, base *flat, k *keeps, noted bool) []byte {
	var (
		e    = predictor{f: f}
		j    int // in base
		same uint64
		gone uint64
		last uintptr
	)
	flush := func() {
		if same > 0 {
			out = binary.AppendUvarint(out, same<<2|codeSame)
		}
		if gone > 0 {
			out = binary.AppendUvarint(out, gone<<2|codeGone)
		}
		same, gone = 0, 0
	}
	drop := func() {
		if same > 0 {
			flush()
		}
		gone++
		j++
	}
	for i := range f.regions {
		r := &f.regions[i]
		for j < len(base.regions) && base.regions[j].at < r.at {
			drop()
		}
		if j < len(base.regions) && base.regions[j].at == r.at {
			if b := &base.regions[j]; b.p == r.p && b.n == r.n {
				j++
				diff := []byte(nil)
				if noted {
					diff = t.known(r, b)
				}
				if diff == nil {
					row, old := f.row(r), base.row(b)
					t.diff = differ(t.diff[:0], r.p, row, old)
					if diff = t.diff; nothingIn(r.p, diff, len(row)) {
						diff = nil
					} else {
						k.region(r.p, r.n, row, old)
					}
				}
				if len(diff) == 0 {
					if gone > 0 {
						flush()
					}
					same++
				} else {
					flush()
					out = append(out, codeChanged)
					out = append(out, diff...)
				}
				last = r.at
				e.passed(i)
				continue
			}
		}
		if j < len(base.regions) && base.regions[j].at == r.at && noted && t.updated(&base.regions[j]) {
			drop() // its words are not what they were: no guess from them
		}
		flush()
		out = binary.AppendUvarint(out, uint64(r.n)<<2|codeNew)
		out = binary.AppendUvarint(out, uint64(r.at-last))
		out = binary.AppendUvarint(out, uint64(r.p.id))
		var old []uint32
		if j < len(base.regions) && base.regions[j].at == r.at && base.regions[j].p == r.p {
			old = base.row(&base.regions[j]) // a slice that has grown
		}
		out = differ(out, r.p, f.row(r), e.guess(r, f.row(r), old))
		k.region(r.p, r.n, f.row(r), old)
		last = r.at
		e.passed(i)
	}
	for j < len(base.regions) {
		drop()
	}
	flush()
	return out
}

// known returns the differences between a region and the base's, if follow noted
// them; nil otherwise.
func (t *table) known(r, base *flatRegion) []byte {
	if r.i != base.i || !t.regions[r.i].compared() {
		return nil
	}
	d := t.regions[r.i].diff
	return t.diffs[d.from:d.to:d.to]
}

// updated reports whether follow has written to the words of the base's region.
func (t *table) updated(base *flatRegion) bool {
	r := &t.regions[base.i]
	return r.compared() && r.diff.from != r.diff.to
}

// decode builds the world f from its difference to base, whose words become
// f's; nil is a world without anything.
func decode(f, base *flat, data []byte) {
	var (
		e    = predictor{f: f}
		j    int
		last uintptr
		was  []flatRegion
	)
	number := func() uint64 {
		v, n := binary.Uvarint(data)
		data = data[n:]
		return v
	}
	if base != nil {
		f.words, base.words, was = base.words, f.words, base.regions
	}
	keep := func(b *flatRegion) *flatRegion {
		f.regions = append(f.regions, *b)
		return &f.regions[len(f.regions)-1]
	}
	for len(data) > 0 {
		c := number()
		switch n := int(c >> 2); c & 3 {
		case codeSame:
			for i := range was[j : j+n] {
				last = keep(&was[j+i]).at
				e.passed(len(f.regions) - 1)
			}
			j += n
		case codeChanged:
			r := keep(&was[j])
			j++
			data = patch(r.p, f.row(r), data)
			last = r.at
			e.passed(len(f.regions) - 1)
		case codeGone:
			j += n
		case codeNew:
			at := last + uintptr(number())
			r := f.add(at, f.plans[number()], n)
			var old []uint32
			if j < len(was) && was[j].at == at && was[j].p == r.p {
				old = f.row(&was[j])
			}
			row := f.row(r)
			data = e.build(r, row, old, data)
			last = at
			e.passed(len(f.regions) - 1)
		}
	}
}

// A predictor guesses the words of a region that the base lacks. An object is
// like the last one of the same type, and leads to itself as that one does; an
// element is like the one before it.
type predictor struct {
	f    *flat
	last []int32 // by plan: the last object of that type, from 1
	row  []uint32
}

// passed notes that region i is known now.
func (e *predictor) passed(i int) {
	r := &e.f.regions[i]
	if r.n != 1 || r.p.entry != nil {
		return
	}
	if e.last == nil {
		e.last = make([]int32, len(e.f.plans))
	}
	e.last[r.p.id] = int32(i + 1)
}

// stride is how many words an element has, if one helps to guess the next.
func (r *flatRegion) stride() int {
	size := r.p.size
	if r.p.entry != nil {
		size = r.p.entry.size
	}
	if r.n < 2 || size < 8 || size%4 != 0 {
		return 0
	}
	return int(size / 4)
}

// guess returns what is expected of a region; old is what the base has there.
func (e *predictor) guess(r *flatRegion, row, old []uint32) []uint32 {
	e.row = slices.Grow(e.row[:0], len(row))[:len(row)]
	if n := r.stride(); old == nil && n > 0 {
		clear(e.row[:n])
		copy(e.row[n:], row)
		return e.row
	}
	e.object(r, e.row, old)
	return e.row
}

// build makes a region's words from the guess and the differences.
func (e *predictor) build(r *flatRegion, row, old []uint32, data []byte) []byte {
	if n := r.stride(); old == nil && n > 0 {
		clear(row)
		data = patch(r.p, row, data)
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
		return data
	}
	e.object(r, row, old)
	return patch(r.p, row, data)
}

// object writes the guess for a region into row.
func (e *predictor) object(r *flatRegion, row, old []uint32) {
	if old != nil || r.n != 1 || r.p.entry != nil || e.last == nil || e.last[r.p.id] == 0 {
		clear(row[copy(row, old):])
		return
	}
	l := &e.f.regions[e.last[r.p.id]-1]
	copy(row, e.f.row(l))
	for i := range r.p.leads {
		o := &r.p.leads[i]
		off := o.off
		if o.kind == opIface {
			off += word
		}
		if w := (*uintptr)(unsafe.Add(unsafe.Pointer(&row[0]), off)); *w-l.at < r.p.size {
			*w += r.at - l.at
		}
	}
}

// A difference is a byte: its high five bits say how many words are as guessed
// before the next that is not, its low three bits how much that one differs:
// by a zigzag number that follows, of 1 to 4 bytes, or by as much as one of the
// last few before it. (A connection's numbers move together.)
const (
	skipFar = 30 // a varint follows: how many more words to skip
	skipEnd = 31 // no more differences
	again   = 4  // from here on: as the last, the one before, ...
)

// differ appends the differences of row from a guess of the same length.
func differ(out []byte, p *plan, row, guess []uint32) []byte {
	if p.bytes {
		return differBytes(out, row, guess)
	}
	return differWords(out, row, guess)
}

// nothingIn reports whether what differ wrote of so many words is no difference.
func nothingIn(p *plan, diff []byte, words int) bool {
	if p.bytes {
		n, _ := binary.Uvarint(diff)
		return int(n) == words
	}
	return len(diff) == 1 // only the end
}

// patch applies differences to a row that holds the guess, and returns the
// data behind them.
func patch(p *plan, row []uint32, data []byte) []byte {
	if p.bytes {
		return patchBytes(row, data)
	}
	return patchWords(row, data)
}

// differBytes is for what a packet carries: how many words are as guessed, how
// many are not, and those as they are, until the row is full.
func differBytes(out []byte, row, guess []uint32) []byte {
	for i := 0; i < len(row); {
		same := i
		for i < len(row) && row[i] == guess[i] {
			i++
		}
		out = binary.AppendUvarint(out, uint64(i-same))
		from := i
		for i < len(row) && (row[i] != guess[i] || i+1 < len(row) && row[i+1] != guess[i+1]) {
			i++
		}
		out = binary.AppendUvarint(out, uint64(i-from))
		for _, w := range row[from:i] {
			out = binary.LittleEndian.AppendUint32(out, w)
		}
	}
	return out
}

func patchBytes(row []uint32, data []byte) []byte {
	for i := 0; i < len(row); {
		same, n := binary.Uvarint(data)
		data = data[n:]
		raw, n := binary.Uvarint(data)
		data = data[n:]
		i += int(same)
		for j := range row[i : i+int(raw)] {
			row[i+j] = binary.LittleEndian.Uint32(data[4*j:])
		}
		i += int(raw)
		data = data[4*raw:]
	}
	return data
}

// differWords is for what counts: see above.
func differWords(out []byte, row, guess []uint32) []byte {
	out = slices.Grow(out, 16*len(row)+1)
	b := out[len(out):cap(out)]
	at, next := 0, 0
	var z0, z1, z2, z3 uint32 // the differences seen last, the newest first
	guess = guess[:len(row)]
	for from := 0; from < len(row); from += 64 {
		for m := unlike(row[from:], guess[from:]); m != 0; m &= m - 1 {
			i := from + bits.TrailingZeros64(m)
			d := int32(row[i] - guess[i])
			z, how := uint32(d<<1)^uint32(d>>31), again
			switch z {
			case z0:
			case z1:
				how, z0, z1 = again+1, z1, z0
			case z2:
				how, z0, z1, z2 = again+2, z2, z0, z1
			case z3:
				how, z0, z1, z2, z3 = again+3, z3, z0, z1, z2
			default:
				how, z0, z1, z2, z3 = (bits.Len32(z)-1)>>3, z, z0, z1, z2
			}
			if skip := i - next; skip < skipFar {
				b[at] = byte(skip<<3 | how)
				at++
			} else {
				b[at] = byte(skipFar<<3 | how)
				at += 1 + binary.PutUvarint(b[at+1:], uint64(skip-skipFar))
			}
			if how < again {
				binary.LittleEndian.PutUint32(b[at:], z)
				at += how + 1
			}
			next = i + 1
		}
	}
	b[at] = skipEnd << 3
	return out[:len(out)+at+1]
}

func patchWords(row []uint32, data []byte) []byte {
	at, i := 0, 0
	var z0, z1, z2, z3 uint32
	for {
		c := data[at]
		at++
		skip := int(c >> 3)
		if skip >= skipFar {
			if skip == skipEnd {
				return data[at:]
			}
			v, n := binary.Uvarint(data[at:])
			at += n
			skip += int(v)
		}
		i += skip
		switch how := int(c & 7); how {
		case again:
		case again + 1:
			z0, z1 = z1, z0
		case again + 2:
			z0, z1, z2 = z2, z0, z1
		case again + 3:
			z0, z1, z2, z3 = z3, z0, z1, z2
		default:
			z1, z2, z3 = z0, z1, z2
			if at+4 <= len(data) {
				z0 = binary.LittleEndian.Uint32(data[at:]) & (1<<(8*how+8) - 1)
			} else {
				z0 = 0
				for k := range how + 1 {
					z0 |= uint32(data[at+k]) << (8 * k)
				}
			}
			at += how + 1
		}
		row[i] += z0>>1 ^ -(z0 & 1)
		i++
	}
}
