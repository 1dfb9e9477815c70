package stack_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
)

// FuzzReplay replays arbitrary captures in both modes: no panic, and every
// buffer is accounted for.
func FuzzReplay(f *testing.F) {
	for _, e := range pcaps.Bundled() {
		r, err := e.Open()
		check(f, err)
		f.Add(classic(f, r, 12), false)
		f.Add(classic(f, r, 12), true)
		r.Close()
	}
	f.Fuzz(func(t *testing.T, capture []byte, react bool) {
		r, err := pcaps.New(bytes.NewReader(capture), "fuzz.pcap")
		if err != nil {
			return
		}
		defer r.Close()
		o := stack.Options{}
		if react {
			o.Mode = stack.React
		}
		x := traceAll(t, r, o, nil)
		conserved(t, x, o.Mode.String()+" mode")
	})
}

// classic writes the first frames of a capture as a small pcap, whose bytes a
// fuzzer can change with effect.
func classic(t testing.TB, r *pcaps.Reader, most int) []byte {
	t.Helper()
	r.Rewind()
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0)
	link := len(b)
	b = append(b, 1, 0, 0, 0)
	for range most {
		f, err := r.Next()
		if err != nil {
			break
		}
		b[link] = byte(f.Link)
		for _, v := range []int64{f.At / 1e9, f.At % 1e9, int64(len(f.Data)), int64(f.OrigLen)} {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
		b = append(b, f.Data...)
	}
	return b
}
