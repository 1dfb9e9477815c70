package stack_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
)

// hashes are of the traces of all bundled captures, one a line. They stand for
// every event, with its time, its values and its bytes.
func hashes(t *testing.T) string {
	var b strings.Builder
	for _, e := range pcaps.Bundled() {
		for _, m := range modes {
			r, o := bundled(t, e, m)
			x := traceAll(t, r, o, nil)
			fmt.Fprintf(&b, "hash %s %s %016x\n", e.Name, m, x.totals.Hash)
		}
	}
	return b.String()
}

// TestHashes prints them for TestWasm.
func TestHashes(t *testing.T) {
	if runtime.GOOS != "js" {
		t.Skip("TestWasm runs it")
	}
	fmt.Print(hashes(t))
}

// TestWasm runs TestHashes as WebAssembly under node: a 32-bit machine with
// another compiler and another order of maps takes the same steps.
func TestWasm(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil || testing.Short() || runtime.GOOS == "js" {
		t.Skip("not run: it takes node, and not -short")
	}
	wrapper := filepath.Join(runtime.GOROOT(), "lib", "wasm", "go_js_wasm_exec")
	if _, err := os.Stat(wrapper); err != nil {
		t.Skip("not run: this Go has no ", wrapper)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(runtime.GOROOT(), "bin", "go"), "test", "-count=1", "-run", "^TestHashes$", "-exec", wrapper, "-v", ".")
	c.Env = []string{"GOOS=js", "GOARCH=wasm", "PATH=" + filepath.Dir(node) + ":/usr/bin:/bin", "HOME=" + os.Getenv("HOME"), "GOPROXY=off"}
	for _, k := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		if v := os.Getenv(k); v != "" {
			c.Env = append(c.Env, k+"="+v)
		}
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := strings.Split(strings.TrimSpace(hashes(t)), "\n")
	var got []string
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "hash ") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d hashes in WebAssembly, %d here\n%s", len(got), len(want), out)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("here: %s\nWebAssembly: %s", want[i], got[i])
		}
	}
}

// TestSilent: whether somebody listens changes nothing in the machine.
func TestSilent(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		for _, m := range modes {
			r, o := bundled(t, e, m)
			x := traceAll(t, r, o, nil)
			y := quiet(t, r, o, x.profile)
			a, b := x.replay, y
			if a.World.Live() != b.World.Live() || a.World.Clock.Now() != b.World.Clock.Now() || a.Host.NS.MIB != b.Host.NS.MIB || a.Host.Machine.Allocated != b.Host.Machine.Allocated {
				t.Errorf("%s, %s mode: %d buffers live of %d at %d with a listener, %d of %d at %d without", e.Name, m,
					a.World.Live(), a.Host.Machine.Allocated, a.World.Clock.Now(), b.World.Live(), b.Host.Machine.Allocated, b.World.Clock.Now())
			}
		}
	}
}

// quiet replays a capture with nobody listening.
func quiet(t *testing.T, src *pcaps.Reader, o stack.Options, p *stack.Profile) *stack.Replay {
	t.Helper()
	r, err := stack.NewReplay(o, p)
	check(t, err)
	src.Rewind()
	for {
		f, err := src.Next()
		if err != nil {
			break
		}
		r.Inject(&f)
	}
	r.Finish()
	return r
}
