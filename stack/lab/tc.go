package lab

import "strings"

func init() { extra["tc"] = tcTool }

const tcUsage = `Usage:	tc [ OPTIONS ] OBJECT { COMMAND | help }
	tc [-force] -batch filename
where  OBJECT := { qdisc | class | filter | chain |
		    action | monitor | exec }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[aw] |
		    -o[neline] | -j[son] | -p[retty] | -c[olor]
		    -b[atch] [filename] | -n[etns] name | -N[umeric] |
		     -nm | -nam[es] | { -cf | -conf } path
		     -br[ief] }
`

const tcQdiscUsage = `Usage: tc qdisc [ add | del | replace | change | show ] dev STRING
       [ handle QHANDLE ] [ root | ingress | clsact | parent CLASSID ]
       [ estimator INTERVAL TIME_CONSTANT ]
       [ stab [ help | STAB_OPTIONS] ]
       [ ingress_block BLOCK_INDEX ] [ egress_block BLOCK_INDEX ]
       [ [ QDISC_KIND ] [ help | OPTIONS ] ]

       tc qdisc { show | list } [ dev STRING ] [ QDISC_ID ] [ invisible ]
Where:
QDISC_KIND := { [p|b]fifo | tbf | prio | cbq | red | etc. }
OPTIONS := ... try tc qdisc add <desired QDISC_KIND> help
STAB_OPTIONS := ... try tc qdisc add stab help
QDISC_ID := { root | ingress | handle QHANDLE | parent CLASSID }
`

// tcKinds are disciplines that exist and that the model does not have.
const tcKinds = " hfsc mqprio multiq red gred choke fq_pie pie sfq sfb cake ets drr qfq cbs etf taprio plug skbprio hhf dualpi2 cbq dsmark atm teql "

// A tcCmd is one command line of tc(8) of iproute2 6.1.
type tcCmd struct {
	p           *Proc
	stats, json bool
	pretty      bool
	details     bool
	force       bool
}

func tcTool(p *Proc, a []string) int {
	c := &tcCmd{p: p}
	w := a[1:]
	for len(w) > 0 && strings.HasPrefix(w[0], "-") && len(w[0]) > 1 {
		o := w[0]
		w = w[1:]
		is := func(name string) bool { return strings.HasPrefix(name, o) }
		switch {
		case is("-force"):
			c.force = true
		case is("-netns"):
			if len(w) == 0 {
				p.errf("Command line is not complete. Try option \"help\"\n")
				return 255
			}
			s := p.lab.space(w[0])
			if s == nil {
				p.errf("Cannot open network namespace \"%s\": No such file or directory\n", w[0])
				return 255
			}
			p.host, w = s.host, w[1:]
		case is("-batch"):
			if len(w) == 0 {
				p.errf("Command line is not complete. Try option \"help\"\n")
				return 255
			}
			return runBatch(p, w[0], c.force, func(words []string) int {
				one := *c
				return one.object(words)
			})
		case o == "-j" || is("-json"):
			c.json = true
		case o == "-p" || is("-pretty"):
			c.pretty = true
		case is("-stats") || is("-statistics"):
			c.stats = true
		case is("-details"):
			c.details = true
		case is("-raw"), is("-oneline"), is("-iec"), is("-Numeric"), is("-names"), is("-brief"), is("-color"):
		case is("-Version"):
			p.out("tc utility, iproute2-6.1.0, libbpf 1.1.2\n")
			return 0
		case is("-timestamp"), is("-tshort"), is("-graph"), o == "-cf", is("-conf"):
			p.errf("not modelled: tc %s\n", o)
			return 1
		case is("-help"):
			p.out(tcUsage)
			return 0
		default:
			p.errf("Option \"%s\" is unknown, try \"tc -help\".\n", o)
			return 255
		}
	}
	if len(w) == 0 {
		p.out(tcUsage)
		return 0
	}
	return c.object(w)
}

// object is do_cmd: one command, without the options in front of it.
func (c *tcCmd) object(w []string) int {
	p, obj := c.p, w[0]
	for _, x := range []string{"qdisc", "class", "filter", "chain", "actions", "monitor", "exec", "help"} {
		if !strings.HasPrefix(x, obj) {
			continue
		}
		switch x {
		case "qdisc":
			return c.qdisc(w[1:])
		case "class":
			return c.class(w[1:])
		case "filter":
			return c.filter(w[1:])
		case "chain":
			return c.chain(w[1:])
		case "actions":
			return c.actions(w[1:])
		case "help":
			p.out(tcUsage)
			return 0
		}
		p.errf("not modelled: tc %s\n", x)
		return 1
	}
	p.errf("Object \"%s\" is unknown, try \"tc help\".\n", obj)
	return 255
}
