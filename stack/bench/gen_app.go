package bench

import (
	"encoding/binary"
	"strings"
)

// A message is what one side of a connection says in an exchange.
type message struct {
	question, answer int // bytes
	at               int // bytes of the current one that have been sent
	from             uint16
	number           uint32
}

// data writes a segment's data: the next bytes of what the port's protocol has
// to say.
func (f *flow) data(g *generator, b []byte, s *segment) {
	m := &f.conn.app
	if s.first {
		m.at = 0
	}
	total := m.question
	if s.out {
		total = m.answer
	}
	if f.dport == 443 {
		g.fill(b)
	} else {
		text(b, m.from)
	}
	switch {
	case m.at > 0:
	case f.dport == 80:
		m.http(b, s.out, total)
	case f.dport == 443:
		record(b, total)
	}
	m.at += len(b)
}

// fill writes bytes that look like nothing.
func (g *generator) fill(b []byte) { copy(b, g.mix[g.n(0, 1<<16):]) }

// prose is what pages are made of.
const prose = "It is a truth that every packet must be in want of a socket. <p>The card wrote it into memory, the interrupt said so, and the kernel came to look.</p>\r\n"

var pages = func() (b [4096]byte) {
	for i := 0; i < len(b); i += copy(b[i:], prose) {
	}
	return b
}()

func text(b []byte, from uint16) { copy(b, pages[from%2048:]) }

const (
	getHead  = "GET /item/00000000 HTTP/1.1\r\nHost: www.example.net\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\nCookie: "
	getTail  = "\r\n\r\n"
	pageHead = "HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: text/html\r\nContent-Length: 00000\r\nConnection: keep-alive\r\n\r\n"
)

// where the digits are
var (
	lengthAt = strings.Index(pageHead, "00000\r")
	itemAt   = strings.Index(getHead, "00000000")
)

// http writes a request of exactly len(b) bytes, or the beginning of an answer
// of total bytes.
func (m *message) http(b []byte, out bool, total int) {
	if out {
		n := copy(b, pageHead)
		digits(b[lengthAt:lengthAt+5], uint32(total-n), 10)
		return
	}
	n := copy(b, getHead)
	digits(b[itemAt:itemAt+8], m.number, 16)
	for i := n; i < len(b); i++ {
		b[i] = "abcdefghijklmnopqrstuvwxyz012345"[b[i]&31]
	}
	copy(b[len(b)-len(getTail):], getTail)
}

// digits writes v with leading zeros.
func digits(b []byte, v uint32, base uint32) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = "0123456789abcdef"[v%base]
		v /= base
	}
}

// record writes the header of a TLS record with application data that fills
// total bytes (RFC 8446 §5.1).
func record(b []byte, total int) {
	b[0], b[1], b[2] = 23, 3, 3
	binary.BigEndian.PutUint16(b[3:], uint16(total-5))
}

// question writes a DNS question for a host's address and returns its length
// (RFC 1035 §4.1).
func (g *generator) question(b []byte, id uint16, number uint32) int {
	be := binary.BigEndian
	clear(b[:12])
	be.PutUint16(b[0:], id)
	be.PutUint16(b[2:], 0x0100)
	be.PutUint16(b[4:], 1)
	n := 12 + copy(b[12:], "\x0chost00000000\x07example\x03net\x00")
	digits(b[17:25], number, 16)
	be.PutUint32(b[n:], 1<<16|1)
	return n + 4
}

// answer writes the answer to it, with the given number of addresses.
func (g *generator) answer(b []byte, id uint16, number uint32, addrs int) int {
	be := binary.BigEndian
	n := g.question(b, id, number)
	be.PutUint16(b[2:], 0x8580)
	be.PutUint16(b[6:], uint16(addrs))
	for i := range addrs {
		be.PutUint16(b[n:], 0xc00c)
		be.PutUint32(b[n+2:], 1<<16|1)
		be.PutUint32(b[n+6:], 300)
		be.PutUint16(b[n+10:], 4)
		be.PutUint32(b[n+12:], 0xc0000200+number%200+uint32(i))
		n += 16
	}
	return n
}
