package real

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// A Lab is a script to run.
type Lab struct {
	Name    string // as the script shall know itself
	Text    string
	Timeout time.Duration // real time, 0 for a minute
	Trace   bool          // have every packet traced through nftables: table inet pwtrace in every namespace
	Tables  []string      // commands whose output is kept of every namespace, at the end
	Settle  time.Duration // how long to go on when the script has ended, and what it left behind is killed
}

// prelude waits until it is traced, and makes the files private before the script starts. It stays as the
// first process of the namespace: when it ends, everything in it does.
const prelude = `
set -e
read seized <&4
mount --make-rprivate /
mount -t proc proc /proc
mount -t sysfs sysfs /sys 2>/dev/null || mount --bind /sys /sys
mkdir -p /run
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /run/etc /run/etcwork
# Who asks for a name asks the files of the sandbox, not the machine's name server.
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/etcwork overlay /etc 2>/dev/null && {
	echo 'hosts: files' >/etc/nsswitch.conf
	printf '127.0.0.1 localhost\n::1 localhost\n' >/etc/hosts
} ||
	for d in iproute2 sysctl.d netns; do
		if [ -d /etc/$d ]; then cp -a /etc/$d /run/etc-$d; mount --bind /run/etc-$d /etc/$d; fi
	done
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=700 tmpfs /root
cat >"/root/$1" <&3
exec 3<&-
cd /root
hostname lab
ip link set lo up
set +e
/bin/sh "$@"
s=$?
read end <&4
exit $s
`

// A sandbox is the script in its namespaces, each process of it under ptrace.
type sandbox struct {
	lab        Lab
	base       string // name of the script's file
	init       int
	main       int // process of the script itself
	status     int
	ended      bool // the script has
	killed     bool
	traced     map[int]bool
	out, errs  bytes.Buffer
	onStart    func(pid int)
	onProgram  func(pid int)              // a process has started a program
	onEnd      func(pid int, comm string) // a process is about to end
	onFinished func()                     // the script has ended; what it left behind still runs
}

// ptrace stops are told apart by these bits of the status.
const ptraceOptions = syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK | syscall.PTRACE_O_TRACEEXEC | syscall.PTRACE_O_TRACEEXIT | 0x100000 // EXITKILL

// PTRACE_SEIZE and not PTRACE_TRACEME: only so can a process of the script be
// stopped (kill -STOP), and stay so (PTRACE_LISTEN), until another lets it go on.
const (
	ptraceSeize     = 0x4206
	ptraceListen    = 0x4208
	ptraceEventStop = 128
)

// run runs the script to its end. It must have the thread for itself.
func (s *sandbox) run(ctx context.Context) error {
	runtime.LockOSThread() // ptrace belongs to a thread; it ends with the goroutine
	script, err := pipeWith(s.lab.Text)
	if err != nil {
		return err
	}
	defer script.Close()
	endR, endW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer endW.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return err
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		return err
	}
	defer null.Close()
	s.base = filepath.Base(s.lab.Name)
	oneCPU() // the script inherits it
	p, err := os.StartProcess("/bin/sh", []string{"sh", "-c", prelude, "sh", s.base}, &os.ProcAttr{
		Dir:   "/",
		Env:   []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"},
		Files: []*os.File{null, outW, errW, script, endR},
		Sys:   &syscall.SysProcAttr{Setsid: true, Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC},
	})
	outW.Close()
	errW.Close()
	endR.Close()
	if err != nil {
		return fmt.Errorf("namespaces: %w", err)
	}
	s.init, s.traced = p.Pid, map[int]bool{p.Pid: true}
	if _, _, e := syscall.Syscall6(syscall.SYS_PTRACE, ptraceSeize, uintptr(s.init), 0, ptraceOptions, 0, 0); e != 0 {
		syscall.Kill(s.init, syscall.SIGKILL)
		return fmt.Errorf("ptrace: %w", e)
	}
	if _, err := endW.WriteString("seized\n"); err != nil {
		return err
	}
	done := make(chan struct{}, 2)
	for _, c := range []struct {
		r *os.File
		w *bytes.Buffer
	}{{outR, &s.out}, {errR, &s.errs}} {
		go func() {
			io.Copy(c.w, io.LimitReader(c.r, maxOutput))
			c.r.Close()
			done <- struct{}{}
		}()
	}
	stop := context.AfterFunc(ctx, func() { syscall.Kill(s.init, syscall.SIGKILL) })
	err = s.follow(ctx)
	stop()
	<-done
	<-done
	if err == nil && ctx.Err() != nil {
		s.killed = true
	}
	if s.main == 0 && err == nil && !s.killed {
		err = fmt.Errorf("the namespaces could not be set up: %s", strings.TrimSpace(s.errs.String()))
	}
	return err
}

// maxOutput is how much of what a script prints is kept, in bytes.
const maxOutput = 16 << 20

// pipeWith is a file that holds a text.
func pipeWith(text string) (*os.File, error) {
	f, err := os.CreateTemp("", "lab")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if _, err = f.WriteString(text); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return f, err
}

// follow goes from stop to stop until the first process has ended.
func (s *sandbox) follow(ctx context.Context) error {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WALL|0x20000000, nil) // __WNOTHREAD: only this thread's
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait4: %w", err)
		}
		switch {
		case ws.Exited() || ws.Signaled():
			delete(s.traced, pid)
			if pid == s.init {
				return nil
			}
		case ws.Stopped():
			s.stopped(pid, ws)
		}
	}
}

func (s *sandbox) stopped(pid int, ws syscall.WaitStatus) {
	s.traced[pid] = true
	sig := ws.StopSignal()
	switch uint32(ws) >> 16 {
	case ptraceEventStop:
		if sig != syscall.SIGTRAP { // a group stop: it lasts until SIGCONT
			syscall.Syscall6(syscall.SYS_PTRACE, ptraceListen, uintptr(pid), 0, 0, 0, 0)
			return
		}
		sig = 0
	case syscall.PTRACE_EVENT_EXEC:
		s.program(pid)
		sig = 0
	case syscall.PTRACE_EVENT_EXIT:
		s.ending(pid)
		sig = 0
	case 0:
	default:
		sig = 0
	}
	syscall.PtraceCont(pid, int(sig))
}

// program is called when a process has started a program.
func (s *sandbox) program(pid int) {
	if s.main == 0 {
		if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); string(line) == "/bin/sh\x00"+s.base+"\x00" {
			s.main = pid
			s.onStart(pid)
		}
		return
	}
	s.onProgram(pid)
}

// ending is called when a process is about to end.
func (s *sandbox) ending(pid int) {
	if s.main == 0 || pid == s.init {
		return
	}
	comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	s.onEnd(pid, strings.TrimSpace(string(comm)))
	if pid == s.main && !s.ended {
		s.ended = true
		if msg, err := exitCode(pid); err == nil {
			s.status = msg
		}
		s.finish()
	}
}

// exitCode reads what a process that stops at its end will return.
func exitCode(pid int) (int, error) {
	var v uint64
	if _, _, e := syscall.Syscall6(syscall.SYS_PTRACE, syscall.PTRACE_GETEVENTMSG, uintptr(pid), 0, uintptrOf(&v), 0, 0); e != 0 {
		return 0, e
	}
	ws := syscall.WaitStatus(v)
	if ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return ws.ExitStatus(), nil
}

// finish kills what the script has left behind, but for the script's own shell
// and the first process, and lets the recorder look at the result.
func (s *sandbox) finish() {
	for _, pid := range s.members() {
		if pid != s.init && pid != s.main {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	end := time.Now().Add(s.lab.Settle)
	for time.Now().Before(end) {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WALL|0x20000000|syscall.WNOHANG, nil)
		switch {
		case err != nil || pid == 0:
			time.Sleep(2 * time.Millisecond)
		case ws.Stopped():
			s.stopped(pid, ws)
		default:
			delete(s.traced, pid)
		}
	}
	s.onFinished()
	syscall.Kill(s.init, syscall.SIGKILL)
}

// members are the processes of the sandbox.
func (s *sandbox) members() []int {
	var out []int
	for pid := range s.traced {
		out = append(out, pid)
	}
	return out
}

// oneCPU binds the thread to the first CPU that it may use. A packet that
// crosses a veth pair is then received before the call that sent it returns,
// always: on two CPUs the order of things would be a matter of luck.
func oneCPU() {
	var set [16]uint64
	n, _, e := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if e != 0 || n == 0 {
		return
	}
	found := false
	for i := range set {
		for b := range 64 {
			if bit := uint64(1) << b; set[i]&bit != 0 {
				if found {
					set[i] &^= bit
				}
				found = true
			}
		}
	}
	syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
}
