package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// patience is how often the stack's goroutines may run before a segment goes
// in although what it acknowledges has not been sent.
const patience = 1000

// A connection is what is known of one TCP connection from outside.
type connection struct {
	captured uint32 // initial sequence number of the captured server
	own      uint32 // gVisor's
	answered bool   // gVisor has sent its SYN
	next     uint32 // gVisor's SND.NXT
	tsval    uint32 // the last timestamp that it sent
	prog     net.Conn
}

// A feed is a capture on its way into gVisor's stack.
type feed struct {
	*server
	figure
	conns map[key]*connection
	macs  map[uint32][6]byte // stations by address
	buf   []byte
	page  []byte
}

// run feeds a capture to a new stack, on one core, and returns how fast that
// was.
func run(path string) (figure, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r, err := pcaps.Open(path)
	if err != nil {
		return figure{}, err
	}
	defer r.Close()
	s, err := newServer()
	if err != nil {
		return figure{}, err
	}
	f := &feed{server: s, conns: map[key]*connection{}, macs: map[uint32][6]byte{}, page: make([]byte, 64<<10)}
	runtime.GC()
	start := computed()
	for {
		fr, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return figure{}, err
		}
		f.Frames++
		if f.clock.advance(time.Duration(fr.At)) {
			f.yield()
		}
		f.frame(fr.Data)
	}
	f.rest()
	f.FPS = float64(f.Frames) / (computed() - start).Seconds()
	f.totals()
	s.stack.Close()
	return f.figure, nil
}

// rest lets the stack's goroutines run until they have nothing to send.
func (f *feed) rest() {
	for quiet := 0; quiet < 10; quiet++ {
		runtime.Gosched()
		if f.drain() > 0 {
			quiet = 0
		}
	}
}

func (f *feed) totals() {
	t := f.stack.Stats()
	f.Connections = f.server.conns
	f.Read = f.read.Load()
	f.Datagrams = f.datagrams.Load()
	f.Resent = t.TCP.Retransmits.Value()
	f.Resets = t.TCP.ResetsSent.Value()
	f.BadSums = t.TCP.ChecksumErrors.Value() + t.UDP.ChecksumErrors.Value() + t.IP.MalformedPacketsReceived.Value()
	f.Dropped = t.DroppedPackets.Value() + t.UDP.ReceiveBufferErrors.Value() + t.TCP.ListenOverflowSynDrop.Value() + t.TCP.ListenOverflowAckDrop.Value()
}

// frame takes one frame of the capture.
func (f *feed) frame(b []byte) {
	if len(b) < wire.EthernetLen {
		return
	}
	out := [6]byte(b[6:12]) == hostMAC
	if len(b) >= wire.EthernetLen+wire.IPv4MinLen && wire.Ethernet(b).Type() == wire.EtherTypeIPv4 {
		ip := wire.IPv4(b[wire.EthernetLen:])
		at := wire.EthernetLen + int(b[wire.EthernetLen]&15)*4
		end := wire.EthernetLen + ip.TotalLen()
		if ip.Proto() == wire.ProtoTCP && at+wire.TCPMinLen <= end && end <= len(b) {
			if out {
				f.program(ip, wire.TCP(b[at:end]))
				return
			}
			f.buf = append(f.buf[:0], b...)
			b = f.buf
			f.translate(wire.IPv4(b[wire.EthernetLen:]), wire.TCP(b[at:end]))
		}
	} else if !out && len(b) >= wire.EthernetLen+28 {
		arp := b[wire.EthernetLen:]
		f.macs[binary.BigEndian.Uint32(arp[14:])] = [6]byte(arp[8:])
	}
	if out {
		return
	}
	f.In++
	f.inject(b)
	f.drain()
	if f.In%64 == 0 {
		f.yield()
	}
}

func (f *feed) inject(b []byte) {
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	f.link.InjectInbound(0, p)
	p.DecRef()
}

// yield lets the stack's goroutines run.
func (f *feed) yield() {
	runtime.Gosched()
	f.drain()
}

// program does what the captured server did when it sent a segment.
func (f *feed) program(ip wire.IPv4, t wire.TCP) {
	k := keyOf(uint32(ip.Dst()), t.DstPort(), t.SrcPort())
	c := f.conns[k]
	if c == nil {
		return
	}
	if t.Flags().Has(wire.TCPSyn) {
		c.captured = t.Seq()
		return
	}
	n := len(t) - t.DataOff()
	fin := t.Flags().Has(wire.TCPFin)
	if n == 0 && !fin {
		return
	}
	for i := 0; c.prog == nil && i < patience; i++ {
		if c.prog = f.take(k); c.prog == nil {
			f.yield()
		}
	}
	if c.prog == nil {
		f.Late++
		return
	}
	if n > 0 {
		m, _ := c.prog.Write(f.page[:n])
		f.Written += int64(m)
	}
	if fin {
		for range 4 {
			f.yield() // the server reads to the end first: closing with data unread is a reset
		}
		c.prog.Close()
	}
	f.drain()
}

// translate makes a segment of the peer speak of what gVisor sent.
func (f *feed) translate(ip wire.IPv4, t wire.TCP) {
	k := keyOf(uint32(ip.Src()), t.SrcPort(), t.DstPort())
	if t.Flags().Has(wire.TCPSyn) {
		f.conns[k] = &connection{}
		return
	}
	c := f.conns[k]
	if c == nil || !t.Flags().Has(wire.TCPAck) {
		return
	}
	for i := 0; !c.ready(t.Ack()) && i < patience; i++ {
		f.yield()
	}
	if !c.ready(t.Ack()) {
		f.Late++
	}
	put := func(at int, v uint32) {
		b := t[at : at+4]
		t.SetChecksum(wire.Update32(t.Checksum(), binary.BigEndian.Uint32(b), v))
		binary.BigEndian.PutUint32(b, v)
	}
	put(8, t.Ack()-c.captured+c.own)
	if t.DataOff() == 32 && t[20] == 1 && t[21] == 1 && t[22] == 8 {
		put(28, c.tsval)
	}
}

// ready reports whether gVisor has sent what a captured acknowledgement is
// about.
func (c *connection) ready(ack uint32) bool {
	return c.answered && int32(ack-c.captured+c.own-c.next) <= 0
}

// drain takes what gVisor sends off the link, and returns how many frames.
func (f *feed) drain() (n int) {
	for {
		p := f.link.Read()
		if p == nil {
			return n
		}
		n++
		f.Sent++
		switch p.NetworkProtocolNumber {
		case header.ARPProtocolNumber:
			f.asked(p)
		case header.IPv4ProtocolNumber:
			if p.TransportProtocolNumber == header.TCPProtocolNumber {
				f.sent(p)
			}
		}
		p.DecRef()
	}
}

// sent notes how far gVisor has come in a connection.
func (f *feed) sent(p *stack.PacketBuffer) {
	ip, t := header.IPv4(p.NetworkHeader().Slice()), header.TCP(p.TransportHeader().Slice())
	to := ip.DestinationAddress().As4()
	c := f.conns[keyOf(binary.BigEndian.Uint32(to[:]), t.DestinationPort(), t.SourcePort())]
	if c == nil {
		return
	}
	end := t.SequenceNumber() + uint32(p.Data().Size())
	if t.Flags().Contains(header.TCPFlagSyn) {
		end++
		if !c.answered {
			c.answered, c.own, c.next = true, t.SequenceNumber(), end
		}
	}
	if t.Flags().Contains(header.TCPFlagFin) {
		end++
	}
	if int32(end-c.next) > 0 {
		c.next = end
	}
	if o := t.ParsedOptions(); o.TS {
		c.tsval = o.TSVal
	} else if o := header.ParseSynOptions(t.Options(), true); t.Flags().Contains(header.TCPFlagSyn) && o.TS {
		c.tsval = o.TSVal
	}
}

// asked answers gVisor's question for a station's link address.
func (f *feed) asked(p *stack.PacketBuffer) {
	a := header.ARP(p.NetworkHeader().Slice())
	if !a.IsValid() || a.Op() != header.ARPRequest {
		return
	}
	mac, ok := f.macs[binary.BigEndian.Uint32(a.ProtocolAddressTarget())]
	if !ok {
		return
	}
	b := make([]byte, 60)
	copy(b, hostMAC[:])
	copy(b[6:], mac[:])
	wire.Ethernet(b).SetType(wire.EtherTypeARP)
	r := header.ARP(b[wire.EthernetLen:])
	r.SetIPv4OverEthernet()
	r.SetOp(header.ARPReply)
	copy(r.HardwareAddressSender(), mac[:])
	copy(r.ProtocolAddressSender(), a.ProtocolAddressTarget())
	copy(r.HardwareAddressTarget(), hostMAC[:])
	copy(r.ProtocolAddressTarget(), hostAddr[:])
	f.inject(b)
}
