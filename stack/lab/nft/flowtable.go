package nft

import "github.com/packetwalk/packetwalk/stack/step"

// Flowtables: the kernel that is the model's was built without them
// (CONFIG_NF_FLOW_TABLE is not set in Linux 6.18 as it was recorded). It has no
// nf_tables_newflowtable that could work and no nft_flow_offload: nft reads the words,
// and the kernel answers ENOENT.

// flowtable reads { hook ingress priority 0; devices = { eth0, eth1 }; }.
func (p *parser) flowtable() {
	p.want("{")
	for {
		for p.peek().kind == tokNewline || p.is(";") {
			p.next()
		}
		switch {
		case p.accept("}"):
			return
		case p.accept("hook"):
			p.identifier()
			p.want("priority")
			p.priority(&chainSpec{})
		case p.accept("devices"), p.accept("device"):
			p.want("=")
			p.flowDevices()
		case p.accept("flags"):
			p.want("offload")
		case p.accept("counter"):
		default:
			p.unexpected("")
		}
	}
}

// flowDevices reads { eth0, "eth1" }, or a variable.
func (p *parser) flowDevices() {
	if p.is("$") {
		p.variable()
		return
	}
	p.want("{")
	for p.opt(); !p.is("}"); p.opt() {
		if t := p.peek(); t.kind != tokWord && t.kind != tokString && t.kind != tokAst {
			p.unexpected("string")
		}
		if p.next(); !p.accept(",") {
			p.opt()
			break
		}
	}
	p.want("}")
}

// flow reads "flow add @ft".
func (p *parser) flow() *stmt {
	at := p.next().at
	if !p.accept("add") {
		p.want("offload")
	}
	p.want("@")
	p.identifier()
	return &stmt{k: sFlow, at: at.to(p.last)}
}

// addFlowtable is refused; at is what nft marks.
func (r *runner) addFlowtable(at loc) { r.errno(at, step.ENOENT) }
