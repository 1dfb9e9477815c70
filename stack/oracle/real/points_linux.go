package real

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// A point is a tracepoint and what is read when it fires, one line each:
//
//	name = argument struct.member>struct.member :bytes
//
// Every > follows a pointer. Without a member the argument itself is taken.
type point struct {
	name string
	read string
}

const skbReads = `
	skb      = skb
	devns    = skb sk_buff.dev>net_device.nd_net.net>net.ns.inum :4
	dev      = skb sk_buff.dev>net_device.name :16
	skns     = skb sk_buff.sk>sock.__sk_common.skc_net.net>net.ns.inum :4
	skfam    = skb sk_buff.sk>sock.__sk_common.skc_family :2
	len      = skb sk_buff.len :4
	mark     = skb sk_buff.mark :4
	proto    = skb sk_buff.protocol :2
	net      = skb sk_buff.network_header :2
	tail     = skb sk_buff.tail :4
	head     = skb sk_buff.head :8
	data     = skb sk_buff.data :8
	type     = skb sk_buff.pkt_type :1
	nfct     = skb sk_buff._nfct :8
	ctstatus = skb sk_buff._nfct&nf_conn.status :4
	ctproto  = skb sk_buff._nfct&nf_conn.tuplehash.tuple.dst.protonum :1
	cttcp    = skb sk_buff._nfct&nf_conn.proto.tcp.state :1
	gsosize  = skb +shinfo skb_shared_info.gso_size :2
	gsosegs  = skb +shinfo skb_shared_info.gso_segs :2
	gsotype  = skb +shinfo skb_shared_info.gso_type :4
	packet   = skb +network :160
	bytes    = skb +data :160`

const skReads = `
	skns   = sk sock.__sk_common.skc_net.net>net.ns.inum :4
	skfam  = sk sock.__sk_common.skc_family :2
	saddr  = sk sock.__sk_common.skc_rcv_saddr :4
	daddr  = sk sock.__sk_common.skc_daddr :4
	saddr6 = sk sock.__sk_common.skc_v6_rcv_saddr :16
	daddr6 = sk sock.__sk_common.skc_v6_daddr :16
	sport  = sk sock.__sk_common.skc_num :2
	dport  = sk sock.__sk_common.skc_dport :2
	skproto = sk sock.sk_protocol :2
	sktype = sk sock.sk_type :2`

const neighReads = `
	devns = n|neigh neighbour.dev>net_device.nd_net.net>net.ns.inum :4
	dev   = n|neigh neighbour.dev>net_device.name :16
	state = n|neigh neighbour.nud_state :1
	queue = n|neigh neighbour.arp_queue.qlen :4
	family = n|neigh neighbour.tbl>neigh_table.family :4
	key   = n|neigh neighbour.primary_key :16`

var points = []point{
	{"netif_receive_skb", skbReads},
	{"net_dev_queue", skbReads},
	{"kfree_skb", skbReads + "\nlocation = location\nreason = reason"},
	{"consume_skb", skbReads + "\nlocation = location"},
	{"icmp_send", skbReads + "\nicmptype = type\ncode = code"},
	{"fib_table_lookup", `
		table = tb_id
		err   = err
		found = nhc
		src   = flp flowi4.saddr :4
		dst   = flp flowi4.daddr :4
		oif   = flp flowi4.__fl_common.flowic_oif :4
		iif   = flp flowi4.__fl_common.flowic_iif :4
		mark  = flp flowi4.__fl_common.flowic_mark :4
		tos   = flp flowi4.__fl_common.flowic_dscp :1
		ipproto = flp flowi4.__fl_common.flowic_proto :1
		sport = flp flowi4.uli.ports.sport :2
		dport = flp flowi4.uli.ports.dport :2
		devns = nhc fib_nh_common.nhc_dev>net_device.nd_net.net>net.ns.inum :4
		dev   = nhc fib_nh_common.nhc_dev>net_device.name :16
		gwfam = nhc fib_nh_common.nhc_gw_family :1
		gw    = nhc fib_nh_common.nhc_gw.ipv4 :4
		gw6   = nhc fib_nh_common.nhc_gw.ipv6 :16
		scope = nhc fib_nh_common.nhc_scope :1`},
	{"fib6_table_lookup", `
		devns = net net.ns.inum :4
		table = table fib6_table.tb6_id :4
		src   = flp flowi6.saddr :16
		dst   = flp flowi6.daddr :16
		oif   = flp flowi6.__fl_common.flowic_oif :4
		iif   = flp flowi6.__fl_common.flowic_iif :4
		mark  = flp flowi6.__fl_common.flowic_mark :4
		ipproto = flp flowi6.__fl_common.flowic_proto :1
		rtype = res fib6_result.fib6_type :4
		dev   = res fib6_result.nh>fib6_nh.nh_common.nhc_dev>net_device.name :16
		gwfam = res fib6_result.nh>fib6_nh.nh_common.nhc_gw_family :1
		gw    = res fib6_result.nh>fib6_nh.nh_common.nhc_gw.ipv6 :16
		prefix = res fib6_result.f6i>fib6_info.fib6_dst.addr :16
		plen  = res fib6_result.f6i>fib6_info.fib6_dst.plen :4`},
	{"neigh_create", neighReads + "\nwanted = pkey * :16\nfordevns = dev net_device.nd_net.net>net.ns.inum :4\nexempt = exempt_from_gc\ntblfam = tbl neigh_table.family :4"},
	{"neigh_update", neighReads + "\nnew = new"},
	{"neigh_update_done", neighReads},
	{"neigh_timer_handler", neighReads},
	{"neigh_event_send_done", neighReads},
	{"neigh_event_send_dead", neighReads},
	{"inet_sock_set_state", skReads + "\nold = oldstate\nnew = newstate"},
	{"inet_sk_error_report", skReads + "\nerr = sk sock.sk_err :4"},
	{"sk_data_ready", skReads},
	{"tcp_cong_state_set", skReads + "\nca = ca_state"},
	{"tcp_retransmit_skb", skReads},
	{"tcp_retransmit_synack", skReads},
	{"tcp_send_reset", strings.ReplaceAll(skReads, "skns ", "skonlyns ") + "\nskb = skb\ndevns = skb sk_buff.dev>net_device.nd_net.net>net.ns.inum :4\nreason = reason"},
	{"br_fdb_update", `
		devns = br net_bridge.dev>net_device.nd_net.net>net.ns.inum :4
		dev   = source net_bridge_port.dev>net_device.name :16
		addr  = addr * :8`},
}

// A slot is a value in a record.
type slot struct {
	name      string
	at, size  int
	shift     int
	bits      int
	bigEndian bool
}

// A tap is a point that is attached.
type tap struct {
	name         string
	slots        []slot
	stack, nstk  int
	fd, link, id int
}

// Where the parts of every record stand.
const (
	recTime  = 0
	recPoint = 8
	recCPU   = 16
	recTID   = 24
	recComm  = 32
	recTask  = 48 // the namespace of the task
	recVals  = 56
)

type compiler struct {
	f      *btf
	p      prog
	args   []string
	at     int
	slots  []slot
	places map[string]int // "struct.member" to its place in the record
}

// compile makes the program of a point.
func compile(f *btf, pt point, id, ringFD, lostFD int) (prog, tap, error) {
	c := &compiler{f: f, at: recVals}
	var err error
	if c.args, err = f.args(pt.name); err != nil {
		return c.p, tap{}, err
	}
	var lines [][]string
	size := recVals
	for _, l := range strings.Split(pt.read, "\n") {
		if w := strings.Fields(l); len(w) > 0 {
			lines = append(lines, w)
			size += 16
			if strings.HasPrefix(w[len(w)-1], ":") {
				n, _ := strconv.Atoi(w[len(w)-1][1:])
				size += n
			}
		}
	}
	stack := (size + 15) &^ 7
	total := stack + 8 + 8*recordMaxStack
	c.p.begin(ringFD, lostFD, total)
	c.p.call(fnKtime)
	c.p.put(recTime)
	c.p.ins(opMovImm, 0, 0, 0, int32(id))
	c.p.put(recPoint)
	c.p.call(fnCPU)
	c.p.put(recCPU)
	c.p.call(fnPidTgid)
	c.p.put(recTID)
	c.p.ins(opMovReg, 1, 7, 0, 0)
	c.p.ins(opAddImm, 1, 0, 0, recComm)
	c.p.ins(opMovImm, 2, 0, 0, 16)
	c.p.call(fnComm)
	c.p.zero(recTask)
	task, err := c.path("task_struct.nsproxy>nsproxy.net_ns>net.ns.inum")
	if err != nil {
		return c.p, tap{}, err
	}
	c.p.call(fnTask)
	c.p.ins(opMovReg, 3, 0, 0, 0)
	c.follow(task)
	c.p.read(recTask, 4)
	for _, w := range lines {
		if err := c.line(w); err != nil {
			return c.p, tap{}, fmt.Errorf("%s: %w", pt.name, err)
		}
	}
	c.p.ins(opMovReg, 1, 6, 0, 0)
	c.p.ins(opMovReg, 2, 7, 0, 0)
	c.p.ins(opAddImm, 2, 0, 0, int32(stack+8))
	c.p.ins(opMovImm, 3, 0, 0, 8*recordMaxStack)
	c.p.ins(opMovImm, 4, 0, 0, 0)
	c.p.call(fnStack)
	c.p.put(stack)
	c.p.end()
	return c.p, tap{name: pt.name, slots: c.slots, stack: stack, id: id}, nil
}

// A hop is one step of a path: add off; then, if it is not the last, read the
// pointer there, without its three lowest bits if mask is set.
type hop struct {
	off  int
	mask bool
	last place
}

func (c *compiler) path(s string) ([]hop, error) {
	var out []hop
	for s != "" {
		i := strings.IndexAny(s, ">&")
		part, sep := s, byte(0)
		if i >= 0 {
			part, sep, s = s[:i], s[i], s[i+1:]
		} else {
			s = ""
		}
		strct, member, _ := strings.Cut(part, ".")
		pl, err := c.f.offset(strct, member)
		if err != nil {
			return nil, err
		}
		out = append(out, hop{pl.off, sep == '&', pl})
	}
	return out, nil
}

func (c *compiler) follow(hops []hop) {
	for i, h := range hops {
		last := i == len(hops)-1
		if last {
			c.p.walk([]int{h.off})
			break
		}
		c.p.walk([]int{h.off, 0})
		if h.mask {
			c.p.ins(0x57, 3, 0, 0, -8)
		}
	}
}

// line compiles "name = argument path :bytes".
func (c *compiler) line(w []string) error {
	n := -1
	for i, a := range c.args {
		if i := strings.Index(a, "__"); i > 0 {
			a = a[:i] // sk__nullable
		}
		if slices.Contains(strings.Split(w[2], "|"), a) {
			n = i
		}
	}
	if n < 0 {
		return fmt.Errorf("there is no argument %s", w[2])
	}
	s := slot{name: w[0], at: c.at, size: 8}
	c.at += 8
	if len(w) == 3 {
		c.p.arg(n, s.at)
		c.slots = append(c.slots, s)
		return nil
	}
	fmt.Sscanf(w[len(w)-1], ":%d", &s.size)
	c.at += (s.size+7)&^7 - 8
	if s.size < 8 {
		c.p.zero(s.at)
	}
	c.p.ins(opLdxDW, 3, 6, int16(8*n), 0)
	switch w[3] {
	case "*": // what the argument points to
	case "+data":
		h, err := c.path("sk_buff.data")
		if err != nil {
			return err
		}
		c.p.walk([]int{h[0].off, 0})
	case "+network", "+shinfo":
		if err := c.beyondHead(w); err != nil {
			return err
		}
	default:
		h, err := c.path(w[3])
		if err != nil {
			return err
		}
		c.follow(h)
		if l := h[len(h)-1].last; l.width > 0 {
			s.shift, s.bits = l.bit, l.width
		}
	}
	c.p.read(s.at, s.size)
	c.slots = append(c.slots, s)
	return nil
}

// beyondHead leaves in r3 skb->head + skb->network_header, or the address of a
// member of the shared info.
func (c *compiler) beyondHead(w []string) error {
	head, err := c.f.offset("sk_buff", "head")
	if err != nil {
		return err
	}
	add, size, extra := "network_header", int32(2), 0
	if w[3] == "+shinfo" {
		add, size = "end", 4
		_, m, _ := strings.Cut(w[4], ".")
		pl, err := c.f.offset("skb_shared_info", m)
		if err != nil {
			return err
		}
		extra = pl.off
	}
	pl, err := c.f.offset("sk_buff", add)
	if err != nil {
		return err
	}
	p := &c.p
	p.ins(opMovReg, 8, 3, 0, 0)
	p.walk([]int{head.off, 0})
	p.ins(opMovReg, 9, 3, 0, 0)
	p.ins(opStDW, 10, 0, -8, 0)
	p.ins(opMovReg, 1, 10, 0, 0)
	p.ins(opAddImm, 1, 0, 0, -8)
	p.ins(opMovImm, 2, 0, 0, size)
	p.ins(opMovReg, 3, 8, 0, 0)
	p.ins(opAddImm, 3, 0, 0, int32(pl.off))
	p.call(fnProbeRead)
	p.ins(opLdxDW, 3, 10, -8, 0)
	p.ins(opAddReg, 3, 9, 0, 0)
	p.ins(opAddImm, 3, 0, 0, int32(extra))
	return nil
}

// A tracer has programs on all the points.
type tracer struct {
	ring    *ring
	lostFD  int
	taps    []tap
	missing []string
	records [][]byte
}

func newTracer() (*tracer, error) {
	f, err := loadBTF("/sys/kernel/btf/vmlinux")
	if err != nil {
		return nil, err
	}
	t := &tracer{lostFD: -1}
	if t.ring, err = newRing(); err != nil {
		return nil, err
	}
	if t.lostFD, err = newMap(mapArray, 4, 8, 1); err != nil {
		t.close()
		return nil, err
	}
	for i, pt := range points {
		p, tp, err := compile(f, pt, i, t.ring.fd, t.lostFD)
		tp.fd, tp.link = -1, -1
		if err == nil {
			if tp.fd, err = loadProg(p.code); err == nil {
				tp.link, err = attach(pt.name, tp.fd)
			}
		}
		if err != nil {
			tp.slots = nil
			t.missing = append(t.missing, fmt.Sprintf("tracepoint %s: %v", pt.name, err))
		}
		t.taps = append(t.taps, tp)
	}
	return t, nil
}

// drain takes what has been recorded.
func (t *tracer) drain() {
	t.ring.drain(func(b []byte) { t.records = append(t.records, append([]byte(nil), b...)) })
}

func (t *tracer) close() {
	for _, tp := range t.taps {
		for _, fd := range []int{tp.link, tp.fd} {
			if fd >= 0 {
				syscall.Close(fd)
			}
		}
	}
	if t.lostFD >= 0 {
		syscall.Close(t.lostFD)
	}
	t.ring.close()
}

// value reads a slot of up to 8 bytes.
func (s *slot) value(b []byte) uint64 {
	var w [8]byte
	copy(w[:], b[s.at:s.at+min(8, s.size)])
	v := binary.LittleEndian.Uint64(w[:])
	if s.bits > 0 {
		v = v >> s.shift & (1<<s.bits - 1)
	}
	return v
}
