package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/device"
)

// ethtool -x, -X, -n and -N rx-flow-hash: how a card spreads what comes in over its
// queues. Of the devices that there are only igb has several queues to spread over.

// flow is what the four commands say of a device that does not know them, or is not
// there.
func (e *ethCmd) flow(op, why string) int {
	p, hash := e.p, len(e.w) > 0 && e.w[0] == "rx-flow-hash"
	switch {
	case op == "-x":
		if len(e.w) > 0 && (len(e.w) != 2 || e.w[0] != "context" || !isNumber(e.w[1])) {
			return e.bad()
		}
	case op == "-X":
		if _, st := e.parseRSS(); st != 0 {
			return st
		}
	case hash && !e.flowWords(op):
		return e.bad()
	case hash && (op == "-n" || op == "-u"):
		p.errf("Cannot get RX network flow hashing options: %s\n", why)
		return 1
	case hash:
		p.errf("Cannot change RX network flow hashing options: %s\n", why)
		return 0
	case len(e.w) == 0 && (op == "-n" || op == "-u"):
		p.errf("Cannot get RX rings: %s\nrxclass: Cannot get RX class rule count: %s\nRX classification rule retrieval failed\n", why, why)
		return 1
	default:
		return e.flowRules(op)
	}
	p.errf("Cannot get RX ring count: %s\n", why)
	return 1
}

// flowRules are the other words of -n and -N: filters of the flow director.
func (e *ethCmd) flowRules(op string) int {
	if (op == "-N" || op == "-U") && len(e.w) >= 2 && (e.w[0] == "flow-type" || e.w[0] == "delete") || (op == "-n" || op == "-u") && len(e.w) == 2 && e.w[0] == "rule" {
		e.p.errf("not modelled: ethtool %s %s\n", op, e.w[0])
		return 1
	}
	return e.bad()
}

// bad is exit_bad_args.
func (e *ethCmd) bad() int {
	e.p.errf(ethtoolBad)
	return 1
}

// showRSS is -x (do_grxfh).
func (e *ethCmd) showRSS() int {
	if e.nic == nil || len(e.w) > 0 && e.w[0] != "context" {
		return e.flow("-x", "Operation not supported")
	}
	p := e.p
	if len(e.w) > 0 {
		if len(e.w) != 2 || !isNumber(e.w[1]) {
			return e.bad()
		}
		p.errf("Cannot get RX flow hash indir size and/or key size: Operation not supported\n")
		return 1
	}
	p.outf("RX flow hash indirection table for %s with %d RX ring(s):\n", e.d.Name, e.nic.Queues())
	t, _ := e.nic.Indirection()
	var b strings.Builder
	for i, q := range t {
		if i%8 == 0 {
			b.WriteString(pad(i, 5) + ": ")
		}
		b.WriteString(" " + pad(int(q), 5))
		if i%8 == 7 {
			b.WriteByte('\n')
		}
	}
	p.out(b.String())
	p.out("RSS hash key:\nOperation not supported\nRSS hash function:\n    toeplitz: on\n    xor: off\n    crc32: off\n")
	return 0
}

// pad is %5u.
func pad(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat(" ", max(0, width-len(s))) + s
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 0, 31)
	return err == nil
}

// An rssReq is what the words of -X ask for.
type rssReq struct {
	equal, start  int
	weights       []int
	standard      bool
	hkey, hfunc   string
	context, drop bool
}

// parseRSS reads the words of -X; status 0 is success.
func (e *ethCmd) parseRSS() (r rssReq, status int) {
	w := e.w
	if len(w) == 0 {
		return r, e.bad()
	}
	number := func(i, least int) (int, bool) {
		if i >= len(w) {
			return 0, false
		}
		n, err := strconv.ParseInt(w[i], 0, 32)
		return int(n), err == nil && int(n) >= least
	}
	ok := true
	for i := 0; i < len(w) && ok; i++ {
		switch w[i] {
		case "equal":
			i++
			r.equal, ok = number(i, 1)
		case "start":
			i++
			r.start, ok = number(i, 0)
		case "weight":
			for i+1 < len(w) && w[i+1] != "" && w[i+1][0] >= '0' && w[i+1][0] <= '9' && ok {
				i++
				n := 0
				n, ok = number(i, 0)
				r.weights = append(r.weights, n)
			}
			ok = ok && len(r.weights) > 0
		case "hkey", "hfunc":
			if i++; i >= len(w) {
				ok = false
			} else if w[i-1] == "hkey" {
				r.hkey = w[i]
			} else {
				r.hfunc = w[i]
			}
		case "default":
			r.standard = true
		case "context":
			i++
			r.context = true
			if ok = i < len(w); ok && w[i] != "new" {
				_, ok = number(i, 1)
			}
		case "delete":
			r.drop = true
		default:
			ok = false
		}
	}
	if !ok {
		return r, e.bad()
	}
	words := r.clash()
	if words != "" {
		e.p.errf("%s\n", words)
		return r, 1
	}
	return r, 0
}

// clash names two wishes that do not go together.
func (r *rssReq) clash() string {
	weight := len(r.weights) > 0
	for _, c := range [...]struct {
		both bool
		say  string
	}{
		{r.equal > 0 && weight, "Equal and weight options are mutually exclusive"},
		{r.equal > 0 && r.standard, "Equal and default options are mutually exclusive"},
		{weight && r.standard, "Weight and default options are mutually exclusive"},
		{r.start > 0 && r.standard, "Start and default options are mutually exclusive"},
		{r.start > 0 && r.equal == 0 && !weight, "Start must be used with equal or weight options"},
		{r.standard && r.context, "Default and context options are mutually exclusive"},
		{r.drop && !r.context, "Delete option requires context option"},
		{r.drop && weight, "Delete and weight options are mutually exclusive"},
		{r.drop && r.equal > 0, "Delete and equal options are mutually exclusive"},
		{r.drop && r.hkey != "", "Delete and hkey options are mutually exclusive"},
	} {
		if c.both {
			return c.say
		}
	}
	return ""
}

// setRSS is -X (do_srxfh).
func (e *ethCmd) setRSS() int {
	if e.nic == nil {
		return e.flow("-X", "Operation not supported")
	}
	r, st := e.parseRSS()
	if st != 0 {
		return st
	}
	p := e.p
	cannot := func(why string) int {
		p.errf("Cannot set RX flow hash configuration: %s\n", why)
		return 1
	}
	if r.hkey != "" { // igb has no get_rxfh_key_size
		p.errf("Cannot set RX flow hash configuration:\n Hash key setting not supported\n")
		return 1
	}
	if r.hfunc != "" && r.hfunc != "toeplitz" && r.hfunc != "xor" && r.hfunc != "crc32" {
		p.errf("Unknown hash function: %s\n", r.hfunc)
		return 1
	}
	t, byUser := e.nic.Indirection()
	if !e.fillRSS(&r, &t) {
		return 1
	}
	if r.context || r.hfunc != "" && r.hfunc != "toeplitz" {
		return cannot("Operation not supported")
	}
	if r.equal > 0 || len(r.weights) > 0 {
		byUser = true
	} else if r.standard {
		byUser = false
	}
	if !e.nic.SetIndirection(&t, byUser) {
		return cannot("Invalid argument")
	}
	return 0
}

// fillRSS is fill_indir_table, and the kernel's own table for default
// (ethtool_rxfh_indir_default).
func (e *ethCmd) fillRSS(r *rssReq, t *[device.RetaSize]uint8) bool {
	set := func(i, queue int) { t[i] = uint8(min(queue, 255)) }
	switch {
	case r.equal > 0:
		for i := range t {
			set(i, r.start+i%r.equal)
		}
	case len(r.weights) > 0:
		sum, part, j := 0, 0, -1
		for _, w := range r.weights {
			sum += w
		}
		if sum == 0 {
			e.p.errf("At least one weight must be non-zero\n")
			return false
		}
		if sum > len(t) {
			e.p.errf("Total weight exceeds the size of the indirection table\n")
			return false
		}
		for i := range t {
			for i >= len(t)*part/sum {
				j++
				part += r.weights[j]
			}
			set(i, r.start+j)
		}
	case r.standard:
		for i := range t {
			set(i, i%e.nic.Queues())
		}
	}
	return true
}

// flowTypes are the words of rxflow_str_to_type that the program of the recorded machine
// knows, what each is called, and whether igb hashes ports of it by default.
var flowTypes = map[string]struct {
	name  string
	ports bool
}{
	"tcp4": {"TCP over IPV4", true}, "udp4": {"UDP over IPV4", false}, "sctp4": {"SCTP over IPV4", false}, "ah4": {"IPSEC AH/ESP over IPV4", false},
	"esp4": {"IPSEC AH/ESP over IPV4", false}, "tcp6": {"TCP over IPV6", true}, "udp6": {"UDP over IPV6", false}, "sctp6": {"SCTP over IPV6", false},
	"ah6": {"IPSEC AH/ESP over IPV6", false}, "esp6": {"IPSEC AH/ESP over IPV6", false}, "ether": {"", false},
}

// flowFields are the letters of parse_rxfhashopts, and what they stand for.
const flowFields = "mvtsdfnr"

// flowWords reports whether the words behind rx-flow-hash make sense.
func (e *ethCmd) flowWords(op string) bool {
	set := op == "-N" || op == "-U"
	n := 2 + b2i(set)
	if len(e.w) == n+2 && e.w[n] == "context" && isNumber(e.w[n+1]) {
		n += 2
	}
	if len(e.w) != n || flowTypes[e.w[1]].name == "" && e.w[1] != "ether" {
		return false
	}
	return !set || strings.Trim(e.w[2], flowFields) == ""
}

// showFlowHash is -n (do_grxclass).
func (e *ethCmd) showFlowHash() int {
	if e.nic == nil || len(e.w) > 0 && (e.w[0] != "rx-flow-hash" || !e.flowWords("-n")) {
		return e.flow("-n", "Operation not supported")
	}
	p := e.p
	if len(e.w) == 0 {
		p.outf("%d RX rings available\nTotal 0 rules\n\n", e.nic.Queues())
		return 0
	}
	t := flowTypes[e.w[1]]
	if len(e.w) > 2 || e.w[1] == "ether" {
		return e.flow("-n", map[bool]string{true: "Operation not supported", false: "Invalid argument"}[len(e.w) > 2])
	}
	ports := t.ports
	if u, ok := strings.CutPrefix(e.w[1], "udp"); ok {
		ports = e.nic.HashUDP(u == "6")
	}
	p.outf("%s flows use these fields for computing Hash flow key:\nIP SA\nIP DA\n", t.name)
	if ports {
		p.out("L4 bytes 0 & 1 [TCP/UDP src port]\nL4 bytes 2 & 3 [TCP/UDP dst port]\n")
	}
	p.out("\n")
	return 0
}

// setFlowHash is -N rx-flow-hash (do_srxclass, igb_set_rss_hash_opt). What the kernel
// refuses does not show in the exit status.
func (e *ethCmd) setFlowHash() int {
	if len(e.w) < 2 {
		return e.bad()
	}
	if e.nic == nil || e.w[0] != "rx-flow-hash" || !e.flowWords("-N") {
		return e.flow("-N", "Operation not supported")
	}
	has := func(c string) bool { return strings.Contains(e.w[2], c) }
	t := flowTypes[e.w[1]]
	u, udp := strings.CutPrefix(e.w[1], "udp")
	good := has("s") && has("d") && has("f") == has("n") && !strings.ContainsAny(e.w[2], "mvtr") && e.w[1] != "ether"
	if !udp {
		good = good && has("f") == t.ports
	}
	switch {
	case len(e.w) > 3:
		return e.flow("-N", "Operation not supported")
	case !good:
		return e.flow("-N", "Invalid argument")
	case udp:
		e.nic.SetHashUDP(u == "6", has("f"))
	}
	return 0
}
