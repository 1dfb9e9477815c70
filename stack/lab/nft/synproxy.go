package nft

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// synproxy reads "synproxy mss 1460 wscale 7 timestamp sack-perm", or a name.
func (p *parser) synproxy() *stmt {
	at := p.next().at
	if p.accept("name") {
		return p.objRef(nftables.ObjSynproxy, "synproxy")
	}
	s := &stmt{k: sSynproxy, at: at, syn: &iptables.SynproxyInfo{}, short: true}
	for {
		switch {
		case p.accept("mss"):
			s.syn.MSS = uint16(p.num())
			s.syn.Options |= iptables.SynproxyMSS
		case p.accept("wscale"):
			s.syn.WScale = uint8(p.num())
			s.syn.Options |= iptables.SynproxyWScale
		case p.accept("timestamp"):
			s.syn.Options |= iptables.SynproxyTimestamp
		case p.sackPerm():
			s.syn.Options |= iptables.SynproxySackPerm
		default:
			return s
		}
	}
}

func (p *parser) sackPerm() bool {
	return p.accept("sack-perm") || p.accept("sack-permitted")
}

// synproxyWord reads a word that is one only here.
func (p *parser) synproxyWord(w string) {
	t := p.peek()
	if t.kind == tokWord && t.s != w {
		switch t.s {
		case "mss", "wscale", "timestamp":
			panic(syntaxError{errAt(t.at, "syntax error, unexpected "+t.s)})
		case "sack-perm", "sack-permitted":
			panic(syntaxError{errAt(t.at, "syntax error, unexpected sack-permitted")})
		}
	}
	p.want(w)
}

// synproxyObject reads the body of a synproxy with a name.
func (p *parser) synproxyObject() *objSpec {
	i := &iptables.SynproxyInfo{Options: iptables.SynproxyMSS | iptables.SynproxyWScale}
	o := &objSpec{kind: nftables.ObjSynproxy, word: "synproxy", st: &stmt{k: sSynproxy, syn: i}}
	block := p.accept("{")
	if block {
		p.skipNewlines()
	}
	comment := func() {
		for block && p.accept("comment") {
			o.comment = p.str()
			p.stmtEnd()
			p.skipNewlines()
		}
	}
	comment()
	p.synproxyWord("mss")
	i.MSS = uint16(p.num())
	if p.peek().kind == tokNewline || p.is(";") {
		p.skipNewlines()
	}
	p.synproxyWord("wscale")
	i.WScale = uint8(p.num())
	if block && (p.peek().kind == tokNewline || p.is(";")) {
		p.skipNewlines()
	}
	if p.accept("timestamp") {
		i.Options |= iptables.SynproxyTimestamp
	}
	if p.sackPerm() {
		i.Options |= iptables.SynproxySackPerm
	}
	if block {
		if !p.is("}") && !p.is("comment") {
			if p.is("timestamp") {
				p.synproxyWord("")
			}
			p.stmtEnd()
		}
		p.skipNewlines()
		comment()
		p.want("}")
	}
	return o
}

// synproxy makes the engine's expression.
func (l *lowerer) synproxy(s *stmt) {
	switch l.t.Family {
	case core.NFARP, core.NFNetdev, core.NFBridge:
		l.errno, l.errAt = eproto, s.at
		return
	}
	l.add(&nftables.Synproxy{Info: *s.syn})
}

// eproto is what nf_ct_netns_get says of a family without connections.
const eproto core.Errno = 71

// synproxyText is synproxy_stmt_print.
func synproxyText(i *iptables.SynproxyInfo) string {
	s := "synproxy"
	if i.Options&(iptables.SynproxyMSS|iptables.SynproxyWScale) != 0 {
		s += fmt.Sprintf(" mss %d wscale %d", i.MSS, i.WScale)
	}
	if i.Options&iptables.SynproxyTimestamp != 0 {
		s += " timestamp"
	}
	if i.Options&iptables.SynproxySackPerm != 0 {
		s += " sack-perm"
	}
	return s
}

// synproxyBody is what an object prints (obj_print_data).
func synproxyBody(i *iptables.SynproxyInfo) string {
	s := fmt.Sprintf("\t\tmss %d\n\t\twscale %d\n", i.MSS, i.WScale)
	ts, sack := "", ""
	if i.Options&iptables.SynproxyTimestamp != 0 {
		ts = "timestamp"
	}
	if i.Options&iptables.SynproxySackPerm != 0 {
		sack = "sack-perm"
	}
	if ts+sack != "" {
		s += "\t\t" + ts + " " + sack + "\n"
	}
	return s
}

// jsonSynproxy adds the members that a synproxy has (synproxy_stmt_json).
func jsonSynproxy(j *jobject, i *iptables.SynproxyInfo) {
	if i.Options&iptables.SynproxyMSS != 0 {
		j.set("mss", int(i.MSS))
	}
	if i.Options&iptables.SynproxyWScale != 0 {
		j.set("wscale", int(i.WScale))
	}
	var l []any
	if i.Options&iptables.SynproxyTimestamp != 0 {
		l = append(l, "timestamp")
	}
	if i.Options&iptables.SynproxySackPerm != 0 {
		l = append(l, "sack-perm")
	}
	if len(l) > 0 {
		j.set("flags", l)
	}
}

// synproxy is json_parse_synproxy_stmt.
func (j *jsonReader) synproxy(v any) (string, bool) {
	if v == nil {
		return "synproxy", true
	}
	if _, ok := v.(jobject); !ok {
		return j.ref("synproxy", v, false)
	}
	s := "synproxy"
	if n, ok := jint(v, "mss"); ok {
		if n < 0 {
			j.err("Invalid synproxy mss value '%d'", n)
			return "", false
		}
		s += fmt.Sprintf(" mss %d", n)
	}
	if n, ok := jint(v, "wscale"); ok {
		if n < 0 {
			j.err("Invalid synproxy wscale value '%d'", n)
			return "", false
		}
		s += fmt.Sprintf(" wscale %d", n)
	}
	f, ok := j.synproxyFlags(v)
	return s + f, ok
}

func (j *jsonReader) synproxyFlags(v any) (string, bool) {
	f, _ := jany(v, "flags")
	s := ""
	for _, w := range []string{"timestamp", "sack-perm"} { // the language has an order
		for _, x := range jwords(f) {
			if x == w {
				s += " " + w
				break
			}
		}
	}
	for _, x := range jwords(f) {
		if x != "timestamp" && x != "sack-perm" {
			j.err("Unknown synproxy flag '%s'.", x)
			return "", false
		}
	}
	return s, true
}
