package lab

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// live captures from a device.
func (c *tdCmd) live() int {
	p, ns := c.p, c.p.host.NS
	link, index := uint16(1), 0
	var dev *core.Device
	if c.iface == "" {
		for _, d := range ns.Devices {
			if d != nil && d != ns.Loopback && d.Up() && dev == nil {
				dev = d
			}
		}
		if c.iface = "any"; dev != nil {
			c.iface = dev.Name
		} else {
			c.iface = "lo"
		}
	}
	if c.iface == "any" {
		link = 276
		p.errf("tcpdump: data link type LINUX_SLL2\n")
	} else {
		if dev = ns.DevByName(c.iface); dev == nil {
			if n := int(cUint(c.iface)); n > 0 && c.iface[0] >= '0' && c.iface[0] <= '9' {
				p.errf("not modelled: tcpdump -i NUMBER\n")
				return 1
			}
			p.errf("tcpdump: %s: No such device exists\n(No such device exists)\n", c.iface)
			return 1
		}
		if c.links {
			p.errf("Data link types for %s (use option -y to set):\n  EN10MB (Ethernet)\n", c.iface)
			return 0
		}
		if !dev.Up() {
			return c.fail("%s: That device is not up", c.iface)
		}
		if index = dev.Index; dev.HardLen == 0 {
			link = 12
		}
	}
	flt, why := c.compile(link)
	if why != "" {
		return c.refuse(why)
	}
	l := &tdLive{cmd: c, dev: index, link: link, flt: flt}
	if d := p.fds[1]; !c.lines && !c.packets && d != nil && (d.pipe != nil || d.node != nil) || c.hasWrite && !c.packets {
		l.block = 4096
	}
	if c.hasWrite {
		l.Write = true
		out := c.output()
		if out < 0 {
			return 1
		}
		if out != 1 { // what the program prints goes to the file
			old := p.fds[1]
			if old != nil {
				old.refs++
			}
			file := p.fds[out]
			p.set(1, file)
			p.close(out)
			defer func() {
				p.close(1)
				if old != nil {
					p.fds[1] = old
				}
			}()
		}
		l.held = pcapHead(link, c.snap)
	}
	word := "tcpdump: "
	if c.print.v == 0 && !c.hasWrite {
		word = ""
		p.errf("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n")
	}
	p.errf("%slistening on %s, link-type %s, snapshot length %d bytes\n", word, c.iface, linkName(link), c.snap)
	defer l.close()
	return p.runProgram("tcpdump", l)
}

// A tdLive is tcpdump while it captures.
type tdLive struct {
	term
	cmd   *tdCmd         `fork:"share"`
	flt   *filter.Filter `fork:"share"`
	dev   int
	link  uint16
	Write bool
	sk    *raw.Packet
	prog  *socket.Program
	held  []byte // what stdio has not written yet
	block int    // bytes that it writes at a time; 0: every line
	n     int
	seen  int // frames that the filter let pass
	buf   []byte
	done  bool
}

// Run takes the frames that wait.
func (l *tdLive) Run(p *socket.Program) {
	if l.sk == nil {
		l.prog = p
		l.sk = raw.NewPacket(p.NS, 3, l.dev, false)
		l.sk.RcvBuf = 2 << 20
		l.sk.Waker = p
		l.buf = make([]byte, 262144)
	}
	for !l.done && l.one(p) {
	}
	l.flush(false)
	if l.done {
		l.finish()
	}
}

// one takes one frame; false if there is none.
func (l *tdLive) one(p *socket.Program) bool {
	b := l.sk.RcvQueue.Front()
	if b == nil {
		return false
	}
	kind, index, proto, at, orig := b.PktType, b.IIF, b.Protocol, b.Tstamp, b.Len()
	tci, tagged := b.VlanTCI, b.VlanPresent
	m, e := l.sk.Recv(l.buf, core.MsgDontWait)
	if e != 0 {
		return false
	}
	c := l.cmd
	dev := p.NS.DevByIndex(index)
	if dev != nil && dev == p.NS.Loopback && kind == core.PacketOutgoing {
		return true // libpcap shows what goes over lo once
	}
	if c.dir == "in" && kind == core.PacketOutgoing || c.dir == "out" && kind != core.PacketOutgoing {
		return true
	}
	data := l.buf[:m.N]
	hard := 0
	if dev != nil {
		hard = dev.HardLen
	}
	switch {
	case l.link == 276:
		data, orig = cookedFrame(data, hard, proto, index, dev, kind), orig-hard+wire.SLL2Len
	case tagged && len(data) >= 14:
		data = append(data[:12:12], append([]byte{0x81, 0, byte(tci >> 8), byte(tci)}, data[12:]...)...)
		orig += 4
	}
	if l.flt != nil && !l.flt.Match(data, orig) {
		return true
	}
	l.seen++
	l.n++
	f := &tdFrame{at: c.p.lab.unix(at), data: clip(data, c.snap), orig: orig, link: l.link}
	if l.Write {
		l.held = append(l.held, pcapRecord(f)...)
	} else {
		l.held = append(l.held, c.print.frame(f)...)
	}
	l.flush(false)
	if c.max > 0 && l.n >= c.max {
		l.done = true
	}
	return true
}

// cookedFrame is a frame as a socket of all devices gets it: its link header
// is replaced.
func cookedFrame(b []byte, hard int, proto uint16, index int, dev *core.Device, kind core.PktType) []byte {
	out := make([]byte, wire.SLL2Len, wire.SLL2Len+len(b))
	hard = min(hard, len(b))
	binary.BigEndian.PutUint16(out, proto)
	binary.BigEndian.PutUint32(out[4:], uint32(index))
	if dev != nil {
		binary.BigEndian.PutUint16(out[8:], uint16(dev.Type))
	}
	out[10] = byte(kind)
	if hard >= 14 {
		out[11] = 6
		copy(out[12:18], b[6:12])
	}
	return append(out, b[hard:]...)
}

// flush writes what stdio would write now.
func (l *tdLive) flush(all bool) {
	n := len(l.held)
	if !all && l.block > 0 {
		n -= n % l.block
	}
	l.Out = append(l.Out, l.held[:n]...)
	l.held = l.held[n:]
}

// Signal ends the capture with its counts.
func (l *tdLive) Signal(n int) bool {
	if n != 2 && n != 15 && n != 1 || l.prog == nil {
		return false
	}
	for l.sk != nil && !l.done && l.one(l.prog) { // what has come already
	}
	if !l.Write {
		l.held = append(l.held, '\n')
	}
	l.finish()
	return true
}

func (l *tdLive) finish() {
	l.flush(true)
	lost := uint64(0)
	if l.sk != nil {
		lost = l.sk.Lost
	}
	l.errf("%d packet%s captured\n%d packet%s received by filter\n%d packet%s dropped by kernel\n", l.n, plural(l.n), l.seen, plural(l.seen), lost, plural(int(lost)))
	l.close()
	l.exit(l.prog, 0)
}

// close takes the tap off.
func (l *tdLive) close() {
	if l.sk != nil && !l.sk.Dead {
		l.sk.Close()
	}
}
