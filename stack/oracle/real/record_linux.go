package real

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// Record runs a lab on the real kernel and returns what the kernel did. When
// it returns, or the process ends in whatever way, nothing of the lab is left.
// The errors are those of the recorder: no root, no BTF, a namespace that could
// not be made.
func Record(ctx context.Context, lab Lab) (*Recording, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("the real kernel can be asked as root only")
	}
	if lab.Timeout == 0 {
		lab.Timeout = time.Minute
	}
	t, err := newTracer()
	if err != nil {
		return nil, fmt.Errorf("tracepoints: %w", err)
	}
	defer t.close()
	ctx, cancel := context.WithTimeout(ctx, lab.Timeout)
	defer cancel()
	r := &recorder{lab: lab, t: t, rec: &Recording{Kernel: release(), Missing: t.missing}, known: map[uint32]*Space{}}
	defer r.close()
	r.box = &sandbox{lab: lab, onStart: r.start, onProgram: r.look, onEnd: r.end, onFinished: r.finish}
	ch := make(chan error)
	go func() { ch <- r.box.run(ctx) }()
	if err := <-ch; err != nil {
		return nil, err
	}
	rec := r.rec
	if r.box.killed && context.Cause(ctx) == context.Canceled {
		return nil, context.Canceled
	}
	rec.TimedOut, rec.Status = r.box.killed, r.box.status
	rec.Stdout, rec.Stderr = r.box.out.Bytes(), r.box.errs.Bytes()
	t.drain()
	rec.Lost = lookup(t.lostFD)
	all, err := t.decode(rec.Spaces, uint32(os.Getpid()))
	for _, e := range all {
		if e.At >= r.began {
			rec.Events = append(rec.Events, e)
		}
	}
	return rec, err
}

type recorder struct {
	lab   Lab
	t     *tracer
	box   *sandbox
	rec   *Recording
	known map[uint32]*Space
	began int64 // ns of the monotonic clock
	// finished says that the script has ended.
	finished bool
}

// start is called when the script's shell starts: the first namespace begins.
func (r *recorder) start(pid int) {
	r.look(pid)
	if len(r.rec.Spaces) > 0 {
		r.rec.Sysctl = r.rec.Spaces[0].sysctl()
	}
	r.began = monotonic()
}

// look finds new namespaces: the process's own, and those that have names.
func (r *recorder) look(pid int) {
	r.named()
	r.space(fmt.Sprintf("/proc/%d/ns/net", pid), "")
}

// named looks at what `ip netns` knows. A name that has gone is forgotten, and
// its namespace let go, when nobody else is in it.
func (r *recorder) named() {
	dir := fmt.Sprintf("/proc/%d/root/run/netns", r.box.init)
	list, _ := os.ReadDir(dir)
	here := map[string]bool{}
	for _, e := range list {
		here[e.Name()] = true
		r.space(filepath.Join(dir, e.Name()), e.Name())
	}
	for _, s := range r.rec.Spaces {
		if s.live != nil && s.Name != First && !here[s.Name] && !strings.HasPrefix(s.Name, "unnamed") {
			r.last(s)
		}
	}
}

// space begins to record the namespace at a path, if it is new.
func (r *recorder) space(path, name string) {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil || st.Dev != r.nsfs() {
		return
	}
	s := r.known[uint32(st.Ino)]
	if s != nil && s.live == nil && name == "" {
		return // its name is gone, and somebody still lives in it
	}
	if s != nil && s.live != nil {
		if name != "" && strings.HasPrefix(s.Name, "unnamed") {
			s.Name = name
		}
		return
	}
	if name == "" {
		if name = First; len(r.rec.Spaces) > 0 {
			name = fmt.Sprintf("unnamed%d", len(r.rec.Spaces))
		}
	}
	s, err := openSpace(name, path) // a number may be used again
	if err != nil {
		r.miss("namespace " + name + ": " + err.Error())
		return
	}
	r.known[s.Inum] = s
	r.rec.Spaces = append(r.rec.Spaces, s)
	if r.lab.Trace {
		if err := s.trace(); err != nil {
			r.miss("nft trace: " + err.Error())
		}
	}
}

// nsfs is the device number of the files that stand for namespaces: a name in
// /run/netns is an ordinary file until the namespace is mounted on it.
func (r *recorder) nsfs() uint64 {
	var st syscall.Stat_t
	syscall.Stat("/proc/self/ns/net", &st)
	return st.Dev
}

func (r *recorder) miss(what string) {
	for _, m := range r.rec.Missing {
		if m == what {
			return
		}
	}
	r.rec.Missing = append(r.rec.Missing, what)
}

// end is called when a process is about to end: what it did is done.
func (r *recorder) end(pid int, comm string) {
	r.look(pid)
	if comm == "ip" {
		r.linkwatch() // else routes are forgotten (fib_netdev_event) at whatever moment it comes
	}
	for _, s := range r.rec.Spaces {
		if s.live == nil {
			continue
		}
		s.drain()
		if comm == "ip" {
			s.addresses()
		}
		if comm == "nft" && r.lab.Trace {
			if err := s.trace(); err != nil {
				r.miss("nft trace: " + err.Error())
			}
		}
	}
	r.t.drain()
}

// last takes leave of a namespace.
func (r *recorder) last(s *Space) {
	r.linkwatch()
	s.addresses()
	s.live.ring.settle()
	s.drain()
	for _, m := range s.final(r.box.init, r.lab.Tables) {
		r.miss(m)
	}
	s.lost()
	r.letGo(s)
}

// letGo closes what keeps a namespace alive, and waits until the other ends of
// its veth pairs are gone with it: cleanup_net works in the background.
func (r *recorder) letGo(s *Space) {
	peers, before := s.peers(), r.devices(s)
	s.close()
	if r.finished {
		return
	}
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if r.devices(s) <= before-peers {
			return
		}
	}
}

// devices counts the devices of all other namespaces.
func (r *recorder) devices(but *Space) (n int) {
	for _, s := range r.rec.Spaces {
		if s != but && s.live != nil {
			d, _ := s.count()
			n += d
		}
	}
	return n
}

// linkwatch waits until the kernel has told everybody of the carriers that have
// come: linkwatch_event does that once a second for what is not urgent, and a
// device whose peer has the same number is not.
func (r *recorder) linkwatch() {
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		waits := false
		for _, s := range r.rec.Spaces {
			if s.live != nil {
				within(s.live.ns, func() error {
					waits = waits || carrierUntold()
					return nil
				})
			}
		}
		if !waits {
			return
		}
	}
}

// finish is called at the end of the script.
func (r *recorder) finish() {
	r.finished = true
	r.t.drain()
	for _, s := range r.rec.Spaces {
		if s.live != nil {
			r.last(s)
		}
	}
}

func (r *recorder) close() {
	for _, s := range r.rec.Spaces {
		s.close()
	}
	sort.SliceStable(r.rec.Missing, func(i, j int) bool { return r.rec.Missing[i] < r.rec.Missing[j] })
}

// monotonic is the clock of the tracepoints, in ns.
func monotonic() int64 {
	var ts syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

func release() string {
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(b))
}
