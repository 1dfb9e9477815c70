package drill

import (
	"fmt"
	"strings"
)

// String is the script as text: reading it gives the same script.
func (s *Script) String() string {
	var b strings.Builder
	for _, o := range s.Options {
		b.WriteString("--" + o.Name)
		switch {
		case o.Has && o.Quote != 0:
			b.WriteString("=" + quote(o.Value, o.Quote))
		case o.Has:
			b.WriteString("=" + o.Value)
		}
		b.WriteByte('\n')
	}
	if s.Init != nil {
		b.WriteString("`" + s.Init.Text + "`\n")
	}
	for _, e := range s.Events {
		b.WriteString(e.String() + "\n")
	}
	if s.Cleanup != nil {
		b.WriteString("`" + s.Cleanup.Text + "`\n")
	}
	return b.String()
}

func quote(s string, q byte) string { return string(q) + s + string(q) }

// String is the event as a line of a script.
func (e *Event) String() string {
	t := e.When.String() + " "
	switch {
	case e.Packet != nil:
		return t + e.Packet.String()
	case e.Call != nil:
		if e.Call.Blocks {
			t = e.When.String()
		}
		return t + e.Call.String()
	case e.Command != nil:
		return t + "`" + e.Command.Text + "`"
	}
	return t + "%{ " + e.Code.Text + " }%"
}

func seconds(us int64) string { return fmt.Sprintf("%d.%06d", us/1e6, us%1e6) }

// String is the time as it stands in a script.
func (w When) String() string {
	switch w.Kind {
	case Relative:
		return "+" + seconds(w.From)
	case AnyTime:
		return "*"
	case AbsoluteRange:
		return seconds(w.From) + "~" + seconds(w.To)
	case RelativeRange:
		return "+" + seconds(w.From) + "~+" + seconds(w.To)
	}
	return seconds(w.From)
}

// String is the call with its result.
func (c *Call) String() string {
	s := ""
	if c.Blocks {
		s = "..." + seconds(c.Until) + " "
	}
	s += c.Name + "(" + exprs(c.Args) + ") = " + c.Result.String()
	if c.Errno != "" {
		s += " " + c.Errno + " (" + c.Strerror + ")"
	}
	if c.Note != "" {
		s += " (" + c.Note + ")"
	}
	return s
}

func exprs(list []*Expr) string {
	var s []string
	for _, x := range list {
		s = append(s, x.String())
	}
	return strings.Join(s, ", ")
}

// String is the expression as it stands in a script.
func (x *Expr) String() string {
	sub := func(names ...string) string {
		var s []string
		for i, n := range names {
			if i < len(x.Sub) {
				s = append(s, n+"="+x.Sub[i].String())
			}
		}
		return "{" + strings.Join(s, ", ") + "}"
	}
	switch x.Kind {
	case ExEllipsis:
		return "..."
	case ExInt:
		return fmt.Sprint(x.N)
	case ExHex:
		return fmt.Sprintf("0x%x", uint64(x.N))
	case ExWord:
		return x.S
	case ExString:
		return quote(x.S, '"')
	case ExStringDots:
		return quote(x.S, '"') + "..."
	case ExConcat:
		return x.Sub[0].String() + " " + x.Sub[1].String()
	case ExOr:
		return x.Sub[0].String() + "|" + x.Sub[1].String()
	case ExAssign:
		return x.Sub[0].String() + "=" + x.Sub[1].String()
	case ExList:
		return "[" + exprs(x.Sub) + "]"
	case ExStruct:
		return "{" + exprs(x.Sub) + "}"
	case ExInetAddr:
		return "inet_addr(" + quote(x.S, '"') + ")"
	case ExInet6Addr:
		return "inet6_addr(" + quote(x.S, '"') + ")"
	case ExSockaddr:
		return fmt.Sprintf("{sa_family = %s, sin_port = htons(%d), sin_addr = inet_addr(%q)}", x.S, x.N, x.Sub[0].S)
	case ExMsghdr:
		s := fmt.Sprintf("{msg_name(...)=..., msg_iov(%d)=%s, msg_flags=%s", x.N, x.Sub[0], x.Sub[1])
		if len(x.Sub) > 2 {
			s += ", msg_control=" + x.Sub[2].String()
		}
		return s + "}"
	case ExIovec:
		return fmt.Sprintf("{..., %d}", x.N)
	case ExPollfd:
		return sub("fd", "events", "revents")
	case ExEpoll:
		return sub("events", x.S)
	case ExLinger:
		return sub("onoff", "linger")
	case ExMPLS:
		return "{" + labelsText(x.Labels) + "}"
	case ExGRE:
		return "{" + greText(x) + "}"
	case ExCmsg:
		return sub("cmsg_level", "cmsg_type", "cmsg_data")
	case ExTimestamping:
		return sub("scm_sec", "scm_nsec")
	}
	return sub("ee_errno", "ee_origin", "ee_type", "ee_code", "ee_info", "ee_data")
}

func labelsText(list []MPLS) string {
	s := ""
	for _, m := range list {
		bottom := ""
		if m.Bottom {
			bottom = "[S], "
		}
		s += fmt.Sprintf(" (label %d, tc %d, %sttl %d)", m.Label, m.TC, bottom, m.TTL)
	}
	return s
}

func greText(x *Expr) string {
	return fmt.Sprintf("flags %s, sum %s, off %s, key %s, seq %s", x.Sub[0], x.Sub[1], x.Sub[2], x.Sub[3], x.Sub[4])
}

// String is the packet as it stands in a script.
func (k *Packet) String() string {
	s := "> "
	if k.In {
		s = "< "
	}
	for _, e := range k.Encap {
		s += e.Kind
		switch e.Kind {
		case "ipv4", "ipv6":
			s += " " + e.IP.String() + e.Src + " > " + e.Dst
		case "mpls":
			s += labelsText(e.Labels)
		default:
			if e.GRE != nil {
				s += ", " + greText(e.GRE)
			}
		}
		s += ": "
	}
	s += k.IP.String()
	ports := ""
	if k.Src != 0 || k.Dst != 0 {
		ports = fmt.Sprintf("%d > %d ", k.Src, k.Dst)
	}
	switch k.Proto {
	case UDP:
		return s + "udp " + ports + fmt.Sprintf("(%d)", k.Len)
	case ICMP:
		return s + k.ICMP.String()
	}
	if k.PSP {
		s += fmt.Sprintf("encap psp spi %d ", k.SPI)
	}
	return s + ports + k.TCP.String()
}

// String is what a script says of the IP header, with a space behind it.
func (i IPSpec) String() string {
	if !i.Given {
		return ""
	}
	s := ""
	switch i.Check {
	case tosECN:
		s = [...]string{"noecn", "ect1", "ect0", "ce"}[i.TOS&3]
	case tosECT01:
		s = "ect01"
	case tosByte:
		s = fmt.Sprintf("tos 0x%x", i.TOS)
	default:
		if !i.HasFlow {
			return fmt.Sprintf("(ttl %d) ", i.TTL)
		}
		return fmt.Sprintf("[flowlabel 0x%x] ", i.FlowLabel)
	}
	if i.HasFlow {
		s += fmt.Sprintf(", flowlabel 0x%x", i.FlowLabel)
	}
	return "[" + s + "] "
}

// String is an ICMP message as it stands in a script.
func (m *ICMPSpec) String() string {
	s := "icmp " + m.Type
	if m.Code != "" {
		s += " " + m.Code
	}
	if m.HasMTU {
		s += fmt.Sprintf(" mtu %d", m.MTU)
	}
	if m.HasID {
		s += fmt.Sprintf(" id %d", m.ID)
	}
	switch {
	case !m.HasEcho:
	case m.Echo == UDP:
		s += fmt.Sprintf(" [udp (%d)]", m.Len)
	case m.Echo == RawProto:
		s += fmt.Sprintf(" [raw (%d)]", m.Len)
	default:
		s += fmt.Sprintf(" [%d:%d(%d)]", m.Seq, int64(m.Seq)+m.Len, m.Len)
	}
	return s
}

// String is a segment as it stands in a script.
func (t *TCPSpec) String() string {
	s := t.Flags
	if s == "" {
		s = "-"
	}
	s += fmt.Sprintf(" %d:%d(%d)", t.Seq, int64(t.Seq)+int64(t.Len), t.Len)
	if t.HasAck {
		s += fmt.Sprintf(" ack %d", t.Ack)
	}
	if t.Win >= 0 {
		s += fmt.Sprintf(" win %d", t.Win)
	}
	if t.HasUrg {
		s += fmt.Sprintf(" urg %d", t.Urg)
	}
	switch {
	case t.AnyOptions:
		s += " <...>"
	case t.HasOpts:
		s += " <" + optionsText(t.Opts) + ">"
	}
	return s
}
