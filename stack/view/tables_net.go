package view

import (
	"fmt"
	"strconv"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A took is the route that a lookup chose.
type took struct {
	six   bool
	table uint32
	dst   wire.Addr
	plen  int
}

// lookupResult reads the destination and the route out of the sentence of a
// lookup.
func lookupResult(l *trace.Log, e *trace.Event) (dst wire.Addr, r took, ok bool) {
	a := l.WhyArgs(e)
	switch e.Why {
	case step.WhyRouteLocal, step.WhyRouteBroadcast, step.WhyRouteLink, step.WhyRouteGateway:
		return wire.IP4(a[0]).Addr(), took{table: uint32(a[3]), dst: wire.IP4(a[1]).Addr(), plen: int(a[2])}, true
	case step.WhyRouteReject:
		return wire.IP4(a[0]).Addr(), took{table: uint32(a[4]), dst: wire.IP4(a[1]).Addr(), plen: int(a[2])}, true
	case step.WhyFib6Found:
		return wire.Addr{Hi: a[1], Lo: a[2]}, took{six: true, table: uint32(a[0]), dst: wire.Addr{Hi: a[3], Lo: a[4]}, plen: int(a[5])}, true
	}
	return dst, r, false
}

// notItsWay are the functions whose lookups are not about where the packet goes.
var notItsWay = map[string]bool{"fib_validate_source": true, "__fib_validate_source": true, "__inet_dev_addr_type": true, "icmp_route_lookup": true, "inet_addr_type": true}

// routeTaken is the route that the last lookup up to here found for the
// destination of the packet at hand: this packet's own lookup, or the one whose
// result the connection keeps. If this step is a lookup, it is that.
func (t *tabler) routeTaken() (took, bool) {
	if _, r, ok := lookupResult(t.log, t.e); ok && t.e.Kind == trace.Call {
		return r, true
	}
	if !t.routed() {
		return took{}, false
	}
	dst := t.destination()
	list := t.objectsOf(t.log).lookups
	for i := len(list) - 1; i >= 0 && !dst.IsZero(); i-- {
		if list[i].event <= t.story[t.n] && list[i].dst == dst {
			return list[i].took, true
		}
	}
	return took{}, false
}

// routed reports whether it is decided by now which way the packet goes.
func (t *tabler) routed() bool {
	for id := DownRoute; id <= DownWire; id++ {
		if t.sc.Stages[id].Visited && id != DownRing { // the transmit ring is looked at in every poll
			return true
		}
	}
	return t.sc.Stages[UpRoute].Visited
}

// destination is that of the packet at hand: of its buffer, or of its frame.
func (t *tabler) destination() wire.Addr {
	if id := t.first(step.KindSKB); id != 0 {
		if a := t.addr(id, step.KindSKB, step.SKBDaddr); !a.IsZero() {
			return a
		}
	}
	for i := range t.sc.Headers {
		h := &t.sc.Headers[i]
		if (h.Name == "IPv4" || h.Name == "IPv6") && h.To <= len(t.sc.Bytes) && h.To-h.From >= 20 {
			_, dst := addrsOf(h.Name, t.sc.Bytes[h.From:h.To])
			return dst
		}
	}
	return wire.Addr{}
}

// routes are those of the host, the one that the packet took marked.
func (t *tabler) routes() Table {
	tb := Table{Kind: "routes", Title: "routes", Tool: "ip route show table all", Columns: []string{"to", "via", "dev", "table", "scope", "src"}, Empty: "this walk tells no routes"}
	conf := t.config()
	if conf == nil {
		return tb
	}
	taken, ok := t.routeTaken()
	six := ok && taken.six || !ok && t.sixAtHand()
	for i := range conf.Routes {
		r := &conf.Routes[i]
		if r.Six != six {
			continue
		}
		tb.Rows = append(tb.Rows, TRow{Here: ok && r.Table == taken.table && r.Dst == taken.dst && r.Plen == taken.plen, Cells: []TCell{
			text(routeTo(r)), text(addrOrDash(r.Gateway)), text(t.dev(r.Dev)), text(step.Table.Format(0, uint64(r.Table), nil)), text(scopeOf(r)), text(addrOrDash(r.Src))}})
	}
	if six {
		tb.Tool = "ip -6 route show table all"
	}
	handFirst(tb.Rows)
	return tb
}

// sixAtHand reports whether the packet at hand is IPv6.
func (b *builder) sixAtHand() bool {
	for i := range b.sc.Headers {
		switch b.sc.Headers[i].Name {
		case "IPv6":
			return true
		case "IPv4", "ARP":
			return false
		}
	}
	return false
}

func (t *tabler) dev(i int) string {
	if i == 0 {
		return "-"
	}
	return t.names.DevName(i)
}

func addrOrDash(a wire.Addr) string {
	if a.IsZero() {
		return "-"
	}
	return a.String()
}

// routeTo is the destination as ip route writes it, with the type before it.
func routeTo(r *stack.RouteConfig) string {
	full, to := 32, r.Dst.String()
	if r.Six {
		full = 128
	}
	switch {
	case r.Plen == 0:
		to = "default"
	case r.Plen != full:
		to += "/" + strconv.Itoa(r.Plen)
	}
	if r.Type != 1 {
		to = step.Route.Format(0, uint64(r.Type), nil) + " " + to
	}
	return to
}

// scopeOf is the scope as ip route writes it; IPv6 routes have none.
func scopeOf(r *stack.RouteConfig) string {
	switch {
	case r.Six:
		return "-"
	case r.Scope == 0:
		return "global"
	case r.Scope == 253:
		return "link"
	case r.Scope == 254:
		return "host"
	case r.Scope == 255:
		return "nowhere"
	}
	return step.Scope.Format(0, uint64(r.Scope), nil)
}

// queues are the places where packets wait: the devices' queues, neighbours
// that are being asked for, fragments, sockets.
func (t *tabler) queues() Table {
	tb := Table{Kind: "queues", Title: "where packets wait", Tool: "tc -s qdisc, ip -s neigh, ss -tlm", Columns: []string{"queue", "waiting", "", "refused"}, Empty: "no queue has been used yet"}
	t.qdiscs(&tb)
	t.alive(step.KindNeigh, func(o *object) {
		const k = step.KindNeigh
		if n, made := t.get(o.id, k, step.NeighQueueLen); n > 0 || made {
			tb.Rows = append(tb.Rows, t.queue("for "+t.addr(o.id, k, step.NeighKey).String()+"'s link address", o.id,
				t.with(several(n, "packet"), o.id, k, step.NeighQueueLen), text(""), text("-")))
		}
	})
	t.alive(step.KindFrag, func(o *object) {
		const k = step.KindFrag
		meat, all := t.val(o.id, k, step.FragMeat), t.val(o.id, k, step.FragLen)
		tb.Rows = append(tb.Rows, t.queue("fragments of one packet", o.id, t.with(several(t.val(o.id, k, step.FragCount), "fragment"), o.id, k, step.FragCount),
			t.with(strconv.FormatUint(meat, 10)+" of "+strconv.FormatUint(all, 10)+" bytes", o.id, k, step.FragMeat), text("-")))
	})
	t.alive(step.KindSock, func(o *object) { t.sockQueues(&tb, o.id) })
	handFirst(tb.Rows)
	return tb
}

func (t *tabler) queue(name string, id uint32, cells ...TCell) TRow {
	r := TRow{Cells: append([]TCell{text(name)}, cells...)}
	for _, h := range t.hand {
		r.Here = r.Here || h == id
	}
	return r
}

func several(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatUint(n, 10) + " " + what
}

func (t *tabler) qdiscs(tb *Table) {
	const k = step.KindQdisc
	conf := t.config()
	t.alive(k, func(o *object) {
		name, limit := "a device's queue", uint64(0)
		if conf != nil {
			for _, q := range conf.Queues {
				if q.ID == o.id {
					name, limit = fmt.Sprintf("%s of %s", q.Name, t.names.DevName(q.Dev)), uint64(q.Limit)
				}
			}
		}
		tb.Rows = append(tb.Rows, t.queue(name, o.id, t.full(t.val(o.id, k, step.QdiscLen), limit, o.id, k, step.QdiscLen),
			t.with(several(t.val(o.id, k, step.QdiscBacklog), "byte"), o.id, k, step.QdiscBacklog), t.cell(o.id, k, step.QdiscDrops)))
	})
}

// sockQueues are the queues of one socket that hold something, or may.
func (t *tabler) sockQueues(tb *Table, id uint32) {
	const k = step.KindSock
	state := t.val(id, k, step.SockState)
	name := endpoint(t.addr(id, k, step.SockSaddr), t.val(id, k, step.SockSport))
	if state == tcpListen {
		tb.Rows = append(tb.Rows, t.queue("accept queue of "+name, id, t.full(t.val(id, k, step.SockAcceptQ), t.val(id, k, step.SockAcceptMax)+1, id, k, step.SockAcceptQ), text(""), text("-")))
		return
	}
	if n, made := t.get(id, k, step.SockRcvQueue); n > 0 || made {
		tb.Rows = append(tb.Rows, t.queue("to be read from "+name, id, t.with(several(n, "packet"), id, k, step.SockRcvQueue),
			t.full(t.val(id, k, step.SockRmem), t.val(id, k, step.SockRcvBuf), id, k, step.SockRmem), t.cell(id, k, step.SockDrops)))
	}
	if t.val(id, k, step.SockProto) == protoTCP {
		if n, made := t.get(id, k, step.TCPOooLen); n > 0 || made {
			tb.Rows = append(tb.Rows, t.queue("behind a hole, "+name, id, t.with(several(n, "segment"), id, k, step.TCPOooLen), text(""), text("-")))
		}
		if n, made := t.get(id, k, step.SockWmemQueued); n > 0 || made {
			tb.Rows = append(tb.Rows, t.queue("to be acknowledged, "+name, id, t.with(several(t.val(id, k, step.TCPPacketsOut), "segment"), id, k, step.TCPPacketsOut),
				t.full(n, t.val(id, k, step.SockSndBuf), id, k, step.SockWmemQueued), text("-")))
		}
	}
	if n, made := t.get(id, k, step.SockBacklog); n > 0 || made {
		tb.Rows = append(tb.Rows, t.queue("backlog of "+name, id, t.with(several(n, "byte"), id, k, step.SockBacklog), text(""), text("-")))
	}
}
