package lab

import (
	"fmt"
	"math/bits"
	"sort"
	"strconv"
	"strings"
)

// A bpfVal is a value: a number, a text, or several.
type bpfVal struct {
	text string
	num  int64
	str  bool
	list []bpfVal
}

func bpfNum(n int64) bpfVal  { return bpfVal{num: n} }
func bpfStr(s string) bpfVal { return bpfVal{text: s, str: true} }

func (v bpfVal) String() string {
	switch {
	case v.list != nil:
		var l []string
		for _, x := range v.list {
			l = append(l, x.String())
		}
		return "(" + strings.Join(l, ", ") + ")"
	case v.str:
		return v.text
	}
	return strconv.FormatInt(v.num, 10)
}

func (v bpfVal) true() bool { return v.str && v.text != "" || !v.str && v.num != 0 }

// A bpfMap is @x with all its entries.
type bpfMap struct {
	name string
	rows map[string]*bpfRow
	seq  int
}

// A bpfRow is one entry. kind is "" for a plain value, else the function that
// fills it.
type bpfRow struct {
	key         []bpfVal
	kind        string
	val         bpfVal
	count, sum  int64
	low, high   int64
	buckets     map[int64]int64
	min, max, s int64 // of lhist
	seq         int
}

// bpfMaxKeys is BPFTRACE_MAP_KEYS_MAX.
const bpfMaxKeys = 4096

func (m *bpfMap) row(key []bpfVal) *bpfRow {
	var k strings.Builder
	for _, v := range key {
		fmt.Fprintf(&k, "%v\x00%s\x01", v.str, v.String())
	}
	r := m.rows[k.String()]
	if r == nil {
		if len(m.rows) >= bpfMaxKeys {
			return nil
		}
		m.seq++
		r = &bpfRow{key: key, seq: m.seq}
		m.rows[k.String()] = r
	}
	return r
}

func (m *bpfMap) drop(key []bpfVal) {
	for k, r := range m.rows {
		if len(r.key) == len(key) {
			same := true
			for i := range key {
				same = same && r.key[i].String() == key[i].String()
			}
			if same {
				delete(m.rows, k)
			}
		}
	}
}

// fill is count(), sum() and the others.
func (r *bpfRow) fill(kind string, v int64, lo, hi, step int64) {
	if r.kind != kind {
		*r = bpfRow{key: r.key, seq: r.seq, kind: kind, buckets: map[int64]int64{}, min: lo, max: hi, s: step}
	}
	if r.count == 0 || v < r.low {
		r.low = v
	}
	if r.count == 0 || v > r.high {
		r.high = v
	}
	r.count++
	r.sum += v
	switch kind {
	case "hist":
		b := int64(-1) // below 0
		if v >= 0 {
			if b = int64(bits.Len64(uint64(v))); v == 0 {
				b = 0
			}
		}
		r.buckets[b]++
	case "lhist":
		b := int64(-1)
		if v >= hi {
			b = (hi - lo) / step
		} else if v >= lo {
			b = (v - lo) / step
		}
		r.buckets[b]++
	}
}

// num is what the entry counts as when it is sorted or compared.
func (r *bpfRow) num() int64 {
	switch r.kind {
	case "":
		return r.val.num
	case "count", "hist", "lhist":
		return r.count
	case "min":
		return r.low
	case "max":
		return r.high
	case "avg", "stats":
		return r.sum / max(1, r.count)
	}
	return r.sum
}

func (r *bpfRow) value() bpfVal {
	if r.kind == "" {
		return r.val
	}
	return bpfNum(r.num())
}

// text prints a map as print() and the end do.
func (m *bpfMap) text(top, div int64) string {
	var rows []*bpfRow
	for _, r := range m.rows {
		rows = append(rows, r)
	}
	sort.Slice(rows, func(i, j int) bool {
		a, b := rows[i], rows[j]
		switch {
		case a.kind == "" && a.val.str && b.val.str && a.val.text != b.val.text:
			return a.val.text < b.val.text
		case a.num() != b.num():
			return a.num() < b.num()
		}
		return a.seq < b.seq
	})
	if top > 0 && int64(len(rows)) > top {
		rows = rows[int64(len(rows))-top:]
	}
	if div <= 0 {
		div = 1
	}
	var l []string
	for _, r := range rows {
		key := ""
		if len(r.key) > 0 {
			var k []string
			for _, v := range r.key {
				k = append(k, v.String())
			}
			key = "[" + strings.Join(k, ", ") + "]"
		}
		l = append(l, "@"+m.name[1:]+key+": "+r.show(div))
	}
	return strings.Join(l, "\n") + "\n"
}

func (r *bpfRow) show(div int64) string {
	switch r.kind {
	case "":
		if r.val.str || r.val.list != nil {
			return r.val.String()
		}
		return strconv.FormatInt(r.val.num/div, 10)
	case "avg":
		return strconv.FormatInt(r.num()/div, 10) + "\n"
	case "stats":
		return fmt.Sprintf("count %d, average %d, total %d\n", r.count, r.num()/div, r.sum/div)
	case "hist", "lhist":
		return "\n" + r.histogram()
	}
	return strconv.FormatInt(r.num()/div, 10)
}

// bpfUnit writes a power of two as bpftrace does: 64K.
func bpfUnit(b int64) string {
	if b <= 0 {
		return "0"
	}
	n := b - 1
	suffix := []string{"", "K", "M", "G", "T", "P", "E"}
	return strconv.FormatInt(1<<(n%10), 10) + suffix[n/10]
}

// histogram draws the buckets.
func (r *bpfRow) histogram() string {
	first, last, top := int64(1<<62), int64(-2), int64(1)
	for b, n := range r.buckets {
		if n == 0 {
			continue
		}
		first, last, top = min(first, b), max(last, b), max(top, n)
	}
	var out strings.Builder
	for b := first; b <= last && last-first < 2000; b++ {
		name := ""
		switch {
		case r.kind == "lhist" && b < 0:
			name = fmt.Sprintf("(..., %d)", r.min)
		case r.kind == "lhist" && b >= (r.max-r.min)/r.s:
			name = fmt.Sprintf("[%d, ...)", r.max)
		case r.kind == "lhist":
			name = fmt.Sprintf("[%d, %d)", r.min+b*r.s, r.min+(b+1)*r.s)
		case b < 0:
			name = "(..., 0)"
		case b == 0:
			name = "[0]"
		case b == 1:
			name = "[1]"
		default:
			name = fmt.Sprintf("[%s, %s)", bpfUnit(b), bpfUnit(b+1))
		}
		n := r.buckets[b]
		bar := strings.Repeat("@", int(float64(n)/float64(top)*52))
		fmt.Fprintf(&out, "%-16s%8d |%-52s|\n", name, n, bar)
	}
	return out.String()
}
