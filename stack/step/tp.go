package step

// A TP is one of the kernel's tracepoints.
type TP uint8

// The tracepoints, by the kernel's names.
const (
	_ TP = iota
	KfreeSkb
	ConsumeSkb
	FibTableLookup
	Fib6TableLookup
	NetifRx
	NetifReceiveSkb
	NetDevQueue
	NetDevStartXmit
	NetDevXmit
	NapiGroReceiveEntry
	NapiPoll
	NeighCreate
	NeighUpdate
	NeighUpdateDone
	NeighTimerHandler
	NeighEventSendDone
	NeighEventSendDead
	NeighCleanupAndRelease
	InetSockSetState
	SockRcvqueueFull
	InetSkErrorReport
	SkDataReady
	SockSendLength
	SockRecvLength
	TcpRetransmitSkb
	TcpSendReset
	TcpReceiveReset
	TcpDestroySock
	TcpRcvSpaceAdjust
	TcpRetransmitSynack
	TcpProbe
	TcpBadCsum
	TcpCongStateSet
	UdpFailQueueRcvSkb
	IcmpSend
	QdiscEnqueue
	QdiscDequeue
	IrqHandlerEntry
	IrqHandlerExit
	SoftirqRaise
	SoftirqEntry
	SoftirqExit
	SkbCopyDatagramIovec
	NetifReceiveSkbEntry
	BrFdbUpdate
	numTPs
)

// NumTPs is how many tracepoints there are, and one.
const NumTPs = int(numTPs)

// An Arg is one field of a tracepoint: the kernel's name for it (its format
// file) and how it reads. An IP argument takes two values.
type Arg struct {
	Name string
	Fmt  Fmt
}

// TPInfo is what the catalogue knows about a tracepoint.
type TPInfo struct {
	Name string // "skb:kfree_skb"
	Args []Arg
}

var neighArgs = []Arg{{"family", Fam}, {"dev", Dev}, {"lladdr", Mac}, {"nud_state", Nud}, {"primary_key", IP}, {"err", Int}}
var inetArgs = []Arg{{"skaddr", SK}, {"family", Fam}, {"sport", Dec}, {"dport", Dec}, {"saddr", IP}, {"daddr", IP}}

var tps = [numTPs]TPInfo{
	KfreeSkb:               {"skb:kfree_skb", []Arg{{"skbaddr", SKB}, {"location", Func}, {"protocol", Dec}, {"reason", Reason}}},
	ConsumeSkb:             {"skb:consume_skb", []Arg{{"skbaddr", SKB}, {"location", Func}}},
	FibTableLookup:         {"fib:fib_table_lookup", []Arg{{"tb_id", Dec}, {"err", Int}, {"oif", Dec}, {"iif", Dec}, {"proto", Dec}, {"tos", Dec}, {"scope", Dec}, {"src", IP4}, {"dst", IP4}, {"gw", IP4}, {"sport", Dec}, {"dport", Dec}, {"name", Dev}, {"mark", Hex}}}, // the kernel does not print the mark
	Fib6TableLookup:        {"fib6:fib6_table_lookup", []Arg{{"tb_id", Dec}, {"err", Int}, {"oif", Dec}, {"iif", Dec}, {"tos", Dec}, {"scope", Dec}, {"src", IP}, {"dst", IP}, {"sport", Dec}, {"dport", Dec}, {"proto", Dec}, {"rt_type", Dec}, {"name", Dev}, {"gw", IP}}},
	NetifRx:                {"net:netif_rx", []Arg{{"skbaddr", SKB}, {"len", Dec}, {"name", Dev}}},
	NetifReceiveSkb:        {"net:netif_receive_skb", []Arg{{"skbaddr", SKB}, {"len", Dec}, {"name", Dev}}},
	NetDevQueue:            {"net:net_dev_queue", []Arg{{"skbaddr", SKB}, {"len", Dec}, {"name", Dev}}},
	NetDevStartXmit:        {"net:net_dev_start_xmit", []Arg{{"skbaddr", SKB}, {"name", Dev}, {"queue_mapping", Dec}, {"protocol", Dec}, {"ip_summed", Dec}, {"len", Dec}, {"network_offset", Dec}, {"transport_offset", Int}, {"gso_size", Dec}, {"gso_segs", Dec}}},
	NetDevXmit:             {"net:net_dev_xmit", []Arg{{"skbaddr", SKB}, {"len", Dec}, {"rc", Dec}, {"name", Dev}}},
	NapiGroReceiveEntry:    {"net:napi_gro_receive_entry", []Arg{{"name", Dev}, {"queue_mapping", Dec}, {"skbaddr", SKB}, {"protocol", Dec}, {"ip_summed", Dec}, {"hash", Hex}, {"len", Dec}, {"truesize", Dec}}},
	NapiPoll:               {"napi:napi_poll", []Arg{{"dev_name", Dev}, {"work", Dec}, {"budget", Dec}}},
	NeighCreate:            {"neigh:neigh_create", []Arg{{"family", Fam}, {"dev", Dev}, {"entries", Dec}, {"created", Dec}, {"primary_key", IP}}},
	NeighUpdate:            {"neigh:neigh_update", []Arg{{"family", Fam}, {"dev", Dev}, {"lladdr", Mac}, {"nud_state", Nud}, {"primary_key", IP}, {"new_lladdr", Mac}, {"new_state", Nud}, {"update_flags", Hex}}},
	NeighUpdateDone:        {"neigh:neigh_update_done", neighArgs},
	NeighTimerHandler:      {"neigh:neigh_timer_handler", neighArgs},
	NeighEventSendDone:     {"neigh:neigh_event_send_done", neighArgs},
	NeighEventSendDead:     {"neigh:neigh_event_send_dead", neighArgs},
	NeighCleanupAndRelease: {"neigh:neigh_cleanup_and_release", neighArgs},
	InetSockSetState:       {"sock:inet_sock_set_state", []Arg{{"skaddr", SK}, {"oldstate", TCPst}, {"newstate", TCPst}, {"sport", Dec}, {"dport", Dec}, {"family", Fam}, {"protocol", Dec}, {"saddr", IP}, {"daddr", IP}}},
	SockRcvqueueFull:       {"sock:sock_rcvqueue_full", []Arg{{"rmem_alloc", Dec}, {"truesize", Dec}, {"sk_rcvbuf", Dec}}},
	InetSkErrorReport:      {"sock:inet_sk_error_report", []Arg{{"error", Err}, {"sport", Dec}, {"dport", Dec}, {"family", Fam}, {"protocol", Dec}, {"saddr", IP}, {"daddr", IP}}},
	SkDataReady:            {"sock:sk_data_ready", []Arg{{"skaddr", SK}, {"family", Fam}, {"protocol", Dec}}},
	SockSendLength:         {"sock:sock_send_length", []Arg{{"sk", SK}, {"family", Fam}, {"protocol", Dec}, {"ret", Int}, {"flags", Hex}}},
	SockRecvLength:         {"sock:sock_recv_length", []Arg{{"sk", SK}, {"family", Fam}, {"protocol", Dec}, {"ret", Int}, {"flags", Hex}}},
	TcpRetransmitSkb:       {"tcp:tcp_retransmit_skb", []Arg{{"skbaddr", SKB}, {"skaddr", SK}, {"state", TCPst}, {"sport", Dec}, {"dport", Dec}, {"family", Fam}, {"saddr", IP}, {"daddr", IP}, {"err", Int}}},
	TcpSendReset:           {"tcp:tcp_send_reset", []Arg{{"skbaddr", SKB}, {"skaddr", SK}, {"state", TCPst}, {"reason", Dec}, {"saddr", IP}, {"sport", Dec}, {"daddr", IP}, {"dport", Dec}}},
	TcpReceiveReset:        {"tcp:tcp_receive_reset", inetArgs},
	TcpDestroySock:         {"tcp:tcp_destroy_sock", inetArgs},
	TcpRcvSpaceAdjust:      {"tcp:tcp_rcv_space_adjust", inetArgs},
	TcpRetransmitSynack:    {"tcp:tcp_retransmit_synack", inetArgs},
	TcpProbe:               {"tcp:tcp_probe", []Arg{{"skaddr", SK}, {"sport", Dec}, {"dport", Dec}, {"data_len", Dec}, {"snd_nxt", Hex}, {"snd_una", Hex}, {"snd_cwnd", Dec}, {"ssthresh", Dec}, {"snd_wnd", Dec}, {"srtt", Dec}, {"rcv_wnd", Dec}}},
	TcpBadCsum:             {"tcp:tcp_bad_csum", []Arg{{"skbaddr", SKB}, {"saddr", IP}, {"daddr", IP}}},
	TcpCongStateSet:        {"tcp:tcp_cong_state_set", []Arg{{"skaddr", SK}, {"family", Fam}, {"sport", Dec}, {"dport", Dec}, {"saddr", IP}, {"daddr", IP}, {"cong_state", CA}}},
	UdpFailQueueRcvSkb:     {"udp:udp_fail_queue_rcv_skb", []Arg{{"rc", Int}, {"sport", Dec}, {"dport", Dec}, {"saddr", IP}, {"daddr", IP}}},
	IcmpSend:               {"icmp:icmp_send", []Arg{{"skbaddr", SKB}, {"type", Dec}, {"code", Dec}, {"saddr", IP4}, {"daddr", IP4}, {"sport", Dec}, {"dport", Dec}, {"ulen", Dec}}},
	QdiscEnqueue:           {"qdisc:qdisc_enqueue", []Arg{{"skbaddr", SKB}, {"ifindex", Dev}, {"handle", Hex}, {"parent", Hex}}},
	QdiscDequeue:           {"qdisc:qdisc_dequeue", []Arg{{"packets", Dec}, {"skbaddr", SKB}, {"ifindex", Dev}, {"handle", Hex}, {"parent", Hex}}},
	IrqHandlerEntry:        {"irq:irq_handler_entry", []Arg{{"irq", Dec}, {"name", Dev}}},
	IrqHandlerExit:         {"irq:irq_handler_exit", []Arg{{"irq", Dec}, {"ret", Dec}}},
	SoftirqRaise:           {"irq:softirq_raise", []Arg{{"vec", Dec}}},
	SoftirqEntry:           {"irq:softirq_entry", []Arg{{"vec", Dec}}},
	SoftirqExit:            {"irq:softirq_exit", []Arg{{"vec", Dec}}},
	NetifReceiveSkbEntry:   {"net:netif_receive_skb_entry", []Arg{{"name", Dev}, {"queue_mapping", Dec}, {"skbaddr", SKB}, {"protocol", Dec}, {"ip_summed", Dec}, {"hash", Hex}, {"len", Dec}, {"truesize", Dec}}},
	BrFdbUpdate:            {"bridge:br_fdb_update", []Arg{{"br_dev", Dev}, {"dev", Dev}, {"addr", Mac}, {"vid", Dec}, {"flags", Hex}}},
	SkbCopyDatagramIovec:   {"skb:skb_copy_datagram_iovec", []Arg{{"skbaddr", SKB}, {"len", Dec}}},
}

// Info returns the catalogue's row.
func (t TP) Info() *TPInfo { return &tps[t] }

// String returns the kernel's name, "skb:kfree_skb".
func (t TP) String() string { return tps[t].Name }
