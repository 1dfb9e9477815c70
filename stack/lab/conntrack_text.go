package lab

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A ctOutput is -o.
type ctOutput struct {
	xml, extended, timestamp, id, ktimestamp, labels, save, userspace bool
}

func (o *ctOutput) parse(v string) string {
	for rest := v; ; {
		w, more, again := strings.Cut(rest, ",")
		switch w {
		case "xml":
			o.xml = true
		case "extended":
			o.extended = true
		case "timestamp":
			o.timestamp = true
		case "id":
			o.id = true
		case "ktimestamp":
			o.ktimestamp = true
		case "labels":
			o.labels = true
		case "save":
			o.save = true
		case "userspace":
			o.userspace = true
		default:
			return "Bad parameter `" + rest + "'"
		}
		if !again {
			return ""
		}
		rest = more
	}
}

func ctProtoName(n uint8) string {
	switch n {
	case 1:
		return "icmp"
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 33:
		return "dccp"
	case 47:
		return "gre"
	case 58:
		return "icmpv6"
	case 132:
		return "sctp"
	case 136:
		return "udplite"
	}
	return "unknown"
}

func ctL3(c *conntrack.Conn) (string, int) {
	if c.L3() == core.NFIPv6 {
		return "ipv6", 10
	}
	return "ipv4", 2
}

func ctState(c *conntrack.Conn) string {
	switch c.Proto() {
	case 6:
		return ctTCPStates[min(int(c.TCP.State), len(ctTCPStates)-1)]
	case 132:
		return ctSCTPStates[min(int(c.SCTP()), len(ctSCTPStates)-1)]
	}
	return ""
}

// A ctLook says what of a connection a message tells: that of a listing, or
// that of an event.
type ctLook struct {
	state, counters, mark, use, times bool
	use2                              int // added to use=
}

var ctWhole = ctLook{state: true, counters: true, mark: true, use: true, times: true}

func ctTuple(b *strings.Builder, t *conntrack.Tuple, addr func(wire.Addr) string) {
	fmt.Fprintf(b, "src=%s dst=%s ", addr(t.Src), addr(t.Dst))
	switch {
	case t.IsICMP():
		fmt.Fprintf(b, "type=%d code=%d id=%d ", t.Dport>>8, t.Dport&255, t.Sport)
	case t.Proto == 47:
		fmt.Fprintf(b, "srckey=0x%x dstkey=0x%x ", t.Sport, t.Dport)
	case t.HasPorts():
		fmt.Fprintf(b, "sport=%d dport=%d ", t.Sport, t.Dport)
	}
}

// line is nfct_snprintf: a connection as text.
func (o *ctOutput) line(l *Lab, c *conntrack.Conn, k ctLook) string {
	var b strings.Builder
	if o.extended {
		name, n := ctL3(c)
		fmt.Fprintf(&b, "%-8s %d ", name, n)
	}
	fmt.Fprintf(&b, "%-8s %d ", ctProtoName(c.Proto()), c.Proto())
	if c.Status&conntrack.Offload == 0 { // else the kernel does not tell (ctnetlink_dump_info)
		fmt.Fprintf(&b, "%d ", c.Expires()/sim.Second)
		if s := ctState(c); s != "" && k.state {
			b.WriteString(s + " ")
		}
	}
	z := c.Zone()
	for d := conntrack.Original; d <= conntrack.Reply; d++ {
		ctTuple(&b, c.Tuple(d), func(a wire.Addr) string { return a.String() })
		if z.ID != 0 && z.Dirs == 1<<d {
			fmt.Fprintf(&b, "zone-%s=%d ", [2]string{"orig", "reply"}[d], z.ID)
		}
		if k.counters && c.Acct() {
			fmt.Fprintf(&b, "packets=%d bytes=%d ", c.Counters[d].Packets, c.Counters[d].Bytes)
		}
		if d == conntrack.Original && c.Status&conntrack.SeenReply == 0 {
			b.WriteString("[UNREPLIED] ")
		}
	}
	if c.Status&conntrack.Offload != 0 {
		b.WriteString("[OFFLOAD] ")
	} else if c.Status&conntrack.Assured != 0 {
		b.WriteString("[ASSURED] ")
	}
	if k.mark || c.Mark != 0 {
		fmt.Fprintf(&b, "mark=%d ", c.Mark)
	}
	if z.ID != 0 && (z.Dirs == 0 || z.Dirs == 3) {
		fmt.Fprintf(&b, "zone=%d ", z.ID)
	}
	start, stop := c.Times()
	if start != 0 && k.times {
		end := stop
		if end == 0 {
			end = l.now()
		}
		fmt.Fprintf(&b, "delta-time=%d ", l.unix(end)/1e9-l.unix(start)/1e9)
		if o.ktimestamp || o.timestamp && k.use {
			stamp := func(t sim.Time) string { return time.Unix(0, l.unix(t)).UTC().Format("Mon Jan _2 15:04:05 2006") }
			if stop != 0 {
				fmt.Fprintf(&b, "[start=%s] [stop=%s] ", stamp(start), stamp(stop))
			} else {
				fmt.Fprintf(&b, "[start=%s] ", stamp(start))
			}
		}
	}
	if c.HelperOf() == conntrack.HelperFTP {
		b.WriteString("helper=ftp ")
	}
	if k.use {
		fmt.Fprintf(&b, "use=%d ", c.Use()+k.use2)
	}
	if o.id {
		fmt.Fprintf(&b, "id=%d ", c.ID)
	}
	return strings.TrimSuffix(b.String(), " ")
}

// unix is a moment of the simulated machine in ns since 1970.
func (l *Lab) unix(t sim.Time) int64 { return bootDate.UnixNano() + int64(t) }

// xmlLine is a connection as a <flow> element.
func (o *ctOutput) xmlLine(c *conntrack.Conn, kind string, k ctLook) string {
	var b strings.Builder
	b.WriteString("<flow")
	if kind != "" {
		fmt.Fprintf(&b, " type=%q", kind)
	}
	b.WriteString(">")
	name, n := ctL3(c)
	for d := conntrack.Original; d <= conntrack.Reply; d++ {
		t := c.Tuple(d)
		fmt.Fprintf(&b, `<meta direction="%s"><layer3 protonum="%d" protoname="%s"><src>%s</src><dst>%s</dst></layer3><layer4 protonum="%d" protoname="%s">`,
			[2]string{"original", "reply"}[d], n, name, t.Src, t.Dst, c.Proto(), ctProtoName(c.Proto()))
		if t.HasPorts() {
			fmt.Fprintf(&b, "<sport>%d</sport><dport>%d</dport>", t.Sport, t.Dport)
		}
		b.WriteString("</layer4>")
		if k.counters && c.Acct() {
			fmt.Fprintf(&b, "<counters><packets>%d</packets><bytes>%d</bytes></counters>", c.Counters[d].Packets, c.Counters[d].Bytes)
		}
		b.WriteString("</meta>")
	}
	b.WriteString(`<meta direction="independent">`)
	if c.Status&conntrack.Offload == 0 {
		if s := ctState(c); s != "" && k.state {
			fmt.Fprintf(&b, "<state>%s</state>", s)
		}
		fmt.Fprintf(&b, "<timeout>%d</timeout>", c.Expires()/sim.Second)
	}
	if k.mark || c.Mark != 0 {
		fmt.Fprintf(&b, "<mark>%d</mark>", c.Mark)
	}
	if z := c.Zone(); z.ID != 0 {
		fmt.Fprintf(&b, "<zone>%d</zone>", z.ID)
	}
	if k.use {
		fmt.Fprintf(&b, "<use>%d</use>", c.Use()+k.use2)
	}
	fmt.Fprintf(&b, "<id>%d</id>", c.ID)
	if c.Status&conntrack.Assured != 0 {
		b.WriteString("<assured/>")
	}
	if c.Status&conntrack.SeenReply == 0 {
		b.WriteString("<unreplied/>")
	}
	if start, stop := c.Times(); start != 0 && k.times && k.use {
		_ = stop
		fmt.Fprintf(&b, "<deltatime>%d</deltatime>", (c.NS().Clock.Now()-start)/sim.Second)
	}
	b.WriteString("</meta></flow>")
	return b.String()
}

const ctXMLHead = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<conntrack>\n"

// saveLine is -o save: the command that would make the connection.
func (o *ctOutput) saveLine(c *conntrack.Conn) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-A -t %d ", c.Expires()/sim.Second)
	var st []string
	for _, s := range ctStatusNames {
		if s.bit != 0 && s.bit&(conntrack.SeenReply|conntrack.Assured|conntrack.FixedTimeout|conntrack.Expected) != 0 && c.Status&s.bit != 0 {
			st = append(st, s.name)
		}
	}
	if len(st) == 0 {
		st = []string{"UNSET"}
	}
	b.WriteString("-u " + strings.Join(st, ",") + " ")
	q, r := c.Tuple(conntrack.Original), c.Tuple(conntrack.Reply)
	fmt.Fprintf(&b, "-s %s -d %s -r %s -q %s ", q.Src, q.Dst, r.Src, r.Dst)
	name := ctProtoName(c.Proto())
	if name == "unknown" {
		name = strconv.Itoa(int(c.Proto()))
	}
	b.WriteString("-p " + name + " ")
	switch {
	case q.IsICMP():
		fmt.Fprintf(&b, "--%s-type %d --%s-code %d --%s-id %d ", name, q.Dport>>8, name, q.Dport&255, name, q.Sport)
	case q.HasPorts():
		fmt.Fprintf(&b, "--sport %d --dport %d --reply-port-src %d --reply-port-dst %d ", q.Sport, q.Dport, r.Sport, r.Dport)
	}
	if s := ctState(c); s != "" {
		b.WriteString("--state " + s + " ")
	}
	if c.Mark != 0 {
		fmt.Fprintf(&b, "-m %d ", c.Mark)
	}
	if z := c.Zone(); z.ID != 0 {
		fmt.Fprintf(&b, "-w %d ", z.ID)
	}
	return strings.TrimSuffix(b.String(), " ")
}
