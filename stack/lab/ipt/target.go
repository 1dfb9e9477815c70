package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// The targets that do not translate addresses.

// standard is -j ACCEPT, DROP, RETURN, QUEUE, and no -j.
type standard struct{}

func init() {
	register(
		of(kind[standard]{name: "standard", target: true}),
		of(kind[iptables.Trace]{name: "TRACE", target: true,
			xlate: func(w *view, _ *iptables.Trace) bool { w.add("nftrace set 1"); return true }}),
		reject(4), reject(6), dscpTarget(4), dscpTarget(6), tcpmssTarget(4), tcpmssTarget(6),
		of(kind[iptables.Log]{name: "LOG", target: true,
			opts: []opt{{name: "log-level", id: 6, typ: tSyslog}, {name: "log-prefix", id: 7, typ: tString, min: 1}, {name: "log-tcp-sequence", id: 0}, {name: "log-tcp-options", id: 1},
				{name: "log-ip-options", id: 2}, {name: "log-uid", id: 3}, {name: "log-macdecode", id: 5}},
			init: func(d *iptables.Log, _ int) { d.Level = 4 },
			parse: func(c *call, d *iptables.Log) {
				switch c.o.id {
				case 6:
					d.Level = uint8(c.u)
				case 7:
					if strings.Contains(c.arg, "\n") {
						c.bad("Newlines not allowed in --log-prefix")
					}
					d.Prefix = cutTo(c.arg, 29)
				default:
					d.Flags |= 1 << c.o.id
				}
			},
			print: printLog, save: saveLog, xlate: xlateLog}),
		of(kind[iptables.NFLog]{name: "NFLOG", target: true,
			opts: []opt{{name: "nflog-group", id: 0, typ: tU16}, {name: "nflog-prefix", id: 1, typ: tString, min: 1}, {name: "nflog-range", id: 2, typ: tU32, excl: 8},
				{name: "nflog-size", id: 3, typ: tU32, excl: 4}, {name: "nflog-threshold", id: 4, typ: tU16}},
			parse: func(c *call, d *iptables.NFLog) {
				switch c.o.id {
				case 0:
					d.Group = uint16(c.u)
				case 1:
					if strings.Contains(c.arg, "\n") {
						c.bad("Newlines not allowed in --log-prefix")
					}
					n := 127
					if c.p.legacy {
						n = 63
					}
					d.Prefix = cutTo(c.arg, n)
				case 2, 3:
					d.Size = uint32(c.u)
				case 4:
					d.Threshold = uint16(c.u)
				}
			},
			check: func(c *call, d *iptables.NFLog) {
				if c.given(2) {
					c.p.warn("warn: --nflog-range has never worked and is no longer supported, please use --nflog-size instead\n")
				}
				d.HasSize = d.HasSize || c.given(3)
			},
			print: func(w *view, d *iptables.NFLog) { w.nflog(d, " ") },
			save:  func(w *view, d *iptables.NFLog) { w.nflog(d, " --") },
			xlate: func(w *view, d *iptables.NFLog) bool {
				w.add("log ")
				if d.Prefix != "" {
					w.add("prefix \"%s\" ", d.Prefix)
				}
				if d.HasSize {
					w.add("snaplen %d ", d.Size)
				}
				if d.Threshold != 0 {
					w.add("queue-threshold %d ", d.Threshold)
				}
				w.add("group %d ", d.Group)
				return true
			}}),
		of(kind[iptables.SetMark]{name: "MARK", target: true, opts: markOpts("set-xmark", "set-mark"),
			parse: func(c *call, d *iptables.SetMark) { d.Mark, d.Mask = c.setMark(strings.TrimSuffix(c.o.name, "-mark")) },
			check: func(c *call, _ *iptables.SetMark) {
				if *c.seen == 0 {
					c.bad("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
				}
			},
			print: func(w *view, d *iptables.SetMark) { w.f(" MARK %s", markWords(d.Mark, d.Mask)) },
			save:  func(w *view, d *iptables.SetMark) { w.f(" --set-xmark 0x%x/0x%x", d.Mark, d.Mask) },
			xlate: func(w *view, d *iptables.SetMark) bool {
				w.add("meta mark set ")
				switch {
				case d.Mask == 1<<32-1:
					w.add("0x%x ", d.Mark)
				case d.Mark == 0:
					w.add("mark and 0x%x ", ^d.Mask)
				case d.Mark == d.Mask:
					w.add("mark or 0x%x ", d.Mark)
				case d.Mask == 0:
					w.add("mark xor 0x%x ", d.Mark)
				default:
					w.add("mark and 0x%x xor 0x%x ", ^d.Mask, d.Mark)
				}
				return true
			}}),
		of(kind[iptables.SetConnMark]{name: "CONNMARK", target: true, opts: connMarkOpts(),
			init:  func(d *iptables.SetConnMark, _ int) { d.CTMask, d.NFMask = 1<<32-1, 1<<32-1 },
			parse: parseConnMark,
			check: func(c *call, _ *iptables.SetConnMark) {
				if *c.seen&connMarkOps == 0 {
					c.bad("CONNMARK target: No operation specified")
				}
			},
			print: printConnMark, save: saveConnMark, xlate: xlateConnMark}),
		of(kind[iptables.CT]{name: "CT", target: true,
			opts: []opt{{name: "notrack", id: 0}, {name: "helper", id: 1, typ: tString}, {name: "timeout", id: 2, typ: tString}, {name: "ctevents", id: 3, typ: tString},
				{name: "expevents", id: 4, typ: tString}, {name: "zone-orig", id: 6, typ: tString}, {name: "zone-reply", id: 7, typ: tString}, {name: "zone", id: 5, typ: tString}},
			parse: parseCT,
			print: func(w *view, d *iptables.CT) {
				w.f(" CT")
				w.ct(d, " ")
			},
			save: func(w *view, d *iptables.CT) { w.ct(d, " --") },
			xlate: func(w *view, d *iptables.CT) bool {
				if d.NoTrack {
					w.add("notrack")
				}
				return d.NoTrack
			}}),
		of(kind[iptables.NoTrack]{name: "NOTRACK", real: "CT", target: true,
			print: func(w *view, _ *iptables.NoTrack) { w.f(" NOTRACK") },
			xlate: func(w *view, _ *iptables.NoTrack) bool { w.add("notrack"); return true },
			alias: func(*iptables.NoTrack) string { return "NOTRACK" }}),
		of(kind[iptables.TProxy]{name: "TPROXY", target: true,
			opts: []opt{{name: "on-port", id: 0, typ: tPort, flags: mand}, {name: "on-ip", id: 1, typ: tHost}, {name: "tproxy-mark", id: 2, typ: tMark}},
			init: func(d *iptables.TProxy, fam int) { d.Addr = addr{}.wire(fam) },
			parse: func(c *call, d *iptables.TProxy) {
				switch c.o.id {
				case 0:
					d.Port = uint16(c.u)
				case 1:
					d.Addr = c.host.wire(c.p.fam)
				case 2:
					d.Mark, d.Mask = c.mark, c.mask
				}
			},
			print: func(w *view, d *iptables.TProxy) {
				w.f(" TPROXY redirect %s:%d mark 0x%x/0x%x", w.addr(d.Addr), d.Port, d.Mark, d.Mask)
			},
			save: func(w *view, d *iptables.TProxy) {
				w.f(" --on-port %d --on-ip %s --tproxy-mark 0x%x/0x%x", d.Port, w.addr(d.Addr), d.Mark, d.Mask)
			}}),
		of(kind[iptables.TCPOptStrip]{name: "TCPOPTSTRIP", target: true, opts: []opt{{name: "strip-options", id: 0, typ: tString}},
			parse: parseTCPOptStrip,
			print: func(w *view, d *iptables.TCPOptStrip) {
				if s := stripped(d, w.numeric); s != "" {
					w.f(" TCPOPTSTRIP options %s", s)
				}
			},
			save: func(w *view, d *iptables.TCPOptStrip) {
				if s := stripped(d, true); s != "" {
					w.f(" --strip-options %s", s)
				}
			}}),
		of(kind[iptables.SetTOS]{name: "TOS", target: true,
			opts: []opt{{name: "set-tos", id: 0, typ: tTOS, excl: 15, max: 0x3f}, {name: "and-tos", id: 1, typ: tU8, excl: 15}, {name: "or-tos", id: 2, typ: tU8, excl: 15}, {name: "xor-tos", id: 3, typ: tU8, excl: 15}},
			parse: func(c *call, d *iptables.SetTOS) {
				v := uint8(c.u)
				d.Value, d.Mask = [...]uint8{c.tos[0], 0, v, v}[c.o.id], [...]uint8{c.tos[1], ^v, v, 0}[c.o.id]
			},
			check: func(c *call, _ *iptables.SetTOS) {
				if !c.given(0, 1, 2, 3) {
					c.bad("TOS: An action is required")
				}
			},
			print: printTOS,
			save:  func(w *view, d *iptables.SetTOS) { w.f(" --set-tos 0x%02x/0x%02x", d.Value, d.Mask) },
			xlate: xlateTOS}),
		of(kind[iptables.SetTTL]{name: "TTL", fam: 4, target: true, opts: hopOpts3("ttl"),
			parse: func(c *call, d *iptables.SetTTL) { d.Op, d.Value = iptables.HLOp(c.o.id), uint8(c.u) },
			check: func(c *call, _ *iptables.SetTTL) {
				if !c.given(0, 1, 2) {
					c.bad("TTL: You must specify an action")
				}
			},
			print: func(w *view, d *iptables.SetTTL) { w.f(" TTL %s %d", hopVerbs[d.Op], d.Value) },
			save:  func(w *view, d *iptables.SetTTL) { w.f(" --ttl-%s %d", hopWords[d.Op], d.Value) }}),
		of(kind[iptables.SetHL]{name: "HL", fam: 6, target: true, opts: hopOpts3("hl"),
			parse: func(c *call, d *iptables.SetHL) { d.Op, d.Value = iptables.HLOp(c.o.id), uint8(c.u) },
			check: func(c *call, _ *iptables.SetHL) {
				if !c.given(0, 1, 2) {
					c.bad("HL: You must specify an action")
				}
			},
			print: func(w *view, d *iptables.SetHL) { w.f(" HL %s %d", hopVerbs[d.Op], d.Value) },
			save:  func(w *view, d *iptables.SetHL) { w.f(" --hl-%s %d", hopWords[d.Op], d.Value) }}),
		of(kind[iptables.TEE]{name: "TEE", target: true, opts: []opt{{name: "gateway", id: 0, typ: tHost, flags: mand}, {name: "oif", id: 1, typ: tString}},
			parse: func(c *call, d *iptables.TEE) {
				if c.o.id == 0 {
					d.Gateway = c.host.wire(c.p.fam)
				} else {
					d.OIF = cutTo(c.arg, 15)
				}
			},
			print: func(w *view, d *iptables.TEE) {
				s := w.addr(d.Gateway)
				if !w.numeric {
					s = w.p.anyName(w.fam, fromWire(d.Gateway, w.fam))
				}
				w.f(" TEE gw:%s", s)
				if d.OIF != "" {
					w.f(" oif=%s", d.OIF)
				}
			},
			save: func(w *view, d *iptables.TEE) {
				w.f(" --gateway %s", w.addr(d.Gateway))
				if d.OIF != "" {
					w.f(" --oif %s", d.OIF)
				}
			},
			xlate: func(w *view, d *iptables.TEE) bool {
				w.add("dup to %s", w.addr(d.Gateway))
				if d.OIF != "" {
					w.add(" device %s", d.OIF)
				}
				return true
			}}),
		of(kind[iptables.Classify]{name: "CLASSIFY", target: true, opts: []opt{{name: "set-class", id: 0, typ: tString, flags: mand}},
			parse: func(c *call, d *iptables.Classify) {
				a, rest, ok, _ := strtoul16(c.arg)
				if !ok || !strings.HasPrefix(rest, ":") {
					c.bad("Bad class value \"%s\"", c.arg)
				}
				b, _, ok, _ := strtoul16(rest[1:])
				if !ok {
					c.bad("Bad class value \"%s\"", c.arg)
				}
				d.Priority = uint32(a)<<16 | uint32(b)&0xffff
			},
			print: func(w *view, d *iptables.Classify) { w.f(" CLASSIFY set %x:%x", d.Priority>>16, d.Priority&0xffff) },
			save:  func(w *view, d *iptables.Classify) { w.f(" --set-class %04x:%04x", d.Priority>>16, d.Priority&0xffff) },
			xlate: func(w *view, d *iptables.Classify) bool {
				w.add("meta priority set ")
				switch d.Priority {
				case 1<<32 - 1:
					w.add("root")
				case 0:
					w.add("none")
				default:
					w.add("%x:%x", d.Priority>>16, d.Priority&0xffff)
				}
				return true
			}}),
		of(kind[iptables.Checksum]{name: "CHECKSUM", target: true, opts: []opt{{name: "checksum-fill", id: 0, flags: mand}},
			print: func(w *view, _ *iptables.Checksum) { w.f(" CHECKSUM fill") },
			save:  func(w *view, _ *iptables.Checksum) { w.f(" --checksum-fill") }}),
		of(kind[iptables.SetECN]{name: "ECN", fam: 4, target: true,
			opts: []opt{{name: "ecn-tcp-remove", id: 0, excl: 6}, {name: "ecn-tcp-cwr", id: 1, typ: tU8, max: 1, excl: 1}, {name: "ecn-tcp-ece", id: 2, typ: tU8, max: 1, excl: 1},
				{name: "ecn-ip-ect", id: 3, typ: tU8, max: 3}},
			parse: func(c *call, d *iptables.SetECN) {
				switch c.o.id {
				case 0:
					*d = iptables.SetECN{ECE: true, CWR: true}
				case 1:
					d.CWR, d.CWRBit = true, c.u != 0
				case 2:
					d.ECE, d.ECEBit = true, c.u != 0
				case 3:
					d.IP, d.ECT = true, uint8(c.u)
				}
			},
			check: func(c *call, _ *iptables.SetECN) {
				if *c.seen == 0 {
					c.bad("ECN target: An operation is required")
				}
			},
			print: func(w *view, d *iptables.SetECN) {
				w.f(" ECN")
				w.ecn(d, " TCP remove", " ECE=", " CWR=", " ECT codepoint=")
			},
			save: func(w *view, d *iptables.SetECN) {
				w.ecn(d, " --ecn-tcp-remove", " --ecn-tcp-ece ", " --ecn-tcp-cwr ", " --ecn-ip-ect ")
			}}),
		of(kind[iptables.SetTarget]{name: "SET", target: true,
			opts: []opt{{name: "add-set", id: 1, typ: tOwn}, {name: "del-set", id: 2, typ: tOwn}, {name: "exist", id: 3, typ: tWord}, {name: "timeout", id: 4, typ: tOwn},
				{name: "map-set", id: 5, typ: tOwn}, {name: "map-mark", id: 6, typ: tWord}, {name: "map-prio", id: 7, typ: tWord}, {name: "map-queue", id: 8, typ: tWord}},
			parse: parseSetTarget, check: checkSetTarget,
			print: func(w *view, d *iptables.SetTarget) { w.setTarget(d, " ") },
			save:  func(w *view, d *iptables.SetTarget) { w.setTarget(d, " --") }}),
	)
	absent(true, "AUDIT", "CONNSECMARK", "HMARK", "IDLETIMER", "LED", "NFQUEUE", "RATEEST", "SECMARK", "SYNPROXY", "CLUSTERIP/4", "ULOG/4", "DNPT/6", "SNPT/6")
	absent(false, "bpf", "cgroup", "cluster", "ipcomp", "ipvs", "nfacct", "osf", "policy", "rateest", "srh/6")
}

// rejects are the answers of REJECT, by family, in the order of the kernel's list.
var rejects = map[int][]struct {
	with               iptables.RejectWith
	name, short, xlate string
}{
	4: {{iptables.RejectNetUnreach, "icmp-net-unreachable", "net-unreach", "net-unreachable"}, {iptables.RejectHostUnreach, "icmp-host-unreachable", "host-unreach", "host-unreachable"},
		{iptables.RejectProtoUnreach, "icmp-proto-unreachable", "proto-unreach", "prot-unreachable"}, {iptables.RejectPortUnreach, "icmp-port-unreachable", "port-unreach", "port-unreachable"},
		{iptables.RejectNetProhibited, "icmp-net-prohibited", "net-prohib", "net-prohibited"}, {iptables.RejectHostProhibited, "icmp-host-prohibited", "host-prohib", "host-prohibited"},
		{iptables.RejectTCPReset, "tcp-reset", "tcp-rst", "tcp reset"}, {iptables.RejectAdminProhibited, "icmp-admin-prohibited", "admin-prohib", "admin-prohibited"}},
	6: {{iptables.Reject6NoRoute, "icmp6-no-route", "no-route", "no-route"}, {iptables.Reject6AdmProhibited, "icmp6-adm-prohibited", "adm-prohibited", "admin-prohibited"},
		{iptables.Reject6AddrUnreach, "icmp6-addr-unreachable", "addr-unreach", "addr-unreachable"}, {iptables.Reject6PortUnreach, "icmp6-port-unreachable", "port-unreach", "port-unreachable"},
		{iptables.Reject6TCPReset, "tcp-reset", "tcp-reset", "tcp reset"}, {iptables.Reject6PolicyFail, "icmp6-policy-fail", "policy-fail", "policy-fail"},
		{iptables.Reject6RejectRoute, "icmp6-reject-route", "reject-route", "reject-route"}},
}

func reject(fam int) *ext {
	port, reset, icmp := iptables.RejectPortUnreach, iptables.RejectTCPReset, "icmp"
	if fam == 6 {
		port, reset, icmp = iptables.Reject6PortUnreach, iptables.Reject6TCPReset, "icmpv6"
	}
	name := func(d *iptables.Reject) (name, xlate string) {
		for _, r := range rejects[fam] {
			if r.with == d.With {
				return r.name, r.xlate
			}
		}
		return "?", "?"
	}
	return of(kind[iptables.Reject]{name: "REJECT", fam: fam, target: true, opts: []opt{{name: "reject-with", id: 0, typ: tString}},
		init: func(d *iptables.Reject, _ int) { d.With = port },
		parse: func(c *call, d *iptables.Reject) {
			for _, r := range rejects[fam] {
				if hasPrefixFold(r.name, c.arg) || hasPrefixFold(r.short, c.arg) {
					d.With = r.with
					return
				}
			}
			if fam == 4 && (hasPrefixFold("echo-reply", c.arg) || hasPrefixFold("echoreply", c.arg)) {
				c.p.warn("--reject-with echo-reply no longer supported\n")
			}
			c.bad("unknown reject type \"%s\"", c.arg)
		},
		print: func(w *view, d *iptables.Reject) {
			n, _ := name(d)
			w.f(" reject-with %s", n)
		},
		save: func(w *view, d *iptables.Reject) {
			n, _ := name(d)
			w.f(" --reject-with %s", n)
		},
		xlate: func(w *view, d *iptables.Reject) bool {
			_, x := name(d)
			switch d.With {
			case port:
				w.add("reject")
			case reset:
				w.add("reject with %s", x)
			default:
				w.add("reject with %s type %s", icmp, x)
			}
			return true
		}})
}

func dscpTarget(fam int) *ext {
	return of(kind[iptables.SetDSCP]{name: "DSCP", fam: fam, target: true, opts: []opt{{name: "set-dscp", id: 0, typ: tU8, max: 63, excl: 2}, {name: "set-dscp-class", id: 1, typ: tString, excl: 1}},
		parse: func(c *call, d *iptables.SetDSCP) {
			d.DSCP = uint8(c.u)
			if c.o.id == 1 {
				d.DSCP = c.dscpClass()
			}
		},
		check: func(c *call, _ *iptables.SetDSCP) {
			if *c.seen == 0 {
				c.bad("DSCP target: Parameter --set-dscp is required")
			}
		},
		print: func(w *view, d *iptables.SetDSCP) { w.f(" DSCP set 0x%02x", d.DSCP) },
		save:  func(w *view, d *iptables.SetDSCP) { w.f(" --set-dscp 0x%02x", d.DSCP) },
		xlate: func(w *view, d *iptables.SetDSCP) bool { w.add("%s dscp set 0x%02x", w.ip(), d.DSCP); return true }})
}

func tcpmssTarget(fam int) *ext {
	most := uint64(65535 - 20)
	if fam == 6 {
		most = 65535 - 40
	}
	return of(kind[iptables.SetTCPMSS]{name: "TCPMSS", fam: fam, target: true, opts: []opt{{name: "set-mss", id: 0, typ: tU16, max: most}, {name: "clamp-mss-to-pmtu", id: 1}},
		parse: func(c *call, d *iptables.SetTCPMSS) {
			d.MSS = uint16(c.u)
			if c.o.id == 1 {
				d.MSS = 0xffff
			}
		},
		check: func(c *call, _ *iptables.SetTCPMSS) {
			if *c.seen == 0 {
				c.bad("TCPMSS target: At least one parameter is required")
			}
		},
		print: func(w *view, d *iptables.SetTCPMSS) {
			if d.MSS == 0xffff {
				w.f(" TCPMSS clamp to PMTU")
			} else {
				w.f(" TCPMSS set %d", d.MSS)
			}
		},
		save: func(w *view, d *iptables.SetTCPMSS) {
			if d.MSS == 0xffff {
				w.f(" --clamp-mss-to-pmtu")
			} else {
				w.f(" --set-mss %d", d.MSS)
			}
		},
		xlate: func(w *view, d *iptables.SetTCPMSS) bool {
			if d.MSS == 0xffff {
				w.add("tcp option maxseg size set rt mtu")
			} else {
				w.add("tcp option maxseg size set %d", d.MSS)
			}
			return true
		}})
}

// levelNames are syslog's, the first word of each.
var levelNames = [...]string{"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"}

func printLog(w *view, d *iptables.Log) {
	w.f(" LOG")
	if w.numeric {
		w.f(" flags %d level %d", d.Flags, d.Level)
	} else {
		w.f(" level %s", levelNames[d.Level&7])
		for i, s := range []string{" tcp-sequence", " tcp-options", " ip-options", " uid", " unknown-flags", " macdecode"} {
			w.is(d.Flags>>i&1 != 0 && i != 4, s)
		}
	}
	if d.Prefix != "" {
		w.f(" prefix \"%s\"", d.Prefix)
	}
}

func saveLog(w *view, d *iptables.Log) {
	if d.Prefix != "" {
		w.f(" --log-prefix")
		w.saved(d.Prefix)
	}
	if d.Level != 4 {
		w.f(" --log-level %d", d.Level)
	}
	for i, s := range []string{" --log-tcp-sequence", " --log-tcp-options", " --log-ip-options", " --log-uid", "", " --log-macdecode"} {
		w.is(d.Flags>>i&1 != 0, s)
	}
}

func xlateLog(w *view, d *iptables.Log) bool {
	w.add("log")
	if d.Prefix != "" {
		w.add(" prefix \"%s\"", d.Prefix)
	}
	if d.Level != 4 {
		w.add(" level %s", levelNames[d.Level&7])
	}
	if d.Flags&0x2f == 0x2f {
		w.add(" flags all")
		return true
	}
	if d.Flags&(iptables.LogTCPSeq|iptables.LogTCPOpt) != 0 {
		delim := " "
		w.add(" flags tcp")
		if d.Flags&iptables.LogTCPSeq != 0 {
			w.add(" sequence")
			delim = ","
		}
		if d.Flags&iptables.LogTCPOpt != 0 {
			w.add("%soptions", delim)
		}
	}
	one := func(bit uint8, s string) {
		if d.Flags&bit != 0 {
			w.add("%s", s)
		}
	}
	one(iptables.LogIPOpt, " flags ip options")
	one(iptables.LogUID, " flags skuid")
	one(iptables.LogMACDecode, " flags ether")
	return true
}

func (w *view) nflog(d *iptables.NFLog, prefix string) {
	if d.Prefix != "" {
		w.f("%snflog-prefix", prefix)
		w.saved(d.Prefix)
	}
	if d.Group != 0 {
		w.f("%snflog-group %d", prefix, d.Group)
	}
	if d.HasSize {
		w.f("%snflog-size %d", prefix, d.Size)
	} else if d.Size != 0 {
		w.f("%snflog-range %d", prefix, d.Size)
	}
	if d.Threshold != 0 {
		w.f("%snflog-threshold %d", prefix, d.Threshold)
	}
}

// markOpts are the ways to say how a mark changes; ids 0 to 4, in the order set,
// and, or, xor, xset.
func markOpts(xset, set string) []opt {
	return []opt{{name: xset, id: 4, typ: tMark, excl: 31}, {name: set, id: 0, typ: tMark, excl: 31}, {name: "and-mark", id: 1, typ: tU32, excl: 31},
		{name: "or-mark", id: 2, typ: tU32, excl: 31}, {name: "xor-mark", id: 3, typ: tU32, excl: 31}}
}

// setMark is what an option of markOpts makes of a mark.
func (c *call) setMark(how string) (mark, mask uint32) {
	v := uint32(c.u)
	switch how {
	case "set":
		return c.mark, c.mark | c.mask
	case "and":
		return 0, ^v
	case "or":
		return v, v
	case "xor":
		return v, 0
	}
	return c.mark, c.mask
}

func markWords(mark, mask uint32) string {
	var b buf
	switch {
	case mark == 0:
		b.f("and 0x%x", ^mask)
	case mark == mask:
		b.f("or 0x%x", mark)
	case mask == 0:
		b.f("xor 0x%x", mark)
	case mask == 1<<32-1:
		b.f("set 0x%x", mark)
	default:
		b.f("xset 0x%x/0x%x", mark, mask)
	}
	return b.String()
}

// connMarkOps are the bits of the options that say what to do.
const connMarkOps = 0x3f | 1<<8

func connMarkOpts() []opt {
	l := []opt{{name: "set-xmark", id: 8, typ: tMark}, {name: "set-mark", id: 0, typ: tMark}, {name: "and-mark", id: 3, typ: tU32},
		{name: "or-mark", id: 4, typ: tU32}, {name: "xor-mark", id: 5, typ: tU32}, {name: "save-mark", id: 1}, {name: "restore-mark", id: 2}}
	for i := range l {
		l[i].excl = connMarkOps
	}
	return append(l, opt{name: "left-shift-mark", id: 6, typ: tU8, max: 32}, opt{name: "right-shift-mark", id: 7, typ: tU8, max: 32},
		opt{name: "ctmask", id: 9, typ: tU32, excl: 1 << 11}, opt{name: "nfmask", id: 10, typ: tU32, excl: 1 << 11}, opt{name: "mask", id: 11, typ: tU32, excl: 3 << 9})
}

func parseConnMark(c *call, d *iptables.SetConnMark) {
	switch c.o.id {
	case 1:
		d.Mode = iptables.ConnMarkSave
	case 2:
		d.Mode = iptables.ConnMarkRestore
	case 6, 7:
		d.Shift, d.ShiftRight = uint8(c.u), c.o.id == 7
	case 9:
		d.CTMask = uint32(c.u)
	case 10:
		d.NFMask = uint32(c.u)
	case 11:
		d.CTMask, d.NFMask = uint32(c.u), uint32(c.u)
	default:
		d.Mode = iptables.ConnMarkSet
		d.CTMark, d.CTMask = c.setMark(strings.TrimSuffix(c.o.name, "-mark"))
	}
}

func (w *view) shift(d *iptables.SetConnMark, prefix string) {
	if d.Shift == 0 {
		return
	}
	dir := "left"
	if d.ShiftRight {
		dir = "right"
	}
	w.f("%s%s-shift-mark %d", prefix, dir, d.Shift)
}

func printConnMark(w *view, d *iptables.SetConnMark) {
	const all = 1<<32 - 1
	switch {
	case d.Mode == iptables.ConnMarkSet:
		w.f(" CONNMARK %s", markWords(d.CTMark, d.CTMask))
	case d.Mode == iptables.ConnMarkSave && d.NFMask == all && d.CTMask == all:
		w.f(" CONNMARK save")
	case d.Mode == iptables.ConnMarkSave && d.NFMask == d.CTMask:
		w.f(" CONNMARK save mask 0x%x", d.NFMask)
	case d.Mode == iptables.ConnMarkSave:
		w.f(" CONNMARK save nfmask 0x%x ctmask ~0x%x", d.NFMask, d.CTMask)
	case d.NFMask == all && d.CTMask == all:
		w.f(" CONNMARK restore")
	case d.NFMask == d.CTMask:
		w.f(" CONNMARK restore mask 0x%x", d.CTMask)
	default:
		w.f(" CONNMARK restore ctmask 0x%x nfmask ~0x%x", d.CTMask, d.NFMask)
	}
	w.shift(d, " ")
}

func saveConnMark(w *view, d *iptables.SetConnMark) {
	switch d.Mode {
	case iptables.ConnMarkSet:
		w.f(" --set-xmark 0x%x/0x%x", d.CTMark, d.CTMask)
	case iptables.ConnMarkSave:
		w.f(" --save-mark --nfmask 0x%x --ctmask 0x%x", d.NFMask, d.CTMask)
	default:
		w.f(" --restore-mark --nfmask 0x%x --ctmask 0x%x", d.NFMask, d.CTMask)
	}
	w.shift(d, " --")
}

func xlateConnMark(w *view, d *iptables.SetConnMark) bool {
	const all = 1<<32 - 1
	brace := ""
	if d.Shift != 0 {
		brace = "( "
	}
	if d.Mode == iptables.ConnMarkSet {
		w.add("ct mark set %s", brace)
		switch {
		case d.CTMask == all:
			w.add("0x%x ", d.CTMark)
		case d.CTMark == 0:
			w.add("ct mark and 0x%x", ^d.CTMask)
		case d.CTMark == d.CTMask:
			w.add("ct mark or 0x%x", d.CTMark)
		case d.CTMask == 0:
			w.add("ct mark xor 0x%x", d.CTMark)
		default:
			w.add("ct mark xor 0x%x and 0x%x", d.CTMark, ^d.CTMask)
		}
	} else {
		if d.Mode == iptables.ConnMarkSave {
			w.add("ct mark set %smark", brace)
		} else {
			w.add("meta mark set %sct mark", brace)
		}
		if d.NFMask != all || d.CTMask != all {
			if d.NFMask != d.CTMask {
				return false
			}
			w.add(" and 0x%x", d.NFMask)
		}
	}
	if d.Shift != 0 {
		op := "<<"
		if d.ShiftRight {
			op = ">>"
		}
		w.add(" ) %s %d", op, d.Shift)
	}
	return true
}

var ctEvents = []string{"new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark"}

func parseCT(c *call, d *iptables.CT) {
	events := func(names []string) (v uint32) {
		for _, s := range strings.Split(c.arg, ",") {
			ok := false
			for i, n := range names {
				if n == s {
					v |= 1 << i
					ok = true
				}
			}
			if !ok {
				c.bad("Unknown event type \"%s\"", s)
			}
		}
		return v
	}
	switch c.o.id {
	case 0:
		d.NoTrack = true
	case 1:
		d.Helper = cutTo(c.arg, 15)
	case 2:
		d.Timeout = cutTo(c.arg, 31)
	case 3:
		d.CTEvents = events(ctEvents)
	case 4:
		d.ExpEvents = events(ctEvents[:1])
	default:
		d.ZoneOrig = d.ZoneOrig || c.o.id == 6
		d.ZoneRepl = d.ZoneRepl || c.o.id == 7
		d.Zone = 0
		if strings.EqualFold(c.arg, "mark") {
			d.ZoneMark = true
			return
		}
		v, ok := whole(c.arg, 0, 65535)
		if !ok {
			c.bad("Cannot parse %s as a zone ID", c.arg)
		}
		d.Zone = uint16(v)
	}
}

func (w *view) ct(d *iptables.CT, prefix string) {
	w.is(d.NoTrack, prefix+"notrack")
	word := func(name, v string) {
		if v != "" {
			w.f("%s%s %s", prefix, name, v)
		}
	}
	word("helper", d.Helper)
	word("timeout", d.Timeout)
	events := func(v uint32) string {
		var l []string
		for i, n := range ctEvents {
			if v>>i&1 != 0 {
				l = append(l, n)
			}
		}
		return strings.Join(l, ",")
	}
	word("ctevents", events(d.CTEvents))
	word("expevents", events(d.ExpEvents))
	if d.ZoneMark || d.Zone != 0 {
		w.f("%szone", prefix)
		w.is(d.ZoneOrig && !d.ZoneRepl, "-orig")
		w.is(d.ZoneRepl && !d.ZoneOrig, "-reply")
		if d.ZoneMark {
			w.f(" mark")
		} else {
			w.f(" %d", d.Zone)
		}
	}
}

var tcpOptNames = []struct {
	name string
	v    uint64
}{{"wscale", 3}, {"mss", 2}, {"sack-permitted", 4}, {"sack", 5}, {"timestamp", 8}, {"md5", 19}}

func parseTCPOptStrip(c *call, d *iptables.TCPOptStrip) {
	for _, s := range strings.Split(c.arg, ",") {
		v := uint64(0)
		for _, n := range tcpOptNames {
			if n.name == s {
				v = n.v
			}
		}
		if v == 0 {
			var ok bool
			if v, ok = whole(s, 0, 255); !ok {
				c.bad("Bad TCP option value \"%s\"", s)
			}
		}
		if v < 2 {
			c.bad("Option value may not be 0 or 1")
		}
		if d.Strip[v/64]>>(v%64)&1 != 0 {
			c.bad("Option \"%s\" already specified", s)
		}
		d.Strip[v/64] |= 1 << (v % 64)
	}
}

func stripped(d *iptables.TCPOptStrip, numeric bool) string {
	var b buf
	for i := uint64(0); i < 256; i++ {
		if d.Strip[i/64]>>(i%64)&1 == 0 {
			continue
		}
		b.is(b.Len() > 0, ",")
		name := ""
		for _, n := range tcpOptNames {
			if n.v == i && !numeric {
				name = n.name
			}
		}
		if name != "" {
			b.f("%s", name)
		} else {
			b.f("%d", i)
		}
	}
	return b.String()
}

func printTOS(w *view, d *iptables.SetTOS) {
	switch s := tosName(d.Value, d.Mask); {
	case w.numeric:
		w.f(" TOS set 0x%02x/0x%02x", d.Value, d.Mask)
	case s != "":
		w.f("  TOS set%s", s)
	case d.Value == 0:
		w.f(" TOS and 0x%02x", ^d.Mask)
	case d.Value == d.Mask:
		w.f(" TOS or 0x%02x", d.Value)
	case d.Mask == 0:
		w.f(" TOS xor 0x%02x", d.Value)
	default:
		w.f(" TOS set 0x%02x/0x%02x", d.Value, d.Mask)
	}
}

func xlateTOS(w *view, d *iptables.SetTOS) bool {
	ip := w.ip()
	w.add("%s dscp set ", ip)
	switch {
	case d.Mask&0x3f == 0x3f:
		w.add("0x%02x", d.Value>>2)
	case d.Value == 0:
		w.add("%s dscp and 0x%02x", ip, ^d.Mask>>2)
	case d.Value == d.Mask:
		w.add("%s dscp or 0x%02x", ip, d.Value>>2)
	case d.Mask == 0:
		w.add("%s dscp xor 0x%02x", ip, d.Value>>2)
	default:
		w.add("%s dscp and 0x%02x xor 0x%02x", ip, ^d.Mask>>2, d.Value>>2)
	}
	return true
}

var (
	hopVerbs = [...]string{"set to", "increment by", "decrement by"}
	hopWords = [...]string{"set", "inc", "dec"}
)

func hopOpts3(p string) []opt {
	return []opt{{name: p + "-set", id: 0, typ: tU8, excl: 7}, {name: p + "-dec", id: 2, typ: tU8, excl: 7, min: 1}, {name: p + "-inc", id: 1, typ: tU8, excl: 7, min: 1}}
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

func (w *view) ecn(d *iptables.SetECN, remove, ece, cwr, ect string) {
	if d.ECE && d.CWR && !d.IP && !d.ECEBit && !d.CWRBit {
		w.f("%s", remove)
		return
	}
	if d.ECE {
		w.f("%s%d", ece, bit(d.ECEBit))
	}
	if d.CWR {
		w.f("%s%d", cwr, bit(d.CWRBit))
	}
	if d.IP {
		w.f("%s%d", ect, d.ECT)
	}
}

func parseSetTarget(c *call, d *iptables.SetTarget) {
	ref := func(r *iptables.SetRef) {
		if r.Set != "" {
			c.bad("--%s can be specified only once", c.o.name)
		}
		*r = c.setRef(c.o.name)
	}
	switch c.o.id {
	case 1:
		ref(&d.Add)
	case 2:
		ref(&d.Del)
	case 3:
		d.Exist = true
	case 4:
		v, ok := whole(c.arg, 0, 1<<32-2)
		if !ok {
			c.bad("Invalid value for option --timeout or out of range 0-%d", uint32(1<<32-2))
		}
		d.Timeout, d.HasTimeout = uint32(v), true
	case 5:
		ref(&d.Map)
	case 6:
		d.MapMark = true
	case 7:
		d.MapPrio = true
	case 8:
		d.MapQueue = true
	}
}

func checkSetTarget(c *call, d *iptables.SetTarget) {
	if d.Add.Set == "" && d.Del.Set == "" && d.Map.Set == "" {
		c.bad("You must specify either `--add-set' or `--del-set' or `--map-set'")
	}
	if d.Add.Set == "" {
		if d.Exist {
			c.bad("Flag `--exist' can be used with `--add-set' only")
		}
		if d.HasTimeout {
			c.bad("Option `--timeout' can be used with `--add-set' only")
		}
	}
	if d.Map.Set == "" {
		for _, f := range []struct {
			on   bool
			name string
		}{{d.MapMark, "mark"}, {d.MapPrio, "prio"}, {d.MapQueue, "queue"}} {
			if f.on {
				c.bad("Flag `--map-%s' can be used with `--map-set' only", f.name)
			}
		}
	} else if !d.MapMark && !d.MapPrio && !d.MapQueue {
		c.bad("You must specify flags `--map-mark' or '--map-prio` or `--map-queue'")
	}
}

func (w *view) setTarget(d *iptables.SetTarget, prefix string) {
	ref := func(name string, r *iptables.SetRef) {
		if r.Set != "" {
			w.setRef(strings.TrimPrefix(prefix, " ")+name, r)
		}
	}
	ref("add-set", &d.Add)
	w.is(d.Exist, prefix+"exist")
	if d.HasTimeout {
		w.f("%stimeout %d", prefix, d.Timeout)
	}
	ref("del-set", &d.Del)
	ref("map-set", &d.Map)
	w.is(d.MapMark, prefix+"map-mark")
	w.is(d.MapPrio, prefix+"map-prio")
	w.is(d.MapQueue, prefix+"map-queue")
}
