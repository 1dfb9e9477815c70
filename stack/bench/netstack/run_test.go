package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/packetwalk/packetwalk/stack/bench"
)

// Every connection of a made capture is really served: it opens, its data
// arrives, its answers are acknowledged.
func TestServed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made.pcap")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	st, err := bench.Generate(w, 20000, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := run(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", f)
	if f.Frames != st.Frames || f.In != st.In || f.Connections != st.TCP {
		t.Errorf("%d frames, %d in, %d connections, want %+v", f.Frames, f.In, f.Connections, st)
	}
	if f.Read == 0 || f.Written == 0 || f.Datagrams == 0 || f.FPS <= 0 {
		t.Errorf("nothing was served: %+v", f)
	}
	// goroutines run as they like, so a few may come too late
	if f.BadSums > 0 || f.Late+int(f.Resent+f.Resets+f.Dropped) > f.In/100 {
		t.Errorf("the connections are not in step: %+v", f)
	}
}
