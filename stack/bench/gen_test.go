package bench

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/packetwalk/packetwalk/pcaps"
)

func generate(t testing.TB, frames, flows int, seed uint64) ([]byte, Stats) {
	t.Helper()
	var b bytes.Buffer
	st, err := Generate(&b, frames, flows, seed)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), st
}

// each calls f for every frame of a capture.
func each(t testing.TB, capture []byte, f func(*pcaps.Frame)) (n int) {
	t.Helper()
	r, err := pcaps.New(bytes.NewReader(capture), "made")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		fr, err := r.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
		f(&fr)
	}
}

// The same seed gives the same bytes, on every machine.
func TestGenerateDeterministic(t *testing.T) {
	a, _ := generate(t, 20000, 200, 1)
	b, _ := generate(t, 20000, 200, 1)
	c, _ := generate(t, 20000, 200, 2)
	if !bytes.Equal(a, b) {
		t.Error("two captures of one seed differ")
	}
	if bytes.Equal(a, c) {
		t.Error("captures of two seeds are the same")
	}
	const want = "53e8ca711d7453b3"
	if got := fmt.Sprintf("%x", sha256.Sum256(a))[:16]; got != want {
		t.Errorf("the capture of seed 1 is %s, was %s: figures are no longer comparable with those of earlier versions", got, want)
	}
}

// Every checksum is right, every length is the frame's, times never go back.
func TestGenerateChecksums(t *testing.T) {
	capture, st := generate(t, 20000, 200, 3)
	last := int64(-1)
	n := each(t, capture, func(f *pcaps.Frame) {
		if f.At <= last {
			t.Fatalf("frame %d: time %d after %d", f.N, f.At, last)
		}
		last = f.At
		p := gopacket.NewPacket(f.Data, layers.LayerTypeEthernet, gopacket.DecodeOptions{NoCopy: true, SkipDecodeRecovery: true})
		if e := p.ErrorLayer(); e != nil && p.TransportLayer() == nil {
			t.Fatalf("frame %d: %v", f.N, e.Error())
		}
		if l, ok := p.TransportLayer().(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := l.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
				t.Fatal(err)
			}
		}
		err, bad := p.VerifyChecksums()
		if err != nil || len(bad) > 0 {
			t.Fatalf("frame %d: checksums: %v %+v\n%s", f.N, err, bad, p)
		}
	})
	if n != 20000 || st.Frames != n {
		t.Errorf("%d frames, statistics say %d, want 20000", n, st.Frames)
	}
}

type tuple struct {
	a, b   string
	ap, bp uint16
	p      string
}

type tcpEnd struct {
	known         bool
	next          uint32 // the next sequence number it must use
	ackSent       uint32
	win           uint32
	edge          uint32 // the end of the window that it offered
	scale         uint8
	tsval, tsecho uint32
	fin           bool
}

// Connections open with a handshake, lose nothing, acknowledge only what was
// sent, keep to the window, echo timestamps that were sent, and close once.
func TestGenerateTCP(t *testing.T) {
	capture, st := generate(t, 40000, 400, 4)
	type connection struct {
		ends   [2]tcpEnd // peer, host
		closed bool
	}
	flows := map[tuple]*connection{}
	others := map[tuple]int{}
	in, out := 0, 0
	each(t, capture, func(f *pcaps.Frame) {
		p := gopacket.NewPacket(f.Data, layers.LayerTypeEthernet, gopacket.DecodeOptions{NoCopy: true, Lazy: true})
		eth := p.LinkLayer().(*layers.Ethernet)
		dir := 0
		if eth.SrcMAC.String() == HostMAC.String() {
			dir = 1
			out++
		} else {
			in++
		}
		if a, ok := p.Layer(layers.LayerTypeARP).(*layers.ARP); ok {
			peer := a.SourceProtAddress
			if dir == 1 {
				peer = a.DstProtAddress
			}
			others[tuple{a: fmt.Sprint(peer), p: "arp"}]++
			return
		}
		ip := p.NetworkLayer().(*layers.IPv4)
		peer := ip.SrcIP
		if dir == 1 {
			peer = ip.DstIP
		}
		switch l := p.Layers()[2].(type) {
		case *layers.UDP:
			a, b := uint16(l.SrcPort), uint16(l.DstPort)
			if dir == 1 {
				a, b = b, a
			}
			others[tuple{peer.String(), "", a, b, "udp"}]++
			return
		case *layers.ICMPv4:
			others[tuple{peer.String(), "", l.Id, 0, "icmp"}]++
			return
		}
		h := p.TransportLayer().(*layers.TCP)
		k := tuple{peer.String(), "", uint16(h.SrcPort), uint16(h.DstPort), "tcp"}
		if dir == 1 {
			k.ap, k.bp = k.bp, k.ap
		}
		c := flows[k]
		if c == nil {
			if !h.SYN || h.ACK || dir == 1 {
				t.Fatalf("frame %d: %v does not begin with the peer's SYN", f.N, k)
			}
			c = &connection{}
			flows[k] = c
		}
		if c.closed {
			t.Fatalf("frame %d: %v goes on after its end", f.N, k)
		}
		me, you := &c.ends[dir], &c.ends[1-dir]
		var val, echo uint32
		for _, o := range h.Options {
			switch o.OptionType {
			case layers.TCPOptionKindTimestamps:
				val = uint32(o.OptionData[0])<<24 | uint32(o.OptionData[1])<<16 | uint32(o.OptionData[2])<<8 | uint32(o.OptionData[3])
				echo = uint32(o.OptionData[4])<<24 | uint32(o.OptionData[5])<<16 | uint32(o.OptionData[6])<<8 | uint32(o.OptionData[7])
			case layers.TCPOptionKindWindowScale:
				me.scale = o.OptionData[0]
			}
		}
		if !me.known {
			if !h.SYN {
				t.Fatalf("frame %d: %v speaks before its SYN", f.N, k)
			}
			me.known, me.next, me.tsval = true, h.Seq, val
		}
		if h.Seq != me.next {
			t.Fatalf("frame %d: %v sequence %d, want %d", f.N, k, h.Seq, me.next)
		}
		if int32(val-me.tsval) < 0 {
			t.Fatalf("frame %d: %v timestamp goes back", f.N, k)
		}
		me.tsval = val
		if h.ACK {
			if !you.known || int32(h.Ack-you.next) > 0 || me.ackSent != 0 && int32(h.Ack-me.ackSent) < 0 {
				t.Fatalf("frame %d: %v acknowledges %d, %d was sent and %d acknowledged", f.N, k, h.Ack, you.next, me.ackSent)
			}
			me.ackSent = h.Ack
			if int32(echo-you.tsval) > 0 || int32(echo-me.tsecho) < 0 && me.tsecho != 0 {
				t.Fatalf("frame %d: %v echoes %d, %d was sent", f.N, k, echo, you.tsval)
			}
			me.tsecho = echo
		}
		edge := h.Ack + uint32(h.Window)<<me.scale
		if h.SYN {
			edge = h.Ack + uint32(h.Window)
		}
		// the kernel rounds a window that was not scaled down by up to one unit
		if h.ACK && me.edge != 0 && int32(edge+128-me.edge) < 0 || h.Window > 509 && !h.SYN {
			t.Fatalf("frame %d: %v takes back %d bytes of its window", f.N, k, me.edge-edge)
		}
		if h.ACK {
			me.edge = edge
		}
		n := uint32(len(h.Payload))
		if n > 0 && you.ackSent+you.win-(h.Seq+n) > 1<<31 {
			t.Fatalf("frame %d: %v sends beyond the window", f.N, k)
		}
		if me.fin && (n > 0 || h.FIN) {
			t.Fatalf("frame %d: %v sends after its FIN", f.N, k)
		}
		if h.SYN {
			n++
			me.win = uint32(h.Window)
		} else {
			me.win = uint32(h.Window) << me.scale
		}
		if h.FIN {
			n++
			me.fin = true
		}
		me.next += n
		c.closed = h.RST || c.ends[0].fin && c.ends[1].fin && c.ends[0].ackSent == c.ends[1].next && c.ends[1].ackSent == c.ends[0].next
	})
	closed := 0
	for _, c := range flows {
		if c.closed {
			closed++
		}
	}
	if len(flows) != st.TCP || len(flows)+len(others) != st.Flows {
		t.Errorf("%d TCP flows and %d others, statistics say %+v", len(flows), len(others), st)
	}
	if closed != st.Closed || closed < st.TCP/4 {
		t.Errorf("%d connections closed, statistics say %+v", closed, st)
	}
	if in != st.In || out != st.Out || in == 0 || out == 0 {
		t.Errorf("%d in, %d out, statistics say %+v", in, out, st)
	}
	if st.Flows != 400 {
		t.Errorf("%d flows, want 400", st.Flows)
	}
}

// The million-frame capture's mix is about what it is said to be.
func TestGenerateMix(t *testing.T) {
	frames, flows := 200000, 2000
	_, st := generate(t, frames, flows, 5)
	t.Logf("%+v, %.0f bytes a frame, %.1f µs apart", st, float64(st.Bytes)/float64(st.Frames), float64(st.Nanos)/1e3/float64(st.Frames))
	if a := st.Bytes / int64(st.Frames); a < 370 || a > 430 {
		t.Errorf("%d bytes a frame, want about 400", a)
	}
	if a := st.Nanos / int64(st.Frames); a < 1000 || a > 10000 {
		t.Errorf("frames are %d ns apart, want 1 to 10 µs", a)
	}
	if st.Flows != flows || st.TCP == 0 || st.UDP == 0 || st.ICMP == 0 || st.ARP == 0 {
		t.Errorf("flows: %+v, want %d", st, flows)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		if _, err := Generate(io.Discard, 100000, 1000, 1); err != nil {
			b.Fatal(err)
		}
	}
}
