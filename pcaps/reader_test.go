package pcaps

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// onlyReader hides everything but Read: a pipe.
type onlyReader struct{ io.Reader }

// readAll reads to the end and checks the laws on the way.
func readAll(t testing.TB, r *Reader, size int64) ([]Frame, error) {
	t.Helper()
	var all []Frame
	sum := int64(0)
	for {
		f, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			if _, again := r.Next(); again != err {
				t.Errorf("after %v Next says %v", err, again)
			}
			return all, err
		}
		sum += int64(len(f.Data)) + 16
		if size >= 0 && sum > size {
			t.Fatalf("%d frames hold more bytes than the file's %d", len(all), size)
		}
		if f.N != len(all)+1 || f.Iface >= len(r.Interfaces()) {
			t.Fatalf("frame %d: %+v", len(all), f)
		}
		f.Data = bytes.Clone(f.Data)
		all = append(all, f)
	}
}

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// block is a pcapng block in the given byte order.
func block(be bool, typ uint32, body ...[]byte) []byte {
	b := bytes.Join(body, nil)
	o := order(be)
	var head [8]byte
	o.PutUint32(head[0:], typ)
	o.PutUint32(head[4:], uint32(len(b)+12))
	return append(append(head[:], b...), head[4:]...)
}

func n32(be bool, v ...uint32) []byte {
	var b []byte
	for _, v := range v {
		var w [4]byte
		order(be).PutUint32(w[:], v)
		b = append(b, w[:]...)
	}
	return b
}

func opt(be bool, code uint16, v ...byte) []byte {
	b := make([]byte, 4, 4+len(v)+3)
	order(be).PutUint16(b, code)
	order(be).PutUint16(b[2:], uint16(len(v)))
	b = append(b, v...)
	return append(b, make([]byte, -len(v)&3)...)
}

func shb(be bool) []byte { b := sectionBytes(be); return b[:] }

func idb(be bool, link uint16, snap uint32, opts ...[]byte) []byte {
	head := make([]byte, 4)
	order(be).PutUint16(head, link)
	return block(be, blockIDB, head, n32(be, snap), bytes.Join(opts, nil))
}

func epb(be bool, id uint32, ts uint64, data []byte, opts ...[]byte) []byte {
	pad := make([]byte, -len(data)&3)
	return block(be, blockEPB, n32(be, id, uint32(ts>>32), uint32(ts), uint32(len(data)), uint32(len(data))), data, pad, bytes.Join(opts, nil))
}

// TestBlocks reads small pcapngs in both byte orders.
func TestBlocks(t *testing.T) {
	for _, be := range []bool{false, true} {
		data := []byte("abcdefghijklmno")
		file := bytes.Join([][]byte{
			shb(be),
			block(be, 4, n32(be, 0, 0)), // name resolution
			idb(be, 1, 0, opt(be, 2, []byte("eth0")...), opt(be, 9, 9), opt(be, 12, []byte("Linux 6.18")...), opt(be, 0)),
			epb(be, 0, 5e9+7, data, opt(be, 2, n32(be, 2)...), opt(be, 1, []byte("one")...), opt(be, 6, n32(be, 3)...), opt(be, 1, []byte("two")...), opt(be, 0)),
			idb(be, 101, 4),
			block(be, 0xbad, []byte("what?...")),
			epb(be, 1, 6e6, data[:4], opt(be, 2, n32(be, 1)...)),
			block(be, blockSPB, n32(be, 15), data, []byte{0}), // on interface 0
			shb(!be), // the next section is the other way round
			idb(!be, 113, 3),
			epb(!be, 0, 4e6, data),
			block(!be, blockSPB, n32(!be, 15), data[:3], []byte{0}), // cut by the snap length
			block(!be, blockPB, []byte{0, 0, 0, 0}, n32(!be, 0, 8e6, 4, 9), data[:4], opt(!be, 2, n32(!be, 1)...)),
		}, nil)
		for _, pipe := range []bool{false, true} {
			var in io.Reader = bytes.NewReader(file)
			if pipe {
				in = onlyReader{in}
			}
			r, err := New(in, "blocks")
			if err != nil {
				t.Fatal(err)
			}
			all, err := readAll(t, r, int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			want := []Frame{
				{N: 1, Unix: 5e9 + 7, Data: data, OrigLen: 15, Link: 1, Dir: DirOut, Queue: 3, Comment: "one\ntwo"},
				{N: 2, Unix: 6e9, At: 1e9 - 7, Data: data[:4], OrigLen: 4, Link: 101, Iface: 1, Dir: DirIn, Queue: -1},
				{N: 3, NoTime: true, Data: data, OrigLen: 15, Link: 1, Queue: -1},
				{N: 4, Unix: 4e9, At: -1e9 - 7, Data: data, OrigLen: 15, Link: 113, Iface: 2, Queue: -1},
				{N: 5, NoTime: true, Data: data[:3], OrigLen: 15, Link: 113, Iface: 2, Queue: -1},
				{N: 6, Unix: 8e9, At: 3e9 - 7, Data: data[:4], OrigLen: 9, Link: 113, Iface: 2, Queue: -1, Dir: DirIn},
			}
			if len(all) != len(want) {
				t.Fatalf("big endian %v: %d frames", be, len(all))
			}
			for i := range want {
				if !sameFrame(all[i], want[i]) {
					t.Errorf("big endian %v, frame %d:\n%+v, want\n%+v", be, i, all[i], want[i])
				}
			}
			compare(t, "blocks", r, all)
			if got := r.Interfaces(); len(got) != 3 || got[0].Name != "eth0" || got[0].OS != "Linux 6.18" || got[0].TSResol != 9 ||
				got[1].SnapLen != 4 || got[1].TSResol != 6 || got[2].Section != 1 || got[2].ID != 0 || got[2].Link != LinkSLL {
				t.Errorf("interfaces %+v", got)
			}
		}
	}
}

// TestStamp is the time arithmetic: decimal and binary resolutions.
func TestStamp(t *testing.T) {
	for _, c := range []struct {
		ts     uint64
		resol  uint8
		offset int64
		want   int64
	}{
		{5, 0, 0, 5e9},
		{5_500_000, 6, 0, 5.5e9},
		{5_500_000_001, 9, -5, 5e8 + 1},
		{5_500_000_001_999, 12, 0, 5.5e9 + 1},
		{1 << 30 * 7 / 2, 0x80 | 30, 0, 3.5e9}, // pcapgo says 3.536870912
		{7, 0x80 | 1, 1, 4.5e9},
		{9, 0x80, 0, 9e9},
		{1<<63 + 1<<62, 0x80 | 63, 0, 1.5e9},
		{1 << 63, 0x80 | 64, 0, 5e8},
		{1 << 63, 0x80 | 127, 0, 0},
		{1e19, 19, 0, 1e9},
		{1e19, 20, 0, 1e8},
		{1e19, 40, 0, 0},
		{4294967295 * 1e6, 6, 0, 4294967295e9}, // 2106
		{1<<64 - 1, 0, 0, 1<<63 - 1},
		{1<<64 - 1, 0x80, -1 << 63, 1<<63 - 1},
		{0, 6, -1 << 63, -1 << 63},
		{0, 6, 1<<63 - 1, 1<<63 - 1},
		{0, 6, -10, -10e9},
	} {
		if got := stamp(c.ts, c.resol, c.offset); got != c.want {
			t.Errorf("stamp(%d, %#x, %d) = %d, want %d", c.ts, c.resol, c.offset, got, c.want)
		}
		// And through a file.
		if c.resol&0x7f > 63 {
			continue
		}
		var off [8]byte
		binary.LittleEndian.PutUint64(off[:], uint64(c.offset))
		file := bytes.Join([][]byte{shb(false), idb(false, 1, 0, opt(false, 9, c.resol), opt(false, 14, off[:]...)), epb(false, 0, c.ts, nil)}, nil)
		r, err := New(bytes.NewReader(file), "stamp")
		if err != nil {
			t.Fatal(err)
		}
		if f, err := r.Next(); err != nil || f.Unix != c.want {
			t.Errorf("a frame at %d, resolution %#x, offset %d: %d %v, want %d", c.ts, c.resol, c.offset, f.Unix, err, c.want)
		}
	}
}

// TestPcap reads pcap in its four spellings and Kuznetzov's.
func TestPcap(t *testing.T) {
	for _, be := range []bool{false, true} {
		for _, magic := range []uint32{magicMicro, magicNano, magicModified} {
			o := order(be)
			file := n32(be, magic)
			v := make([]byte, 4)
			o.PutUint16(v, 2)
			o.PutUint16(v[2:], 4)
			file = append(file, v...)
			file = append(file, n32(be, 0, 0, 0, 0x14000001)...) // snap length 0; frame check sequence bits
			rec := func(sec, frac, n, orig uint32) {
				file = append(file, n32(be, sec, frac, n, orig)...)
				if magic == magicModified {
					file = append(file, "ifindex."...)
				}
				file = append(file, "0123456789"[:n]...)
			}
			rec(0xfffffff0, 5, 10, 60)
			rec(7, 0, 3, 0) // back in time, and no length on the wire
			rec(8, 0, 0, 0)
			r, err := New(bytes.NewReader(file), "t.pcap")
			if err != nil {
				t.Fatal(err)
			}
			all, err := readAll(t, r, -1)
			if err != nil || len(all) != 3 {
				t.Fatalf("%d frames, %v", len(all), err)
			}
			frac := int64(5)
			if magic != magicNano {
				frac = 5000
			}
			if f := all[0]; f.Unix != 0xfffffff0*1e9+frac || string(f.Data) != "0123456789" || f.OrigLen != 60 || !f.Cut() {
				t.Errorf("%+v", f)
			}
			if f := all[1]; f.Unix != 7e9 || f.At != 7e9-0xfffffff0*1e9-frac || string(f.Data) != "012" || f.OrigLen != 3 {
				t.Errorf("%+v", f)
			}
			compare(t, "t.pcap", r, all)
		}
	}
}

// TestRefused: what is no capture is refused by one line that says what it is.
func TestRefused(t *testing.T) {
	head := func(link uint32) []byte {
		return append(n32(false, magicMicro, 4<<16|2, 0, 0, 65535), n32(false, link)...)
	}
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "empty: byte 0: the file is empty; capture again"},
		{"jpeg", "\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg: byte 0: this is a JPEG picture, not a pcap or pcapng capture; name a capture file"},
		{"text", "hello, I am text, all of me", "text: byte 0: this is text,"},
		{"two\nlines", "\x00\x00\x00", "two?lines: byte 0: the file begins with 00 00 00, which"},
		{"zstd", "\x28\xb5\x2f\xfd....", "run unzstd on it first"},
		{"short", "\xd4\xc3\xb2\xa1\x02\x00", "the capture breaks off inside the file header: 24 bytes are needed, 6 are left"},
		{"shortng", "\x0a\x0d\x0d\x0a\x02\x00", "the capture breaks off inside the section header: 28 bytes are needed, 6 are left"},
		{"wifi", string(head(127)), "wifi: byte 20: the capture has link type IEEE802_11_RADIOTAP (127), which is not read; capture on the interface without monitor mode"},
		{"none", string(head(9999)), "link type 9999, a type without a known name, which is not read"},
		{"huge", string(head(0x3000000)), "link type 50331648, which does not exist"},
		{"old", "\xd4\xc3\xb2\xa1\x02\x00\x02\x00" + strings.Repeat("\x00", 16), "byte 4: pcap version 2.2 is not read, only 2.4; convert it with: editcap -F pcapng IN OUT"},
		{"4 GB", string(append(head(1), n32(false, 0, 0, 0xfffffff0, 0xfffffff0, 1, 2)...)), "byte 24: packet 1 claims 4294967280 captured bytes, and no frame has more than 262144"},
		{"4 GB ng", string(append(append(shb(false), idb(false, 1, 0)...), n32(false, 6, 32, 0, 0, 0, 0xfffffff0, 0xfffffff0, 32)...)), "byte 48: packet 1 claims 4294967280 captured bytes in a block with room for 0"},
		{"order", string(n32(false, magicNG, 28, 1, 2, 3, 4, 5)), "byte 8: a section has byte-order magic 01 00 00 00"},
		{"length", string(append(shb(false), n32(false, 1, 13, 0, 0)...)), "byte 28: a block claims a length of 13 bytes"},
		{"lengths", string(append(shb(false), n32(false, 99, 16, 0, 20)...)), "byte 28: a block has length 16 at its start and 20 at its end"},
		{"interface", string(append(shb(false), epb(false, 3, 0, nil)...)), "byte 28: packet 1 is of interface 3, and its section has described 0"},
		{"usb", string(bytes.Join([][]byte{shb(false), idb(false, 249, 0), epb(false, 0, 0, nil)}, nil)), "interface 0, which saw packet 1, has link type USBPCAP (249), which is not read; a USB capture"},
		{"tsresol", string(append(shb(false), idb(false, 1, 0, opt(false, 9, 0xff))...)), "byte 28: an interface block is damaged: Timestamp resolution"},
		{"options", string(append(shb(false), idb(false, 1, 0, []byte{2, 0, 255, 255})...)), "byte 28: an interface block is damaged: its options are longer than it is"},
		{"gzip", "\x1f\x8b\x08", "the gzip header is damaged"},
	} {
		_, err := New(strings.NewReader(c.file), c.name)
		if err == nil {
			t.Errorf("%q is read", c.name)
			continue
		}
		checkLine(t, err)
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n%v\nwant\n%s", c.name, err, c.want)
		}
	}
	_, err := New(bytes.NewReader(gz(t, gz(t, []byte("x")))), "twice")
	if err == nil || !strings.Contains(err.Error(), "gzip twice") {
		t.Errorf("gzip in gzip: %v", err)
	}
}

// TestOpen is about names.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	check := func(name, want string) {
		t.Helper()
		r, err := Open(name)
		got := "opens"
		if err != nil {
			checkLine(t, err)
			got = err.Error()
		} else {
			r.Close()
		}
		if got != want {
			t.Errorf("Open(%q): %s, want %s", name, got, want)
		}
	}
	check("ping", "opens")
	check("ping.pcapng", "opens")
	check("nosuch", "nosuch: no such file, and no bundled capture of that name; check the path, or list the bundled captures with: packetwalk pcaps")
	check("./ping", "./ping: no such file, and no bundled capture of that name; check the path, or list the bundled captures with: packetwalk pcaps")
	check(dir, oneLine(dir)+": this is a directory; name a capture file in it")
	if err := os.Mkdir("ping", 0o755); err != nil {
		t.Fatal(err)
	}
	check("ping", "opens") // a directory is no capture
	if err := os.WriteFile("tcp", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	check("tcp", "tcp: byte 0: the file is empty; capture again") // the file on disk wins
	raw := flood(t, true, 300, 100)
	os.WriteFile("a.pcapng.gz", gz(t, raw), 0o644)
	check("a.pcapng.gz", "opens")

	in, out, err := os.Pipe()
	if err != nil {
		t.Skip(err)
	}
	old := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = old }()
	go func() { out.Write(gz(t, raw)); out.Close() }()
	r, err := Open("-")
	if err != nil {
		t.Fatal(err)
	}
	if all, err := readAll(t, r, -1); err != nil || len(all) != 300 {
		t.Errorf("standard input: %d frames, %v", len(all), err)
	}
}

// TestCutAnywhere cuts captures at every byte: all whole frames are given,
// then an error that is not io.EOF, unless the cut is between two records.
func TestCutAnywhere(t *testing.T) {
	for _, ng := range []bool{false, true} {
		raw := flood(t, ng, 5, 20)
		var clean int
		for n := range raw {
			r, err := New(bytes.NewReader(raw[:n]), "cut")
			if err != nil {
				checkLine(t, err)
				continue
			}
			all, err := readAll(t, r, int64(n))
			whole := (n - (len(raw) - 5*recordLen(raw, 5))) / recordLen(raw, 5)
			if whole = max(whole, 0); len(all) != whole {
				t.Errorf("cut at %d: %d frames, want %d (%v)", n, len(all), whole, err)
			}
			if err == nil {
				clean++
				continue
			}
			checkLine(t, err)
			if !strings.Contains(err.Error(), "the capture breaks off") {
				t.Errorf("cut at %d: %v", n, err)
			}
			if e := err.(*Error); e.Offset < 0 || e.Offset > int64(n) {
				t.Errorf("cut at %d: offset %d", n, e.Offset)
			}
			compare(t, "cut", r, all)
		}
		want := 5 // after the header, and between two frames
		if ng {
			want++ // after the section header
		}
		if clean != want {
			t.Errorf("pcapng %v: %d clean cuts, want %d", ng, clean, want)
		}
	}
}

// recordLen is the length of one of n equal records at the end of a file made
// by flood.
func recordLen(raw []byte, n int) int {
	if binary.LittleEndian.Uint32(raw) == magicNG {
		return int(binary.LittleEndian.Uint32(raw[len(raw)-4:]))
	}
	return (len(raw) - 24) / n
}

// TestSpool reads a stream larger than memory may hold, by a temporary file.
func TestSpool(t *testing.T) {
	defer func(m int64) { SpoolMemory = m }(SpoolMemory)
	t.Setenv("TMPDIR", t.TempDir())
	raw := flood(t, true, 5000, 400)
	for i, in := range [][]byte{raw, gz(t, raw), raw} {
		if SpoolMemory = 100 << 10; i == 2 {
			SpoolMemory = 100 << 20 // this one stays in memory
		}
		r, err := New(onlyReader{bytes.NewReader(in)}, "spool")
		if err != nil {
			t.Fatal(err)
		}
		all, err := readAll(t, r, int64(len(raw)))
		if err != nil || len(all) != 5000 {
			t.Fatalf("%d frames, %v", len(all), err)
		}
		compare(t, "spool", r, all)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "packetwalk-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if _, err := r.Frame(4000); err == nil {
			t.Error("a closed capture gives frames")
		}
	}
}

// TestBomb: a gzip file that grows without end is stopped by one line.
func TestBomb(t *testing.T) {
	defer func(a, b, c int64) { MaxUncompressed, MaxRatio, MaxRatioAfter = a, b, c }(MaxUncompressed, MaxRatio, MaxRatioAfter)
	raw := gz(t, append(flood(t, false, 100, 50), make([]byte, 8<<20)...))
	MaxUncompressed = 2 << 20
	try := func(want string) {
		t.Helper()
		r, err := New(bytes.NewReader(raw), "bomb.gz")
		if err != nil {
			t.Fatal(err)
		}
		all, err := readAll(t, r, -1)
		if err == nil || len(all) < 100 || !strings.Contains(err.Error(), want) {
			t.Errorf("%d frames, %v", len(all), err)
		}
		checkLine(t, err)
	}
	try("the gzip file unpacks to more than 2097152 bytes; unpack and split it first")
	MaxUncompressed, MaxRatio, MaxRatioAfter = 1<<40, 100, 1<<20
	try("the gzip file unpacks to more than 100 times its size")
}

// TestDamagedGzip: what was unpacked before the damage is given.
func TestDamagedGzip(t *testing.T) {
	z := gz(t, flood(t, false, 5000, 400))
	for _, in := range [][]byte{z[:len(z)/2], append(bytes.Clone(z[:len(z)-8]), "wrongsum"...)} {
		r, err := New(bytes.NewReader(in), "damaged.gz")
		if err != nil {
			t.Fatal(err)
		}
		all, err := readAll(t, r, -1)
		if err == nil || len(all) == 0 {
			t.Errorf("%d frames, %v", len(all), err)
			continue
		}
		checkLine(t, err)
	}
}

// TestManyInterfaces: 100,000 interfaces are read, far more are refused, and
// neither costs much memory.
func TestManyInterfaces(t *testing.T) {
	var file []byte
	file = append(file, shb(false)...)
	one := idb(false, 1, 0)
	for range 100_000 {
		file = append(file, one...)
	}
	file = append(file, epb(false, 99_999, 1, []byte("last"))...)
	file = append(file, epb(false, 0, 2, []byte("first"))...)
	r, err := New(bytes.NewReader(file), "many")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readAll(t, r, -1)
	if err != nil || len(all) != 2 || all[0].Iface != 99_999 || string(all[1].Data) != "first" {
		t.Fatalf("%v %v", all, err)
	}
	compare(t, "many", r, all)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 256<<20 {
		t.Errorf("%d MB in use", m.HeapAlloc>>20)
	}
	for range 40_000 {
		file = append(file, one...)
	}
	r, err = New(bytes.NewReader(file), "too many")
	if err != nil {
		t.Fatal(err)
	}
	all, err = readAll(t, r, -1)
	if err == nil || len(all) != 2 || !strings.Contains(err.Error(), "more than 131072 interfaces") {
		t.Errorf("%d frames, %v", len(all), err)
	}
}

// TestManySections: interfaces begin again at 0 in each section.
func TestManySections(t *testing.T) {
	var file []byte
	for i := range 300 {
		be := i%3 == 0
		file = append(file, shb(be)...)
		for range i % 4 {
			file = append(file, idb(be, 1, 0)...)
		}
		for id := range i % 4 {
			file = append(file, epb(be, uint32(id), uint64(i), []byte{byte(i), byte(id)})...)
		}
	}
	r, err := New(bytes.NewReader(file), "sections")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readAll(t, r, -1)
	if err != nil || len(all) != 450 {
		t.Fatalf("%d, %v", len(all), err)
	}
	for i, f := range all {
		if in := r.Interfaces()[f.Iface]; f.Iface != i || in.Section != int(f.Unix/1000) || in.ID != int(f.Data[1]) {
			t.Fatalf("frame %d: %+v of %+v", i, f, in)
		}
	}
	compare(t, "sections", r, all)
	r.Rewind()
	again, err := readAll(t, r, -1)
	if err != nil || len(again) != 450 || len(r.Interfaces()) != 450 {
		t.Fatalf("again: %d, %v, %d interfaces", len(again), err, len(r.Interfaces()))
	}
}

// TestIndex: Frame after Index, without Next.
func TestIndex(t *testing.T) {
	for _, ng := range []bool{false, true} {
		raw := flood(t, ng, 1000, 60)
		r, err := New(bytes.NewReader(raw), "index")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Frame(1000); err == nil {
			t.Error("frame 1000 of 1000 is given")
		}
		for range 10 {
			r.Next()
		}
		if err := r.Index(); err != nil || r.Len() != 1000 || !r.Complete() {
			t.Fatalf("%v, %d", err, r.Len())
		}
		if f, err := r.Next(); err != nil || f.N != 11 {
			t.Errorf("Next is at %d, %v", f.N, err)
		}
		r.Rewind()
		all, err := readAll(t, r, -1)
		if err != nil || len(all) != 1000 || all[999].At != 999*1000 {
			t.Fatalf("%d %v", len(all), err)
		}
		compare(t, "index", r, all)
		// A broken end is told by both.
		r, _ = New(bytes.NewReader(raw[:len(raw)-1]), "index")
		var e *Error
		if err := r.Index(); !errors.As(err, &e) || r.Len() != 999 || r.Complete() {
			t.Errorf("%v, %d", err, r.Len())
		}
		if f, err := r.Frame(998); err != nil || f.N != 999 {
			t.Errorf("after a broken end: %v", err)
		}
	}
}

// FuzzReader feeds bytes as a capture. The laws: no panic, no more frames than
// bytes, the same error again, and Frame gives what Next gave.
func FuzzReader(f *testing.F) {
	for _, e := range Bundled() {
		if b, err := bundled.ReadFile(e.File); err == nil && len(b) < 4000 {
			f.Add(b)
		}
	}
	f.Add(flood(f, false, 3, 20))
	f.Add(gz(f, flood(f, true, 3, 20)))
	f.Add(bytes.Join([][]byte{shb(true), idb(true, 276, 8, opt(true, 9, 0x8a)), block(true, blockSPB, n32(true, 9), []byte("12345678")),
		shb(false), idb(false, 101, 0), epb(false, 0, 77, []byte("1"), opt(false, 1, 'x'))}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		size := int64(len(b))
		if isGzip(b) {
			size = -1
		}
		r, err := New(bytes.NewReader(b), "fuzz")
		if err != nil {
			checkLine(t, err)
			return
		}
		all, err := readAll(t, r, size)
		if err != nil {
			checkLine(t, err)
		}
		if len(all) > 2000 {
			return
		}
		compare(t, "fuzz", r, all)
		p, err2 := New(onlyReader{bytes.NewReader(b)}, "fuzz")
		if err2 != nil {
			t.Fatalf("as a pipe: %v", err2)
		}
		piped, err2 := readAll(t, p, size)
		if len(piped) != len(all) || (err == nil) != (err2 == nil) {
			t.Fatalf("as a pipe %d frames, %v; else %d, %v", len(piped), err2, len(all), err)
		}
	})
}
