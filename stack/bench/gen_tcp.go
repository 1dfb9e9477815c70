package bench

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// mss is the most data in a segment: 1500 less the headers of IP and TCP and
// the timestamps option.
const mss = 1448

// An end is one side of a TCP connection.
type end struct {
	next   uint32 // SND.NXT
	rcvNxt uint32
	acked  uint32 // the last acknowledgement that it sent
	tsBase uint32 // its timestamp clock at the beginning of the capture, ms
	recent uint32 // TS.Recent (RFC 7323 §4.3)
	id     uint16 // identification of its next datagram
}

// A conn is a TCP connection: its ends and its script for the current exchange.
type conn struct {
	host     end
	far      end
	rcvMSS   int // what the host believes its peer's segments measure
	answered bool
	acts     [32]segment
	nacts    int
	nact     int
	app      message // that is being sent
}

// A segment is one step of a script.
type segment struct {
	out   bool
	flags wire.TCPFlags
	n     uint16 // bytes of data
	first bool   // of a message
	ack   uint32 // what it acknowledges; 0 is all that has come
	wait  int64  // ns after the segment before
}

func (c *conn) add(s segment) {
	if c.nacts < len(c.acts) {
		c.acts[c.nacts] = s
		c.nacts++
	}
}

// The steps of a connection's life, in flow.phase.
const (
	shake = iota
	ask
	bye
)

// tcp sends the next segment of the script, and writes a new script when it is
// at its end.
func (f *flow) tcp(g *generator) {
	c := f.conn
	if c.nact == c.nacts {
		c.nact, c.nacts = 0, 0
		switch f.phase {
		case shake:
			f.handshake(g)
		case ask:
			f.exchange(g)
		case bye:
			f.closing(g)
		}
	}
	s := &c.acts[c.nact]
	f.transmit(g, s)
	if c.nact++; c.nact < c.nacts {
		f.at += c.acts[c.nact].wait
		return
	}
	f.after(g)
}

// after decides what follows a script.
func (f *flow) after(g *generator) {
	switch f.phase {
	case shake:
		f.phase = ask
		f.at += g.between(20e3, 100e3)
	case ask:
		f.turns--
		switch {
		case f.turns > 0:
			f.rest(g)
		case g.begun < g.total:
			f.phase = bye
			f.at += g.between(50e3, 500e3)
		default:
			f.turns = 1 << 30
			f.rest(g)
		}
	case bye:
		g.stats.Closed++
		if !f.done(g) {
			f.at = never // the last flow began while this one closed
		}
	}
}

// handshake opens the connection (RFC 9293 §3.5).
func (f *flow) handshake(g *generator) {
	c := f.conn
	c.far = end{next: uint32(g.rand.Uint64()), tsBase: uint32(g.rand.Uint64() >> 33), id: uint16(g.rand.Uint64())}
	c.host = end{next: uint32(g.rand.Uint64()), tsBase: uint32(g.rand.Uint64() >> 33), id: uint16(g.rand.Uint64())}
	c.rcvMSS = 536
	c.answered = false
	c.add(segment{flags: wire.TCPSyn})
	c.add(segment{out: true, flags: wire.TCPSyn | wire.TCPAck, wait: g.between(3000, 9000)})
	c.add(segment{flags: wire.TCPAck, wait: f.rtt})
}

// exchange is a question of the peer and the server's answer.
func (f *flow) exchange(g *generator) {
	c := f.conn
	question, answer := f.sizes(g)
	c.app = message{question: question, answer: answer, from: uint16(g.rand.Uint64()), number: uint32(f.number)}
	f.questions(g, question)
	f.answers(g, answer)
	c.answered = true
}

// sizes chooses how much is asked and answered, in bytes: an upload to port
// 5001, a page from the others.
func (f *flow) sizes(g *generator) (question, answer int) {
	if f.dport == 5001 {
		return g.n(2, 4) * mss, g.n(8, 64)
	}
	question = g.n(160, 400)
	switch p := g.n(0, 99); {
	case p < 65:
		answer = g.n(180, 600)
	case p < 94:
		answer = g.n(600, 1200)
	default:
		answer = g.n(mss, 8*mss)
	}
	return question, answer
}

// questions adds the peer's data and the acknowledgements that Linux sends at
// once: for each segment of the first data of a connection, then whenever more
// than one full segment is unacknowledged (__tcp_ack_snd_check). What is left
// goes with the answer.
func (f *flow) questions(g *generator, n int) {
	c := f.conn
	due := 0
	for at := 0; at < n; at += mss {
		k := min(n-at, mss)
		s := segment{n: uint16(k), flags: wire.TCPAck, first: at == 0, wait: g.between(1200, 2500)}
		if at+k == n {
			s.flags |= wire.TCPPsh
		}
		c.add(s)
		c.rcvMSS = max(c.rcvMSS, k)
		if due += k; !c.answered || due > c.rcvMSS {
			c.add(segment{out: true, flags: wire.TCPAck, wait: g.between(2000, 6000)})
			due = 0
		}
	}
}

// answers adds the server's data, all at once, and the peer's acknowledgements
// of each second segment and of the last.
func (f *flow) answers(g *generator, n int) {
	c := f.conn
	wait := g.between(40e3, 400e3)
	for at := 0; at < n; at += mss {
		k := min(n-at, mss)
		s := segment{out: true, n: uint16(k), flags: wire.TCPAck, first: at == 0, wait: wait}
		if at+k == n {
			s.flags |= wire.TCPPsh
		}
		c.add(s)
		wait = g.between(1200, 1600)
	}
	base := c.host.next
	wait = f.rtt
	for at := 0; at < n; {
		at = min(at+2*mss, n)
		c.add(segment{flags: wire.TCPAck, ack: base + uint32(at), wait: wait})
		wait = g.between(2500, 5000)
	}
}

// closing ends the connection: mostly the peer closes first, sometimes the
// server, and now and then a peer gives up with a reset.
func (f *flow) closing(g *generator) {
	c := f.conn
	fin := wire.TCPFin | wire.TCPAck
	switch p := g.n(0, 99); {
	case p < 80:
		c.add(segment{flags: fin})
		c.add(segment{out: true, flags: fin, wait: g.between(10e3, 90e3)})
		c.add(segment{flags: wire.TCPAck, wait: f.rtt})
	case p < 98:
		c.add(segment{out: true, flags: fin})
		c.add(segment{flags: fin, wait: f.rtt + g.between(5e3, 90e3)})
		c.add(segment{out: true, flags: wire.TCPAck, wait: g.between(2000, 6000)})
	default:
		c.add(segment{flags: wire.TCPRst | wire.TCPAck})
	}
}

// transmit writes one segment.
func (f *flow) transmit(g *generator, s *segment) {
	c := f.conn
	me, other := &c.far, &c.host
	sport, dport := f.sport, f.dport
	if s.out {
		me, other = other, me
		sport, dport = dport, sport
	}
	b := g.buf[l4:]
	be := binary.BigEndian
	be.PutUint16(b[0:], sport)
	be.PutUint16(b[2:], dport)
	be.PutUint32(b[4:], me.next)
	ack := me.rcvNxt
	if s.ack != 0 {
		ack = s.ack
	}
	if !s.flags.Has(wire.TCPAck) {
		ack = 0
	}
	be.PutUint32(b[8:], ack)
	head := 32
	syn := s.flags.Has(wire.TCPSyn)
	// the timestamp clock ticks each millisecond
	ts := me.tsBase + uint32(max(f.at, g.last)/1e6)
	if syn {
		head = 40
		copy(b[20:], []byte{2, 4, 1460 >> 8, 1460 & 255, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7})
		be.PutUint32(b[28:], ts)
		be.PutUint32(b[32:], me.recent)
	} else {
		copy(b[20:], []byte{1, 1, 8, 10})
		be.PutUint32(b[24:], ts)
		be.PutUint32(b[28:], me.recent)
	}
	b[12], b[13] = byte(head/4)<<4, byte(s.flags)
	be.PutUint16(b[14:], window(syn, s.out))
	be.PutUint16(b[18:], 0)
	n := int(s.n)
	if n > 0 {
		f.data(g, b[head:head+n], s)
	}
	id := me.id
	if syn && s.out {
		id = 0 // there is no socket yet to count them
	} else {
		me.id++
	}
	g.ip(f, s.out, wire.ProtoTCP, id, true, head+n)
	g.send(f, s.out, wire.ProtoTCP, 16, head+n)
	c.sent(me, other, s, ts, ack, n)
}

// window is what an end advertises all the time, since its program reads at
// once: Linux's first window, which a SYN shows in bytes and all others in units
// of 128, rounded as the kernel does (RFC 7323 §2).
func window(syn, out bool) uint16 {
	switch {
	case syn && out:
		return 65160
	case syn:
		return 64240
	case out:
		return 65160 / 128
	}
	return 64240/128 + 1
}

// sent keeps the books of both ends. Nothing is lost and nothing overtakes, so
// the other end has what was sent.
func (c *conn) sent(me, other *end, s *segment, ts, ack uint32, n int) {
	if s.flags.Has(wire.TCPSyn) {
		other.acked = me.next // so that the first timestamp is taken
		n++
	}
	if int32(me.next-other.acked) <= 0 {
		other.recent = ts
	}
	if s.flags.Has(wire.TCPFin) {
		n++
	}
	me.next += uint32(n)
	other.rcvNxt = me.next
	if s.flags.Has(wire.TCPAck) {
		me.acked = ack
	}
}
