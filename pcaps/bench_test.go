package pcaps

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"
)

// flood is a pcap or pcapng of n frames with size bytes each.
func flood(t testing.TB, ng bool, n, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	data := make([]byte, size)
	if ng {
		w, err := NewWriter(&b, Interface{Name: "eth0", Link: LinkEthernet})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			binary.BigEndian.PutUint32(data, uint32(i))
			if err := w.Write(Frame{Unix: 1e18 + int64(i)*1000, Data: data, OrigLen: size, Queue: -1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	le := binary.LittleEndian
	head := le.AppendUint32(nil, magicNano)
	head = le.AppendUint32(head, 4<<16|2)
	head = append(head, 0, 0, 0, 0, 0, 0, 0, 0)
	head = le.AppendUint32(head, MaxFrame)
	b.Write(le.AppendUint32(head, 1))
	for i := range n {
		binary.BigEndian.PutUint32(data, uint32(i))
		rec := le.AppendUint32(nil, uint32(1e9+i/1e6))
		rec = le.AppendUint32(rec, uint32(i%1e6*1000))
		rec = le.AppendUint32(rec, uint32(size))
		b.Write(le.AppendUint32(rec, uint32(size)))
		b.Write(data)
	}
	return b.Bytes()
}

func benchNext(b *testing.B, ng bool) {
	raw := flood(b, ng, 100_000, 400)
	r, err := New(bytes.NewReader(raw), "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(400)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Next(); err == io.EOF {
			r.Rewind()
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNextPcap(b *testing.B)   { benchNext(b, false) }
func BenchmarkNextPcapng(b *testing.B) { benchNext(b, true) }

// BenchmarkChunk fetches 256 frames from anywhere, as the walk does when its
// reader jumps.
func BenchmarkChunk(b *testing.B) {
	r, err := New(bytes.NewReader(flood(b, true, 200_000, 400)), "bench")
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Index(); err != nil {
		b.Fatal(err)
	}
	at := 0
	for b.Loop() {
		at = (at + 7919*13) % (r.Len() - 256)
		for i := range 256 {
			if _, err := r.Frame(at + i); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkPcapgo is pcapgo alone, for comparison.
func BenchmarkPcapgo(b *testing.B) {
	raw := flood(b, false, 100_000, 400)
	in := bytes.NewReader(raw)
	buf := bufio.NewReaderSize(in, seqWindow)
	r, _ := pcapgo.NewReader(buf)
	b.SetBytes(400)
	for b.Loop() {
		if _, _, err := r.ZeroCopyReadPacketData(); err == io.EOF {
			in.Reset(raw)
			buf.Reset(in)
			r, _ = pcapgo.NewReader(buf)
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPcapgoNG is pcapgo's pcapng reader alone.
func BenchmarkPcapgoNG(b *testing.B) {
	raw := flood(b, true, 100_000, 400)
	in := bytes.NewReader(raw)
	buf := bufio.NewReaderSize(in, seqWindow)
	r, _ := pcapgo.NewNgReader(buf, ngMixed)
	b.SetBytes(400)
	for b.Loop() {
		if _, _, err := r.ZeroCopyReadPacketData(); err == io.EOF {
			in.Reset(raw)
			buf.Reset(in)
			r, _ = pcapgo.NewNgReader(buf, ngMixed)
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
