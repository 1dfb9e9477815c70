package pcaps

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// TestBundled: every capture opens to its end and is what index.txt says.
func TestBundled(t *testing.T) {
	list := Bundled()
	if len(list) < 16 {
		t.Fatalf("%d captures", len(list))
	}
	total, used := 0, map[string]bool{}
	for _, e := range list {
		used[e.File], used[strings.TrimSuffix(e.File, ".pcapng")+".host"] = true, true
		raw, err := bundled.ReadFile(e.File)
		if err != nil {
			t.Error(err)
			continue
		}
		total += len(raw)
		if e.Shows == "" || !strings.HasSuffix(e.Shows, ".") || strings.ContainsAny(e.Shows, "\t\n") {
			t.Errorf("%s: %q is no sentence", e.Name, e.Shows)
		}
		r, err := Open(e.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		all, err := readAll(t, r, int64(len(raw)))
		if err != nil || len(all) < 3 {
			t.Errorf("%s: %d frames, %v", e.Name, len(all), err)
		}
		compare(t, e.Name, r, all)
		checkHost(t, e, r, all)
	}
	if total > 2<<20 {
		t.Errorf("the captures are %d bytes", total)
	}
	files, _ := bundled.ReadDir("captures")
	for _, f := range files {
		if !used["captures/"+f.Name()] {
			t.Errorf("captures/%s is in no line of index.txt", f.Name())
		}
	}
}

// checkHost holds the frames against NAME.host and index.txt: the directions,
// the local addresses, the times.
func checkHost(t *testing.T, e Entry, r *Reader, all []Frame) {
	t.Helper()
	host := e.Host()
	if _, err := netip.ParseAddr(e.Local); err != nil || !strings.Contains(host, "addr add "+e.Local+"/") {
		t.Errorf("%s: local address %q is not in the host's set-up", e.Name, e.Local)
	}
	if !strings.Contains(host, "\n# app: ") {
		t.Errorf("%s: no word on what the programs did", e.Name)
	}
	own, macs := map[netip.Addr]bool{}, map[string]string{}
	for line := range strings.Lines(host) {
		w := strings.Fields(line)
		switch {
		case len(w) >= 4 && w[0] == "ip" && strings.Contains(line, " addr add "):
			p, err := netip.ParsePrefix(w[len(w)-3])
			if strings.HasSuffix(line, " nodad\n") {
				p, err = netip.ParsePrefix(w[len(w)-4])
			}
			if err != nil {
				t.Errorf("%s: %s: %v", e.Name, line, err)
			}
			own[p.Addr()] = true
		case len(w) == 6 && w[4] == "address":
			macs[w[3]] = w[5]
		}
	}
	if len(r.Interfaces()) != len(macs) {
		t.Errorf("%s: %d interfaces, %d cards", e.Name, len(r.Interfaces()), len(macs))
	}
	for n, i := range r.Interfaces() {
		if i.Name != "eth"+strconv.Itoa(n) || i.TSResol != 9 || i.Link != LinkEthernet || i.OS != "Linux 6.18" {
			t.Errorf("%s: interface %+v", e.Name, i)
		}
	}
	router := strings.Contains(host, "ip_forward=1")
	for i, f := range all {
		if f.Cut() || f.NoTime || f.Dir == DirUnknown || i > 0 && f.At < all[i-1].At {
			t.Errorf("%s: frame %d: cut %v, direction %v, at %d", e.Name, f.N, f.Cut(), f.Dir, f.At)
		}
		if (f.Dir == DirOut) != (net.HardwareAddr(f.Data[6:12]).String() == macs[r.Interfaces()[f.Iface].Name]) {
			t.Errorf("%s: frame %d: direction %v, source %x", e.Name, f.N, f.Dir, f.Data[6:12])
		}
		if src, ok := source4(f.Data); ok && (f.Dir == DirOut) != own[src] && !(router && f.Dir == DirOut) {
			t.Errorf("%s: frame %d from %v goes %v", e.Name, f.N, src, f.Dir)
		}
	}
}

// source4 is the source address of an IP frame.
func source4(b []byte) (netip.Addr, bool) {
	typ, at := binary.BigEndian.Uint16(b[12:]), 14
	if typ == 0x8100 {
		typ, at = binary.BigEndian.Uint16(b[16:]), 18
	}
	switch typ {
	case 0x0800:
		a, ok := netip.AddrFromSlice(b[at+12 : at+16])
		return a, ok
	case 0x86dd:
		a, ok := netip.AddrFromSlice(b[at+8 : at+24])
		return a, ok && !a.IsLinkLocalUnicast()
	}
	return netip.Addr{}, false
}

// TestWriter: what Writer writes, Reader reads.
func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, Interface{Name: "eth0", Link: LinkEthernet, OS: "Linux 6.18", SnapLen: 262144}, Interface{Name: "tun0", Description: "a tunnel", Link: LinkRaw})
	if err != nil {
		t.Fatal(err)
	}
	in := []Frame{
		{N: 1, Unix: 1e18 + 1, Data: []byte("hello"), OrigLen: 5, Link: LinkEthernet, Dir: DirOut, Queue: -1, Comment: "sent\nhere"},
		{N: 2, Unix: 1e18 + 7, At: 6, Data: []byte("hell"), OrigLen: 99, Link: LinkRaw, Iface: 1, Dir: DirIn, Queue: 0},
		{N: 3, Unix: 1e18, At: -1, Data: []byte{}, Link: LinkRaw, Iface: 1, Queue: 7, Comment: "é"},
	}
	for _, f := range in {
		if err := w.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write(Frame{Iface: 2}); err == nil {
		t.Error("a frame of an interface nobody declared is written")
	}
	if err := w.Flush(); err != nil || w.Len() != 3 {
		t.Fatal(err, w.Len())
	}
	r, err := New(&b, "written")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readAll(t, r, -1)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d %v", len(all), err)
	}
	for i := range in {
		if !sameFrame(in[i], all[i]) {
			t.Errorf("wrote\n%+v\nread\n%+v", in[i], all[i])
		}
	}
	if i := r.Interfaces(); i[0].Name != "eth0" || i[0].OS != "Linux 6.18" || i[1].Description != "a tunnel" || i[0].SnapLen != 262144 {
		t.Errorf("%+v", i)
	}
}
