package drill

import "net/netip"

// list is expressions with commas, up to a closing character, which is taken.
func (p *parser) list(end string) (list []*Expr) {
	for {
		list = append(list, p.expr())
		if p.maybe(",") {
			continue
		}
		if !p.is(end) {
			p.wrong("',' or '" + end + "'")
		}
		p.take()
		return list
	}
}

// expr is an expression (expression): a|b binds more loosely than name=b.
func (p *parser) expr() *Expr {
	x := p.primary()
	if x.Kind == ExWord && p.maybe("=") {
		return &Expr{Kind: ExAssign, Sub: []*Expr{x, p.expr()}}
	}
	if p.maybe("|") {
		return &Expr{Kind: ExOr, Sub: []*Expr{x, p.expr()}}
	}
	return x
}

// primary is an expression without operators.
func (p *parser) primary() *Expr {
	switch t := p.peek(0); {
	case t.kind == tokEllipsis:
		p.take()
		return &Expr{Kind: ExEllipsis}
	case t.kind == tokInt:
		p.take()
		return &Expr{Kind: ExInt, N: t.n}
	case t.kind == tokHex:
		p.take()
		return &Expr{Kind: ExHex, N: t.n}
	case t.kind == tokString:
		return p.strings()
	case p.is("["):
		p.take()
		x := &Expr{Kind: ExList}
		if !p.maybe("]") {
			x.Sub = p.list("]")
		}
		return x
	case p.key("inet_addr"), p.key("inet6_addr"):
		return p.inetAddr()
	case p.is("{"):
		return p.braces()
	case p.plain():
		p.take()
		return &Expr{Kind: ExWord, S: t.text}
	}
	p.wrong("an expression")
	return nil
}

// strings is a string, a string with dots, or several side by side.
func (p *parser) strings() *Expr {
	x := &Expr{Kind: ExString, S: p.take().text}
	if p.peek(0).kind == tokEllipsis {
		p.take()
		x.Kind = ExStringDots
		return x
	}
	for p.peek(0).kind == tokString {
		y := &Expr{Kind: ExString, S: p.take().text}
		x = &Expr{Kind: ExConcat, Sub: []*Expr{x, y}}
	}
	return x
}

// str takes a string that must be there.
func (p *parser) str(what string) token {
	if p.peek(0).kind != tokString {
		p.wrong(what)
	}
	return p.take()
}

// inetAddr is inet_addr("1.2.3.4") or inet6_addr("::1").
func (p *parser) inetAddr() *Expr {
	x := &Expr{Kind: ExInetAddr}
	if p.take().text == "inet6_addr" {
		x.Kind = ExInet6Addr
	}
	p.char("(")
	t := p.str("an address in quotes")
	x.S = t.text
	if a, err := netip.ParseAddr(t.text); x.Kind == ExInet6Addr && (err != nil || !a.Is6()) {
		p.bad(t, "%q is no IPv6 address", t.text)
	}
	p.char(")")
	return x
}

// field takes "name =".
func (p *parser) field(name string) {
	p.keyword(name)
	p.char("=")
}

// braces is a structure: what stands first tells which.
func (p *parser) braces() *Expr {
	p.take()
	x := &Expr{}
	switch {
	case p.key("sa_family"):
		p.sockaddr(x)
	case p.key("msg_name"):
		p.msghdr(x)
	case p.key("cmsg_level"):
		x.Kind = ExCmsg
		p.fields(x, "cmsg_level", "cmsg_type", "cmsg_data")
	case p.key("ee_errno"):
		x.Kind = ExExtErr
		p.fields(x, "ee_errno", "ee_origin", "ee_type", "ee_code", "ee_info", "ee_data")
	case p.key("scm_sec"):
		x.Kind = ExTimestamping
		p.numbers(x, "scm_sec", "scm_nsec")
	case p.key("onoff"):
		x.Kind = ExLinger
		p.numbers(x, "onoff", "linger")
	case p.key("fd"):
		p.pollfd(x)
	case p.key("events"):
		p.epoll(x)
	case p.key("flags"), p.key("Flags"):
		x = p.gre()
	case p.is("("), p.is("}"):
		x.Kind, x.Labels = ExMPLS, p.labels()
	case p.peek(0).kind == tokEllipsis && p.isAt(1, ","):
		p.take()
		p.take()
		x.Kind = ExIovec
		x.N = p.integer("the length of a buffer").n
	default:
		x.Kind, x.Sub = ExStruct, p.list("}")
		return x
	}
	p.char("}")
	return x
}

// fields is "name = expression" for each name.
func (p *parser) fields(x *Expr, names ...string) {
	for i, n := range names {
		if i > 0 {
			p.char(",")
		}
		p.field(n)
		x.Sub = append(x.Sub, p.expr())
	}
}

// numbers is "name = integer" for each name.
func (p *parser) numbers(x *Expr, names ...string) {
	for i, n := range names {
		if i > 0 {
			p.char(",")
		}
		p.field(n)
		x.Sub = append(x.Sub, &Expr{Kind: ExInt, N: p.integer("a number").n})
	}
}

// sockaddr is {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("1.2.3.4")}.
func (p *parser) sockaddr(x *Expr) {
	x.Kind = ExSockaddr
	p.field("sa_family")
	fam := p.word("an address family")
	p.char(",")
	p.field("sin_port")
	p.keyword("htons")
	p.char("(")
	port := p.integer("a port")
	p.char(")")
	p.char(",")
	p.field("sin_addr")
	p.keyword("inet_addr")
	p.char("(")
	t := p.str("an address in quotes")
	p.char(")")
	a, err := netip.ParseAddr(t.text)
	switch {
	case fam.text != "AF_INET" && fam.text != "AF_INET6":
		p.bad(fam, "expected AF_INET or AF_INET6, found %s", fam)
	case err != nil || a.Is4() != (fam.text == "AF_INET"):
		p.bad(t, "%q is no address of the family %s", t.text, fam.text)
	}
	x.S, x.N = fam.text, port.n
	x.Sub = []*Expr{{Kind: ExString, S: t.text}}
}

// msghdr is {msg_name(...)=..., msg_iov(N)=[…], msg_flags=F, msg_control=[…]}.
func (p *parser) msghdr(x *Expr) {
	x.Kind = ExMsghdr
	p.keyword("msg_name")
	p.char("(")
	p.ellipsis()
	p.char(")")
	p.char("=")
	p.ellipsis()
	p.char(",")
	p.keyword("msg_iov")
	p.char("(")
	x.N = p.integer("how many buffers there are").n
	p.char(")")
	p.char("=")
	if !p.is("[") {
		p.wrong("'['")
	}
	iov := p.primary()
	p.char(",")
	p.field("msg_flags")
	x.Sub = []*Expr{iov, p.expr()}
	if p.maybe(",") {
		p.field("msg_control")
		if !p.is("[") {
			p.wrong("'['")
		}
		x.Sub = append(x.Sub, p.primary())
	}
}

func (p *parser) ellipsis() {
	if p.peek(0).kind != tokEllipsis {
		p.wrong("'...'")
	}
	p.take()
}

// pollfd is {fd = F, events = E, revents = R}.
func (p *parser) pollfd(x *Expr) {
	x.Kind = ExPollfd
	p.fields(x, "fd", "events")
	if p.maybe(",") {
		p.fields(x, "revents")
	}
}

// epoll is {events = E, fd = F}, or ptr, u32, u64 in the place of fd.
func (p *parser) epoll(x *Expr) {
	x.Kind = ExEpoll
	p.fields(x, "events")
	p.char(",")
	for _, n := range [...]string{"fd", "ptr", "u32", "u64"} {
		if p.key(n) {
			x.S = n
			p.fields(x, n)
			return
		}
	}
	p.wrong("fd, ptr, u32 or u64")
}

// labels is a stack of MPLS labels.
func (p *parser) labels() (list []MPLS) {
	for p.is("(") {
		p.take()
		var m MPLS
		p.keyword("label")
		m.Label = p.within("an MPLS label", 1<<20-1)
		p.char(",")
		p.keyword("tc")
		m.TC = p.within("a traffic class", 7)
		p.char(",")
		if p.maybe("[") {
			if t := p.word("S"); t.text != "S" {
				p.bad(t, "expected [S] for the bottom of the stack of MPLS labels, found %s", t)
			}
			p.char("]")
			p.char(",")
			m.Bottom = true
		}
		p.keyword("ttl")
		m.TTL = p.within("a TTL", 255)
		p.char(")")
		list = append(list, m)
	}
	return list
}

var greFlags = map[string]int64{"none": 0, "checksum": 0x8000, "key": 0x2000, "sequence#": 0x1000}

// gre is the header of GRE: flags, sum, off, key, seq.
func (p *parser) gre() *Expr {
	x := &Expr{Kind: ExGRE}
	num := func(n int64) { x.Sub = append(x.Sub, &Expr{Kind: ExHex, N: n}) }
	if !p.key("flags") && !p.key("Flags") {
		p.wrong("'flags'")
	}
	p.take()
	if p.maybe("[") {
		f := int64(0)
		for {
			t := p.peek(0)
			v, ok := greFlags[t.text]
			if t.kind != tokWord || !ok {
				p.wrong("none, checksum, key or sequence#")
			}
			p.take()
			if t.text != "none" {
				p.keyword("present")
			}
			f |= v
			if !p.maybe(",") {
				break
			}
		}
		p.char("]")
		num(f)
	} else {
		num(p.anyInt("a number").n)
	}
	for _, n := range [...]string{"sum", "off", "key", "seq"} {
		p.maybe(",")
		p.keyword(n)
		if n == "key" {
			p.maybe("=")
		}
		num(p.anyInt("a number").n)
	}
	return x
}
