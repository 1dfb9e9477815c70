package main

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A flood sends frames of any kind by a real interface: noise of any length, and
// frames that are almost right.
type flood struct {
	fd          int
	to          syscall.SockaddrLinklayer
	r           *rand.Rand
	buf         [65536]byte
	sent, toBig int
}

// newFlood opens a raw socket for an interface.
func newFlood(index int, seed uint64) (*flood, error) {
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		return nil, err
	}
	return &flood{fd: fd, to: syscall.SockaddrLinklayer{Ifindex: index, Halen: 6}, r: rand.New(rand.NewPCG(seed, 6))}, nil
}

func (f *flood) close() { syscall.Close(f.fd) }

// run sends for a while: mostly as fast as it can, at times slowly. The error is
// that of an interface that is gone.
func (f *flood) run(long time.Duration, stop <-chan struct{}) error {
	for end := time.Now().Add(long); time.Now().Before(end); {
		pause, n := time.Duration(0), 1+f.r.IntN(5000)
		switch f.r.IntN(8) {
		case 0:
			pause, n = time.Millisecond, 1+n%50
		case 1:
			pause, n = 50*time.Microsecond, 1+n%500
		}
		for range n {
			if err := f.one(); err != nil {
				return err
			}
			if pause > 0 {
				time.Sleep(pause)
			}
		}
		select {
		case <-stop:
			return nil
		case <-time.After(time.Duration(f.r.IntN(3)) * time.Millisecond):
		}
	}
	return nil
}

// one sends a frame.
func (f *flood) one() error {
	b := f.frame()
	err := syscall.Sendto(f.fd, b, 0, &f.to)
	switch {
	case err == nil:
		f.sent++
	case errors.Is(err, syscall.EMSGSIZE):
		f.toBig++
	case errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENETDOWN):
	default:
		return err
	}
	return nil
}

// frame makes a frame.
func (f *flood) frame() []byte {
	r := f.r
	var b []byte
	switch r.IntN(10) {
	case 0:
		b = f.buf[:14+r.IntN(1501)]
		f.noise(b)
	case 1:
		b = f.buf[:14+r.IntN(len(f.buf)-14)]
		f.noise(b[:min(len(b), 200)])
	case 2, 3, 4, 5:
		b = f.ip4()
	case 6, 7, 8:
		b = f.ip6()
	default:
		b = f.other()
	}
	if r.IntN(8) > 0 { // else for whom it may be
		copy(b, []byte{0x02, 0x70, 0x77, 0, 0, 1})
	}
	for r.IntN(3) == 0 { // mutate
		b[r.IntN(len(b))] = byte(r.Uint32())
	}
	if r.IntN(20) == 0 {
		b = b[:14+r.IntN(len(b)-13)]
	}
	return b
}

func (f *flood) noise(b []byte) {
	for i := range b {
		b[i] = byte(f.r.Uint32())
	}
}

// some is one of a few numbers that mean something, or any.
func (f *flood) some(list ...int) int {
	if n := f.r.IntN(len(list) + 1); n < len(list) {
		return list[n]
	}
	return f.r.IntN(65536)
}

// head begins a frame.
func (f *flood) head(typ uint16) []byte {
	b := append(f.buf[:0], 2, 0x70, 0x77, 0, 0, 1, 2, 0, 0, 0, 0, byte(f.r.IntN(4)))
	if f.r.IntN(16) == 0 {
		b = binary.BigEndian.AppendUint16(b, 0x8100)
		b = binary.BigEndian.AppendUint16(b, uint16(f.r.Uint32()))
	}
	return binary.BigEndian.AppendUint16(b, typ)
}

func (f *flood) ip4() []byte {
	r := f.r
	b := f.head(0x0800)
	at, ihl := len(b), 20+4*max(0, r.IntN(20)-9)
	proto := f.some(6, 17, 1, 6, 6, 2, 4, 41, 47, 50, 132)
	b = append(b, byte(4<<4|ihl/4), byte(f.some(0, 0, 3)), 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(r.IntN(8)))
	b = binary.BigEndian.AppendUint16(b, uint16(f.some(0, 0, 0, 0x4000, 0x4000, 0x2000, 0x2001, 1)))
	b = append(b, byte(f.some(64, 64, 1, 0)), byte(proto), 0, 0, 10, 9, 0, byte(f.some(1, 3, 77)), 10, 9, 0, byte(f.some(2, 2, 2, 2, 255, 9)))
	for len(b) < at+ihl {
		b = append(b, byte(f.some(0, 1, 7, 68, 131, 137, 148, 4, 8)))
	}
	b = f.l4(b, proto)
	ip := wire.IPv4(b[at:])
	ip.SetTotalLen(len(b) - at)
	if r.IntN(10) > 0 {
		ip.ComputeChecksum()
	}
	if ps := wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.Proto(proto), len(b)-at-ihl); r.IntN(10) > 0 {
		sum(b[at+ihl:], proto, ps)
	}
	return b
}

func (f *flood) ip6() []byte {
	r := f.r
	b := f.head(0x86dd)
	at := len(b)
	next := f.some(6, 17, 58, 58, 59)
	first, ext := next, 0
	if r.IntN(4) == 0 {
		ext = 8
		first = f.some(0, 43, 44, 60, 135, 51)
	}
	b = append(b, 0x60, 0, 0, 0, 0, 0, byte(first), byte(f.some(255, 64, 1, 0)))
	b = append(b, 0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(f.some(1, 3)))
	switch r.IntN(4) {
	case 0:
		b = append(b, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 2)
	default:
		b = append(b, 0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)
	}
	if ext > 0 {
		b = append(b, byte(next), byte(f.some(0, 0, 1)), byte(r.Uint32()), byte(f.some(0, 1, 8)), 0, 0, 0, byte(r.IntN(4)))
	}
	b = f.l4(b, next)
	ip := wire.IPv6(b[at:])
	binary.BigEndian.PutUint16(b[at+4:], uint16(len(b)-at-40))
	if r.IntN(10) > 0 {
		sum(b[at+40+ext:], next, wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.Proto(next), len(b)-at-40-ext))
	}
	return b
}

// l4 adds a transport header and what it carries.
func (f *flood) l4(b []byte, proto int) []byte {
	r := f.r
	port := uint16(f.some(80, 80, 7, 9, 19, 53, 5353))
	n := r.IntN(200)
	if r.IntN(6) == 0 {
		n = r.IntN(1400)
	}
	switch proto {
	case 6:
		b = binary.BigEndian.AppendUint16(b, uint16(1024+r.IntN(300)))
		b = binary.BigEndian.AppendUint16(b, port)
		b = binary.BigEndian.AppendUint32(b, uint32(f.some(1, 1000, 1001)))
		b = binary.BigEndian.AppendUint32(b, r.Uint32())
		off := 5 + max(0, r.IntN(12)-6)
		b = append(b, byte(off<<4), byte(f.some(2, 2, 2, 16, 24, 17, 4, 18, 0xff)))
		b = binary.BigEndian.AppendUint16(b, uint16(f.some(65535, 0, 1)))
		b = append(b, 0, 0, 0, 0)
		for range (off - 5) * 4 {
			b = append(b, byte(f.some(0, 1, 2, 3, 4, 5, 8, 10, 30, 34)))
		}
		if r.IntN(4) == 0 {
			b = append(b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"...)
		}
	case 17:
		b = binary.BigEndian.AppendUint16(b, uint16(1024+r.IntN(300)))
		b = binary.BigEndian.AppendUint16(b, port)
		b = binary.BigEndian.AppendUint16(b, uint16(8+n))
		b = append(b, 0, 0)
	case 1:
		b = append(b, byte(f.some(8, 8, 3, 5, 11, 13, 0)), byte(f.some(0, 4, 1)), 0, 0, 0, 1, 0, byte(r.Uint32()))
	case 58:
		b = append(b, byte(f.some(128, 128, 135, 136, 133, 134, 137, 130, 131, 143, 1, 2, 3, 4)), byte(f.some(0, 1)), 0, 0, 0, 1, 0, 1)
	}
	at := len(b)
	b = b[:at+n]
	f.noise(b[at:])
	return b
}

// sum puts a right checksum into a transport header.
func sum(b []byte, proto int, pseudo uint32) {
	at := map[int]int{6: 16, 17: 6, 1: 2, 58: 2}[proto]
	if at == 0 || len(b) < at+2 {
		return
	}
	if proto == 1 {
		pseudo = 0
	}
	b[at], b[at+1] = 0, 0
	binary.BigEndian.PutUint16(b[at:], wire.Fold(wire.Checksum(b, pseudo)))
}

func (f *flood) other() []byte {
	if f.r.IntN(2) == 0 {
		b := f.head(0x0806)
		b = append(b, 0, 1, 8, 0, 6, 4, 0, byte(f.some(1, 2)), 2, 0, 0, 0, 0, byte(f.r.IntN(4)), 10, 9, 0, byte(f.r.IntN(256)), 0, 0, 0, 0, 0, 0, 10, 9, 0, byte(f.some(2, 2, 7)))
		return b
	}
	b := f.head(uint16(f.some(0x88cc, 0x8847, 0x88a8, 0x0842, 0x888e, 0x9000, 0x002e, 0x8808)))
	at := len(b)
	b = b[:at+f.r.IntN(300)]
	f.noise(b[at:])
	return b
}
