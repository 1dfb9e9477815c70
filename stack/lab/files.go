package lab

import (
	"fmt"
	"io"
	"path"
	"sort"
	"strings"

	"github.com/packetwalk/packetwalk/stack/lab/ipt"
)

// A node is a file or directory of the simulated machine. Nothing here is ever
// a real file.
type node struct {
	dir  bool
	kids map[string]*node
	data []byte
	exec bool
}

// A desc is an open file description.
type desc struct {
	refs   int
	path   string
	node   *node
	off    int
	append bool
	pipe   *pipe
	w      bool // this is the writing end, or open for writing
	r      bool
	out    int       // 1, 2: the lab's own output; 0: none
	to     io.Writer // instead of the lab's own output
	data   []byte
	isData bool // reading data (a made file, a here-document)
	put    func(p *Proc, b []byte) string
	null   bool
	tty    bool // what is written is seen at once: a person reads it
}

// pipeSize is how much fits into a pipe, as in Linux.
const pipeSize = 65536

type pipe struct {
	buf     []byte
	readers int
	writers int
}

const (
	noSuch   = "No such file or directory"
	isDir    = "Is a directory"
	notDir   = "Not a directory"
	noPerm   = "Permission denied"
	badValue = "Invalid argument"
)

func dirNode() *node { return &node{dir: true, kids: map[string]*node{}} }

func (l *Lab) mkfs() {
	l.files = dirNode()
	for _, d := range []string{"/tmp", "/root", "/etc/iproute2", "/etc/sysctl.d", "/var/log", "/var/run/netns", "/run/netns", "/home", "/bin", "/usr/bin", "/usr/sbin", "/sbin", "/dev", "/proc", "/sys", "/usr/src"} {
		l.mkdirAll(d)
	}
	l.put("/etc/iproute2/rt_tables", rtTables)
	l.put("/etc/sysctl.conf", sysctlConf)
	l.put("/etc/hosts", "127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost ip6-loopback\n")
	l.put("/etc/resolv.conf", "")
	l.put("/etc/hostname", l.Root.Name+"\n")
	l.put("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
	l.put("/etc/services", ipt.EtcServices)
	l.put("/etc/protocols", ipt.EtcProtocols)
	l.put("/etc/networks", "default\t\t0.0.0.0\nloopback\t127.0.0.0\nlink-local\t169.254.0.0\n")
	l.put("/etc/group", "root:x:0:\n")
	l.put("/etc/iproute2/rt_realms", "0\tcosmos\n")
	for name := range l.tools {
		l.put("/usr/bin/"+name, "")
		l.put("/bin/"+name, "")
		l.files.kids["usr"].kids["bin"].kids[name].exec = true
		l.files.kids["bin"].kids[name].exec = true
	}
	l.put("/dev/null", "")
	l.put("/dev/zero", "")
}

func (l *Lab) mkdirAll(p string) *node {
	n := l.files
	for _, s := range strings.Split(strings.Trim(p, "/"), "/") {
		if s == "" {
			continue
		}
		k := n.kids[s]
		if k == nil {
			k = dirNode()
			n.kids[s] = k
		}
		n = k
	}
	return n
}

func (l *Lab) put(p, text string) {
	l.mkdirAll(path.Dir(p)).kids[path.Base(p)] = &node{data: []byte(text)}
}

// abs makes a path absolute and clean.
func (p *Proc) abs(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = p.cwd + "/" + name
	}
	return path.Clean(name)
}

// lookup finds a node of the kept files; nil and the words of the error.
func (l *Lab) lookup(abs string) (*node, string) {
	n := l.files
	for _, s := range strings.Split(strings.Trim(abs, "/"), "/") {
		if s == "" {
			continue
		}
		if !n.dir {
			return nil, notDir
		}
		if n = n.kids[s]; n == nil {
			return nil, noSuch
		}
	}
	return n, ""
}

// A stat says what is under a path.
type stat struct {
	dir  bool
	size int
	exec bool
	dev  bool
}

func (p *Proc) stat(name string) (stat, string) {
	if name == "" {
		return stat{}, noSuch
	}
	a := p.abs(name)
	if made(a) {
		if list, ok := p.madeDir(a); ok {
			return stat{dir: true, size: len(list)}, ""
		}
		if f, ok := p.madeFile(a); ok {
			return stat{size: len(f.text())}, ""
		}
		return stat{}, noSuch
	}
	n, e := p.lab.lookup(a)
	if n == nil {
		return stat{}, e
	}
	return stat{n.dir, len(n.data), n.exec, strings.HasPrefix(a, "/dev/")}, ""
}

// readDir lists a directory, sorted.
func (p *Proc) readDir(name string) ([]string, string) {
	a := p.abs(name)
	if made(a) {
		list, ok := p.madeDir(a)
		if !ok {
			if _, ok := p.madeFile(a); ok {
				return nil, notDir
			}
			return nil, noSuch
		}
		sort.Strings(list)
		return list, ""
	}
	n, e := p.lab.lookup(a)
	if n == nil {
		return nil, e
	}
	if !n.dir {
		return nil, notDir
	}
	var list []string
	for k := range n.kids {
		list = append(list, k)
	}
	sort.Strings(list)
	return list, ""
}

// readFile reads a whole file.
func (p *Proc) readFile(name string) ([]byte, string) {
	d, e := p.open(name, 'r')
	if e != "" {
		return nil, e
	}
	if d.node != nil {
		return d.node.data, ""
	}
	if d.isData {
		return d.data, ""
	}
	p.fds[-1] = d
	b := p.readAll(-1)
	delete(p.fds, -1)
	return b, ""
}

// open opens a file: mode 'r', 'w' (truncate), 'a' (append), '+' (both).
func (p *Proc) open(name string, mode byte) (*desc, string) {
	if name == "" {
		return nil, noSuch
	}
	a := p.abs(name)
	switch a {
	case "/dev/null":
		return &desc{path: a, null: true, r: true, w: true}, ""
	case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return p.share(0)
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return p.share(1)
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return p.share(2)
	case "/dev/tty":
		return nil, "No such device or address"
	case "/dev/zero":
		return &desc{path: a, r: true, isData: true, data: make([]byte, 1<<16)}, ""
	}
	if made(a) {
		if _, ok := p.madeDir(a); ok {
			if mode == 'r' {
				return &desc{path: a, node: dirNode(), r: true}, ""
			}
			return nil, isDir
		}
		f, ok := p.madeFile(a)
		if !ok {
			return nil, noSuch
		}
		d := &desc{path: a, r: true}
		if mode == 'r' || mode == '+' {
			if f.gone {
				return nil, noSuch
			}
			if f.read == nil {
				return nil, noPerm
			}
			d.data, d.isData = []byte(f.text()), true
		}
		if mode != 'r' {
			if f.write == nil {
				return nil, noPerm
			}
			d.w, d.put = true, f.write
		}
		return d, ""
	}
	l := p.lab
	n, e := l.lookup(a)
	switch {
	case n == nil && (mode == 'r' || e == notDir):
		return nil, e
	case n == nil:
		dir, e := l.lookup(path.Dir(a))
		if dir == nil {
			return nil, e
		}
		if !dir.dir {
			return nil, notDir
		}
		n = &node{}
		p.grow(256)
		dir.kids[path.Base(a)] = n
	case n.dir && mode != 'r':
		return nil, isDir
	case mode == 'w':
		l.memory -= len(n.data)
		n.data = nil
	}
	return &desc{path: a, node: n, r: mode == 'r' || mode == '+', w: mode != 'r', append: mode == 'a'}, ""
}

func (p *Proc) share(n int) (*desc, string) {
	d := p.fds[n]
	if d == nil {
		return nil, "No such device or address"
	}
	return d, ""
}

// set puts a description under a number; what was there is closed.
func (p *Proc) set(n int, d *desc) {
	d.refs++
	p.close(n)
	p.fds[n] = d
	if d.pipe != nil && d.refs == 1 {
		if d.w {
			d.pipe.writers++
		} else {
			d.pipe.readers++
		}
	}
}

func (p *Proc) close(n int) {
	d := p.fds[n]
	if d == nil {
		return
	}
	delete(p.fds, n)
	if d.refs--; d.refs == 0 && d.pipe != nil {
		if d.w {
			d.pipe.writers--
		} else {
			d.pipe.readers--
			p.lab.memory -= len(d.pipe.buf)
			d.pipe.buf = nil
		}
	}
}

// pipePair makes a pipe: reading end, writing end.
func pipePair() (r, w *desc) {
	q := &pipe{}
	return &desc{pipe: q, r: true}, &desc{pipe: q, w: true}
}

// write is write(2), and blocks as it does. It returns the words of an error.
func (p *Proc) write(fd int, b []byte) string {
	p.check()
	d := p.fds[fd]
	if d == nil || !d.w {
		return "Bad file descriptor"
	}
	l := p.lab
	switch {
	case d.null:
	case d.out != 0:
		l.printed += len(b)
		if l.printed > l.Limits.Output {
			l.halt(p, fmt.Sprintf("after %d bytes of output", l.Limits.Output))
			p.check()
		}
		if d.to != nil {
			d.to.Write(b)
		} else if d.out == 1 {
			l.Stdout.Write(b)
		} else {
			l.Stderr.Write(b)
		}
	case d.put != nil:
		return d.put(p, b)
	case d.pipe != nil:
		for len(b) > 0 {
			q := d.pipe
			p.block(func() bool { return q.readers == 0 || len(q.buf) < pipeSize })
			if q.readers == 0 {
				p.signal(13)
				p.check()
				return "Broken pipe"
			}
			n := min(len(b), pipeSize-len(q.buf))
			p.grow(n)
			q.buf = append(q.buf, b[:n]...)
			b = b[n:]
		}
	case d.node != nil:
		p.grow(len(b))
		if d.append {
			d.off = len(d.node.data)
		}
		if d.off > len(d.node.data) {
			d.node.data = append(d.node.data, make([]byte, d.off-len(d.node.data))...)
		}
		d.node.data = append(d.node.data[:d.off], append(append([]byte(nil), b...), d.node.data[min(d.off+len(b), len(d.node.data)):]...)...)
		d.off += len(b)
	}
	return ""
}

// readable reports whether read would not block.
func (p *Proc) readable(fd int) bool {
	d := p.fds[fd]
	return d == nil || d.pipe == nil || len(d.pipe.buf) > 0 || d.pipe.writers == 0
}

// read is read(2): up to n bytes, and whether the end is reached.
func (p *Proc) read(fd, n int) ([]byte, bool) {
	p.check()
	d := p.fds[fd]
	switch {
	case d == nil || d.null || d.out != 0:
		return nil, true
	case d.pipe != nil && !d.w:
		q := d.pipe
		p.block(func() bool { return len(q.buf) > 0 || q.writers == 0 })
		n = min(n, len(q.buf))
		b := append([]byte(nil), q.buf[:n]...)
		q.buf = q.buf[n:]
		p.lab.memory -= n
		return b, n == 0
	case d.isData:
		n = min(n, len(d.data)-d.off)
		b := d.data[d.off : d.off+n]
		d.off += n
		return b, n == 0
	case d.node != nil && !d.node.dir:
		n = max(0, min(n, len(d.node.data)-d.off))
		b := append([]byte(nil), d.node.data[min(d.off, len(d.node.data)):min(d.off, len(d.node.data))+n]...)
		d.off += n
		return b, n == 0
	}
	return nil, true
}

// readAll reads to the end.
func (p *Proc) readAll(fd int) []byte {
	var all []byte
	for {
		b, eof := p.read(fd, 1<<16)
		if eof {
			return all
		}
		p.grow(len(b))
		p.lab.memory -= len(b)
		all = append(all, b...)
		if len(all) > p.lab.Limits.Memory {
			p.grow(len(all))
		}
	}
}

// outf prints to standard output, errf to standard error.
func (p *Proc) outf(f string, a ...any) { p.write(1, fmt.Appendf(nil, f, a...)) }
func (p *Proc) errf(f string, a ...any) { p.write(2, fmt.Appendf(nil, f, a...)) }
func (p *Proc) out(s string) {
	if s != "" {
		p.write(1, []byte(s))
	}
}

// stdio lets the io package read and write a process's descriptors.
type stdio struct {
	p  *Proc
	fd int
}

func (s stdio) Write(b []byte) (int, error) {
	if e := s.p.write(s.fd, b); e != "" {
		return 0, fmt.Errorf("%s", e)
	}
	return len(b), nil
}
