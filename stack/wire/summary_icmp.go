package wire

// icmp prints an ICMP message of n bytes of which b was captured: icmp_print.
func (l *line) icmp(b []byte, n int) {
	mark := len(l.out)
	l.s("ICMP ")
	if len(b) < 2 || !l.icmpBody(b) {
		l.out = l.out[:mark]
		l.trunc("icmp")
		return
	}
	l.sn(", length ", n)
}

// icmpBody writes the message; false is "cut".
func (l *line) icmpBody(b []byte) bool {
	h := ICMP(b)
	need := ICMPLen
	switch h.Type() {
	case ICMPDestUnreach, ICMPRedirect:
		need = ICMPLen + IPv4MinLen
	case ICMPSourceQuench, ICMPTimeExceeded, ICMPRouterSolicit, ICMPInfoRequest, ICMPInfoReply:
		need = 2
	case ICMPAddressReply:
		need = 12
	case ICMPTimestampReply:
		need = 20
	}
	if len(b) < need {
		return false
	}
	switch t := h.Type(); t {
	case ICMPEcho, ICMPEchoReply:
		if t == ICMPEcho {
			l.su("echo request, id ", uint32(h.ID()))
		} else {
			l.su("echo reply, id ", uint32(h.ID()))
		}
		l.su(", seq ", uint32(h.Seq()))
	case ICMPDestUnreach:
		return l.icmpUnreach(h)
	case ICMPRedirect:
		l.icmpRedirect(h)
	case ICMPTimeExceeded:
		switch h.Code() {
		case ICMPExcTTL:
			l.s("time exceeded in-transit")
		case ICMPExcFragTime:
			l.s("ip reassembly time exceeded")
		default:
			l.su("time exceeded-#", uint32(h.Code()))
		}
	case ICMPParamProblem:
		if h.Code() != 0 {
			l.su("parameter problem - code ", uint32(h.Code()))
		} else {
			l.su("parameter problem - octet ", uint32(h.Pointer()))
		}
	case ICMPTimestamp, ICMPTimestampReply:
		if t == ICMPTimestamp {
			l.su("time stamp query id ", uint32(h.ID()))
		} else {
			l.su("time stamp reply id ", uint32(h.ID()))
		}
		l.su(" seq ", uint32(h.Seq()))
	case ICMPSourceQuench:
		l.s("source quench")
	case ICMPRouterSolicit:
		l.s("router solicitation")
	case ICMPRouterAdvert:
		l.s("router advertisement")
	case ICMPInfoRequest:
		l.s("information request")
	case ICMPInfoReply:
		l.s("information reply")
	case ICMPAddress:
		l.s("address mask request")
	case ICMPAddressReply:
		l.s("address mask is 0x")
		l.hex(uint64(be32(b[8:])), 8)
	default:
		l.su("type-#", uint32(t))
	}
	return true
}

// unreachWords has what stands before and behind the address by code.
var unreachWords = [16][2]string{
	0: {"net ", " unreachable"}, 1: {"host ", " unreachable"},
	5:  {"", " unreachable - source route failed"},
	6:  {"net ", " unreachable - unknown"},
	7:  {"host ", " unreachable - unknown"},
	8:  {"", " unreachable - source host isolated"},
	9:  {"net ", " unreachable - admin prohibited"},
	10: {"host ", " unreachable - admin prohibited"},
	11: {"net ", " unreachable - tos prohibited"},
	12: {"host ", " unreachable - tos prohibited"},
	13: {"host ", " unreachable - admin prohibited filter"},
	14: {"host ", " unreachable - host precedence violation"},
	15: {"host ", " unreachable - precedence cutoff"},
}

func (l *line) icmpUnreach(h ICMP) bool {
	ip, code := IPv4(h.Data()), h.Code()
	switch code {
	case ICMPProtUnreach:
		l.ip4(ip.Dst())
		l.su(" protocol ", uint32(ip.Proto()))
		l.s(" unreachable")
	case ICMPPortUnreach:
		if len(ip) < ip.IHL()+4 {
			return false
		}
		port := uint32(be16(ip[ip.IHL()+2:]))
		l.ip4(ip.Dst())
		switch ip.Proto() {
		case ProtoTCP:
			l.su(" tcp port ", port)
		case ProtoUDP:
			l.su(" udp port ", port)
		default:
			l.su(" protocol ", uint32(ip.Proto()))
			l.su(" port ", port)
		}
		l.s(" unreachable")
	case ICMPFragNeeded:
		l.ip4(ip.Dst())
		l.s(" unreachable - need to frag")
		if h.MTU() != 0 {
			l.su(" (mtu ", uint32(h.MTU()))
			l.s(")")
		}
	default:
		if int(code) < len(unreachWords) {
			l.s(unreachWords[code][0])
			l.ip4(ip.Dst())
			l.s(unreachWords[code][1])
			return true
		}
		l.ip4(ip.Dst())
		l.su(" unreachable - #", uint32(code))
	}
	return true
}

func (l *line) icmpRedirect(h ICMP) {
	to := " to net "
	switch h.Code() {
	case ICMPRedirNet:
		l.s("redirect ")
	case ICMPRedirHost:
		l.s("redirect ")
		to = " to host "
	case ICMPRedirNetTOS:
		l.s("redirect-tos ")
	case ICMPRedirHostTOS:
		l.s("redirect-tos ")
		to = " to host "
	default:
		l.su("redirect-#", uint32(h.Code()))
		l.s(" ")
	}
	l.ip4(IPv4(h.Data()).Dst())
	l.s(to)
	l.ip4(h.Gateway())
}

var icmp6Names = [...]string{
	ICMPv6DestUnreach: "destination unreachable", ICMPv6PacketTooBig: "packet too big",
	ICMPv6TimeExceeded: "time exceeded", ICMPv6ParamProblem: "parameter problem",
	ICMPv6Echo: "echo request", ICMPv6EchoReply: "echo reply",
	ICMPv6MLDQuery: "multicast listener query", ICMPv6MLDReport: "multicast listener report",
	ICMPv6MLDDone: "multicast listener done", ICMPv6RouterSolicit: "router solicitation",
	ICMPv6RouterAdvert: "router advertisement", ICMPv6NeighSolicit: "neighbor solicitation",
	ICMPv6NeighAdvert: "neighbor advertisement", ICMPv6Redirect: "redirect",
	ICMPv6RouterRenum: "router renumbering", ICMPv6NIQuery: "node information query",
	ICMPv6NIReply: "node information reply", ICMPv6InvNeighSol: "inverse neighbor solicitation",
	ICMPv6InvNeighAdv: "inverse neighbor advertisement", ICMPv6MLD2Report: "multicast listener report v2",
	ICMPv6HAADRequest: "dhaad request", ICMPv6HAADReply: "dhaad reply",
	ICMPv6PrefixSolicit: "mobile router solicitation", ICMPv6PrefixAdvert: "mobile router advertisement",
}

// icmp6 prints an ICMPv6 message of n bytes of which b was captured:
// icmp6_print.
func (l *line) icmp6(b []byte, n int) {
	l.s("ICMP6, ")
	if len(b) < 1 {
		l.trunc("icmp6")
		return
	}
	h := ICMPv6(b)
	if int(h.Type()) < len(icmp6Names) && icmp6Names[h.Type()] != "" {
		l.s(icmp6Names[h.Type()])
	} else {
		l.su("unknown icmp6 type (", uint32(h.Type()))
		l.s(")")
	}
	if !l.icmp6Body(h) {
		l.trunc("icmp6")
		return
	}
	l.sn(", length ", n)
}

func (l *line) icmp6Body(h ICMPv6) bool {
	need := 4
	switch h.Type() {
	case ICMPv6Echo, ICMPv6EchoReply, ICMPv6MLD2Report:
		need = 8
	case ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6TimeExceeded:
		need = ICMPv6Len + IPv6Len
	case ICMPv6ParamProblem:
		need = 8
	case ICMPv6NeighSolicit, ICMPv6NeighAdvert, ICMPv6MLDReport, ICMPv6MLDDone, ICMPv6MLDQuery:
		need = NDSolicitLen
	case ICMPv6Redirect:
		need = NDRedirectLen
	}
	if len(h) < need {
		return false
	}
	switch h.Type() {
	case ICMPv6Echo, ICMPv6EchoReply:
		l.su(", id ", uint32(h.ID()))
		l.su(", seq ", uint32(h.Seq()))
	case ICMPv6DestUnreach:
		return l.icmp6Unreach(h)
	case ICMPv6PacketTooBig:
		l.su(", mtu ", h.MTU())
	case ICMPv6TimeExceeded:
		switch h.Code() {
		case ICMPv6ExcHopLimit:
			l.s(" in-transit for ")
			l.ip6(IPv6(h.Data()).Dst())
		case ICMPv6ExcFragTime:
			l.s(" (reassembly)")
		default:
			l.su(", unknown code (", uint32(h.Code()))
			l.s(")")
		}
	case ICMPv6ParamProblem:
		switch h.Code() {
		case ICMPv6HdrField:
			l.su(", erroneous - octet ", h.Pointer())
		case ICMPv6UnknownNextHdr:
			l.su(", next header - octet ", h.Pointer())
		case ICMPv6UnknownOption:
			l.su(", option - octet ", h.Pointer())
		default:
			l.su(", code-#", uint32(h.Code()))
		}
	case ICMPv6NeighSolicit:
		l.s(", who has ")
		l.ip6(ND(h).Target())
	case ICMPv6NeighAdvert:
		l.s(", tgt is ")
		l.ip6(ND(h).Target())
	case ICMPv6Redirect:
		l.s(", ")
		l.ip6(NDRedirect(h).Dst())
		l.s(" to ")
		l.ip6(NDRedirect(h).Target())
	case ICMPv6MLDReport, ICMPv6MLDDone:
		l.su("max resp delay: ", uint32(be16(h[4:])))
		l.s(" addr: ")
		l.ip6(ND(h).Target())
	case ICMPv6MLD2Report:
		l.su(", ", uint32(be16(h[6:])))
		l.s(" group record(s)")
	}
	return true
}

func (l *line) icmp6Unreach(h ICMPv6) bool {
	ip := IPv6(h.Data())
	switch h.Code() {
	case ICMPv6NoRoute:
		l.s(", unreachable route ")
	case ICMPv6AdmProhibited:
		l.s(", unreachable prohibited ")
	case ICMPv6AddrUnreach:
		l.s(", unreachable address ")
	case ICMPv6PortUnreach:
		e, ok := h.Error()
		if !ok {
			return false
		}
		l.s(", unreachable port, ")
		l.ip6(ip.Dst())
		switch e.Proto {
		case ProtoTCP:
			l.su(" tcp port ", uint32(e.DstPort))
		case ProtoUDP:
			l.su(" udp port ", uint32(e.DstPort))
		default:
			l.su(" protocol ", uint32(e.Proto))
			l.su(" port ", uint32(e.DstPort))
		}
		return true
	default:
		l.su(", unknown unreach code (", uint32(h.Code()))
		l.s(")")
		return true
	}
	l.ip6(ip.Dst())
	return true
}

// igmp prints an IGMP message of n bytes of which b was captured: igmp_print.
func (l *line) igmp(b []byte, n int) {
	if len(b) < 8 {
		l.trunc("igmp")
		return
	}
	h := IGMP(b)
	switch h.Type() {
	case IGMPQuery:
		if n >= IGMPv3QueryLen {
			l.igmp3Query(h, n)
			return
		}
		if h.Code() == 0 {
			l.s("igmp query v1")
		} else {
			l.s("igmp query v2")
			if h.Code() != 100 {
				l.su(" [max resp time ", uint32(h.Code()))
				l.s("]")
			}
		}
		if h.Group() != 0 {
			l.s(" [gaddr ")
			l.ip4(h.Group())
			l.s("]")
		}
	case IGMPv1Report:
		l.s("igmp v1 report ")
		l.ip4(h.Group())
	case IGMPv2Report:
		l.s("igmp v2 report ")
		l.ip4(h.Group())
	case IGMPv2Leave:
		l.s("igmp leave ")
		l.ip4(h.Group())
	case IGMPv3Report:
		l.sn("igmp v3 report, ", h.NumRecords())
		l.s(" group record(s)")
		return
	case IGMPDVMRP:
		l.s("igmp dvmrp")
		return
	case IGMPPIM:
		l.s("igmp pimv1")
		return
	default:
		l.su("igmp-", uint32(h.Type()))
		return
	}
	if n != IGMPLen {
		l.sn(" [len ", n)
		l.s("]")
	}
}

// duration writes seconds as hours, minutes and seconds, without the last "s".
func (l *line) duration(sec int) {
	if sec >= 3600 {
		l.n(sec / 3600)
		l.s("h")
	}
	if sec >= 60 {
		l.n(sec / 60 % 60)
		l.s("m")
	}
	l.n(sec % 60)
}

func (l *line) igmp3Query(h IGMP, n int) {
	if !h.IsV3Query() {
		l.trunc("igmp")
		return
	}
	l.s("igmp query v3")
	if n%4 != 0 {
		l.sn(" [invalid len ", n)
		l.s("]")
		return
	}
	if h.Code() != 100 {
		l.s(" [max resp time ")
		if h.MaxResp() < 1000 {
			l.n(h.MaxResp() / 10)
			l.sn(".", h.MaxResp()%10)
		} else {
			l.duration(h.MaxResp() / 10)
		}
		l.s("s]")
	}
	if 12+4*h.NumSources() > n {
		l.sn(" [invalid number of sources ", h.NumSources())
		l.s("]")
		return
	}
	if h.Group() != 0 {
		l.s(" [gaddr ")
		l.ip4(h.Group())
		if h.NumSources() > 0 {
			l.sn(", ", h.NumSources())
			l.s(" source(s)")
		}
		l.s("]")
	}
}
