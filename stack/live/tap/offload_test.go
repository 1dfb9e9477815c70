package tap

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// segments is n frames of one stream, of size bytes each but for the last.
func segments(six bool, n, size, last int, seq uint32) (list [][]byte) {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range n {
		if i == n-1 {
			size = last
		}
		l4 := wire.EthernetLen + wire.IPv4MinLen
		if six {
			l4 = wire.EthernetLen + wire.IPv6Len
		}
		b := make([]byte, l4+32+size)
		copy(b, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0})
		var pseudo uint32
		if six {
			b[12], b[13] = 0x86, 0xdd
			ip := wire.IPv6(b[14:])
			ip.SetVersion(0, 0x12345)
			binary.BigEndian.PutUint16(ip[4:], uint16(32+size))
			ip[6], ip[7], ip[8], ip[24], ip[23], ip[39] = 6, 64, 0xfd, 0xfd, 1, 2
			pseudo = wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoTCP, 32+size)
		} else {
			ip := wire.IPv4(b[14:])
			ip.SetVersionIHL(20)
			ip.SetTotalLen(20 + 32 + size)
			ip.SetID(uint16(65530 + i))
			ip.SetDF(true)
			ip.SetTTL(64)
			ip.SetProto(wire.ProtoTCP)
			ip.SetSrc(0x0a000001)
			ip.SetDst(0x0a000002)
			ip.ComputeChecksum()
			pseudo = wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, 32+size)
		}
		t := wire.TCP(b[l4:])
		t.SetSrcPort(80)
		t.SetDstPort(40000)
		t.SetSeq(seq)
		t.SetAck(77)
		t.SetDataOff(32)
		t.SetFlags(wire.TCPAck)
		if i == n-1 {
			t.SetFlags(wire.TCPAck | wire.TCPPsh)
		}
		t.SetWindow(500)
		copy(t[20:], []byte{1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8})
		for j := range size {
			t[32+j] = byte(r.Uint32())
		}
		t.SetChecksum(0)
		t.SetChecksum(wire.Fold(wire.Checksum(t, pseudo)))
		seq += uint32(size)
		list = append(list, b)
	}
	return list
}

// packet is what the kernel gets for the first n frames.
func packet(m *merger, frames [][]byte, n int) []byte {
	b := append([]byte(nil), m.head[:m.len]...)
	for _, f := range frames[:n] {
		b = append(b, f[m.len:]...)
	}
	return b
}

// Frames that were put together and cut again are the same, bit for bit.
func TestMergeSplit(t *testing.T) {
	for _, six := range []bool{false, true} {
		for _, c := range []struct{ n, size, last int }{{2, 1448, 1448}, {44, 1448, 1448}, {44, 1448, 1}, {45, 1448, 7}, {64, 1000, 999}, {3, 9, 1}, {64, 8, 8}} {
			frames := segments(six, c.n, c.size, c.last, 0xffffff00)
			var m merger
			n := m.merge(frames)
			if want := min(c.n, mergeFrames); n < 2 || n < want && (n+1)*c.size < 65000 {
				t.Fatalf("%+v: %d frames are put together", c, n)
			}
			var raw [vnetLen]byte
			m.hdr.put(raw[:])
			var h vnetHdr
			h.read(raw[:])
			b := &Batch{}
			h.split(packet(&m, frames, n), b)
			if b.Len() != n {
				t.Fatalf("%+v: %d frames come back of %d", c, b.Len(), n)
			}
			for i := range n {
				if !bytes.Equal(b.Frame(i), frames[i]) {
					t.Fatalf("six %v %+v: frame %d is another one:\n%x\n%x", six, c, i, b.Frame(i)[:70], frames[i][:70])
				}
			}
		}
	}
}

// What is not the plain continuation of a stream is not put together with it.
func TestMergeNot(t *testing.T) {
	for name, change := range map[string]func(f [][]byte){
		"a gap":              func(f [][]byte) { wire.TCP(f[1][34:]).SetSeq(5); fix(f[1]) },
		"another port":       func(f [][]byte) { wire.TCP(f[1][34:]).SetDstPort(5); fix(f[1]) },
		"another ACK":        func(f [][]byte) { wire.TCP(f[1][34:]).SetAck(5); fix(f[1]) },
		"another window":     func(f [][]byte) { wire.TCP(f[1][34:]).SetWindow(5); fix(f[1]) },
		"another timestamp":  func(f [][]byte) { f[1][34+25]++; fix(f[1]) },
		"FIN":                func(f [][]byte) { wire.TCP(f[1][34:]).SetFlags(wire.TCPAck | wire.TCPFin); fix(f[1]) },
		"ECE":                func(f [][]byte) { wire.TCP(f[1][34:]).SetFlags(wire.TCPAck | wire.TCPEce); fix(f[1]) },
		"another TOS":        func(f [][]byte) { wire.IPv4(f[1][14:]).SetTOS(8); fix(f[1]) },
		"another TTL":        func(f [][]byte) { wire.IPv4(f[1][14:]).SetTTL(8); fix(f[1]) },
		"another ID":         func(f [][]byte) { wire.IPv4(f[1][14:]).SetID(8); fix(f[1]) },
		"a fragment":         func(f [][]byte) { wire.IPv4(f[1][14:]).SetMF(true); fix(f[1]) },
		"a longer one":       func(f [][]byte) { f[0], f[1] = f[1], f[0] },
		"another MAC":        func(f [][]byte) { f[1][5]++ },
		"a wrong checksum":   func(f [][]byte) { f[1][80]++ },
		"a wrong IP sum":     func(f [][]byte) { f[1][24]++ },
		"a wrong sum before": func(f [][]byte) { f[0][80]++ },
		"PSH before":         func(f [][]byte) { wire.TCP(f[0][34:]).SetFlags(wire.TCPAck | wire.TCPPsh); fix(f[0]) },
		"short":              func(f [][]byte) { f[1] = f[1][:20] },
		"cut off":            func(f [][]byte) { f[1] = f[1][:len(f[1])-1] },
		"padding":            func(f [][]byte) { f[0] = append(f[0], 0) },
	} {
		f := segments(false, 2, 100, 90, 1000)
		change(f)
		var m merger
		if n := m.merge(f); n != 1 {
			t.Errorf("%s: %d frames are put together", name, n)
		}
	}
}

// fix makes the checksums of an IPv4 frame right.
func fix(f []byte) {
	ip := wire.IPv4(f[14:])
	ip.ComputeChecksum()
	t := wire.TCP(f[34:])
	t.SetChecksum(0)
	t.SetChecksum(wire.Fold(wire.Checksum(t, wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, len(t)))))
}

// A checksum that the kernel left to the card is worked out.
func TestComplete(t *testing.T) {
	f := segments(false, 1, 100, 100, 1)[0]
	want := append([]byte(nil), f...)
	ip, tcp := wire.IPv4(f[14:]), wire.TCP(f[34:])
	tcp.SetChecksum(^wire.Fold(wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, len(tcp))))
	(&vnetHdr{flags: vnetNeedsCsum, csumStart: 34, csumOffs: tcpCsum}).complete(f)
	if !bytes.Equal(f, want) {
		t.Errorf("the checksum is %04x, not %04x", tcp.Checksum(), wire.TCP(want[34:]).Checksum())
	}
}

// Whatever is told of a packet, nothing breaks, and no byte of it is lost that could
// be kept.
func FuzzSplit(f *testing.F) {
	for _, six := range []bool{false, true} {
		list := segments(six, 3, 50, 20, 7)
		var m merger
		n := m.merge(list)
		var raw [vnetLen]byte
		m.hdr.put(raw[:])
		f.Add(raw[:], packet(&m, list, n))
		f.Add([]byte{1, 1, 0, 0, 1, 0, 255, 255, 16, 0}, list[0])
	}
	f.Fuzz(func(t *testing.T, head, data []byte) {
		if len(head) < vnetLen || len(data) > 1<<16 {
			return
		}
		var h vnetHdr
		h.read(head)
		b := &Batch{}
		h.split(append([]byte(nil), data...), b)
		total := 0
		for i := range b.Len() {
			total += len(b.Frame(i))
		}
		if total < len(data) {
			t.Errorf("of %d bytes %d are left", len(data), total)
		}
		var frames [][]byte
		for i := range b.Len() {
			frames = append(frames, b.Frame(i))
		}
		for len(frames) > 0 {
			var m merger
			n := m.merge(frames)
			if n < 1 || n > len(frames) {
				t.Fatalf("%d of %d frames are put together", n, len(frames))
			}
			frames = frames[n:]
		}
	})
}
