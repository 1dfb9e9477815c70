package view

import (
	"fmt"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ssStates are the states as ss names them.
var ssStates = map[uint64]string{1: "ESTAB", 2: "SYN-SENT", 3: "SYN-RECV", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "UNCONN", 8: "CLOSE-WAIT",
	9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN-RECV"}

const (
	tcpListen = 10
	tcpClose  = 7
	protoTCP  = 6
	protoUDP  = 17
)

// endpoint is an address and a port as ss has them.
func endpoint(a wire.Addr, port uint64) string {
	p := "*"
	if port != 0 {
		p = strconv.FormatUint(port, 10)
	}
	switch {
	case a.IsZero():
		return "*:" + p
	case a.Is4():
		return a.String() + ":" + p
	}
	return "[" + a.String() + "]:" + p
}

func netid(proto, port uint64) string {
	switch proto {
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	}
	if (proto == 1 || proto == 58) && port != 0 && port != proto {
		return "icmp"
	}
	return "raw"
}

// sockets are those that have been seen, as ss shows them; half-open and
// TIME_WAIT connections too.
func (t *tabler) sockets() Table {
	tb := Table{Kind: "sockets", Title: "sockets", Tool: "ss -tuwanm", Columns: []string{"Netid", "State", "Recv-Q", "Send-Q", "Local", "Peer", "rcvbuf", "sndbuf"},
		Empty: "no socket has been seen yet"}
	here := t.first(step.KindSock)
	t.alive(step.KindSock, func(o *object) {
		if len(tb.Rows) >= 4*maxRows && o.id != here {
			return
		}
		if r, ok := t.socket(o.id); ok {
			r.Here = o.id == here
			tb.Rows = append(tb.Rows, r)
		}
	})
	for _, k := range [...]step.Kind{step.KindReq, step.KindTW} {
		hand := t.first(k)
		t.alive(k, func(o *object) {
			if len(tb.Rows) >= 8*maxRows && o.id != hand {
				return
			}
			r := t.small(o)
			r.Here = o.id == hand
			tb.Rows = append(tb.Rows, r)
		})
	}
	t.byTuple(tb.Rows)
	handFirst(tb.Rows)
	return tb
}

// byTuple marks the socket of the packet's own connection, if the step is about
// no socket.
func (t *tabler) byTuple(rows []TRow) {
	for _, r := range rows {
		if r.Here {
			return
		}
	}
	pkt := int(t.pkt(t.n))
	if pkt == 0 || pkt > t.k.Indexed() || t.sc.Lit != UpTransport && t.sc.Lit != DownTransport {
		return
	}
	f, err := t.k.Frame(pkt - 1)
	if err != nil {
		return
	}
	e := tupleOf(f.Data, wire.LinkKind(f.Link))
	if t.k.Packet(pkt-1).Landmarks&MarkOut == 0 {
		e.local, e.peer, e.lport, e.pport = e.peer, e.local, e.pport, e.lport
	}
	for i := range rows {
		c := rows[i].Cells
		rows[i].Here = c[0].Text == netid(uint64(e.proto), 0) && c[4].Text == endpoint(e.local, uint64(e.lport)) && c[5].Text == endpoint(e.peer, uint64(e.pport))
	}
}

// socket is the row of a full socket; none for one that is closed and let go, or
// stands in no table: the kernel's own, and one without a port (ss lists neither).
func (t *tabler) socket(id uint32) (TRow, bool) {
	const k = step.KindSock
	state, proto := t.val(id, k, step.SockState), t.val(id, k, step.SockProto)
	lport := t.val(id, k, step.SockSport)
	if state == 0 || lport == 0 || state == tcpClose && (proto == protoTCP || t.val(id, k, step.SockDead) != 0) {
		return TRow{}, false
	}
	var rq, sq TCell
	switch {
	case state == tcpListen:
		rq, sq = t.cell(id, k, step.SockAcceptQ), t.cell(id, k, step.SockAcceptMax)
	case proto == protoTCP:
		rq = t.with(strconv.Itoa(max(0, int(int32(t.val(id, k, step.TCPRcvNxt)-t.val(id, k, step.TCPCopiedSeq))))), id, k, step.TCPRcvNxt)
		sq = t.with(strconv.Itoa(max(0, int(int32(t.val(id, k, step.TCPWriteSeq)-t.val(id, k, step.TCPSndUna))))), id, k, step.TCPSndUna)
	default:
		rq = t.cell(id, k, step.SockRmem)
		sq = t.with(strconv.Itoa(max(0, int(t.val(id, k, step.SockWmem))-1)), id, k, step.SockWmem)
	}
	st := t.with(ssStates[state], id, k, step.SockState)
	sent, sentAt := t.val(id, k, step.SockWmemQueued), step.SockWmemQueued
	if proto != protoTCP {
		sent, sentAt = uint64(max(0, int(t.val(id, k, step.SockWmem))-1)), step.SockWmem
	}
	return TRow{Cells: []TCell{text(netid(proto, lport)), st, rq, sq,
		t.with(endpoint(t.addr(id, k, step.SockSaddr), lport), id, k, step.SockSport),
		t.with(endpoint(t.addr(id, k, step.SockDaddr), t.val(id, k, step.SockDport)), id, k, step.SockDport),
		t.full(t.val(id, k, step.SockRmem), t.val(id, k, step.SockRcvBuf), id, k, step.SockRmem),
		t.full(sent, t.val(id, k, step.SockSndBuf), id, k, sentAt)}}, true
}

// small is the row of a request or of a TIME_WAIT socket.
func (t *tabler) small(o *object) TRow {
	e := t.ends(o)
	local, peer := "?", "?"
	if e.lport != 0 {
		local, peer = endpoint(e.local, uint64(e.lport)), endpoint(e.peer, uint64(e.pport))
	}
	st := text("SYN-RECV")
	if o.kind == step.KindTW {
		sub := t.val(o.id, o.kind, step.TWSubstate)
		st = t.with(ssStates[sub], o.id, o.kind, step.TWSubstate)
	} else {
		st.Obj, st.Field = o.id, step.Fields(step.KindReq)[step.ReqISN].Name
		peer = endpoint(t.addr(o.id, step.KindReq, step.ReqDaddr), t.val(o.id, step.KindReq, step.ReqDport))
	}
	return TRow{Cells: []TCell{text("tcp"), st, text("0"), text("0"), text(local), text(peer), text(""), text("")}}
}

// tcp is what ss -ti tells of the connection at hand, sending on the left and
// receiving on the right.
func (t *tabler) tcp() Table {
	tb := Table{Kind: "tcp", Title: "the TCP connection", Tool: "ss -ti", Columns: []string{"sending", "", "receiving", ""}, Empty: "no TCP connection is at hand"}
	const k = step.KindSock
	id := t.first(k)
	if id == 0 || t.val(id, k, step.SockProto) != protoTCP || t.val(id, k, step.SockState) == tcpListen {
		return tb
	}
	v := func(i int) uint64 { return t.val(id, k, i) }
	plus := func(i, from int) TCell {
		c := t.cell(id, k, i)
		if d := int32(v(i) - v(from)); d > 0 && v(from) != 0 {
			c.Text += fmt.Sprintf(" (+%d)", d)
		}
		return c
	}
	row := func(left string, l TCell, right string, r TCell) {
		tb.Rows = append(tb.Rows, TRow{Here: l.New || r.New, Cells: []TCell{text(left), l, text(right), r}})
	}
	row("snd_una", t.cell(id, k, step.TCPSndUna), "rcv_nxt", t.unless0(id, step.TCPRcvNxt))
	row("snd_nxt", plus(step.TCPSndNxt, step.TCPSndUna), "copied_seq", t.unless0(id, step.TCPCopiedSeq))
	row("write_seq", plus(step.TCPWriteSeq, step.TCPSndNxt), "rcv_wnd", t.cell(id, k, step.TCPRcvWnd))
	row("snd_wnd", t.cell(id, k, step.TCPSndWnd), "rcv_ssthresh", t.cell(id, k, step.TCPRcvSsthresh))
	row("cwnd", t.cell(id, k, step.TCPSndCwnd), "rcvmss", t.cell(id, k, step.TCPRcvMss))
	row("ssthresh", t.cell(id, k, step.TCPSsthresh), "ato", t.unless0(id, step.TCPAto))
	row("unacked", t.cell(id, k, step.TCPPacketsOut), "out of order", t.cell(id, k, step.TCPOooLen))
	row("retrans", t.with(fmt.Sprintf("%d/%d", v(step.TCPRetransOut), v(step.TCPTotalRetrans)), id, k, step.TCPTotalRetrans), "ack_pending", t.cell(id, k, step.TCPAckPending))
	row("lost, sacked", t.with(fmt.Sprintf("%d, %d", v(step.TCPLostOut), v(step.TCPSackedOut)), id, k, step.TCPLostOut), "mss", t.cell(id, k, step.TCPMss))
	row("rtt", t.with(micros(v(step.TCPSrttUs)/8), id, k, step.TCPSrttUs), "rttvar (rto)", t.with(micros(v(step.TCPRttvarUs)), id, k, step.TCPRttvarUs))
	row("rto", t.cell(id, k, step.TCPRto), "wscale", t.with(fmt.Sprintf("%d,%d", v(step.TCPSndWscale), v(step.TCPRcvWscale)), id, k, step.TCPSndWscale))
	row("timer", t.timer(id), "congestion", t.cell(id, k, step.TCPCaState))
	return tb
}

// unless0 is a field, or a dash if it is 0.
func (t *tabler) unless0(id uint32, i int) TCell {
	c := t.cell(id, step.KindSock, i)
	if t.val(id, step.KindSock, i) == 0 {
		c.Text = "-"
	}
	return c
}

// micros is a time in µs as ss writes it, in milliseconds.
func micros(us uint64) string { return strconv.FormatFloat(float64(us)/1000, 'f', -1, 64) + " ms" }

var timerNames = map[uint64]string{1: "retransmit", 3: "window probe", 5: "loss probe", 6: "reordering"}

// timer is what the write timer waits for, and when it ends.
func (t *tabler) timer(id uint32) TCell {
	const k = step.KindSock
	p := t.val(id, k, step.TCPTimer)
	if p == 0 {
		return t.with("off", id, k, step.TCPTimer)
	}
	name := timerNames[p]
	if name == "" {
		name = strconv.FormatUint(p, 10)
	}
	left := int64(t.val(id, k, step.TCPTimerAt)) - step.Start(t.names) - int64(t.e.At)
	return t.with(name+" in "+step.Dur.Format(0, uint64(max(0, left)), t.names), id, k, step.TCPTimer)
}
