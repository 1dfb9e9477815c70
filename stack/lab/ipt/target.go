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
		reject(4), reject(6), synproxyTarget(), dscpTarget(4), dscpTarget(6), tcpmssTarget(4), tcpmssTarget(6),
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
	absent(true, "AUDIT", "CONNSECMARK", "HMARK", "IDLETIMER", "LED", "NFQUEUE", "RATEEST", "SECMARK", "CLUSTERIP/4", "ULOG/4", "DNPT/6", "SNPT/6")
	absent(false, "bpf", "cgroup", "cluster", "ipcomp", "ipvs", "nfacct", "osf", "policy", "rateest", "srh/6")
}
