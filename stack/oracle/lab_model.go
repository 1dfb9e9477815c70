package oracle

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/oracle/real"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// labModel runs a lab in the model and listens.
type labModel struct {
	listener
	l     *lab.Lab
	world *stack.World
	facts LabFacts
	at    map[*core.Netns]int // in facts.Hosts
	hosts []*stack.Host       // the same
	byNum map[uint8]*core.Netns
	devs  map[uint32]string // host<<16 | index
	nft   map[*core.Netns]*nftListener
	opt   LabOptions
	gone  map[*core.Netns]bool
	going bool // a namespace is being taken away
	held  []heldFrame
	whole map[heldPacket][]byte // what GRO has put together, as it was taken up
	busy  bool
}

// LabOptions say how a lab is run.
type LabOptions struct {
	Trace   bool     // have every packet traced through nftables
	Settle  sim.Time // how long to go on when the script has ended
	Seed    uint64
	Preempt map[int]bool      // lab.Lab.Preempt
	Sysctl  map[string]string // of the machine that is the model's model
}

// Settle is how long both kernels go on when a script has ended and what it left
// behind is killed.
const Settle = 300 * sim.Millisecond

// Options are those with which the model runs as the kernel did.
func (f *LabFacts) Options() LabOptions {
	return LabOptions{Trace: f.Traced, Settle: Settle, Seed: 1, Sysctl: f.Sysctl}
}

// pwtrace is the table that has every packet traced, as nft reads it.
const pwtrace = "table inet pwtrace {\n chain pre {\n  type filter hook prerouting priority -350;\n  meta nftrace set 1\n }\n chain out {\n  type filter hook output priority -350;\n  meta nftrace set 1\n }\n}\n"

// RunModel runs a lab in the model and returns what the model did. The error is
// a limit that the script ran into.
func RunModel(name, text string, opt LabOptions) (*LabFacts, error) {
	return newLabModel(name, opt).run(text)
}

// newLabModel is a fresh machine that is listened to.
func newLabModel(name string, opt LabOptions) *labModel {
	w := stack.NewWorld(opt.Seed)
	h := w.AddHost("host")
	m := &labModel{world: w, at: map[*core.Netns]int{}, byNum: map[uint8]*core.Netns{}, devs: map[uint32]string{}, nft: map[*core.Netns]*nftListener{}, gone: map[*core.Netns]bool{}, opt: opt}
	m.facts.Lab, m.facts.Kernel = name, "model"
	m.l = lab.NewLab(w, h)
	m.l.Watch, m.l.Preempt = m, opt.Preempt
	m.listener.lab = m
	w.SetTracer(&trace.Tracer{Mode: trace.Record, Listener: &m.listener})
	m.Made(h)
	return m
}

// run carries the script out.
func (m *labModel) run(text string) (*LabFacts, error) {
	var out, errs bytes.Buffer
	m.l.Stdout, m.l.Stderr = &out, &errs
	status, err := m.l.Run(m.facts.Lab, text)
	if m.opt.Settle > 0 && err == nil {
		m.l.Pass(m.opt.Settle)
	}
	m.take()
	for i, h := range m.hosts {
		if !m.gone[h.NS] {
			m.last(i)
		}
	}
	m.facts.forget(text)
	m.facts.Status, m.facts.Stdout, m.facts.Stderr = status, out.String(), errs.String()
	for i, h := range m.hosts {
		m.facts.Hosts[i].NFT = m.nft[h.NS].traces(m.facts.Hosts[i].Tables["nft -a list ruleset"], true)
	}
	m.facts.sends = m.l.Sends
	return &m.facts, err
}

// of are the facts of a namespace.
func (m *labModel) of(ns *core.Netns) *HostFacts {
	i, ok := m.at[ns]
	if !ok {
		return &HostFacts{} // that of a namespace which is none of the lab's
	}
	return &m.facts.Hosts[i]
}

// current is the namespace in which the model is working.
func (m *labModel) current() *core.Netns {
	if ns := m.byNum[m.world.Trace.Host]; ns != nil {
		return ns
	}
	return m.hosts[0].NS
}

// Made begins the facts of a namespace (lab.Watcher).
func (m *labModel) Made(h *stack.Host) {
	m.at[h.NS] = len(m.hosts)
	m.byNum[h.NS.Host] = h.NS
	m.hosts = append(m.hosts, h)
	name := h.NS.Name
	if len(m.hosts) == 1 {
		name = real.First
	}
	m.facts.Hosts = append(m.facts.Hosts, HostFacts{Name: name, Tables: map[string]string{}, MACs: map[string]string{}})
	m.nft[h.NS] = &nftListener{}
	nftables.Of(h.NS).SetTracer(m.nft[h.NS])
	conntrack.NewTable(h.NS).AddListener(&ctListener{m})
	for _, k := range sortedKeys(m.opt.Sysctl) {
		lab.Sysctl(h, k, m.opt.Sysctl[k]) // what the model has not, it does not need
	}
	if m.opt.Trace {
		m.trace(h)
	}
}

// trace puts the table pwtrace in, unless it is there.
func (m *labModel) trace(h *stack.Host) {
	if m.busy {
		return
	}
	m.busy = true
	defer func() { m.busy = false }()
	if m.output(h, "nft list table inet pwtrace") == "" {
		m.output(h, "nft -f - <<'END'\n"+pwtrace+"END")
	}
}

// Ran is told that a tool has ended (lab.Watcher).
func (m *labModel) Ran(h *stack.Host, tool string) {
	if m.busy {
		return
	}
	m.going = false
	m.take()
	m.names()
	if tool == "nft" && m.opt.Trace {
		m.trace(h)
	}
}

// Going takes leave of a namespace (lab.Watcher).
func (m *labModel) Going(h *stack.Host) {
	if i, ok := m.at[h.NS]; ok && !m.gone[h.NS] {
		m.take()
		m.last(i)
		m.gone[h.NS] = true
	}
	m.going = true
}

// names remembers what the devices are called.
func (m *labModel) names() {
	for i, h := range m.hosts {
		if m.gone[h.NS] {
			continue
		}
		for _, d := range h.NS.Devices {
			if d == nil {
				continue
			}
			m.devs[uint32(h.NS.Host)<<16|uint32(d.Index)] = d.Name
			if d.Name != "lo" && d.Addr != 0 {
				m.facts.Hosts[i].MACs[d.Addr.String()] = d.Name
			}
		}
	}
}

// take empties the tracer's log into the facts.
func (m *labModel) take() {
	t := m.world.Trace
	if !t.Idle() {
		return
	}
	m.names()
	for i := range t.Log.Events {
		e := &t.Log.Events[i]
		switch e.Kind {
		case trace.Call:
			if step.Step(e.Code) == step.NetifReceiveSkbCore {
				m.seen(e.Host, e.Pkt)
			}
		case trace.Frame:
			ns := m.byNum[e.Host]
			if ns == nil || m.gone[ns] {
				continue
			}
			dev := m.devs[uint32(e.Host)<<16|uint32(e.Dev)]
			f := LabFrame{At: int64(e.At), Dev: dev, Out: e.Code == 1 || dev == "lo", Bytes: append([]byte(nil), t.Log.Bytes(e)...)}
			if !f.Out && (e.Fn == step.VethXmit || e.Fn == step.MacvlanStartXmit) {
				m.held = append(m.held, heldFrame{e.Host, e.Pkt, uint64(e.Dev), f})
				continue
			}
			h := m.of(ns)
			h.Frames = append(h.Frames, f)
		case trace.End:
			if trace.Outcome(e.Code) == trace.NotModelled {
				m.facts.NotModelled = append(m.facts.NotModelled, e.Fn.String()+": "+step.Render(e.Why.Text(), t.Log.WhyArgs(e), nil))
			}
		}
	}
	t.Log.Reset()
	t.Ends = t.Ends[:0]
}

// last reads the counters and what the tools list.
func (m *labModel) last(i int) {
	h, f := m.hosts[i], &m.facts.Hosts[i]
	f.MIB = map[string]int64{}
	for k, v := range h.NS.MIB {
		if v != 0 {
			f.MIB[step.MIB(k).String()] = int64(v)
		}
	}
	m.busy = true
	for _, c := range LabTables {
		f.Tables[c] = m.output(h, c)
	}
	m.busy = false
}

// output is what a command prints in a namespace, at once.
func (m *labModel) output(h *stack.Host, line string) string {
	said := m.l.At(h, line)
	if strings.Contains(said.Err, "not modelled") {
		m.without(fmt.Sprintf("%s: %s", line, strings.TrimSpace(said.Err)))
	}
	return said.Out
}

func (m *labModel) without(what string) {
	for _, w := range m.facts.Without {
		if w == what {
			return
		}
	}
	m.facts.Without = append(m.facts.Without, what)
}

// An nftListener hears the trace of one namespace.
type nftListener struct {
	list []nftTraced
	from sim.Time // what was before does not count
}

type nftTraced struct {
	id                   uint32
	kind                 nftables.TraceKind
	table, chain, family string
	handle               uint64
	rule                 bool
	verdict              string
	packet               string
	first                bool // at this hook
}

// NftTrace is told of a traced packet; see nftables.Tracer.
func (l *nftListener) NftTrace(ns *core.Netns, e *nftables.TraceEvent) {
	if ns.Clock.Now() < l.from {
		return
	}
	x := nftTraced{id: e.ID, kind: e.Kind, table: e.Table.Name, chain: e.Chain.Name, family: modelFamilies[e.Table.Family]}
	if e.First {
		x.first, x.packet = true, traceLine(e.SKB)
	}
	if e.Rule != nil {
		x.handle, x.rule = e.Rule.Handle, true
	}
	x.verdict = modelVerdicts[e.Verdict.Code]
	if e.Verdict.Chain != nil && (x.verdict == "jump" || x.verdict == "goto") {
		x.verdict += " " + e.Verdict.Chain.Name
	}
	l.list = append(l.list, x)
}

// traceLine is the packet line of a traced packet as nft tells it: of what is
// behind the network header it is given 20 bytes (NFT_TRACETYPE_TRANSPORT_HSIZE).
func traceLine(b *core.SKB) string {
	if b.Protocol != typeIPv6 || b.Network < 0 {
		return line(b)
	}
	p := linear(b, b.Network)
	return PacketLine(b.Protocol, p[:min(len(p), wire.IPv6Len+20)])
}

var modelVerdicts = map[nftables.VerdictCode]string{nftables.Continue: "continue", nftables.Break: "break", nftables.Jump: "jump", nftables.Goto: "goto", nftables.Return: "return",
	nftables.AcceptCode: "accept", nftables.DropCode: "drop", nftables.StolenCode: "stolen", nftables.QueueCode: "queue"}

var modelFamilies = map[core.Family]string{core.NFIPv4: "ip", core.NFIPv6: "ip6", core.NFARP: "arp", core.NFBridge: "bridge", core.NFInet: "inet", core.NFNetdev: "netdev"}

// traces sorts what was heard by packet, as the recorded hosts have it, or by
// packet and hook, as the labs do.
func (l *nftListener) traces(ruleset string, perHook bool) [][]NFTStep {
	rules := ruleTexts(ruleset)
	cur := map[uint32]int{}
	var out [][]NFTStep
	for _, x := range l.list {
		if x.kind == nftables.TraceReturn && !x.rule {
			continue // the end of a chain was reached: nft prints no line
		}
		at := x.family + " " + x.table + " " + x.chain
		n, ok := cur[x.id]
		if !ok || perHook && x.first || !perHook && x.table == "pwtrace" && x.kind == nftables.TraceRule {
			n = len(out)
			out = append(out, []NFTStep{{Type: "packet", Rule: x.packet}})
			cur[x.id] = n
		}
		s := NFTStep{At: at, Verdict: x.verdict}
		switch {
		case x.kind == nftables.TracePolicy:
			s.Type = "policy"
		case !x.rule:
			s.Type = "return"
		default:
			s.Type = "rule"
			if s.Rule = rules[at+" "+fmt.Sprint(x.handle)]; s.Rule == "" {
				s.Rule = fmt.Sprintf("handle %d", x.handle)
			}
		}
		out[n] = append(out[n], s)
	}
	return out
}

// softirqs are functions with which work for a packet or a timer begins, in the
// middle of whatever else is running.
var softirqs = map[step.Step]bool{step.NetRxAction: true, step.ByName("net_tx_action"): true}

// add adds a tracepoint to the facts of the namespace that it happens in.
func (m *labModel) add(s Step) *Step {
	ns := m.current()
	x := LabStep{Step: s}
	if m.gone[ns] || m.going && s.Kind == "fib" && strings.HasPrefix(s.Get("result"), "err") {
		// The kernel takes a namespace away in a work queue; a lookup without
		// result cannot be told there to belong to anybody.
		return &x.Step
	}
	h := m.of(ns)
	for i := len(m.open) - 1; i >= 0; i-- {
		if fn := m.open[i].fn; softirqs[fn] {
			for _, f := range m.open[i:] {
				x.Chain = append(x.Chain, f.fn.String())
			}
			break
		}
	}
	if x.Chain == nil {
		for _, f := range m.open {
			x.Chain = append(x.Chain, f.fn.String())
		}
	}
	h.Steps = append(h.Steps, x)
	return &h.Steps[len(h.Steps)-1].Step
}

// otherThanModel are those settings that the model begins with otherwise and
// can take over.
func otherThanModel(all map[string]string) map[string]string {
	w := stack.NewWorld(1)
	h := w.AddHost("host")
	l := lab.NewLab(w, h)
	out := map[string]string{}
	for _, k := range sortedKeys(all) {
		if perBoot.MatchString(k) {
			continue
		}
		s := l.At(h, "sysctl -n "+k)
		if s.Status == 0 && strings.Join(strings.Fields(s.Out), " ") != all[k] {
			out[k] = all[k]
		}
	}
	return out
}

// perBoot are settings that are no settings: counts, and what is drawn when the
// machine boots.
var perBoot = regexp.MustCompile(`nf_conntrack_count|fastopen_key|random|uuid|stable_secret|netdev_rss_key|flow_limit|conf\.all\.forwarding|ip_forward$`)
