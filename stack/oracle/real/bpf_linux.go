package real

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Commands of bpf(2), types of maps and programs.
const (
	bpfMapCreate   = 0
	bpfMapLookup   = 1
	bpfProgLoad    = 5
	bpfRawTPOpen   = 17
	mapArray       = 2
	mapRingbuf     = 27
	progRawTP      = 17
	ringSize       = 32 << 20
	recordMaxStack = 56
)

func bpfCall(cmd int, attr []byte) (int, error) {
	r, _, e := syscall.Syscall(sysBPF, uintptr(cmd), uintptr(unsafe.Pointer(&attr[0])), uintptr(len(attr)))
	if e != 0 {
		return -1, e
	}
	return int(r), nil
}

func newMap(typ, key, value, entries uint32) (int, error) {
	var a [72]byte
	le := binary.LittleEndian
	le.PutUint32(a[0:], typ)
	le.PutUint32(a[4:], key)
	le.PutUint32(a[8:], value)
	le.PutUint32(a[12:], entries)
	return bpfCall(bpfMapCreate, a[:])
}

var license = [4]byte{'G', 'P', 'L'}

func loadProg(code []byte) (int, error) {
	load := func(log []byte) (int, error) {
		var a [72]byte
		le := binary.LittleEndian
		le.PutUint32(a[0:], progRawTP)
		le.PutUint32(a[4:], uint32(len(code)/8))
		le.PutUint64(a[8:], uint64(uintptr(unsafe.Pointer(&code[0]))))
		le.PutUint64(a[16:], uint64(uintptr(unsafe.Pointer(&license))))
		if log != nil {
			le.PutUint32(a[24:], 1)
			le.PutUint32(a[28:], uint32(len(log)))
			le.PutUint64(a[32:], uint64(uintptr(unsafe.Pointer(&log[0]))))
		}
		fd, err := bpfCall(bpfProgLoad, a[:])
		runtime.KeepAlive(code)
		runtime.KeepAlive(log)
		return fd, err
	}
	fd, err := load(nil)
	if err == nil {
		return fd, nil
	}
	log := make([]byte, 1<<18)
	if fd, e := load(log); e == nil {
		return fd, nil
	}
	s := strings.TrimRight(string(log), "\x00\n")
	if i := strings.LastIndex(s[:max(0, len(s)-300)], "\n"); i > 0 {
		s = s[i+1:]
	}
	return -1, fmt.Errorf("%w: %s", err, s)
}

func attach(tp string, prog int) (int, error) {
	var a [24]byte
	name := append([]byte(tp), 0)
	binary.LittleEndian.PutUint64(a[0:], uint64(uintptr(unsafe.Pointer(&name[0]))))
	binary.LittleEndian.PutUint32(a[8:], uint32(prog))
	fd, err := bpfCall(bpfRawTPOpen, a[:])
	runtime.KeepAlive(name)
	return fd, err
}

// A ring is a BPF ring buffer, read by this process.
type ring struct {
	fd   int
	cons []byte
	prod []byte
	data []byte
	mask uint64
}

func newRing() (*ring, error) {
	fd, err := newMap(mapRingbuf, 0, 0, ringSize)
	if err != nil {
		return nil, fmt.Errorf("BPF ring buffer: %w", err)
	}
	page := syscall.Getpagesize()
	r := &ring{fd: fd, mask: ringSize - 1}
	if r.cons, err = syscall.Mmap(fd, 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err == nil {
		r.prod, err = syscall.Mmap(fd, int64(page), page+2*ringSize, syscall.PROT_READ, syscall.MAP_SHARED)
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("BPF ring buffer: %w", err)
	}
	r.data = r.prod[page:]
	return r, nil
}

func (r *ring) close() {
	if r.cons != nil {
		syscall.Munmap(r.cons)
	}
	if r.prod != nil {
		syscall.Munmap(r.prod)
	}
	syscall.Close(r.fd)
}

// drain calls f with each record that is complete.
func (r *ring) drain(f func([]byte)) {
	cons, prod := (*uint64)(unsafe.Pointer(&r.cons[0])), (*uint64)(unsafe.Pointer(&r.prod[0]))
	for at := atomic.LoadUint64(cons); at < atomic.LoadUint64(prod); {
		h := r.data[at&r.mask:]
		n := atomic.LoadUint32((*uint32)(unsafe.Pointer(&h[0])))
		if n>>31 != 0 { // still being written
			return
		}
		size := n &^ (3 << 30)
		if n>>30&1 == 0 {
			f(h[8 : 8+size])
		}
		at += (uint64(size) + 8 + 7) &^ 7
		atomic.StoreUint64(cons, at)
	}
}

// lookup reads the one value of an array map.
func lookup(fd int) uint64 {
	var key uint32
	var v uint64
	var a [32]byte
	le := binary.LittleEndian
	le.PutUint32(a[0:], uint32(fd))
	le.PutUint64(a[8:], uint64(uintptr(unsafe.Pointer(&key))))
	le.PutUint64(a[16:], uint64(uintptr(unsafe.Pointer(&v))))
	bpfCall(bpfMapLookup, a[:])
	runtime.KeepAlive(&key)
	return atomic.LoadUint64(&v)
}
