package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
)

// Every generated frame has all of its headers decoded.
func TestDecode(t *testing.T) {
	capture, st := generate(t, 5000, 100, 1)
	r, err := pcaps.New(bytes.NewReader(capture), "made")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	frames, headers, err := Decode(r)
	if err != nil || frames != 5000 {
		t.Fatalf("%d frames, %v", frames, err)
	}
	// Ethernet and ARP, or Ethernet, IP and a transport
	if headers < 2*st.Frames || headers > 3*st.Frames || headers < 3*st.Frames-st.Frames/5 {
		t.Errorf("%d headers in %d frames", headers, frames)
	}
	again, _, err := Decode(r)
	if again != frames || err != nil {
		t.Errorf("the second time %d frames, %v", again, err)
	}
}

func TestTshark(t *testing.T) {
	if TsharkVersion() == "" {
		t.Skip("tshark is not installed")
	}
	capture, _ := generate(t, 2000, 50, 1)
	path := filepath.Join(t.TempDir(), "made.pcap")
	if err := os.WriteFile(path, capture, 0o600); err != nil {
		t.Fatal(err)
	}
	if fps, err := Tshark(t.Context(), path, 2000); err != nil || fps <= 0 {
		t.Errorf("Tshark: %v frames/s, %v", fps, err)
	}
	if fps, err := TsharkJSON(t.Context(), path, 2000); err != nil || fps <= 0 {
		t.Errorf("TsharkJSON: %v frames/s, %v", fps, err)
	}
	if _, err := Tshark(t.Context(), path+".missing", 1); err == nil {
		t.Error("no error for a missing capture")
	}
}

func BenchmarkDecode(b *testing.B) {
	capture, _ := generate(b, 100000, 1000, 1)
	r, err := pcaps.New(bytes.NewReader(capture), "made")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for b.Loop() {
		if _, _, err := Decode(r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100000*float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}
