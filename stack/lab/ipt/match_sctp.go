package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// sctpChunks are the names of chunk types, and the letters of their flags.
var sctpChunks = []struct {
	name  string
	v     uint8
	flags string
	nft   string
}{{"DATA", 0, "----IUBE", "data"}, {"INIT", 1, "--------", "init"}, {"INIT_ACK", 2, "--------", "init-ack"}, {"SACK", 3, "--------", "sack"},
	{"HEARTBEAT", 4, "--------", "heartbeat"}, {"HEARTBEAT_ACK", 5, "--------", "heartbeat-ack"}, {"ABORT", 6, "-------T", "abort"},
	{"SHUTDOWN", 7, "--------", "shutdown"}, {"SHUTDOWN_ACK", 8, "--------", "shutdown-ack"}, {"ERROR", 9, "--------", "error"},
	{"COOKIE_ECHO", 10, "--------", "cookie-echo"}, {"COOKIE_ACK", 11, "--------", "cookie-ack"}, {"ECN_ECNE", 12, "--------", "ecne"},
	{"ECN_CWR", 13, "--------", "cwr"}, {"SHUTDOWN_COMPLETE", 14, "-------T", "shutdown-complete"}, {"I_DATA", 64, "----IUBE", "i-data"},
	{"RE_CONFIG", 130, "--------", "re-config"}, {"PAD", 132, "--------", "pad"}, {"ASCONF", 193, "--------", "asconf"},
	{"ASCONF_ACK", 128, "--------", "asconf-ack"}, {"FORWARD_TSN", 192, "--------", "forward-tsn"}, {"I_FORWARD_TSN", 194, "--------", "i-forward-tsn"}}

func parseSCTP(c *call, d *iptables.SCTP) {
	switch c.o.id {
	case 1:
		c.once("Only one `--source-port' allowed")
		d.HasSrc, d.Src, d.InvSrc = true, c.ownPorts("sctp"), c.invert
	case 2:
		c.once("Only one `--destination-port' allowed")
		d.HasDst, d.Dst, d.InvDst = true, c.ownPorts("sctp"), c.invert
	case 3:
		c.once("Only one `--chunk-types' allowed")
		list := c.second("--chunk-types requires two args")
		d.HasChunks, d.InvChunks = true, c.invert
		switch strings.ToUpper(c.arg) {
		case "ANY":
			d.Kind = iptables.SCTPAny
		case "ALL":
			d.Kind = iptables.SCTPAll
		case "ONLY":
			d.Kind = iptables.SCTPOnly
		default:
			c.bad("Match type has to be one of \"ALL\", \"ANY\" or \"ONLY\"")
		}
		c.chunks(d, list)
	}
}

func (c *call) chunks(d *iptables.SCTP, list string) {
	d.Chunks = [4]uint64{}
	switch strings.ToUpper(list) {
	case "ALL":
		for i := range d.Chunks {
			d.Chunks[i] = ^uint64(0)
		}
		return
	case "NONE":
		return
	}
	for _, s := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		name, flags, _ := strings.Cut(s, ":")
		at := -1
		for i, k := range sctpChunks {
			if strings.EqualFold(k.name, name) {
				at = i
				break
			}
		}
		if at < 0 {
			c.bad("Unknown sctp chunk `%s'", name)
		}
		k := sctpChunks[at]
		d.Chunks[k.v/64] |= 1 << (k.v % 64)
		for i := 0; i < len(flags); i++ {
			n := strings.IndexByte(k.flags, strings.ToUpper(flags[i : i+1])[0])
			if n < 0 {
				c.bad("Invalid flags for chunk type %d", at)
			}
			c.chunkFlag(d, uint8(at), 7-n, flags[i] >= 'A' && flags[i] <= 'Z')
		}
	}
}

func (c *call) chunkFlag(d *iptables.SCTP, chunk uint8, bit int, on bool) {
	at := -1
	for i := range d.Flags {
		if d.Flags[i].Chunk == chunk {
			at = i
			break
		}
	}
	if at < 0 {
		if len(d.Flags) == 4 {
			c.bad("Number of chunk types with flags exceeds currently allowed limit. Increasing this limit involves changing IPT_NUM_SCTP_FLAGS and recompiling both the kernel space and user space modules")
		}
		d.Flags = append(d.Flags, iptables.SCTPFlag{Chunk: chunk})
		at = len(d.Flags) - 1
	}
	d.Flags[at].Mask |= 1 << bit
	if on {
		d.Flags[at].Flag |= 1 << bit
	}
}

func (w *view) chunks(d *iptables.SCTP, numeric bool) {
	w.f(" %s", [...]string{"", "any", "all", "only"}[d.Kind])
	all, any := true, false
	for _, c := range d.Chunks {
		all = all && c == ^uint64(0)
		any = any || c != 0
	}
	if !any {
		w.f(" NONE")
		return
	}
	if all {
		w.f(" ALL")
		return
	}
	sep := " "
	for i := 0; i < 256; i++ {
		if d.Chunks[i/64]>>(i%64)&1 == 0 {
			continue
		}
		w.f("%s", sep)
		sep = ","
		if numeric {
			w.f("0x%04X", i)
		} else {
			for _, k := range sctpChunks {
				if int(k.v) == i {
					w.f("%s", k.name)
				}
			}
		}
		for _, f := range d.Flags {
			if int(f.Chunk) == i && i < len(sctpChunks) {
				w.is(f.Mask != 0, ":")
				for b := 7; b >= 0; b-- {
					if f.Mask>>b&1 == 0 {
						continue
					}
					s := sctpChunks[i].flags[7-b : 8-b]
					if f.Flag>>b&1 == 0 {
						s = strings.ToLower(s)
					}
					w.f("%s", s)
				}
			}
		}
	}
}

func printSCTP(w *view, d *iptables.SCTP) {
	w.f(" sctp")
	if d.HasSrc {
		w.ports("spt", d.Src, d.InvSrc, "sctp")
	}
	if d.HasDst {
		w.ports("dpt", d.Dst, d.InvDst, "sctp")
	}
	if d.HasChunks {
		w.not(d.InvChunks)
		w.chunks(d, w.numeric)
	}
}

func saveSCTP(w *view, d *iptables.SCTP) {
	if d.HasSrc {
		w.not(d.InvSrc)
		w.savePorts("sport", d.Src)
	}
	if d.HasDst {
		w.not(d.InvDst)
		w.savePorts("dport", d.Dst)
	}
	if d.HasChunks {
		w.not(d.InvChunks)
		w.f(" --chunk-types")
		w.chunks(d, false)
	}
}

func xlateSCTP(w *view, d *iptables.SCTP) bool {
	if !d.HasSrc && !d.HasDst && !d.HasChunks {
		return false
	}
	port := func(name string, r iptables.PortRange, not bool) {
		if r.Min != r.Max {
			w.add("%s %s%d-%d", name, ne(not), r.Min, r.Max)
		} else {
			w.add("%s %s%d", name, ne(not), r.Min)
		}
	}
	if d.HasSrc {
		port("sctp sport", d.Src, d.InvSrc)
	}
	if d.HasDst {
		port("sctp dport", d.Dst, d.InvDst)
	}
	if !d.HasChunks {
		return true
	}
	if d.Kind == iptables.SCTPAny {
		return false
	}
	for _, k := range sctpChunks {
		w.xlateChunk(d, k.v, k.nft)
	}
	return true
}

func (w *view) xlateChunk(d *iptables.SCTP, v uint8, name string) {
	is, not := "exists", "missing"
	if d.InvChunks {
		is, not = not, is
	}
	if d.Chunks[v/64]>>(v%64)&1 == 0 {
		if d.Kind == iptables.SCTPOnly {
			w.add("sctp chunk %s %s", name, not)
		}
		return
	}
	for _, f := range d.Flags {
		if f.Chunk == v {
			op := "=="
			if d.InvChunks {
				op = "!="
			}
			w.add("sctp chunk %s flags & 0x%x %s 0x%x", name, f.Mask, op, f.Flag)
			return
		}
	}
	w.add("sctp chunk %s %s", name, is)
}
